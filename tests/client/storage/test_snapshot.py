"""Which known records a snapshot lacks, and what is newer than it and left alone."""

from __future__ import annotations

from typing import Any

import pytest
from client_mock import NOON

from codat_push.push_policy import SHARED_ID
from codat_push.storage import database, snapshot
from codat_push.storage.queue import Known
from codat_push.storage.snapshot import Snapshot
from codat_push.storage.store import Store
from codat_push.versions import Version, make_version

ORDERS = "commerce-orders"


def version(identity: str, kind: str = "", total: int = 1) -> Version:
    found = make_version(ORDERS, {"id": identity, "totalAmount": total, "createdDate": NOON})
    return Version(identity, kind, found.body, found.digest, found.created, None, 1)


def learn(store: Store, stream: int, *keys: str, revision: int = 1) -> None:
    """Let records be known, each named by its id and, after a colon, its kind."""
    for key in keys:
        identity, _, kind = key.partition(":")
        store.queue.learn(stream, version(identity, kind), 5, revision)


def rows(store: Store, statement: str, *values: Any) -> list[Any]:
    return [*store.database.run(statement, *values)]


def queued(store: Store) -> list[Any]:
    return rows(store, "SELECT id, body IS NULL, push, revision FROM queue ORDER BY place")


def refused(store: Store) -> list[Any]:
    return rows(store, "SELECT id, kind, reason, detail FROM refused ORDER BY id, kind")


def begun(store: Store, stream: int, revision: int = 3) -> Snapshot:
    found = store.snapshot(stream, revision)
    found.begin()
    return found


def test_what_a_snapshot_lacks_is_deleted_and_counted_by_its_ids(store: Store, stream: int) -> None:
    other = store.stream("d", ORDERS)
    learn(store, stream, "a", "b", "c:Payment", "c:Fee", "d")
    learn(store, other, "a", "z")
    made = begun(store, stream)
    made.see([("a", ""), ("a", "")])
    made.see([("d", "")])
    assert made.find_lacking() == (2, 4)
    made.delete_lacking(10.0, 7)
    assert queued(store) == [("b", 1, None, 7), ("c", 1, None, 7)]
    assert rows(store, "SELECT DISTINCT recorded, kind, stream FROM queue") == [(10.0, "", stream)]
    assert refused(store) == []
    made.end()
    assert len(queued(store)) == 2


def test_a_transaction_that_is_lacking_beside_one_of_its_id_is_refused(
    store: Store, stream: int
) -> None:
    learn(store, stream, "P:Fee", "P:Payment", "Q:Payment")
    made = begun(store, stream)
    made.see([("P", "Payment"), ("Q", "Fee")])
    assert made.find_lacking() == (0, 2)
    made.delete_lacking(10.0, 7)
    assert queued(store) == []
    expected = ("shared-id", SHARED_ID)
    assert refused(store) == [("P", "Fee", *expected), ("Q", "Payment", *expected)]


def test_a_snapshot_of_a_stream_that_is_not_known_lacks_nothing(store: Store, stream: int) -> None:
    learn(store, store.stream("d", ORDERS), "a")
    made = begun(store, stream)
    made.see([("b", "")])
    learn(store, stream, "a")
    assert made.find_lacking() == (0, 0)
    made.delete_lacking(10.0, 7)
    assert queued(store) == []


@pytest.mark.parametrize(("revision", "is_deleted"), [(2, True), (3, True), (4, False)])
def test_what_was_accepted_after_a_snapshot_began_is_not_deleted(
    store: Store, stream: int, revision: int, is_deleted: bool
) -> None:
    learn(store, stream, "a")
    made = begun(store, stream, 3)
    learn(store, stream, "b", revision=revision)
    made.see([("a", "")])
    assert made.find_lacking() == (int(is_deleted), 2)
    made.delete_lacking(10.0, 7)
    assert [row[0] for row in queued(store)] == ["b"] * is_deleted


@pytest.mark.parametrize(("revision", "is_deleted"), [(2, True), (3, True), (4, False)])
@pytest.mark.parametrize("kind", ["", "Fee"])
@pytest.mark.parametrize("when", ["before it is looked for", "before it is deleted"])
def test_nor_what_was_queued_after_it_began(
    store: Store, stream: int, revision: int, is_deleted: bool, kind: str, when: str
) -> None:
    """Also another transaction of the id: a delete would be of both."""
    learn(store, stream, "a")
    made = begun(store, stream, 3)
    change = version("a", kind, total=2)
    if when == "before it is looked for":
        store.queue.put(stream, change, 9.0, revision)
    found = made.find_lacking()
    if when == "before it is deleted":
        store.queue.put(stream, change, 9.0, revision)
        assert found == (1, 1)
    else:
        assert found == (int(is_deleted), 1)
    made.delete_lacking(10.0, 7)
    assert [row[0] for row in queued(store) if row[1]] == ["a"] * is_deleted


@pytest.mark.parametrize(("revision", "is_deleted"), [(3, True), (4, False)])
def test_nor_what_was_accepted_before_it_is_deleted(
    store: Store, stream: int, revision: int, is_deleted: bool
) -> None:
    learn(store, stream, "a")
    made = begun(store, stream, 3)
    assert made.find_lacking() == (1, 1)
    learn(store, stream, "a", revision=revision)
    made.delete_lacking(10.0, 7)
    assert [row[0] for row in queued(store)] == ["a"] * is_deleted


@pytest.mark.parametrize(("revision", "is_refused"), [(3, True), (4, False)])
@pytest.mark.parametrize(("kind", "is_same"), [("Fee", True), ("Refund", False)])
def test_a_transaction_of_a_seen_id_is_newer_only_by_its_own_kind(
    store: Store, stream: int, revision: int, is_refused: bool, kind: str, is_same: bool
) -> None:
    learn(store, stream, "P:Fee", "P:Payment")
    made = begun(store, stream, 3)
    made.see([("P", "Payment")])
    store.queue.put(stream, version("P", kind, total=2), 9.0, revision)
    made.find_lacking()
    made.delete_lacking(10.0, 7)
    assert [row[1] for row in refused(store)] == ["Fee"] * (is_refused or not is_same)


@pytest.mark.parametrize("page", [1, 2, 3, 6, 7, 8])
def test_any_number_of_records_is_looked_through_page_by_page(
    store: Store, stream: int, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(snapshot, "READ_PAGE", page)
    monkeypatch.setattr(snapshot, "PAGE", page)
    monkeypatch.setattr(database, "PAGE", page)
    for number in range(7):
        store.queue.put(stream, version(f"queued-{number}"), 1.0, 1)
        learn(store, stream, f"{number}", f"P{number}:Fee", f"P{number}:Payment")
    made = begun(store, stream)
    assert {row[2] for row in queued(store)} == {-1}
    made.see([("3", ""), *((f"P{number}", "Payment") for number in range(6))])
    assert made.find_lacking() == (7, 14)
    made.delete_lacking(10.0, 7)
    assert [row[0] for row in queued(store) if row[1]] == ["0", "1", "2", "4", "5", "6", "P6"]
    assert [row[:2] for row in refused(store)] == [(f"P{number}", "Fee") for number in range(6)]
    made.end()
    assert all(row[1] for row in queued(store))
    assert not rows(store, "SELECT name FROM temp.sqlite_master")


@pytest.mark.parametrize(("revision", "is_parked"), [(2, True), (3, True), (4, False)])
def test_what_was_queued_before_a_snapshot_is_parked_and_forgotten_at_its_end(
    store: Store, stream: int, revision: int, is_parked: bool
) -> None:
    other = store.stream("d", ORDERS)
    store.queue.put(stream, version("on its way"), 1.0, 1)
    store.pushes.add(store.pushes.open(stream), [1])
    store.queue.put(stream, version("a"), 1.0, revision)
    store.queue.put(other, version("b"), 1.0, 1)
    made = begun(store, stream, 3)
    found = {row[0]: row[2] for row in queued(store)}
    assert found == {"on its way": 1, "a": -1 if is_parked else None, "b": None}
    made.end()
    assert [row[0] for row in queued(store)] == ["on its way", *["a"] * (not is_parked), "b"]


def test_a_snapshot_begins_with_nothing_seen(store: Store, stream: int) -> None:
    learn(store, stream, "a", "b")
    cut_off = begun(store, stream)
    cut_off.see([("a", "")])
    cut_off.find_lacking()
    made = begun(store, stream)
    assert made.find_lacking() == (2, 2)


@pytest.mark.parametrize(
    ("known", "queue", "is_older"),
    [
        (None, {}, False), (3, {}, False), (4, {}, True),
        (None, {("a", "Fee"): 3}, False), (None, {("a", "Fee"): 4}, True),
        (None, {("a", None): 3}, False), (3, {("a", None): 4}, True),
        (4, {("a", "Fee"): 3, ("a", None): 3}, True), (None, {("a", ""): 4}, False),
        (None, {("b", None): 4, ("b", "Fee"): 4}, False),
    ],
)  # fmt: skip
def test_a_record_is_older_than_what_is_known_queued_or_deleted_since(
    store: Store, stream: int, known: int | None, queue: Any, is_older: bool
) -> None:
    made = Snapshot(store.database, stream, 3)
    row = None if known is None else Known("a", "Fee", b"", 1, 1, 1, 1, known, None)
    assert made.is_older(("a", "Fee"), row, queue) is is_older


def test_a_change_of_revision_zero_is_not_newer_than_a_snapshot_of_a_new_file(
    store: Store, stream: int
) -> None:
    made = Snapshot(store.database, stream, -1)
    row = Known("a", "", b"", 1, 1, 1, 1, 0, None)
    assert made.is_older(("a", ""), row, {})
