"""The examples of CONTRIBUTING.md work when they are added to a copy of the packages."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCES = ("mock_server", "client", "scenarios", "fixtures")
EXAMPLE = re.compile(r"```python\n# (append to|insert into|create) ([\w/.]+)[^\n]*\n(.*?)```", re.S)
Run = Callable[[str], str]


def section(title: str) -> str:
    [found] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return str(found)


def add(text: str, block: str) -> str:
    """A module's text with an example at its end, and the example's imports at the top."""
    imports = [line for line in block.splitlines() if line.startswith(("from ", "import "))]
    rest = "\n".join(line for line in block.splitlines() if line not in imports)
    for line in imports:
        text = text.replace("annotations\n", f"annotations\n\n{line}\n", 1)
    return f"{text}\n\n{rest}\n"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with every example added."""
    folder = tmp_path_factory.mktemp("checkout")
    for source in SOURCES:
        shutil.copytree(ROOT / source, folder / source, ignore=shutil.ignore_patterns("*.pyc"))
    for how, name, block in EXAMPLE.findall(PAGE):
        target = folder / name
        if how == "create":
            assert not target.exists()
            target.write_text(block, encoding="utf-8")
        elif how == "append to":
            target.write_text(add(target.read_text(encoding="utf-8"), block), encoding="utf-8")
        else:
            before, union, after = target.read_text(encoding="utf-8").partition("\nFault = ")
            assert union
            [kind] = re.findall(r"class (\w+)", block)
            after = after.replace("\n", f" | {kind}\n", 1)
            target.write_text(f"{before}\n{block}\n{union}{after}", encoding="utf-8")
    return folder


@pytest.fixture
def run(copied: Path, tmp_path: Path) -> Run:
    """Runs a program of the copy; gives what it prints."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(copied / source) for source in SOURCES)
    }

    def run(line: str) -> str:
        command, *arguments = shlex.split(line)
        start = {"codat-mock": [sys.executable, "-m", "codat_mock"], "python": [sys.executable]}
        ran = subprocess.run(
            [*start[command], *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


def test_every_example_names_a_file_of_the_checkout() -> None:
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("```python")
    for how, name, _ in examples:
        assert (ROOT / name).is_file() == (how != "create")


def test_every_place_that_is_named_exists() -> None:
    for name in re.findall(r"`((?:mock_server|client|scenarios|tests|\.ci|docs)/[\w/.]*)`", PAGE):
        assert (ROOT / name).exists(), name


def test_the_rule_is_explained_by_its_story(run: Run) -> None:
    [commands] = re.findall(r"```sh\n(.*?)```", section("Add a rule"), re.S)
    shown = "".join(run(line) for line in commands.splitlines())
    assert "S21 short-id (warning)" in shown
    assert "With an id that is too long" in shown


def test_the_kill_matrix_and_the_violations_have_the_rule(run: Run) -> None:
    shown = run(
        "python -c 'from codat_scenarios.strategies.violations import VIOLATIONS;"
        "from codat_scenarios.integrations.programs import names;"
        "print([*VIOLATIONS], names())'"
    )
    assert "'S21'" in shown
    assert "s21-long-id" in shown


def test_the_endpoint_is_served_and_documented(run: Run) -> None:
    program = """
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
client = create_app(SandboxRegistry(Settings(speed=0))).test_client()
key = {"Authorization": "Basic a2V5"}
made = client.post("/_mock/companies", json={"name": "A"}, headers=key).get_json()["id"]
client.post(f"/data/companies/{made}/sync/commerce-orders", json={"orders": []}, headers=key)
print(client.get(f"/companies/{made}/data/count", headers=key).get_json())
print("count-datasets" in client.get("/_mock/openapi.json").get_data(as_text=True))
"""
    assert run(f"python -c {shlex.quote(program)}") == "{'total': 1}\nTrue\n"
    assert "/companies/{companyId}/data/count\treference" in run("codat-mock limits")


def test_the_fault_is_planned_and_hits(run: Run) -> None:
    program = """
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
client = create_app(SandboxRegistry(Settings(speed=0))).test_client()
key = {"Authorization": "Basic a2V5"}
client.put("/_mock/faults", json={"faults": [{"kind": "revoke", "at": [1]}]}, headers=key)
for _ in range(2):
    answer = client.get("/meta/companies", headers=key)
    print(answer.status_code)
"""
    assert run(f"python -c {shlex.quote(program)}") == "401\n200\n"
    assert "revoke" in run("codat-mock fault add --help")


def test_the_report_is_written(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "integrations", tmp_path / "work")
    run(
        "codat-mock check --start-at 2022-03-21T18:00:00Z --profile instant --fail-on never"
        f" --report codes:codes.txt -- {shlex.quote(sys.executable)} work/push.py"
        " work/sales work/sales"
    )
    assert "S03" in (tmp_path / "codes.txt").read_text().splitlines()


def test_the_command_is_listed_with_its_help(run: Run) -> None:
    assert "Show the time of a sandbox." in run("codat-mock --help")
    assert "codat-mock now --api-key my-test-key" in run("codat-mock now --help")
