"""The push client as a distribution of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from client_mock import KEY, MockCompany
from threaded_server import served

ROOT = Path(__file__).parents[2]
ALONE = """
import sys

class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"codat_mock", "codat_scenarios", "click", "flask", "rich"}:
            raise ImportError(name)

sys.meta_path.insert(0, Forbid())
from codat_push import Ledger, PushClient
import codat_push

assert codat_push.__file__.startswith(sys.argv[1]), codat_push.__file__
client = PushClient(sys.argv[3], sys.argv[2], poll_seconds=0.05)
with client, Ledger(":memory:") as ledger:
    orders = [{"id": "a", "totalAmount": 1, "createdDate": "2022-03-21T12:00:00Z"}]
    for chunk in ledger.changes(sys.argv[4], "commerce-orders", orders):
        print(chunk.size, client.deliver(ledger, chunk).status)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    command += ["--directory", str(folder)]
    subprocess.run(command, cwd=ROOT / "client", check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_both_distributions_have_one_version() -> None:
    versions = {
        tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
        for folder in (ROOT, ROOT / "client")
    }
    assert len(versions) == 1


def test_it_contains_the_client_and_depends_on_three_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [name for name in names if name.endswith("/METADATA")]
        headers = Parser().parsestr(archive.read(metadata).decode())
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"codat_push"}
    assert "codat_push/py.typed" in names
    required = [line for line in headers.get_all("Requires-Dist", []) if "extra" not in line]
    assert sorted(required) == ["anyio>=4.0", "httpx>=0.27", "msgspec>=0.19"]


def test_it_pushes_without_the_mock_server_click_or_rich(wheel: Path, tmp_path: Path) -> None:
    here = MockCompany(speed=1_000.0)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    with served(here.app) as url:
        command = [sys.executable, "-c", ALONE, str(tmp_path), url, KEY, here.company]
        environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert (result.stdout, result.stderr) == ("1 Complete\n", "")
    assert here.pushes == 1


@pytest.mark.long
def test_a_fresh_environment_installs_it_alone_and_pushes(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    python = str(tmp_path / "fresh" / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, "install", str(wheel)], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"its dependencies cannot be downloaded: {installed.stderr[-500:]}")
    here = MockCompany(speed=1_000.0)
    with served(here.app) as url:
        command = [python, "-c", ALONE, str(tmp_path / "fresh"), url, KEY, here.company]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("1 Complete\n", "")
    listed = subprocess.run(
        [*pip, "list", "--format=freeze"],
        env={**os.environ, "PIP_QUIET": "0"},  # what .ci/run sets would print nothing
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("==")[0].lower() for line in listed.stdout.split()}
    with capsys.disabled():
        print(f"\ncodat-push in a fresh environment:\n{listed.stdout}")
    assert names >= {"codat-push", "httpx", "msgspec", "anyio"}
    assert not names & {"codat-mock", "flask", "click", "rich", "faker"}
