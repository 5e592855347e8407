"""Histories: kept and broken rules, and the books that come of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from codat_mock.app import create_app
from codat_mock.rules import rulebook
from codat_mock.sandbox import Settings, World
from codat_mock.server import Server, listen
from codat_scenarios.histories import Night, Pushed, perform
from codat_scenarios.merchants import Change
from codat_scenarios.stage import Stage
from codat_scenarios.strategies import BREACHES, broken_histories, histories, large_pushes

slow = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
seeking = settings(max_examples=2_000, database=None, derandomize=True)
unshrunk = settings(seeking, phases=[Phase.generate])
SPOILS_BOOKS = ("U02", "D01")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A mock over a real socket, as pushes that overlap need one."""
    world = World(Settings(speed=0))
    with (
        Server(world, listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        yield Stage(http, "histories")


def test_a_history_breaks_no_rule_and_its_books_are_right(stage: Stage) -> None:
    @slow
    @given(histories())
    def kept(history):
        came = perform(history, stage)
        assert came.findings == ()
        assert set(came.datasets) <= {"Complete"}
        assert came.differences == ()

    kept()


@pytest.mark.parametrize("code", BREACHES)
def test_a_broken_history_breaks_its_rule_once_and_no_other(code: str, stage: Stage) -> None:
    @slow
    @given(broken_histories(code))
    def broken(history):
        came = perform(history, stage)
        assert came.findings == (code,)
        assert history.breaks == code
        if code not in SPOILS_BOOKS:
            assert came.differences == ()

    broken()


def test_a_late_update_and_a_fat_delete_spoil_the_books(stage: Stage) -> None:
    late, fat = (find(broken_histories(code), lambda _: True) for code in SPOILS_BOOKS)
    assert perform(late, stage).differences[0] == (
        "commerce-orders 'sale-1' was booked by 2 syncs."
    )
    # The merchant's other records of the deleted sale had been pushed, and stand there still.
    assert perform(fat, stage).differences[0] == (
        "commerce-transactions 'sale-1-paid/PaymentFee' is in the books,"
        " but not among the merchant's records."
    )


def test_there_is_a_breach_for_every_rule_of_pushes() -> None:
    assert sorted(BREACHES) == sorted(rule.code for rule in rulebook())


def test_the_simplest_history_is_a_night_without_a_sale() -> None:
    assert re.fullmatch(
        r"History:\n  22 Mar 09:00  the night has passed", repr(find(histories(), lambda _: True))
    )


def test_the_simplest_history_with_a_finding_tells_only_what_it_needs(stage: Stage) -> None:
    history = find(broken_histories("S03"), lambda _: True)
    assert repr(history) == (
        "History:\n"
        "  21 Mar 09:01  recorded: 1 order ('sale-1' of 1.00); 1 payment ('sale-1-paid' of 1.00);"
        " 2 transactions ('sale-1-paid' of 1.00, 'sale-1-paid' of -0.03)\n"
        "  21 Mar 09:02  pushed: 1 order ('sale-1' of 1.00); 1 payment ('sale-1-paid' of 1.00);"
        " 2 transactions ('sale-1-paid' of 1.00, 'sale-1-paid' of -0.03)\n"
        "  21 Mar 09:03  pushed: 1 order ('sale-1' of 1.00)\n"
        "  22 Mar 09:00  the night has passed"
    )
    assert perform(history, stage).findings == ("S03",)


def has_delete(history) -> bool:
    return any(isinstance(s, Pushed) and {"id"} in map(set, s.records) for s in history.steps)


EDGES = {
    "a delete that is pushed": has_delete,
    "a delete of what was never pushed": lambda history: (
        any(isinstance(s, Change) and s.record.keys() == {"id"} for s in history.steps)
        and not has_delete(history)
    ),
    "a correction that is pushed": lambda history: any(
        isinstance(s, Pushed) and r.get("sourceModifiedDate", "") > r.get("createdDate", "")
        for s in history.steps
        for r in getattr(s, "records", ())
    ),
    "a refund of everything": lambda history: any(
        record.get("totalRefund", 0) < 0 and record["totalAmount"] == 0
        for record in history.due.values()
    ),
    "cash, without a fee": lambda history: any(
        record.get("type") == "Cash" for record in history.due.values()
    ),
    "two nights": lambda history: sum(isinstance(s, Night) for s in history.steps) > 2,
    "an empty push": lambda history: any(
        isinstance(s, Pushed) and not s.records for s in history.steps
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_the_edges_of_a_life_are_reached(edge: str) -> None:
    find(histories(), EDGES[edge], settings=unshrunk)  # raises where there is none


@pytest.mark.parametrize("count", [4_999, 5_000, 5_001])
def test_a_large_push_of_each_size_is_taken_and_booked(count: int) -> None:
    orders = find(large_pushes(), lambda drawn: len(drawn) == count, settings=seeking)
    transport = httpx.WSGITransport(create_app(World(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        stage = Stage(http, "large")
        stage.begin("Large Café")
        stage.push("commerce-orders", orders)
        stage.advance(minutes=1)
        assert stage.dataset(stage.datasets[0])["status"] == "Complete"
        assert len({order["id"] for order in orders}) == count
        assert stage.findings()["findings"] == []
