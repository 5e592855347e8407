"""The page on exploring: its commands and its test end as it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "explore.md").read_text()
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
    for line in block.splitlines()
]  # fmt: skip
((NAME, TEST),) = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S)
(BY_HAND,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)
FOUND, BROKEN = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)
(CRON_JOB,) = re.findall(
    r"^codat-mock push .*?^esac$", (DOCS / "client-production.md").read_text(), re.M | re.S
)
SEARCH = "codat-mock explore --start-at 2022-03-21T18:00:00Z --speed x60 --examples 3"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DOCS / "integrations", tmp_path / "here"))


def run(here: Path, line: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "CODAT_MOCK" not in name}
    scripts = str(Path(sys.executable).parent)
    environment = kept | {"PATH": f"{scripts}{os.pathsep}{kept['PATH']}"}
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_its_commands_end_as_it_says(here: Path) -> None:
    first, *others = (run(here, line) for line in COMMANDS)
    assert first.returncode == 1, first.stderr
    assert FOUND in first.stdout
    for other in others:
        assert other.returncode == 0, other.stdout + other.stderr


def test_its_file_by_hand_is_played(here: Path) -> None:
    (here / "codat-mock-schedule.json").write_text(BY_HAND)
    ran = run(here, f"PAUSE_SECONDS=0.05 {COMMANDS[1]}")
    assert ran.returncode == 0, ran.stdout
    assert "2. dataset 2 is processed at the pace 'queued' and ends in InternalError" in ran.stdout


@pytest.mark.long
def test_its_test_finds_what_it_says(here: Path) -> None:
    (here / NAME).write_text(TEST)
    ran = run(here, "pytest -Werror -p no:cacheprovider -p no:randomly")
    assert "2 failed" in ran.stdout, ran.stdout
    shown = "\n".join(line.removeprefix("E").lstrip() for line in ran.stdout.splitlines())
    assert "\n".join(line.lstrip() for line in BROKEN.splitlines()) in shown


@pytest.mark.long
@pytest.mark.parametrize("outcome", ["Cancelled", "NotSupported", "PrerequisiteNotMet"])
def test_the_good_sample_pushes_again_after_an_end_without_an_error(
    here: Path, outcome: str
) -> None:
    schedule = {
        "startAt": "2022-03-21T18:00:00Z",
        "events": [{"kind": "dataset", "at": 2, "outcome": outcome}],
    }
    (here / "codat-mock-schedule.json").write_text(json.dumps(schedule))
    ran = run(here, COMMANDS[1].replace("explore ", "explore --timeout 10 "))
    assert ran.returncode == 0, ran.stdout


@pytest.mark.long
def test_the_cron_job_of_the_push_client_survives_a_search(here: Path) -> None:
    for kind in ("orders", "payments", "transactions"):
        [records] = json.loads((here / "sales" / f"{kind}.json").read_text()).values()
        lines = "".join(f"{json.dumps(record)}\n" for record in records)
        (here / f"{kind}.jsonl").write_text(lines)
    job = CRON_JOB.replace('"$COMPANY"', '"$CODAT_COMPANY_ID"')
    job = job.replace("orders", "$kind").replace("pushed.db", '"$CODAT_STATE_DIR/pushed.db"')
    (here / "job.sh").write_text(f"for kind in orders payments transactions; do\n{job}\ndone\n")
    ran = run(here, f"{SEARCH} --declare sales -- sh job.sh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 schedules tried: none breaks the integration." in ran.stdout


@pytest.mark.long
@pytest.mark.parametrize("command", ["sh push.sh", "node push.mjs", "java Push.java"])
def test_the_samples_in_other_languages_fall_as_push_py_does(here: Path, command: str) -> None:
    needed = {"sh": "curl"}.get(command.split()[0], command.split()[0])
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    schedule = {
        "startAt": "2022-03-21T18:00:00Z",
        # Java's own client repeats a request whose connection is closed.
        "events": [{"kind": "refuse", "operation": "get-dataset", "at": [1], "status": 503}],
    }
    (here / "codat-mock-schedule.json").write_text(json.dumps(schedule))
    ran = run(here, f"codat-mock explore --replay codat-mock-schedule.json -- {command} sales")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "S03 only-new-or-changed" in ran.stdout
