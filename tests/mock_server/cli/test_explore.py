"""`codat-mock explore`: what it finds, how short, and what it leaves for the next time."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis.database import DirectoryBasedExampleDatabase
from planted_nightlies import FORGETS, HASTY, LOSES_A_SALE, MARKS_FIRST, MENDED, PLANTED, SAMPLES

from codat_mock.cli import explore as exploring
from codat_mock.cli.main import main
from codat_mock.fuzz import schedule_files
from codat_mock.sandbox import pushes

SMALL_HTTPX = (Path(__file__).parents[2] / "support" / "small_httpx.py").read_text()
# It goes sixty times as fast, and so does the clock.
HURRIED = ("--start-at", "2022-03-21T18:00:00Z", "--speed", "x60")
QUICK = {"PAUSE_SECONDS": "0.05"}
EVENT = {"kind": "lose", "operation": "push-orders", "at": [1]}
SCHEDULE = {"startAt": "2022-03-21T18:00:00Z", "events": [EVENT]}

Explore = Callable[..., Result]


@pytest.fixture
def explore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explore:
    """Run `codat-mock explore` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def run(program: str, *arguments: str) -> Result:
        (tmp_path / "nightly.py").write_text(program)
        (tmp_path / "httpx.py").write_text(SMALL_HTTPX)
        command = ("--", sys.executable, "nightly.py", str(SAMPLES / "sales"))
        return CliRunner().invoke(main, ["explore", *HURRIED, *arguments, *command], env=QUICK)

    return run


def keep(folder: Path, database: str, *events: dict[str, Any]) -> Path:
    """Keep a schedule in a database, as a search that found it does; gives its file."""
    name = shlex.join([sys.executable, "nightly.py", str(SAMPLES / "sales")]).encode()
    kept = DirectoryBasedExampleDatabase(folder / database)
    kept.save(name, json.dumps(events).encode())
    (file,) = (each for each in (folder / database).rglob("*") if is_schedule(each))
    return file


def is_schedule(file: Path) -> bool:
    return file.is_file() and file.read_bytes().startswith(b"[")


def saved(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / schedule_files.SCHEDULE).read_bytes()))


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., str]:
    """A file with a schedule of these events."""

    def write(*events: dict[str, Any]) -> str:
        path = tmp_path / "planned.json"
        path.write_text(json.dumps(SCHEDULE | {"events": events}))
        return str(path)

    return write


@pytest.mark.long
def test_a_double_booking_after_a_lost_answer_is_found_and_shortened(explore, tmp_path):
    ran = explore(PLANTED)
    assert ran.exit_code == 1, ran.output
    (event,) = saved(tmp_path)["events"]
    assert event["kind"] in ("lose", "refuse", "spoil")
    assert event["operation"].startswith("push-")
    assert "the shortest that breaks the integration:\n  1. push-" in ran.output
    assert "In the books, but not on a day without faults: commerce-" in ran.output
    options = f"--replay codat-mock-schedule.json {' '.join(HURRIED)}"
    assert f"Replay it: codat-mock explore {options} -- " in ran.output


BROKEN = re.compile(
    r"^(?:  [A-Z]\d\d .*|      Records: .*|  \d\. .*|(?:In|Missing from) the books.*)", re.M
)


@pytest.mark.parametrize(
    ("program", "options"),
    [
        (HASTY, ("--fail-on", "warning")),
        *(pytest.param(each, (), marks=pytest.mark.long) for each in (PLANTED, FORGETS)),
    ],
)
def test_the_printed_command_breaks_the_integration_as_the_search_did(explore, program, options):
    found = explore(program, *options)
    assert found.exit_code == 1, found.output
    (again,) = re.findall(r"Replay it: codat-mock (.*)", found.output)
    ran = CliRunner().invoke(main, shlex.split(again), env=QUICK)
    assert ran.exit_code == 1, ran.output
    assert BROKEN.findall(ran.output) == BROKEN.findall(found.output)


@pytest.mark.long
def test_an_integration_that_polls_once_is_broken_by_a_late_error(explore, planned):
    assert explore(HASTY).exit_code == 1
    late = {"kind": "dataset", "at": 1, "outcome": "InternalError", "profile": "queued"}
    assert explore(HASTY, "--replay", planned(late)).exit_code == 1
    assert explore(MENDED, "--replay", planned(late)).exit_code == 0


def test_a_kept_schedule_that_is_not_minimal_is_shortened(explore, tmp_path):
    late = {"kind": "delay", "operation": "get-dataset", "at": [1], "seconds": 0.2}
    keep(tmp_path, str(schedule_files.DATABASE), late, EVENT, late | {"at": [2]})
    again = explore(PLANTED, "--examples", "1")
    assert again.exit_code == 1, again.output
    (event,) = saved(tmp_path)["events"]
    assert EVENT.items() <= event.items()


def test_the_log_shows_the_progress_of_the_search(explore, tmp_path, monkeypatch):
    keep(tmp_path, str(schedule_files.DATABASE), EVENT)
    found = explore(PLANTED, "--save", "found.json")
    assert re.search(r"^codat-mock: schedule 1 breaks it; shortening\.$", found.stderr, re.M)
    assert re.search(r"^codat-mock:   1\. push-orders 1 is carried out, but", found.stderr, re.M)
    monkeypatch.setattr(exploring, "LOG_EVERY", 5)
    survived = explore(MENDED, "--examples", "6", "--database", "other")
    line = r"codat-mock: 5 of 6 schedules tried, \d+\.\d a second\.\n"
    assert re.fullmatch(line, survived.stderr)
    assert "6 schedules tried: none breaks the integration." in survived.output
    assert not (tmp_path / schedule_files.SCHEDULE).exists()


def test_a_kept_schedule_is_tried_first(explore, tmp_path):
    keep(tmp_path, str(schedule_files.DATABASE), EVENT)
    again = explore(PLANTED, "--seed", "1", "--examples", "1")
    assert again.exit_code == 1, again.output
    (event,) = saved(tmp_path)["events"]
    assert EVENT.items() <= event.items()
    elsewhere = explore(MENDED, "--examples", "1", "--database", "empty")
    assert elsewhere.exit_code == 0, elsewhere.output


def test_a_schedule_of_a_database_that_is_only_read_is_tried_and_left(explore, tmp_path):
    file = keep(tmp_path, "farm", EVENT)
    kept = file.read_bytes()
    read_through = ("--database", "own", "--database", "farm", "--examples", "1")
    assert explore(PLANTED, *read_through, "--seed", "1").exit_code == 1
    assert explore(MENDED, *read_through).exit_code == 0
    assert file.read_bytes() == kept


def test_a_database_that_cannot_be_used_is_refused_before_the_search(explore):
    ran = explore(MENDED, "--database", "redis://127.0.0.1:9/0")
    assert ran.exit_code == 2
    assert "redis://127.0.0.1:9/0 cannot be used" in ran.output


def test_a_kept_schedule_that_the_mock_refuses_is_deleted(explore, tmp_path):
    refused = keep(tmp_path, str(schedule_files.DATABASE), EVENT | {"operation": "push-nothing"})
    ran = explore(MENDED, "--examples", "1")
    assert ran.exit_code == 0, ran.output
    assert not refused.exists()


def test_a_replayed_schedule_breaks_the_integration_until_it_is_fixed(explore, planned):
    broken = explore(PLANTED, "--replay", planned(EVENT))
    assert broken.exit_code == 1, broken.output
    assert "The schedule:" in broken.output
    assert "1. push-orders 1 is carried out, but its answer is lost (close)" in broken.output
    assert "In the books, but not on a day without faults: commerce-orders A-1-again, 6" in (
        broken.output
    )
    mended = explore(MENDED, "--replay", planned(EVENT))
    assert mended.exit_code == 0, mended.output


@pytest.mark.long
def test_the_same_seed_finds_the_same_schedule(explore):
    first, second = (explore(PLANTED, "--seed", "3", "--database", name) for name in "ab")
    assert first.exit_code == 1
    assert first.output == second.output.replace("--database b", "--database a")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"kind": "refuse", "operation": "push-orders", "at": [1], "status": 429, "retryAfter": 1},
         "push-orders 1 is refused with 429, Retry-After: 1"),
        ({"kind": "spoil", "operation": "get-dataset", "at": [2]},
         "get-dataset 2 is carried out, but its answer is garbled (truncated)"),
        ({"kind": "delay", "operation": "push-payments", "at": [1], "seconds": 0.2},
         "push-payments 1 is answered 0.2 seconds late"),
        ({"kind": "delay", "operation": "push-payments", "at": [1], "between": [0.1, 0.2]},
         "push-payments 1 is answered 0.1 to 0.2 seconds late"),
        ({"kind": "elapse", "operation": "get-dataset", "at": [1], "seconds": 7},
         "7 seconds pass before get-dataset 1"),
        ({"kind": "elapse", "operation": "get-dataset", "at": [1], "seconds": 600},
         "10 minutes pass before get-dataset 1"),
        ({"kind": "dataset", "at": 2, "outcome": "FetchError"}, "dataset 2 ends in FetchError"),
        ({"kind": "dataset", "at": 1, "profile": "queued"},
         "dataset 1 is processed at the pace 'queued'"),
        ({"kind": "alerts", "copies": 2}, "alerts are delivered 2 times"),
    ],
)  # fmt: skip
def test_every_event_is_described_and_a_robust_integration_copes_with_it(
    explore, planned, event, message
):
    ran = explore(MENDED, "--replay", planned(event))
    assert ran.exit_code == 0, ran.output
    assert f"  1. {message}\n" in ran.output


@pytest.mark.parametrize(
    ("careless", "event", "found"),
    [
        # Whoever takes an error for the end loses the records.
        (MENDED.replace("while not push(kind, records):", "if not push(kind, records):"),
         {"kind": "dataset", "at": 1, "outcome": "FetchError"},
         "Missing from the books: commerce-orders A-1."),
        (FORGETS,
         {"kind": "refuse", "operation": "push-payments", "at": [1]},
         "S03 only-new-or-changed commerce-orders"),
        # Whoever cannot go on where it was broken off never comes to an end.
        (MENDED.replace("range(8)", "range(1)").replace(
            "def ask(", "if datasets: sys.exit('broken off before')\n\n\ndef ask("),
         {"kind": "refuse", "operation": "push-payments", "at": [1]},
         "The command exited with code 1."),
    ],
)  # fmt: skip
def test_each_careless_integration_is_broken_by_its_event(explore, planned, careless, event, found):
    ran = explore(careless, "--replay", planned(event))
    assert ran.exit_code == 1, ran.output
    assert found in ran.output


def test_an_integration_that_hangs_is_broken(explore, planned):
    hanging = MENDED.replace("            pass  #", "            time.sleep(60)  #")
    ran = explore(hanging, "--timeout", "2", "--replay", planned(EVENT))
    assert ran.exit_code == 1, ran.output
    assert "The command exceeded --timeout" in ran.output


def test_an_integration_that_is_broken_without_faults_is_not_searched(explore, tmp_path):
    ran = explore(f"{MENDED}\ndatasets.clear()\npush('orders', records)", "--examples", "1")
    assert ran.exit_code == 1, ran.output
    assert (
        "The integration is broken without any fault already, so no schedule was tried."
        in ran.output
    )
    assert not (tmp_path / schedule_files.SCHEDULE).exists()


def test_an_integration_that_pushes_nothing_is_not_judged(explore):
    ran = explore("")
    assert ran.exit_code == 5, ran.output


def test_books_are_not_compared_if_days_without_faults_differ(explore):
    uneven = MENDED.replace(
        "    while not push(kind, records):",
        "    for record in records:\n        record['id'] += str(time.time_ns())\n"
        "    while not push(kind, records):",
    )
    off = (f"--rule={code}=off" for code in ("R01", "R02", "R03"))
    ran = explore(uneven, "--examples", "2", *off)
    assert ran.exit_code == 0, ran.output
    assert "Only totals of the books were compared" in ran.output


def test_totals_are_compared_if_days_without_faults_book_other_keys(explore, planned):
    random_ids = PLANTED.replace(
        "    while not push(kind, records):",
        "    for record in records:\n        record['id'] += str(time.time_ns())\n"
        "    while not push(kind, records):",
    )
    off = [f"--rule={code}=off" for code in ("R01", "R02", "R03")]
    ran = explore(random_ids, "--replay", planned(EVENT), *off)
    assert ran.exit_code == 1, ran.output
    assert "Only totals of the books were compared" in ran.output
    assert re.search(
        r"commerce-orders: 4 bookings of \S+ in total, instead of 2 of \S+ on a day", ran.output
    )


def test_an_integration_that_fails_fast_is_run_a_few_times(explore, planned, tmp_path):
    count = tmp_path / "runs"
    program = (
        f"from pathlib import Path\ncount = Path({str(count)!r})\n"
        "run = int(count.read_text()) if count.exists() else 0\ncount.write_text(str(run + 1))\n"
        f"import sys\nif run in (2, 3, 4): sys.exit('not yet')\n{MENDED}"
    )
    ran = explore(program, "--replay", planned(EVENT))
    assert ran.exit_code == 0, ran.output
    assert count.read_text() == "6"


def test_a_failure_that_is_not_reproduced_is_reported_as_such(explore, tmp_path):
    count = tmp_path / "runs"
    program = (
        f"from pathlib import Path\ncount = Path({str(count)!r})\n"
        "run = int(count.read_text()) if count.exists() else 0\ncount.write_text(str(run + 1))\n"
        f"{MENDED}\nsys.exit(run in (2, 3, 4, 5, 6))"
    )
    ran = explore(program, "--examples", "1")
    assert ran.exit_code == 1, ran.output
    assert "Run again, it did not break the integration" in ran.output


@pytest.mark.parametrize("is_replayed", [False, True])
def test_a_day_without_faults_that_fails_once_does_not_pass(
    explore, planned, tmp_path, is_replayed
):
    count = tmp_path / "runs"
    program = (
        f"from pathlib import Path\ncount = Path({str(count)!r})\n"
        "run = int(count.read_text()) if count.exists() else 0\ncount.write_text(str(run + 1))\n"
        f"{MENDED}\nsys.exit(run == 1)"
    )
    ran = explore(program, *(["--replay", planned(EVENT)] if is_replayed else []))
    assert ran.exit_code == 1, ran.output
    assert "Run again, it did not break the integration" in ran.output


def test_the_state_folder_is_empty_at_the_start_of_a_schedule_and_kept_for_the_rerun(
    explore, planned, tmp_path
):
    seen = tmp_path / "seen"
    program = (
        f"import os\nfrom pathlib import Path\nfolder = Path(os.environ['CODAT_STATE_DIR'])\n"
        f"with open({str(seen)!r}, 'a') as file: print(len(list(folder.iterdir())), file=file)\n"
        "(folder / 'mine').touch()\n" + MENDED.replace("range(8)", "range(1)")
    )
    ran = explore(program, "--replay", planned(EVENT))
    assert ran.exit_code == 0, ran.output
    without_trouble, beside_trouble = ["0"] * 2, ["0", "2"]  # also the lock of the sample
    assert seen.read_text().split() == without_trouble + beside_trouble


def test_a_state_folder_that_is_still_written_to_is_no_failure(explore, planned):
    busy = (
        "import os, pathlib, time\nend = time.monotonic() + 3\nplace = 0\n"
        "folder = pathlib.Path(os.environ['CODAT_STATE_DIR'])\n"
        "while time.monotonic() < end and folder.exists():\n"
        "    place += 1\n    (folder / str(place)).touch()"
    )
    program = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {busy!r}])\n{MENDED}"
    )
    ran = explore(program, "--replay", planned(EVENT))
    assert ran.exit_code == 0, ran.output


def test_reports_show_the_schedule_and_the_complaints(explore, planned, tmp_path):
    reports = "json:out.json,markdown:out.md,html:out.html,junit:out.xml,sarif:out.sarif"
    ran = explore(PLANTED, "--replay", planned(EVENT), "--report", reports)
    assert ran.exit_code == 1
    run = json.loads((tmp_path / "out.json").read_bytes())
    assert "1. push-orders 1 is carried out, but its answer is lost (close)" in run["notes"]
    assert any("A-1-again" in complaint for complaint in run["complaints"])
    for name in ("out.md", "out.html", "out.xml"):
        text = (tmp_path / name).read_text()
        assert "A-1-again" in text, name
        assert "its answer is lost (close)" in text, name
    [found] = json.loads((tmp_path / "out.sarif").read_bytes())["runs"]
    assert any("A-1-again" in result["message"]["text"] for result in found["results"])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[]", "planned.json is not a schedule: Expected `object`, got `array`"),
        ('{"startAt": "yesterday"}', "yesterday"),
        ('{"startAt": "2022-03-21T18:00:00Z", "events":'
         ' [{"kind": "refuse", "operation": "push-order"}]}', "'push-orders'"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_or_not_of_this_mock_is_refused(explore, tmp_path, written, message):
    (tmp_path / "planned.json").write_text(written)
    ran = explore(MENDED, "--replay", "planned.json")
    assert ran.exit_code == 2, ran.output
    assert message in ran.output


def test_an_unwritable_file_is_refused_before_the_search(explore):
    ran = explore(PLANTED, "--save", "nowhere/found.json")
    assert ran.exit_code == 2, ran.output
    assert "Cannot write nowhere/found.json: the folder nowhere does not exist." in ran.output


def test_the_schedule_is_shown_even_if_its_file_cannot_be_written(explore, tmp_path):
    (tmp_path / "taken").symlink_to("nowhere/at/all")
    keep(tmp_path, str(schedule_files.DATABASE), EVENT)
    ran = explore(PLANTED, "--save", "taken")
    assert ran.exit_code == 1, ran.output
    assert "the shortest that breaks the integration:" in ran.output
    assert "Cannot write taken: No such file or directory." in ran.output


def test_no_run_reads_standard_input_or_leaves_processes(explore, tmp_path, planned):
    left = tmp_path / "left"
    program = (
        "import subprocess, sys\nassert not sys.stdin.read()\n"
        f"with open({str(left)!r}, 'a') as left: print(subprocess.Popen("
        "[sys.executable, '-c', 'import time; time.sleep(60)']).pid, file=left)\n" + MENDED
    )
    ran = explore(program, "--replay", planned(EVENT))
    assert ran.exit_code == 0, ran.output
    for number in left.read_text().split():
        while is_there(int(number)):  # until whoever takes over orphans has buried it
            pass


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_missing_command_is_wrong_usage():
    ran = CliRunner().invoke(main, ["explore", "--", "no-such-program"])
    assert ran.exit_code == 2
    assert "Cannot start no-such-program" in ran.output


def test_an_exception_of_the_mock_is_reported_as_its_own(explore, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(pushes, "accept", fail)
    ran = explore(MENDED.replace("range(8)", "range(1)"), "--examples", "2")
    assert ran.exit_code == 70, ran.output
    assert "planted" in ran.output


@pytest.mark.long
def test_a_found_schedule_is_kept_when_a_signal_stops_the_search(explore, command, tmp_path):
    (tmp_path / "nightly.py").write_text(PLANTED)
    integration = ("--", sys.executable, "nightly.py", str(SAMPLES / "sales"))
    process: subprocess.Popen[str] = command("explore", *HURRIED, *integration, **QUICK)
    assert process.stderr is not None
    assert "breaks it; shortening" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 128 + signal.SIGTERM
    again = explore(PLANTED, "--examples", "1")
    assert again.exit_code == 1, again.output
    assert len(saved(tmp_path)["events"]) == 1


KILL = {"kind": "kill", "operation": "push-orders", "at": 1}


def test_a_command_is_killed_while_it_waits_and_started_again(explore, planned):
    survived = explore(MENDED, "--replay", planned(KILL))
    assert survived.exit_code == 0, survived.output
    shown = "1. the integration is killed while it waits for push-orders 1, and started again"
    assert shown in survived.output
    broken = explore(MARKS_FIRST, "--replay", planned(KILL))
    assert broken.exit_code == 1, broken.output
    assert "Missing from the books: commerce-payments" in broken.output


def test_a_sale_that_every_run_loses_is_found_with_declared_records_only(explore):
    assert LOSES_A_SALE != MENDED
    survived = explore(LOSES_A_SALE, "--examples", "1")
    assert survived.exit_code == 0, survived.output
    assert "sales that are lost in every run cannot be seen" in survived.output
    found = explore(LOSES_A_SALE, "--examples", "1", "--declare", str(SAMPLES / "sales"))
    assert found.exit_code == 1, found.output
    assert "S01" in found.output
    assert "A-2" in found.output


def test_a_folder_without_records_cannot_be_declared(explore, tmp_path):
    ran = explore(MENDED, "--declare", str(tmp_path))
    assert ran.exit_code == 2
    assert "has no orders.json, payments.json or transactions.json to declare" in ran.output
    (tmp_path / "orders.json").write_text('{"orders": 1}')
    ran = explore(MENDED, "--declare", str(tmp_path))
    assert ran.exit_code == 2
    assert 'orders.json holds no list of records, as {"orders": […]}' in ran.output
    (tmp_path / "orders.json").write_text("[" * 100_000 + "]" * 100_000)
    ran = explore(MENDED, "--declare", str(tmp_path))
    assert ran.exit_code == 2
    assert "orders.json: it is nested too deeply." in ran.output
