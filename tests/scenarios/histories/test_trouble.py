"""Trouble on a merchant's days: each kind does to the integration what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlite_integration import SqliteIntegration

from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories import integration_run
from codat_scenarios.histories.days import (
    AlertDelivery,
    Correction,
    DayEnd,
    FaultyRequests,
    MerchantDays,
    Push,
    Refund,
    Sale,
    SyncHour,
    Unlink,
    drive,
)
from codat_scenarios.machine import Scenario

SOLD = Sale(500, by_card=True)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        yield server.address


def test_the_moved_sync_runs_at_its_hour(address: str) -> None:
    synced = []

    class Watching(SqliteIntegration):
        def note_synced(self, moment: str) -> None:
            synced.append(moment)
            super().note_synced(moment)

    events = (SOLD, SyncHour(5), Push(), DayEnd(), SOLD, Push())
    drive(MerchantDays(events), Watching, address, api_key="moved")
    assert synced[-1].startswith("2022-03-22T05:00:00")


@pytest.mark.parametrize("outcome", sorted(SYNC_ENDS.keys() - {"Complete", "MappingError"}))
def test_after_every_failed_sync_the_next_one_books_the_day(address: str, outcome: str) -> None:
    events = (SOLD, Push(), DayEnd(outcome), Correction(units=700), Sale(2), Push(), DayEnd())
    drive(MerchantDays(events), SqliteIntegration, address, api_key=f"sync-{outcome}")


def test_a_sale_of_a_partly_failed_sync_is_not_changed_before_the_next(address: str) -> None:
    run = integration_run.IntegrationRun(address, SqliteIntegration, "partly")
    run.open()
    for event in (SOLD, Push(), DayEnd("DataPushError"), Correction(units=9), Refund(units=9)):
        event.run(run)
    (sale,) = run.pos.sales.values()
    assert (sale.units, sale.refunded) == (500, 0)
    DayEnd().run(run)
    assert sale.is_synced
    run.finish()
    run.close()


def test_a_long_sync_is_over_in_the_morning(address: str) -> None:
    events = (SOLD, Push(), DayEnd(sync_minutes=90), Correction(is_synced=True), Push())
    drive(MerchantDays(events), SqliteIntegration, address, api_key="long-sync")


@pytest.mark.parametrize("skew", [-120, 120])
def test_the_integration_s_clock_is_fast_or_slow(address: str, skew: int) -> None:
    moments = []

    class Watching(SqliteIntegration):
        def __init__(self, scenario: Scenario) -> None:
            super().__init__(scenario)
            moments.append(scenario.now())

    lost = FaultyRequests({"kind": "lose", "by": "close", "operation": "push-orders", "at": [1]})
    days = MerchantDays((SOLD, lost, Push()), skew_seconds=skew)
    drive(days, Watching, address, api_key="skewed")
    assert moments[0] == days.start + timedelta(seconds=skew)
    assert repr(days).startswith(
        f"Days from 21 Mar 2022, with a clock 120 s {'fast' if skew > 0 else 'slow'}:"
    )


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_retry_after_of_any_form_is_waited_for(address: str, form: str) -> None:
    fault = {"kind": "refuse", "status": 503, "retryAfter": 600, "retryAfterAs": form, "at": [2]}
    drive(
        MerchantDays((SOLD, FaultyRequests(fault), Push())),
        SqliteIntegration,
        address,
        api_key=f"retry-{form}",
    )

    class Hasty(SqliteIntegration):
        def must_wait(self) -> bool:
            return False

    with pytest.raises(AssertionError, match="T04"):
        drive(MerchantDays((SOLD, FaultyRequests(fault))), Hasty, address, api_key=f"no-{form}")


class Listening(SqliteIntegration):
    """Also receives alerts."""

    heard: ClassVar[list[dict[str, Any]]] = []

    def receive_alert(self, body: dict[str, Any]) -> None:
        self.heard.append(body)


def test_alerts_reach_an_integration_that_receives_them_and_are_repeated(address: str) -> None:
    Listening.heard = []
    drive(MerchantDays((SOLD, Push())), Listening, address, api_key="alerts")
    once = len(Listening.heard)
    assert {each["RuleType"] for each in Listening.heard} >= {"Data sync completed"}
    Listening.heard = []
    drive(MerchantDays((AlertDelivery(2), SOLD, Push())), Listening, address, api_key="alerts")
    assert len(Listening.heard) == 2 * once


def test_an_integration_without_a_timeout_is_stopped_when_an_answer_hangs(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integration_run, "PUSH_LIMIT_SECONDS", 0.5)

    class Patient(SqliteIntegration):
        def __init__(self, scenario: Scenario) -> None:
            super().__init__(scenario)
            self.http.timeout = None  # type: ignore[assignment]

    hangs = FaultyRequests({"kind": "lose", "by": "hang", "operation": None, "at": [1]})
    with pytest.raises(AssertionError, match="give each request a timeout"):
        drive(MerchantDays((SOLD, hangs)), Patient, address, api_key="patient")


def test_an_error_of_json_names_the_encoder(address: str) -> None:
    class Plain(SqliteIntegration):
        def encoded(self, record: dict[str, Any]) -> str:
            return json.dumps(record)

    with pytest.raises(TypeError) as caught:
        drive(MerchantDays((SOLD,)), Plain, address, api_key="plain")
    assert "codat_scenarios.merchants.encode" in caught.value.__notes__[0]


def test_something_happens_at_a_later_checkpoint(address: str) -> None:
    events = (SOLD, Push(meanwhile="correct", checkpoint=2), Push(meanwhile="delete", checkpoint=3))
    drive(MerchantDays(events), SqliteIntegration, address, api_key="later")
    assert str(events[1]) == (
        "the integration pushes; a sale is corrected between reading and marking (checkpoint 2)"
    )


def test_a_sale_is_corrected_in_its_second_unless_it_was_pushed_then(address: str) -> None:
    run = integration_run.IntegrationRun(address, SqliteIntegration, "same-second")
    run.open()
    SOLD.run(run)
    (sale,) = run.pos.sales.values()
    at_once = Correction(units=700, is_at_once=True)
    at_once.run(run)
    assert run.now() == sale.created
    Push().run(run)
    pushed = run.now()
    Correction(units=800, is_at_once=True).run(run)
    assert run.now() > pushed
    run.finish()
    run.close()
    assert str(at_once) == "unsynced sale 1 is corrected to 700 smallest units in the same second"


@pytest.mark.parametrize("status", ["Unlinked", "Deauthorized", "PendingAuth"])
def test_nothing_is_pushed_while_the_shop_is_not_linked(address: str, status: Any) -> None:
    unlinked = Unlink(status=status)
    events = (SOLD, Push(), unlinked, Correction(units=700), Push(), DayEnd())
    drive(MerchantDays(events), SqliteIntegration, address, api_key=f"lost-{status}")
    assert str(unlinked) == (
        "the merchant unlinks the shop, and the integration pushes"
        if status == "Unlinked"
        else f"the shop's connection becomes {status}, and the integration pushes"
    )


def test_a_long_sync_at_a_late_hour_is_over_before_a_sale_of_it_is_corrected(address: str) -> None:
    events = (SOLD, SyncHour(8), DayEnd(sync_minutes=90), Correction(is_synced=True))
    drive(MerchantDays(events), SqliteIntegration, address, api_key="long-late-sync")
