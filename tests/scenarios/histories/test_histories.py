"""Histories keep or break rules as declared, and lead to the expected books."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from codat_mock.http.app import create_app
from codat_mock.rules import rulebook
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories import History, HistoryResult, Night, Pushed, Recorded, perform
from codat_scenarios.histories.steps import Sent
from codat_scenarios.merchants import Record
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.strategies import broken_histories, histories, large_pushes

# `pytest -m long --thorough` performs 2,000 histories, which takes some minutes.
HISTORIES = 2_000 if settings.get_current_profile_name() == "thorough" else 300
seeking = settings(max_examples=2_000, database=None, derandomize=True)
shortest = settings(max_examples=2_000, phases=[*Phase])  # however the tests are run
# The rarest edge is one draw in some hundreds: so many that none is missed by chance.
unshrunk = settings(seeking, max_examples=20_000, phases=[Phase.generate])


@pytest.fixture(scope="module")
def driver() -> Iterator[SandboxDriver]:
    """A mock that keeps the limits on requests, in process."""
    transport = httpx.WSGITransport(
        create_app(SandboxRegistry(Settings(speed=0, rate_limits=True)))
    )
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        yield SandboxDriver(http, "histories")


@pytest.mark.parametrize("most", [25, pytest.param(HISTORIES, marks=pytest.mark.long)])
def test_histories_break_no_rule_exercise_every_rule_and_lead_to_the_expected_books(
    driver: SandboxDriver, most: int
) -> None:
    exercised = set()

    @settings(max_examples=most, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(histories())
    def kept(history):
        result = perform(history, driver)
        assert result.findings == ()
        assert result.differences == ()
        assert history.failed_pushes == failures(history, result)
        exercised.update(result.exercised)

    kept()
    if most == HISTORIES:
        assert exercised == {rule.code for rule in rulebook()}


def failures(history: History, result: HistoryResult) -> int:
    """The number of pushes without a known dataset that is Complete."""
    pushes = sum(isinstance(step, Pushed) for step in history.steps)
    return pushes - result.datasets.count("Complete")


def test_the_simplest_history_is_a_night_without_a_sale() -> None:
    assert re.fullmatch(
        r"History:\n  22 Mar 09:00:00  the night has passed",
        repr(find(histories(), lambda _: True, settings=shortest)),
    )


SALE = (
    "1 order ('sale-1' of 0.01); pushed: 1 payment ('sale-1-paid' of 0.01);"
    " pushed: 1 transaction ('sale-1-paid' of 0.01)"
)


def test_the_simplest_history_with_a_push_shows_only_the_necessary_steps() -> None:
    history = find(histories(), lambda each: any(records_pushed(each)), settings=shortest)
    assert repr(history) == (
        "History:\n"
        f"  21 Mar 09:01:00  recorded: {SALE.replace('pushed: ', '')}\n"
        "  21 Mar 09:02:00  linked and configured\n"
        f"  21 Mar 09:03:00  pushed: {SALE}\n"
        "  21 Mar 09:03:08  read: each dataset in progress\n"
        "  22 Mar 09:00:00  the night has passed"
    )


def test_the_simplest_history_with_a_finding_is_the_story_that_breaks_the_rule(
    driver: SandboxDriver,
) -> None:
    history = find(broken_histories("S03"), lambda _: True, settings=shortest)
    assert repr(history) == (
        "History:\n"
        "  21 Mar 09:01:00  linked and configured; story resend-all\n"
        "  26 Mar 09:00:00  the night has passed\n"
        "  27 Mar 09:00:00  the night has passed"
    )
    assert perform(history, driver).findings == ("S03",)


def records_pushed(history: History) -> Iterator[Record]:
    return (record for step in history.steps if isinstance(step, Pushed) for record in step.records)


def has_delete(history: History) -> bool:
    return any(record.keys() == {"id"} for record in records_pushed(history))


def planned(history: History) -> Iterator[str]:
    """The planned faults and outcomes, as text."""
    return (repr(s.content) for s in history.steps if isinstance(s, Sent) and s.content)


EDGES = {
    "a delete that is pushed": has_delete,
    "a delete of what was never pushed": lambda history: (
        any(
            change.record.keys() == {"id"}
            for step in history.steps
            if isinstance(step, Recorded)
            for change in step.changes
        )
        and not has_delete(history)
    ),
    "a correction that is pushed": lambda history: any(
        record.get("sourceModifiedDate", "") > record.get("createdDate", "")
        for record in records_pushed(history)
    ),
    "a dataset that fails": lambda history: any("MapError" in text for text in planned(history)),
    "a lost answer": lambda history: any("bad-gateway" in text for text in planned(history)),
    "a Retry-After": lambda history: any(
        "retryAfter" in text and "push" in text for text in planned(history)
    ),
    "a sync that fails": lambda history: any("ServerError" in text for text in planned(history)),
    "a refund of everything": lambda history: any(
        record.get("totalRefund", 0) < 0 and record["totalAmount"] == 0
        for record in history.expected_records.values()
    ),
    "cash, without a fee": lambda history: any(
        record.get("type") == "Cash" for record in history.expected_records.values()
    ),
    "two nights": lambda history: sum(isinstance(s, Night) for s in history.steps) > 2,
    "an empty push": lambda history: any(
        isinstance(s, Pushed) and not s.records for s in history.steps
    ),
}


# What is found is not shrunk, and so may be large to show.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("edge", EDGES)
def test_histories_reach_every_edge_case(edge: str) -> None:
    find(histories(), EDGES[edge], settings=unshrunk)  # raises if there is none


@pytest.mark.long
@pytest.mark.parametrize("count", [4_999, 5_000, 5_001])
def test_a_large_push_of_each_size_is_accepted_and_booked(count: int) -> None:
    orders = find(large_pushes(), lambda drawn: len(drawn) == count, settings=seeking)
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        driver = SandboxDriver(http, "large")
        driver.set_up("Large Café")
        driver.push("commerce-orders", orders)
        driver.advance(minutes=1)
        assert driver.dataset(driver.datasets[0])["status"] == "Complete"
        assert len({order["id"] for order in orders}) == count
        found = {finding["code"] for finding in driver.findings()["findings"]}
        # The orders may have any date: S12 and S20 report those before the start date.
        assert found - {"S12", "S20"} == ({"S07"} if count >= 5_000 else set())
