"""Pushes on their way: what becomes of their records, and of which version of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Chunk, Dataset, Ledger
from codat_push.encoding import read_json
from codat_push.schema import DATA_TYPES
from codat_push.storage import database, pushes
from codat_push.storage.store import Store
from codat_push.versions import Version, make_version

ORDERS = DATA_TYPES[0]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


def put(ledger: Ledger, total: int) -> None:
    record = {
        "id": "a",
        "totalAmount": total,
        "createdDate": NOON,
        "sourceModifiedDate": NOON + timedelta(minutes=total),
    }
    ledger.put("c", ORDERS, make_version(ORDERS, record))


def take(ledger: Ledger) -> tuple[Chunk, list[int]]:
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    return chunk, [read_json(body)["totalAmount"] for body in ledger.bodies(chunk)]


def settle(ledger: Ledger, chunk: Chunk, status: str) -> None:
    dataset = Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=NOON)
    ledger.settle(chunk, dataset)


@pytest.fixture
def second(ledger: Ledger) -> Chunk:
    """A chunk with the newer version, made before the older one of a failed chunk is requeued."""
    put(ledger, 1)
    first, totals = take(ledger)
    assert totals == [1]
    put(ledger, 2)
    settle(ledger, first, "Cancelled")
    chunk, totals = take(ledger)
    assert totals == [2]
    return chunk


def test_two_failed_pushes_with_one_record_are_sent_again_with_its_newest_version(
    ledger: Ledger, second: Chunk
) -> None:
    ledger.release(second)
    _, totals = take(ledger)
    assert totals == [2]


def test_an_older_version_does_not_follow_the_newer_one_that_was_accepted(
    ledger: Ledger, second: Chunk
) -> None:
    settle(ledger, second, "Complete")
    ledger.requeue_failed("c", ORDERS)
    assert ledger.take("c", ORDERS) is None
    assert ledger.refusals() == []


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store(":memory:")
    yield opened
    opened.close()


def version(identity: str, kind: str = "", total: int = 1) -> Version:
    found = make_version(ORDERS, {"id": identity, "totalAmount": total, "createdDate": NOON})
    return Version(identity, kind, found.body, found.digest, found.created, 7, 9, b"source")


def pushed(store: Store, stream: int, *changes: Version | str) -> int:
    """Queue changes, and put all that waits into a push."""
    for change in changes:
        store.queue.put(stream, change, 1.0, 1)
    push = store.pushes.open(stream)
    waiting = store.database.run(
        "SELECT place FROM queue WHERE stream = ? AND push IS NULL", stream
    )
    store.pushes.add(push, [place for (place,) in waiting])
    return push


def queued(store: Store) -> list[Any]:
    return [*store.database.run("SELECT id, kind, push FROM queue ORDER BY place")]


def keys(store: Store, table: str) -> list[Any]:
    find = f"SELECT id, kind FROM {table} ORDER BY id, kind"  # noqa: S608  (a constant name)
    return [*store.database.run(find)]


def counted() -> Any:
    return iter(range(50, 99)).__next__


def test_the_attempt_of_a_push_is_noted_step_by_step(store: Store) -> None:
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    assert store.pushes.find_open(stream) is None
    push = pushed(store, stream, version("a"), "b")
    beside = pushed(store, other, version("a"))
    assert store.pushes.find_open(stream) == (push, None, 2)
    assert store.pushes.attempt(push) == (None, False)
    store.pushes.mark_posted(push, 7.5)
    assert store.pushes.attempt(push) == (7.5, False)
    store.pushes.mark_answered(push)
    assert store.pushes.attempt(push) == (7.5, True)
    store.pushes.name(push, "d-1")
    assert store.pushes.find_open(stream) == (push, "d-1", 2)
    assert store.pushes.find_open(other) == (beside, None, 1)
    assert store.pushes.attempt(beside) == (None, False)
    assert store.pushes.bodies(stream, push) == [version("a").body, b'{"id":"b"}']


def test_the_accepted_records_of_a_push_become_known_and_their_refusals_are_resolved(
    store: Store,
) -> None:
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    for key in (stream, other):
        store.queue.learn(key, version("a"), 5, 6)
        for kind in ("", "Fee"):
            store.refusals.refuse_invalid(key, "a", kind, "wrong")
    push = pushed(store, stream, version("a", total=2), version("b"))
    beside = pushed(store, other, version("z"))
    store.pushes.accept(stream, push, 40, counted())
    found = store.queue.known(stream, ["a", "b"])
    assert [(row.accepted, row.revision, row.source) for row in found.values()] == [
        (5, 50, b"source"),  # the first acceptance counts for syncs
        (40, 50, b"source"),
    ]
    assert found["a", ""].digest == version("a", total=2).digest
    assert keys(store, "refused") == [("a", ""), ("a", "Fee"), ("a", "Fee")]
    assert queued(store) == [("z", "", beside)]
    assert store.pushes.find_open(stream) is None
    assert store.pushes.find_open(other) == (beside, None, 1)
    assert len(store.queue.known(other, ["a", "z"])) == 1


def test_the_accepted_deletes_of_a_push_are_of_all_transactions_of_their_ids(
    store: Store,
) -> None:
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    for key in (stream, other):
        for kind in ("Payment", "Fee"):
            store.queue.learn(key, version("P", kind), 5, 6)
            store.refusals.refuse_invalid(key, "P", kind, "wrong")
        store.queue.learn(key, version("Q", "Fee"), 5, 6)
    push = pushed(store, stream, "P", version("R"))
    store.pushes.accept(stream, push, 40, counted())
    assert keys(store, "deleted") == [("P", "Fee"), ("P", "Payment")]
    assert [*store.queue.known(stream, "PQR")] == [("Q", "Fee"), ("R", "")]
    assert len(store.queue.known(other, "PQR")) == 3
    assert keys(store, "refused") == [("P", "Fee"), ("P", "Payment")]
    assert queued(store) == []


@pytest.mark.parametrize("page", [1, 2, 5, 6, 7])
def test_any_number_of_records_is_accepted_failed_and_queued_again_page_by_page(
    store: Store, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(pushes, "PAGE", page)
    monkeypatch.setattr(database, "PAGE", page)
    stream = store.stream("c", ORDERS)
    changes = [version(f"{number}") for number in range(6)]
    push = pushed(store, stream, *changes)
    newer = [version(f"{number}", total=2) for number in (0, 3, 5)]
    for each in newer:
        store.queue.put(stream, each, 1.0, 2)
    looked_at: list[int] = []
    drop = store.pushes._drop_superseded
    monkeypatch.setattr(
        store.pushes, "_drop_superseded", lambda places: (looked_at.extend(places), drop(places))
    )
    store.pushes.fail(stream, push)
    assert looked_at == [1, 2, 3, 4, 5, 6]  # each once
    assert sorted(queued(store)) == [
        ("0", "", None), ("1", "", push), ("2", "", push), ("3", "", None), ("4", "", push),
        ("5", "", None),
    ]  # fmt: skip
    assert store.pushes.find_open(stream) is None
    store.pushes.requeue_failed(stream)
    assert {row[2] for row in queued(store)} == {None}
    assert not store.database.run("SELECT 1 FROM push")
    again = pushed(store, stream)
    revisions = counted()
    store.pushes.accept(stream, again, 40, revisions)
    assert queued(store) == []
    assert len(store.queue.known(stream, map(str, range(6)))) == 6
    assert next(iter(revisions, 99)) == 50 + -(-6 // page)


def test_a_failed_push_of_one_stream_leaves_the_others_alone(store: Store) -> None:
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    first, second = pushed(store, stream, version("a")), pushed(store, other, version("a"))
    store.pushes.fail(other, second)
    store.pushes.requeue_failed(stream)
    assert queued(store) == [("a", "", first), ("a", "", second)]
    store.pushes.requeue_failed(other)
    assert queued(store) == [("a", "", first), ("a", "", None)]
    assert store.pushes.find_open(stream) == (first, None, 1)


@pytest.mark.parametrize(
    ("older", "newer", "is_superseded"),
    [
        (version("a"), version("a", total=2), True), (version("a", "Fee"), version("a"), False),
        (version("a"), "a", True), (version("a", "Fee"), "a", True), ("a", "a", True),
        ("a", version("a"), False), (version("a"), version("b"), False), (version("a"), "b", False),
    ],
)  # fmt: skip
def test_what_failed_is_dropped_if_a_newer_change_says_more(
    store: Store, older: Version | str, newer: Version | str, is_superseded: bool
) -> None:
    stream, other = store.stream("c", ORDERS), store.stream("d", ORDERS)
    push = pushed(store, stream, older)
    store.queue.put(other, newer, 1.0, 2)
    store.queue.put(stream, newer, 1.0, 2)
    assert len(queued(store)) == 3
    store.pushes.fail(stream, push)
    assert len(queued(store)) == 3 - is_superseded
    store.pushes.requeue_failed(stream)
    assert len(queued(store)) == 3 - is_superseded
