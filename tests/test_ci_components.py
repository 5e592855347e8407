"""The GitHub Action and the GitLab job: valid, and their steps do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
JOB = (ROOT / "deploy" / "gitlab" / "check.yml").read_text(encoding="utf-8")
OPTIONS = "--start-at 2022-03-21T18:00:00Z --profile instant"
ONCE, TWICE = "python push.py sales", "python push.py sales sales"
REPORTS = {"codat.xml", "codat.sarif", "codat.html"}


def check_schema(file: Path, schema: str) -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", schema, file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with the sample integration, and codat-mock where the steps expect it."""
    folder = Path(shutil.copytree(ROOT / "docs" / "integrations", tmp_path / "work"))
    for name in (tmp_path / "codat-mock", folder / ".codat-mock"):
        (name / "bin").mkdir(parents=True)
        (name / "bin" / "codat-mock").symlink_to(BIN / "codat-mock")
    return folder


def run(shell: list[str], script: str, folder: Path, variables: dict[str, str]) -> Any:
    environment = {name: value for name, value in os.environ.items() if "CODAT" not in name}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        [*shell, script],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def run_action(folder: Path, **given: str) -> Any:
    """Run the step that checks as GitHub does, with these inputs and the defaults of the others."""
    action = yaml.safe_load(ACTION)
    inputs = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
    inputs |= {name.replace("_", "-"): value for name, value in given.items()}
    [step] = [step for step in action["runs"]["steps"] if step.get("name") == "Check"]
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
        for name, value in step["env"].items()
    }
    variables["RUNNER_TEMP"] = str(folder.parent)
    variables["GITHUB_STEP_SUMMARY"] = str(folder.parent / "summary.md")
    return run(["bash", "-e", "-o", "pipefail", "-c"], step["run"], folder, variables)


def test_the_action_is_valid() -> None:
    check_schema(ROOT / "action.yml", "vendor.github-actions")


def test_the_action_passes_an_integration_and_writes_its_reports(work: Path) -> None:
    ran = run_action(work, command=ONCE, options=OPTIONS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {path.name for path in (work / "codat-reports").iterdir()} == REPORTS
    assert (work.parent / "summary.md").read_text()


def test_the_action_fails_on_a_broken_rule_unless_it_may_not(work: Path) -> None:
    ran = run_action(work, command=TWICE, options=OPTIONS)
    assert ran.returncode == 1
    assert "S03" in ran.stdout
    assert {path.name for path in (work / "codat-reports").iterdir()} == REPORTS
    assert run_action(work, command=TWICE, options=OPTIONS, fail_on="never").returncode == 0


@pytest.mark.long
def test_no_input_of_the_action_is_run_as_shell_but_the_command(work: Path) -> None:
    for name in ("options", "fail_on", "reports"):
        ran = run_action(work, **{"command": ONCE, name: "$(touch hacked); touch hacked"})
        assert not (work / "hacked").exists(), ran
    for step in yaml.safe_load(ACTION)["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def job_of(inputs: dict[str, str]) -> Any:
    """The jobs as GitLab makes them of the inputs: in each value, after YAML is parsed."""
    spec, jobs = yaml.safe_load_all(JOB)
    values = {name: each.get("default") for name, each in spec["spec"]["inputs"].items()} | inputs

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: values[found[1]], value)

    return filled(jobs)


def test_the_job_for_gitlab_is_valid(tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(yaml.safe_dump(job_of({"command": ONCE})))
    check_schema(file, "vendor.gitlab-ci")


@pytest.mark.parametrize(("command", "code"), [(ONCE, 0), (TWICE, 1)])
def test_the_job_for_gitlab_checks_and_writes_its_reports(
    command: str, code: int, work: Path
) -> None:
    job = job_of({"command": command, "options": OPTIONS})["codat-mock"]
    [script] = job["script"]
    ran = run(["sh", "-e", "-c"], script, work, job["variables"])
    assert ran.returncode == code, ran.stdout + ran.stderr
    for name in [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]:
        assert (work / name).is_file()


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda form: form.name
)
def test_an_issue_form_is_valid(form: Path) -> None:
    is_config = form.name == "config.yml"
    check_schema(form, f"vendor.github-issue-{'config' if is_config else 'forms'}")
