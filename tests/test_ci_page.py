"""The page on CI: its commands succeed, and its recipes are valid and work."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "ci.md").read_text()
BIN = Path(sys.executable).parent
EVENING = ["--start-at", "2022-03-21T18:00:00Z", "--profile", "instant"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
GITHUB, GITLAB = blocks("yaml")
SHELL, SHARED = blocks("bash")


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A copy of the samples, to run in."""
    return Path(shutil.copytree(DOCS / "integrations", tmp_path / "samples"))


def run(line: str, where: Path, **variables: str) -> str:
    """Run a line of shell, in which `codat-mock` and `python` are those of these tests."""
    needed = next((tool for tool in ("node", "java") if f" {tool} " in line), "curl")
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed here")
    environment = {name: value for name, value in os.environ.items() if "CODAT_MOCK" not in name}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    ran = subprocess.run(
        [str(shutil.which("bash")), "-e", "-c", line],
        cwd=where,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def checked(recipe: str, schema: str, where: Path) -> Any:
    """A recipe of the page, parsed, after a check against the schema of its service."""
    file = where / "recipe.yml"
    file.write_text(recipe)
    command = [BIN / "check-jsonschema", "--builtin-schema", schema, file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    return yaml.safe_load(recipe)


def test_the_commands_succeed(samples: Path) -> None:
    assert len(COMMANDS) == 4
    for line in COMMANDS:
        before, _, after = line.partition(" -- ")
        # The page explains these options further down.
        quick = shlex.join([*shlex.split(before), *EVENING])
        assert "codat-mock exits with code 0." in run(f"{quick} -- {after}", samples)
    for name in ("codat.xml", "codat.sarif", "codat.json", "codat.html", "codat.md"):
        assert "codat-mock" in (samples / name).read_text()


def steps(job: Any) -> Iterator[str]:
    yield from (step["run"] for step in job["steps"] if "run" in step)


def test_the_recipe_for_github_works(samples: Path) -> None:
    flow = checked(GITHUB, "vendor.github-workflows", samples)
    install, check = steps(flow["jobs"]["codat"])
    assert install == "pip install codat-mock"
    summary = samples / "summary"
    assert "transactions: Complete" in run(check, samples, GITHUB_STEP_SUMMARY=str(summary))
    assert "Every rule kept" in summary.read_text()
    for step in flow["jobs"]["codat"]["steps"]:
        given = step.get("with", {})
        for name in given.keys() & {"sarif_file", "path"}:
            assert (samples / given[name]).is_file()


def test_the_recipe_for_gitlab_works(samples: Path) -> None:
    job = checked(GITLAB, "vendor.gitlab-ci", samples)["codat"]
    assert job["before_script"] == ["pip install codat-mock"]
    for line in job["script"]:
        assert "transactions: Complete" in run(line, samples)
    for name in [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]:
        assert (samples / name).is_file()


@pytest.mark.parametrize("recipe", [SHELL, SHARED], ids=["alone", "shared"])
def test_the_recipes_for_a_shell_work(recipe: str, samples: Path) -> None:
    assert "codat-mock exits with code 0." in run(recipe, samples)


def test_every_variable_exit_code_and_option_of_the_command_is_described() -> None:
    help_page = subprocess.run(
        [BIN / "codat-mock", "check", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for variable in re.findall(r"\bCODAT_(?!MOCK)\w+", help_page):
        assert f"| `{variable}` |" in PAGE
    for code in re.findall(r"^  (\d+)  ", help_page, re.M):
        assert re.search(rf"^\| {code} \|", PAGE, re.M)
    for option in ("--fail-on", "--timeout", "--expected", "--update-expected", "--report"):
        assert option in PAGE
