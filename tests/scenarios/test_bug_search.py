"""The search finds planted bugs, and finds nothing in the integration that they are planted in."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from bug_search import EXAMPLES, PAGE, search, search_alone
from hypothesis import HealthCheck, Phase, given, reproduce_failure, settings
from hypothesis.stateful import run_state_machine_as_test
from planted_changes import PLANTED
from sqlite_integration import SqliteIntegration

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories import drive
from codat_scenarios.histories.days import (
    Correction,
    DatasetEnd,
    DayEnd,
    FaultyRequests,
    MerchantDays,
    Push,
    Sale,
    Unlink,
)
from codat_scenarios.machine import pushing_machine
from codat_scenarios.strategies import merchant_days

ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (\S+) \| (\S+) \| (.+) \|$", re.M)
# Bugs that are found soon; `python tests/support/bug_search.py` searches for all of them.
KINDS = ("IgnoresRetryAfter", "KeepsItInMemory", "RoundsToTens")
# Shrinking takes long.
seeking = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    derandomize=True,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
# An integration that is killed at a line leaves its files and sockets open, as a process would.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        yield server.address


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_a_planted_bug_is_found_and_shrunk_to_few_events(name: str) -> None:
    # In a process of its own: what Hypothesis draws depends on the modules that are loaded.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(search_alone, name).result()
    assert found
    assert found.size <= 4, found.days


@pytest.mark.long
@pytest.mark.parametrize("how", ["drive", "machine"])
@pytest.mark.parametrize("name", ["KeepsItInMemory", "LosesTips", "RoundsToTens"])
def test_the_printed_decorator_plays_what_was_found_again(
    name: str, how: str, address: str
) -> None:
    def search_again(mark: Callable[[Any], Any]) -> None:
        if how == "machine":
            machine = pushing_machine(address, PLANTED[name], trouble=True, api_key=name)
            run_state_machine_as_test(mark(machine), settings=seeking)
        else:

            @mark
            @seeking
            @given(merchant_days(trouble=True))
            def driven(days: MerchantDays) -> None:
                drive(days, PLANTED[name], address, api_key=name)

            driven()

    with pytest.raises(AssertionError) as found:
        search_again(lambda test: test)
    notes = "\n".join(found.value.__notes__)
    printed = re.search(r"@reproduce_failure\((.+), (b.+)\) ", notes)
    assert printed, notes
    with pytest.raises(AssertionError) as again:
        search_again(reproduce_failure(*map(literal_eval, printed.groups())))
    assert str(again.value) == str(found.value)


@pytest.mark.long
def test_the_integration_without_a_bug_survives(address: str) -> None:
    assert search(SqliteIntegration, address, examples=8, seed=3) is None


@pytest.mark.long
def test_the_integration_without_a_bug_survives_every_kind_of_trouble_in_turn(address: str) -> None:
    trouble = (
        FaultyRequests({"kind": "lose", "by": "close", "operation": "push-orders", "at": [1]}),
        FaultyRequests({"kind": "refuse", "status": 503, "retryAfter": 600, "at": [2]}),
        FaultyRequests({"kind": "spoil", "how": "wrong-json", "operation": None, "at": [3]}),
        FaultyRequests({"kind": "maintenance", "seconds": 600}),
        *map(DatasetEnd, ("Cancelled", "NotSupported", "PrerequisiteNotMet", "MapError")),
        DatasetEnd(stuck_in="Mapping"),
        DatasetEnd(profile="slow"),
        Unlink(),
        *(Push(kill_after=lines) for lines in (5, 40, 80, 120)),
        Push(meanwhile="sell"),
        Push(meanwhile="correct"),
        Push(meanwhile="delete"),
        Push(meanwhile="push"),
        DayEnd("ServerError"),
    )
    for event in trouble:
        events = (Sale(500, 20, by_card=True), event, Correction(units=700), Push(), DayEnd())
        drive(MerchantDays(events), SqliteIntegration, address, api_key="in-turn")


def test_a_price_that_is_raised_and_lowered_again_has_not_changed(address: str) -> None:
    events = (Sale(427), Push(meanwhile="correct"), Correction(units=427))
    drive(MerchantDays(events), SqliteIntegration, address, api_key="same-price")


def test_the_page_lists_every_planted_bug_and_enough_of_them_are_found() -> None:
    rows = {name: (what, size) for name, what, _, _, size in ROW.findall(PAGE.read_text("utf-8"))}
    assert {name: what for name, (what, _) in rows.items()} == {
        name: " ".join((bug.__doc__ or "").split()) for name, bug in PLANTED.items()
    }
    assert len(rows) >= 30
    sizes = sorted(int(size) for _, size in rows.values() if size.isdecimal())
    assert len(sizes) >= len(rows) * 28 / 30
    assert sizes[len(sizes) // 2] <= 3


def test_a_search_draws_as_many_examples_as_the_machine() -> None:
    machine = pushing_machine("http://127.0.0.1:1", SqliteIntegration, trouble=True)
    assert machine.TestCase.settings.max_examples == EXAMPLES
