"""`codat.explore`, by runs of pytest in runs of pytest."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import requests  # noqa: F401  (so that the runs within this one do not import it again)
from plugin_runs import INI

from codat_mock.fuzz import schedule_files, search  # noqa: F401
from codat_mock.sandbox import pushes
from codat_mock.testing import fuzzing, routing, sessions  # noqa: F401

pytest_plugins = ["pytester"]

SAMPLES = Path(__file__).parents[3] / "docs" / "integrations" / "sales"
NIGHT = f"""
import json
from pathlib import Path
import httpx
import pytest

KINDS = ("orders", "payments", "transactions")
SALES = {{k: json.loads(Path({str(SAMPLES)!r}, k + ".json").read_text())[k] for k in KINDS}}
pytestmark = [
    pytest.mark.codat(start_at="2022-03-21T18:00:00Z"),
    # A connection that a fault has closed is collected at any time.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CODAT = httpx.Client(base_url="https://api.codat.io", headers={{"Authorization": "Basic a2V5"}})


def push(company_id, kind, records):
    path = f"/data/companies/{{company_id}}/sync/commerce-{{kind}}"
    return CODAT.post(path, json={{kind: records}}).raise_for_status().json()["datasetId"]


def look(company_id, dataset_id):
    path = f"/meta/companies/{{company_id}}/pull/history/{{dataset_id}}"
    while not (answer := CODAT.get(path).raise_for_status().json())["isCompleted"]:
        assert not answer["isErrored"]


def careless(company_id, folder):
    for kind, records in SALES.items():
        try:
            look(company_id, push(company_id, kind, records))
        except httpx.TransportError:
            again = [record | {{"id": record["id"] + "-2"}} for record in records]
            look(company_id, push(company_id, kind, again))


def careful(company_id, folder):
    for kind, records in SALES.items():
        known = folder / kind
        if not known.exists():
            known.write_text(push(company_id, kind, records))
        look(company_id, known.read_text())
"""
LOST = {"kind": "lose", "operation": "push-orders", "at": [1]}
FAILED = {"kind": "dataset", "at": 1, "outcome": "FetchError"}

Run = Callable[..., pytest.RunResult]


def collect() -> None:
    """Collect what tests have left open, so that no other test is warned of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture
def run(pytester: pytest.Pytester) -> Iterator[Run]:
    """Run pytest on a module of tests; every warning is an error in it."""
    collect()
    pytester.makeini(INI)
    pytester.makepyfile(nights=NIGHT)

    def run_tests(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(f"from nights import *\n{dedent(tests)}")
        return pytester.runpytest_inprocess(*arguments)

    yield run_tests
    collect()


@pytest.fixture
def planned(pytester: pytest.Pytester) -> Callable[..., None]:
    """A file with a schedule of these events."""

    def write(*events: object) -> None:
        schedule = {"startAt": "2022-03-21T18:00:00Z", "events": events}
        (pytester.path / "planned.json").write_text(json.dumps(schedule))

    return write


def test_a_double_booking_is_found_shortened_and_reported_once(run, pytester):
    ran = run("def test_it(codat_httpx): codat_httpx.explore(careless)")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(
        [
            "*schedules tried; the shortest that breaks the integration:",
            "*1. push-orders 1 is carried out, but its answer is lost (close)",
            "*In the books, but not on a day without faults: commerce-orders A-1-2, 6.00.",
            "*Replay it: codat.explore(…, replay='codat-mock-schedule-*-test_it.json').",
        ]
    )
    (saved,) = pytester.path.glob("codat-mock-schedule-*")
    assert len(schedule_files.read(saved).events) == 1


@pytest.mark.long
def test_workers_try_first_what_another_process_found(run, pytester):
    tests = """
        @pytest.mark.parametrize("seed", range(3))
        def test_it(codat_httpx, seed):
            codat_httpx.explore(careless, seed=seed)
    """
    run(tests, "-k", "0").assert_outcomes(failed=1, deselected=2)
    ran = run(tests, "-k", "1 or 2", "-n2", "-p", "xdist")
    ran.assert_outcomes(failed=2)
    ran.stdout.fnmatch_lines(["E * 1 schedule tried; the shortest*"] * 2)
    assert len(list(pytester.path.glob("codat-mock-schedule-*"))) == 3


def test_a_schedule_is_replayed(run, planned, pytester):
    planned(LOST)
    ran = run(
        """
        def test_careless(codat_httpx): codat_httpx.explore(careless, replay="planned.json")
        def test_careful(codat_httpx): codat_httpx.explore(careful, replay="planned.json")
        """
    )
    ran.assert_outcomes(failed=1, passed=1)
    ran.stdout.fnmatch_lines(["*The schedule:"])
    assert not list(pytester.path.glob("codat-mock-schedule*"))


COUNTED = """
CALLS = []
def counted(company_id, folder):
    CALLS.append(len(list(folder.iterdir())))
    (folder / "called").touch()
    careful(company_id, folder)
def test_it(codat_httpx): codat_httpx.explore(counted, replay="planned.json")
def test_calls(): assert CALLS == EXPECTED
"""


def test_a_scenario_that_raises_is_called_once_more_in_the_same_folder(run, planned):
    planned(LOST)
    run(COUNTED.replace("EXPECTED", "[0, 0, 0, 1]")).assert_outcomes(passed=2)


def test_a_scenario_whose_assertion_fails_is_not_called_again(run, planned):
    planned(FAILED)
    ran = run(COUNTED.replace("EXPECTED", "[0, 0, 0]"))
    ran.assert_outcomes(failed=1, passed=1)
    ran.stdout.fnmatch_lines(["*The integration raised AssertionError*"])


def test_the_marker_applies_to_every_run(run, planned):
    planned(LOST)
    ran = run(
        """
        def twice(company_id, folder):
            careful(company_id, folder)
            look(company_id, push(company_id, "orders", SALES["orders"]))
        def test_strict(codat_httpx): codat_httpx.explore(twice, replay="planned.json")
        @pytest.mark.codat(rules={"S03": "off"})
        def test_off(codat_httpx): codat_httpx.explore(twice, replay="planned.json")
        @pytest.mark.codat(expected=["S03"])
        def test_expected(codat_httpx): codat_httpx.explore(twice, replay="planned.json")
        """
    )
    ran.assert_outcomes(failed=1, passed=2)


def test_the_company_of_the_fixture_is_that_of_the_scenario(run, planned):
    planned(LOST)
    run(
        """
        def test_it(codat_httpx):
            before = codat_httpx.company_id
            def night(company_id, folder):
                assert company_id == codat_httpx.company_id
                careful(company_id, folder)
            codat_httpx.explore(night, replay="planned.json")
            assert len(codat_httpx.books()["documents"]) > 0
        """
    ).assert_outcomes(passed=1)


HEARING = """
from codat_scenarios.webhook_inbox import WebhookInbox

def pays(codat, is_careful):
    # Whoever hears that the orders are there pushes what was paid for them.
    def night(company_id, folder):
        heard = []
        look(company_id, push(company_id, "orders", SALES["orders"]))
        codat.alerts.all()
        for alert in INBOX.alerts[:]:
            INBOX.alerts.remove(alert)
            if alert["AlertId"] in heard and is_careful:
                continue
            if alert["Data"]["dataType"] == "commerce-orders":
                heard.append(alert["AlertId"])
                for kind in ("payments", "transactions"):
                    look(company_id, push(company_id, kind, SALES[kind]))
    with WebhookInbox() as INBOX:
        codat.alerts.add_rule("Dataset data changed", INBOX.url)
        codat.explore(night, replay="planned.json")

def test_careful(codat_httpx): pays(codat_httpx, True)
def test_careless(codat_httpx): pays(codat_httpx, False)
"""


def test_alert_events_apply_to_the_rules_of_the_test(run, planned):
    planned({"kind": "alerts", "copies": 2})
    ran = run(HEARING)
    ran.assert_outcomes(failed=1, passed=1)
    ran.stdout.fnmatch_lines(["*S03 only-new-or-changed commerce-payments*"])
    ran.stdout.fnmatch_lines(["*1. alerts are delivered 2 times"])
    ran.stdout.fnmatch_lines(["FAILED *::test_careless *"])


def test_a_scenario_that_pushes_nothing_is_broken(run):
    ran = run("def test_it(codat_httpx): codat_httpx.explore(lambda company_id, folder: None)")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*Nothing was pushed, so there is nothing to judge*"])


def test_an_exception_of_the_mock_is_raised_as_its_own(run, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(pushes, "accept", broken)
    ran = run("def test_it(codat_httpx): codat_httpx.explore(careful)")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*MockFailed: *planted*"])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{}", "*BadFile: planned.json is not a schedule: *startAt*"),
        (None, "*BadFile: Cannot read planned.json: No such file or directory."),
    ],
)
def test_an_invalid_schedule_is_reported(run, pytester, written, message):
    if written is not None:
        (pytester.path / "planned.json").write_text(written)
    ran = run("def test_it(codat_httpx): codat_httpx.explore(careful, replay='planned.json')")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines([message])


def test_a_scenario_without_a_name_is_explored(run):
    run(
        """
        from functools import partial
        def named(company_id, folder, kinds):
            for kind in kinds:
                look(company_id, push(company_id, kind, SALES[kind]))
        def test_it(codat_httpx):
            with pytest.raises(AssertionError, match="shortest that breaks the integration"):
                codat_httpx.explore(partial(named, kinds=KINDS))
        """
    ).assert_outcomes(passed=1)


def test_a_scenario_that_never_ends_is_broken(run, planned):
    planned(FAILED)
    ran = run(
        """
        def endless(company_id, folder):
            careful(company_id, folder)
            while True:
                try:
                    push(company_id, "orders", [])
                except Exception:
                    pass
        def test_it(codat_httpx):
            codat_httpx.explore(endless, replay="planned.json", timeout=0.5)
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*The integration did not end within 0.5 seconds."])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("explore(careful, examples=0)", "*ValueError: examples must be 1 or more, not 0."),
        ("explore(careful, timeout=0)", "*ValueError: timeout must be more than 0, not 0."),
        ("explore(lambda company_id: None)", "*TypeError: *two arguments*too many positional*"),
        (
            "explore(awaited)",
            "*TypeError: codat.explore takes no coroutine function: *asyncio.run.",
        ),
    ],
)
def test_wrong_arguments_are_reported(run, call, message):
    ran = run(
        f"""
        async def awaited(company_id, folder): pass
        def test_it(codat_httpx): codat_httpx.{call}
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines([message])
