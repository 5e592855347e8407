"""`codat-mock explore` over several days, and in several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from codat_mock.cli.main import main
from codat_mock.cli.parallel_search import Job, first_found, options_before
from codat_mock.control_client import MockFailed
from codat_mock.fuzz import schedule_files

pytestmark = pytest.mark.long

SAMPLES = Path(__file__).parents[3] / "docs" / "integrations"
SMALL_HTTPX = (Path(__file__).parents[2] / "support" / "small_httpx.py").read_text()
# Some schedules let answers hang: as patient as the real one, not as the time limit of a command.
HASTY_HTTPX = SMALL_HTTPX.replace("TIMEOUT_SECONDS = 60.0", "TIMEOUT_SECONDS = 5.0")
NIGHTLY = (SAMPLES / "nightly.py").read_text()
HURRIED = ("--start-at", "2022-03-21T18:00:00Z", "--speed", "x60")
# After a sync that failed it pushes everything again.
STARTS_OVER = NIGHTLY.replace(
    "\nfor kind in (",
    """
if os.environ["CODAT_DAY"] == "2":
    latest = ask("GET", f"/meta/companies/{company}/sync/commerce/status")
    if latest["syncStatusCode"] != 2000:
        datasets.clear()

for kind in (""",
)
# After an answer that was lost, every record is pushed again as if it were another sale.
DOUBLES = NIGHTLY.replace(
    "        time.sleep(pause)",
    """        for record in (record for each in (body or {}).values() for record in each):
            record["id"] += "-again"
        time.sleep(pause)""",
)

Explore = Callable[..., Result]


@pytest.fixture
def explore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explore:
    """Run `codat-mock explore` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def run(program: str, *arguments: str, httpx: str = SMALL_HTTPX) -> Result:
        (tmp_path / "nightly.py").write_text(program)
        (tmp_path / "httpx.py").write_text(httpx)
        command = ("--", sys.executable, "nightly.py", str(SAMPLES / "sales"))
        return CliRunner().invoke(
            main, ["explore", *HURRIED, *arguments, *command], env={"PAUSE_SECONDS": "0.05"}
        )

    return run


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., str]:
    """A file with a schedule of two days and these events."""

    def write(*events: dict[str, Any]) -> str:
        path = tmp_path / "planned.json"
        schedule = {"startAt": "2022-03-21T18:00:00Z", "days": 2, "events": events}
        path.write_text(json.dumps(schedule))
        return str(path)

    return write


def test_what_goes_wrong_after_a_sync_that_failed_needs_a_second_day(explore, planned):
    assert STARTS_OVER != NIGHTLY
    failed = {"kind": "sync", "day": 1, "outcome": "ServerError"}
    survived = explore(NIGHTLY, "--replay", planned(failed))
    assert survived.exit_code == 0, survived.output
    assert "1. the sync of day 1 ends in ServerError" in survived.output
    broken = explore(STARTS_OVER, "--replay", planned(failed))
    assert broken.exit_code == 1, broken.output
    assert "S03 only-new-or-changed" in broken.output
    assert explore(STARTS_OVER, "--replay", planned()).exit_code == 0


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "sync", "day": 2, "outcome": "DataPushError"},
        {"kind": "sync", "day": 1, "outcome": "CompanyNotFound"},
        {"kind": "sync", "day": 2, "outcome": "CompanyNotFound"},
        {"kind": "sync", "day": 1, "outcome": "MappingError"},
        {"kind": "dataset", "at": 2, "stuckIn": "Mapping"},
    ],
)
def test_the_sample_copes_with_partly_failed_syncs_and_stuck_datasets(explore, planned, event):
    ran = explore(NIGHTLY, "--replay", planned(event))
    assert ran.exit_code == 0, ran.output


def test_a_fault_of_the_second_day_hits_though_the_first_day_was_run_again(explore, planned):
    gives_up = STARTS_OVER.replace("range(8)", "range(1)").replace(
        'latest = ask("GET", f"/meta/companies/{company}/sync/commerce/status")',
        'latest = codat.get(f"/meta/companies/{company}/sync/commerce/status").json()\n'
        '    latest.setdefault("syncStatusCode", 0)',
    )
    first = {"kind": "refuse", "operation": "push-orders", "at": [1]}
    assert explore(gives_up, "--replay", planned(first)).exit_code == 0
    second = {"kind": "refuse", "operation": "get-sync-status", "at": [1]}
    ran = explore(gives_up, "--replay", planned(first, second))
    assert ran.exit_code == 1, ran.output
    assert "S03 only-new-or-changed" in ran.output


# What the merchant does, and what happens while the command runs.
UNLINK = {"kind": "unlink", "day": 1}
OVERLAP = {"kind": "overlap", "operation": "push-orders", "at": 1}
LONG_WAIT = {
    "kind": "refuse", "operation": "push-payments", "at": [1], "status": 503, "retryAfter": 600
}  # fmt: skip
LOOKS = NIGHTLY[NIGHTLY.index("found = ask(") : NIGHTLY.index('for kind in ("orders"')]
LOCKS = NIGHTLY[NIGHTLY.index("lock = sqlite3") : NIGHTLY.index("kept = json")]
LATE = LONG_WAIT | {"retryAfterAs": "machine-date"}
MAINTENANCE = {"kind": "maintenance", "at": [*range(3, 23)], "seconds": 600}
WAITS = "pause = max(pause, asked_for(answer.headers))"
KNOWS_SECONDS = WAITS.replace(
    "asked_for(answer.headers)", 'float(answer.headers.get("Retry-After", 0))'
)


@pytest.mark.parametrize(
    ("event", "text", "careless", "finding"),
    [
        (UNLINK, "the merchant unlinks the shop before the run of day 1, until later",
         NIGHTLY.replace(LOOKS, "").replace("range(8)", "range(1)"), "S17 connection-alive"),
        (UNLINK | {"status": "Deauthorized"},
         "the shop's connection is Deauthorized before the run of day 1, until later",
         NIGHTLY.replace('== "Linked"', '!= "Unlinked"'), "S17 connection-alive"),
        (OVERLAP, "a second run starts while the first waits for push-orders 1",
         NIGHTLY.replace(LOCKS, ""), "S03 only-new-or-changed"),
        (LONG_WAIT, "push-payments 1 is refused with 503, Retry-After: 600",
         NIGHTLY.replace(WAITS, "pass"), "T04 retry-after-kept"),
        (LATE, "push-payments 1 is refused with 503, Retry-After: 600 as a date",
         NIGHTLY.replace(WAITS, KNOWS_SECONDS), "T04 retry-after-kept"),
        (MAINTENANCE, "request 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,"
         " 22 is refused for 600 seconds",
         NIGHTLY.replace(WAITS, "pass"), "T04 retry-after-kept"),
    ],
)  # fmt: skip
def test_what_happens_between_and_during_runs_breaks_who_is_not_ready_for_it(
    explore, planned, event, text, careless, finding
):
    survived = explore(NIGHTLY, "--replay", planned(event))
    assert survived.exit_code == 0, survived.output
    assert f"1. {text}" in survived.output
    assert careless != NIGHTLY
    broken = explore(careless, "--timeout", "10", "--replay", planned(event))
    assert broken.exit_code == 1, broken.output
    assert finding in broken.output


# What its clock has not reached yet is left for the next run.
LEAVES_LATER_SALES = NIGHTLY.replace(
    ")[kind]\n    while",
    """)[kind]
    records = [each for each in records if each["createdDate"] <= os.environ["CODAT_NOW"]]
    while""",
)


@pytest.mark.parametrize(("seconds", "code"), [(120, 0), (-120, 1)])
def test_the_clock_of_the_command_may_be_fast_or_slow(explore, tmp_path, seconds, code):
    assert LEAVES_LATER_SALES != NIGHTLY
    path = tmp_path / "planned.json"
    events = [{"kind": "skew", "seconds": seconds}]
    path.write_text(json.dumps({"startAt": "2022-03-21T10:41:00Z", "days": 2, "events": events}))
    ran = explore(LEAVES_LATER_SALES, "--replay", str(path))
    assert ran.exit_code == code, ran.output
    speed = "fast" if seconds > 0 else "slow"
    assert f"1. the integration's clock is 120 seconds {speed}" in ran.output


# It keeps how long to wait, and ends; the next run waits on.
KEEPS_WAIT = NIGHTLY.replace(
    "\n\ndef asked_for",
    """
waiting = state.with_name("wait.txt")
if waiting.exists() and now() < float(waiting.read_text()):
    sys.exit("still waiting")


def asked_for""",
).replace(
    f"            {WAITS}\n",
    """            if answer.status_code == 503:
                waiting.write_text(str(now() + asked_for(answer.headers)))
                sys.exit("the service is busy")
""",
)
BY_ITS_OWN_CLOCK = KEEPS_WAIT.replace("now()", "time.time()")
BY_THE_GIVEN_CLOCK = KEEPS_WAIT.replace("now()", "started").replace(
    "\nwaiting =",
    '\nstarted = datetime.fromisoformat(os.environ["CODAT_NOW"]).timestamp()\nwaiting =',
).replace("import httpx", "from datetime import datetime\n\nimport httpx")  # fmt: skip


def test_who_keeps_a_wait_is_judged_by_the_clock_that_it_is_given(explore, planned):
    ran = explore(BY_THE_GIVEN_CLOCK, "--replay", planned(LONG_WAIT))
    assert ran.exit_code == 0, ran.output
    assert "Not judged" not in ran.output
    ran = explore(BY_ITS_OWN_CLOCK, "--replay", planned(LONG_WAIT))
    assert ran.exit_code == 5, ran.output
    assert "Not judged: it still waits for a Retry-After by a clock of its own" in ran.output


def test_a_sync_that_the_merchant_moves_ends_the_day_at_its_hour(explore, planned, tmp_path):
    moved = {"kind": "sync-hour", "day": 1, "hour": 5}
    report = tmp_path / "report.json"
    ran = explore(NIGHTLY, "--report", f"json:{report}", "--replay", planned(moved))
    assert ran.exit_code == 0, ran.output
    assert "1. the merchant moves the sync to 5:00 on day 1" in ran.output
    [company] = json.loads(report.read_text())["companies"]
    assert "2022-03-22T05:00" in json.dumps(company)


def test_a_fault_of_a_day_hits_though_the_merchant_acts_before_it(explore, planned):
    lost = {"kind": "lose", "operation": "push-orders", "at": [1]}
    ran = explore(DOUBLES, "--replay", planned(UNLINK, lost))
    assert ran.exit_code == 0, ran.output  # it hits the run that does not push
    ran = explore(DOUBLES, "--replay", planned(UNLINK | {"day": 2}, lost))
    assert ran.exit_code == 1, ran.output


def test_a_run_that_waits_for_an_answer_that_hangs_is_shown_what_it_lacks(explore, planned):
    hang = {"kind": "lose", "by": "hang", "operation": "push-orders", "at": [1]}
    ran = explore(NIGHTLY, "--timeout", "3", "--replay", planned(hang))
    assert ran.exit_code == 1, ran.output
    assert "give its requests a timeout that is shorter than its time limit" in ran.output
    assert HASTY_HTTPX != SMALL_HTTPX
    ran = explore(NIGHTLY, "--replay", planned(hang), httpx=HASTY_HTTPX)
    assert ran.exit_code == 0, ran.output


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_the_sample_survives_a_search_over_several_days(explore, seed):
    declared = ("--declare", str(SAMPLES / "sales"))
    options = ("--days", "2", *declared, "--seed", str(seed), "--examples", "15")
    ran = explore(NIGHTLY, *options, httpx=HASTY_HTTPX)
    assert ran.exit_code == 0, ran.output
    assert "15 schedules tried: none breaks the integration." in ran.output


@pytest.mark.long
def test_two_processes_find_what_one_finds(explore, tmp_path):
    ran = explore(DOUBLES, "--jobs", "2", "--examples", "60")
    assert ran.exit_code == 1, ran.output
    assert "codat-mock: 2 jobs, seeds 0 to 1.\n" in ran.stderr
    found = schedule_files.read(tmp_path / schedule_files.SCHEDULE)
    assert len(found.events) == 1
    assert "Replay it: codat-mock explore --replay codat-mock-schedule.json" in ran.output
    again = explore(DOUBLES, "--replay", str(tmp_path / schedule_files.SCHEDULE))
    assert again.exit_code == 1, again.output
    survived = explore(NIGHTLY, "--jobs", "2", "--examples", "4", "--database", "other")
    assert survived.exit_code == 0, survived.output
    assert "4 schedules tried: none breaks the integration." in survived.output


def test_jobs_require_the_options_before_the_command():
    assert options_before(["--jobs", "2", "--", "python", "x.py"], ["python", "x.py"]) == [
        "--jobs",
        "2",
    ]
    with pytest.raises(click.UsageError, match="all options before the command"):
        options_before(["python", "--jobs", "2", "x.py"], ["python", "x.py"])


@pytest.fixture
def job(tmp_path: Path) -> Callable[[str], Job]:
    """A job that runs a line of Python."""

    def start(line: str) -> Job:
        output = (tmp_path / "output").open("wb")
        process = subprocess.Popen([sys.executable, "-c", line], cwd=tmp_path, stderr=output)
        output.close()
        return Job(process, output, tmp_path / "found")

    return start


def test_the_first_job_with_a_schedule_ends_the_search(job):
    quick = job("open('found', 'w'); exit(1)")
    assert first_found([quick]) is quick


def test_jobs_without_a_schedule_end_without_one(job):
    assert first_found([job("exit(0)"), job("exit(1)")]) is None


def test_the_progress_of_jobs_is_shown(job, capsys):
    lines = ("25 of 50 schedules tried, 2.0 a second.", "schedule 30 breaks it; shortening.",
             "  1. push-orders 1 is refused with 503")  # fmt: skip
    log = "\n".join(f"codat-mock: {line}" for line in lines)
    assert first_found([job(f"import sys; sys.stderr.write({log!r})")]) is None
    shown = capsys.readouterr().err
    assert shown == "".join(f"codat-mock: job 1: {line}\n" for line in lines)


def test_a_job_that_fails_is_reported_with_what_it_printed(job):
    with pytest.raises(MockFailed, match="code 70: a failure"):
        first_found([job("import sys; sys.stderr.write('a failure'); sys.exit(70)")])
