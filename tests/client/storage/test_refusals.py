"""What a ledger refuses so that no rule is broken, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Dataset, Ledger, SyncStatus
from codat_push.encoding import read_json
from codat_push.models import DateRange
from codat_push.versions import make_version

HOUR = timedelta(hours=1)
TRANSACTIONS = "commerce-transactions"
Json = dict[str, Any]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


def transaction(kind: str = "Payment", total: int = 1, **more: Any) -> Json:
    return {"id": "P", "type": kind, "totalAmount": total, "createdDate": NOON} | more


def put(ledger: Ledger, *changes: Json | str) -> None:
    for change in changes:
        version = change if isinstance(change, str) else make_version(TRANSACTIONS, change)
        ledger.put("c", TRANSACTIONS, version)


def send(ledger: Ledger, status: str = "Complete") -> list[Json]:
    """What is pushed of the queue, each push ending in that status."""
    sent: list[Json] = []
    ledger.requeue_failed("c", TRANSACTIONS)
    while chunk := ledger.take("c", TRANSACTIONS):
        sent += map(read_json, ledger.bodies(chunk))
        dataset = Dataset(
            id="d", company_id="c", data_type=TRANSACTIONS, status=status, completed=NOON
        )
        ledger.settle(chunk, dataset)
    return sent


def refused(ledger: Ledger) -> list[tuple[str, str]]:
    return [(refusal.kind, refusal.reason) for refusal in ledger.refusals()]


def synced(ledger: Ledger, finish: Any, code: int = 2000) -> None:
    period = DateRange(start=NOON - HOUR, finish=finish)
    status = SyncStatus(
        company_id="c", sync_status_code=code, sync_utc=finish, sync_date_range_utc=period
    )
    ledger.note_sync("c", status)


def test_a_payment_recorded_after_a_delete_does_not_hide_that_its_fee_is_deleted(
    ledger: Ledger,
) -> None:
    put(ledger, transaction(), transaction("PaymentFee"))
    assert len(send(ledger)) == 2
    put(ledger, "P", transaction(total=2))
    assert [record["totalAmount"] for record in send(ledger)] == [2]
    assert refused(ledger) == [("PaymentFee", "shared-id")]


def test_a_delete_is_sent_unless_it_is_withdrawn(ledger: Ledger) -> None:
    put(ledger, transaction(), transaction("PaymentFee"))
    send(ledger)
    put(ledger, transaction(total=2), "P")
    assert send(ledger) == [{"id": "P"}]
    assert refused(ledger) == []


@pytest.mark.parametrize("ends", [["ProcessingError", "Complete"], ["Complete"]])
def test_a_record_deleted_while_its_push_runs_is_deleted_or_refused(
    ledger: Ledger, ends: Sequence[str]
) -> None:
    put(ledger, transaction(), transaction("PaymentFee"))
    chunk = ledger.take("c", TRANSACTIONS)
    assert chunk
    put(ledger, "P", transaction(total=2))
    dataset = Dataset(
        id="d", company_id="c", data_type=TRANSACTIONS, status=ends[0], completed=NOON
    )
    ledger.settle(chunk, dataset)
    assert [record["totalAmount"] for record in send(ledger)] == [2]
    never_arrived = ends[0] != "Complete"
    assert refused(ledger) == ([] if never_arrived else [("PaymentFee", "shared-id")])


def test_a_deleted_key_is_not_pushed_again(ledger: Ledger) -> None:
    put(ledger, transaction())
    send(ledger)
    put(ledger, "P")
    assert send(ledger) == [{"id": "P"}]
    put(ledger, transaction(), transaction("Refund"))
    assert [record["type"] for record in send(ledger)] == ["Refund"]
    assert refused(ledger) == [("Payment", "deleted")]


def test_an_unknown_record_is_neither_deleted_nor_blocked(ledger: Ledger) -> None:
    put(ledger, transaction(), "P")
    assert send(ledger) == []
    put(ledger, transaction())
    assert len(send(ledger)) == 1


@pytest.mark.parametrize("moved", [-HOUR, timedelta()])
def test_a_change_without_a_later_source_modified_date_is_refused(
    ledger: Ledger, moved: timedelta
) -> None:
    put(ledger, transaction(sourceModifiedDate=NOON))
    send(ledger)
    put(ledger, transaction(total=2, sourceModifiedDate=NOON + moved))
    assert send(ledger) == []
    assert refused(ledger) == [("Payment", "not-newer")]
    put(ledger, transaction(total=2, sourceModifiedDate=NOON + HOUR))
    assert len(send(ledger)) == 1
    assert refused(ledger) == []


def test_an_update_keeps_its_created_date(ledger: Ledger) -> None:
    put(ledger, transaction())
    send(ledger)
    put(ledger, transaction(total=2, createdDate=NOON + HOUR))
    assert send(ledger) == []
    assert refused(ledger) == [("Payment", "created-moved")]


def test_a_record_after_the_sync_of_its_period_is_refused(ledger: Ledger) -> None:
    synced(ledger, NOON + HOUR)
    put(ledger, transaction(), transaction("Refund", createdDate=NOON + HOUR))
    assert [record["type"] for record in send(ledger)] == ["Refund"]
    assert refused(ledger) == [("Payment", "late")]


def test_a_record_recorded_while_its_period_is_synced_is_held(ledger: Ledger) -> None:
    synced(ledger, NOON + HOUR, code=1000)
    put(ledger, transaction())
    assert send(ledger) == []
    synced(ledger, NOON + HOUR, code=5000)
    assert len(send(ledger)) == 1


def test_retry_queues_a_refused_change_unless_a_newer_one_is_queued(
    ledger: Ledger,
) -> None:
    put(ledger, transaction())
    send(ledger, status="ValidationError")
    (refusal,) = ledger.refusals()
    assert refusal.reason == "rejected"
    ledger.retry(refusal)
    ledger.retry(refusal)
    assert refused(ledger) == []
    assert [record["totalAmount"] for record in send(ledger, "ValidationError")] == [1]
    put(ledger, transaction(total=2))
    ledger.retry(*ledger.refusals())
    assert [record["totalAmount"] for record in send(ledger)] == [2]


@pytest.mark.parametrize("company", ["", None, "\ud800"])
def test_a_company_that_is_not_an_id_is_refused_at_once(ledger: Ledger, company: Any) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        ledger.put(company, TRANSACTIONS, "P")
    with pytest.raises(ValueError, match="is not an id"):
        next(ledger.changes(company, TRANSACTIONS, []))


def kept(ledger: Ledger, company: str = "c") -> list[tuple[str, str, Any]]:
    return [(each.id, each.kind, each.record and each.record["totalAmount"])
            for each in ledger.refusals() if each.company == company]  # fmt: skip


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_any_number_of_changes_is_refused_with_what_they_say(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    for module in ("refusals", "database"):
        monkeypatch.setattr(f"codat_push.storage.{module}.PAGE", page)
    store = ledger.store
    stream, other = store.stream("c", TRANSACTIONS), store.stream("d", TRANSACTIONS)
    for company in "cd":
        for total, kind in enumerate(("Payment", "Refund", "Fee"), 1):
            change = make_version(TRANSACTIONS, transaction(kind, total))
            ledger.put(company, TRANSACTIONS, change)
    push = store.pushes.open(stream)
    store.pushes.add(push, [1, 2])
    store.refusals.refuse_queue(stream, "unknown-company", "none")
    assert kept(ledger) == [("P", "Fee", 3)]
    store.refusals.refuse_push(stream, push, "rejected", "no")
    assert kept(ledger) == [("P", "Fee", 3), ("P", "Payment", 1), ("P", "Refund", 2)]
    assert refused(ledger)[1:] == [("Payment", "rejected"), ("Refund", "rejected")]
    assert store.refusals.count() == 3
    store.refusals.refuse_place(other, 5, "late", "too late")
    assert kept(ledger, "d") == [("P", "Refund", 2)]
    assert store.queue.depth()[0] == 2
    assert kept(ledger, "c")[0] == ("P", "Fee", 3)


def test_the_last_refusal_of_a_record_counts_and_is_forgotten_by_its_key(ledger: Ledger) -> None:
    refusals, stream = ledger.store.refusals, ledger.store.stream("c", TRANSACTIONS)
    other = ledger.store.stream("d", TRANSACTIONS)
    version = make_version(TRANSACTIONS, transaction(total=7))
    refusals.refuse_version(stream, version, "late", "too late")
    refusals.refuse_invalid(stream, "P", "Fee", "wrong")
    refusals.refuse_invalid(other, "P", "Payment", "wrong")
    assert kept(ledger) == [("P", "Fee", None), ("P", "Payment", 7)]
    refusals.refuse_version(stream, version, "not-newer", "older")
    assert refused(ledger)[:2] == [("Fee", "invalid"), ("Payment", "not-newer")]
    first, second, third = ledger.refusals()
    assert (third.company, third.detail) == ("d", "wrong")
    assert refusals.forget(stream, first) is True
    assert refusals.forget(stream, first) is False
    refusals.resolve(stream, "P", "Payment")
    refusals.resolve(stream, "Q", "Payment")
    assert [each.company for each in ledger.refusals()] == ["d"]
    assert second.id == "P"


def test_a_shared_delete_is_refused_for_what_has_no_newer_version(ledger: Ledger) -> None:
    store = ledger.store
    stream, other = store.stream("c", TRANSACTIONS), store.stream("d", TRANSACTIONS)
    for kind in ("Payment", "Fee", "Refund"):
        version = make_version(TRANSACTIONS, transaction(kind))
        store.queue.learn(stream, version, 5, 1)
        store.queue.learn(other, version, 5, 1)
    put(ledger, transaction("Fee", 2), transaction("Refund", 2))
    store.pushes.add(store.pushes.open(stream), [2])
    store.refusals.refuse_shared(stream, "P", "shared")
    assert [(each.company, each.kind, each.record, each.reason) for each in ledger.refusals()] == [
        ("c", "Payment", None, "shared-id"), ("c", "Refund", None, "shared-id"),
    ]  # fmt: skip
