"""The queue: what replaces what, in which order, and what of it is known."""

from __future__ import annotations

from typing import Any

import pytest
from client_mock import NOON

from codat_push.push_policy import Candidate
from codat_push.storage import queue as queue_module
from codat_push.storage.joined_bodies import positions
from codat_push.storage.queue import Known, Queue, append_statement
from codat_push.storage.store import Store
from codat_push.versions import Version, make_version

ORDERS = "commerce-orders"


@pytest.fixture
def queue(store: Store) -> Queue:
    return store.queue


def version(identity: str, total: int = 1, kind: str = "") -> Version:
    record = {"id": identity, "totalAmount": total, "createdDate": NOON}
    found = make_version(ORDERS, record)
    return Version(found.id, kind, found.body, found.digest, found.created, 7, 9, b"source")


def rows(store: Store, columns: str = "id, kind") -> list[Any]:
    return [*store.database.run(f"SELECT {columns} FROM queue ORDER BY place")]  # noqa: S608  (constant names)


def test_revisions_are_counted_from_one(queue: Queue) -> None:
    assert queue.revision() == 0
    assert [queue.next_revision(), queue.revision(), queue.next_revision()] == [1, 1, 2]


def test_a_version_takes_the_place_and_the_time_of_the_one_that_it_replaces(
    store: Store, queue: Queue, stream: int
) -> None:
    queue.put(stream, version("a", 1), 10.0, 1)
    queue.put(stream, version("b", 1), 11.0, 2)
    queue.put(stream, version("a", 2), 12.0, 3)
    assert rows(store, "place, id, recorded, revision, push") == [
        (1, "a", 10.0, 3, None),
        (2, "b", 11.0, 2, None),
    ]
    assert queue.body(1) == version("a", 2).body
    found = store.database.run(
        "SELECT digest, created, modified, properties, source FROM queue WHERE id = 'b'"
    ).first()
    given = version("b", 1)
    assert found == (given.digest, given.created, 7, 9, b"source")


def test_a_delete_replaces_all_versions_of_its_id_and_a_version_only_its_own_kind(
    store: Store, queue: Queue, stream: int
) -> None:
    queue.put(stream, version("b", kind="Fee"), 9.0, 1)
    queue.put(stream, version("a", kind="Fee"), 10.0, 1)
    queue.put(stream, version("a", kind="Payment"), 11.0, 1)
    queue.put(stream, version("a", 2, kind="Payment"), 12.0, 1)
    assert rows(store) == [("b", "Fee"), ("a", "Fee"), ("a", "Payment")]
    queue.put(stream, "a", 13.0, 2)
    assert rows(store, "place, id, kind, body, recorded") == [
        (1, "b", "Fee", version("b").body, 9.0),
        (2, "a", "", None, 10.0),
    ]
    queue.put(stream, version("a", kind="Fee"), 14.0, 3)
    queue.put(stream, version("a", kind=""), 14.0, 3)
    assert rows(store) == [("b", "Fee"), ("a", ""), ("a", "Fee"), ("a", "")]
    queue.put(stream, "a", 15.0, 4)
    assert rows(store) == [("b", "Fee"), ("a", "")]


@pytest.mark.parametrize(
    ("state", "is_replaced"), [("open", False), ("failed", True), ("parked", True)]
)
def test_what_is_on_its_way_is_not_replaced_but_what_failed_is(
    store: Store, queue: Queue, stream: int, state: str, is_replaced: bool
) -> None:
    queue.put(stream, version("a", 1), 10.0, 1)
    push = store.pushes.open(stream)
    store.pushes.add(push, [1])
    if state == "failed":
        store.database.run("UPDATE push SET failed = 1")
    if state == "parked":
        store.database.run("UPDATE queue SET push = -1")
    queue.put(stream, version("a", 2), 12.0, 2)
    assert [push for _, push in rows(store, "place, push")][-1] is None
    assert len(rows(store)) == 1 + (not is_replaced)


def test_another_company_s_records_are_others(store: Store, queue: Queue, stream: int) -> None:
    other = store.stream("d", ORDERS)
    queue.put(stream, version("a"), 10.0, 1)
    queue.put(other, "a", 11.0, 1)
    queue.put(other, version("a", 2), 12.0, 1)
    assert rows(store, "stream, body IS NULL") == [(stream, 0), (other, 1), (other, 0)]
    assert (queue.is_waiting(stream), queue.is_waiting(store.stream("e", ORDERS))) == (True, False)
    assert queue.holds(stream, "a", "")
    assert not queue.holds(stream, "b", "")


@pytest.mark.parametrize(
    ("queued", "kind", "is_held"),
    [
        (version("a"), "", True), (version("a", kind="Fee"), "Fee", True),
        (version("a", kind="Fee"), "", False), ("a", "Fee", True), (version("b"), "", False),
    ],
)  # fmt: skip
def test_a_record_is_held_by_its_own_version_or_a_delete_of_its_id(
    store: Store, queue: Queue, stream: int, queued: Version | str, kind: str, is_held: bool
) -> None:
    queue.put(stream, queued, 10.0, 1)
    assert queue.holds(stream, "a", kind) is is_held
    assert queue.is_waiting(stream)
    store.pushes.add(store.pushes.open(stream), [1])
    assert queue.holds(stream, "a", kind) is is_held
    assert not queue.is_waiting(stream)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9])
@pytest.mark.parametrize("most_bytes", [0, 10_000])
def test_versions_are_appended_in_statements_of_some_rows(
    store: Store,
    queue: Queue,
    stream: int,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    most_bytes: int,
) -> None:
    monkeypatch.setattr(queue_module, "ROWS", 4)
    monkeypatch.setattr(queue_module, "MAX_BYTES", most_bytes)
    versions = [version(f"{number}", number) for number in range(count)]
    push = store.pushes.open(stream)
    queue.append(stream, versions, push, 10.0, 3)
    assert store.pushes.bodies(stream, push) == [each.body for each in versions]
    kinds = {type(body) for (body,) in rows(store, "body")}
    assert kinds == ({int} if most_bytes else {bytes})
    assert rows(store, "id, kind, recorded, push, revision, modified, properties, source") == [
        (each.id, "", 10.0, push, 3, 7, 9, b"source") for each in versions
    ]


@pytest.mark.parametrize(("bytes_more", "is_joined"), [(0, True), (-1, False), (1, True)])
def test_bodies_of_a_page_are_joined_up_to_a_limit_and_only_in_a_push(
    store: Store,
    queue: Queue,
    stream: int,
    monkeypatch: pytest.MonkeyPatch,
    bytes_more: int,
    is_joined: bool,
) -> None:
    versions = [version("a"), version("b")]
    size = sum(len(each.body) for each in versions)
    monkeypatch.setattr(queue_module, "MAX_BYTES", size + bytes_more)
    push = store.pushes.open(stream)
    queue.append(stream, versions, push, 10.0, 3)
    held = [type(body) for (body,) in rows(store, "body")]
    assert held == [int if is_joined else bytes] * 2
    queue.append(stream, versions, None, 10.0, 3)
    assert [type(body) for (body,) in rows(store, "body")][2:] == [bytes, bytes]


def test_the_places_of_joined_bodies_follow_one_another() -> None:
    assert positions([]) == []
    assert positions([b"ab", b"", b"cde"]) == [2, 2 << 31, (2 << 31) + 3]
    assert append_statement(2).count("?, ?, ?, ?, ?, ?, ?, ?") == 2


def test_known_records_are_found_by_their_ids(store: Store, queue: Queue, stream: int) -> None:
    assert not queue.knows_any(stream)
    assert queue.known(stream, ["a"]) == {}
    for each in (version("a"), version("a", kind="Fee"), version("b")):
        queue.learn(stream, each, 5, 6)
    assert queue.knows_any(stream)
    assert not queue.knows_any(store.stream("d", ORDERS))
    found = queue.known(stream, ["a", "z"])
    assert [*found] == [("a", ""), ("a", "Fee")]
    given = version("a")
    assert found["a", ""] == Known("a", "", given.digest, given.created, 7, 9, 5, 6, b"source")
    assert queue.known(store.stream("d", ORDERS), ["a"]) == {}


def test_what_is_learnt_later_replaces_what_was_known(queue: Queue, stream: int) -> None:
    queue.learn(stream, version("a", 1), 5, 6)
    queue.learn(stream, version("a", 2), 7, 8)
    [row] = queue.known(stream, ["a"]).values()
    assert (row.digest, row.accepted, row.revision) == (version("a", 2).digest, 7, 8)


def test_the_latest_revision_of_what_is_queued_is_found_by_id_and_kind(
    store: Store, queue: Queue, stream: int
) -> None:
    queue.put(stream, version("a", kind="Fee"), 10.0, 1)
    store.pushes.add(store.pushes.open(stream), [1])
    queue.put(stream, version("a", 2, kind="Fee"), 10.0, 4)
    queue.put(stream, version("b"), 10.0, 5)
    queue.put(stream, "b", 10.0, 6)
    queue.put(stream, version("c"), 10.0, 7)
    assert queue.queued(stream, ["a", "b", "z"]) == {("a", "Fee"): 4, ("b", None): 6}
    assert queue.queued(store.stream("d", ORDERS), ["a"]) == {}


def test_only_a_source_that_is_given_is_noted(queue: Queue, stream: int) -> None:
    queue.learn(stream, version("a"), 5, 6)
    queue.learn(stream, version("b"), 5, 6)
    unusual = Version("b", "", b"", b"", None, None, 0, None)
    plain = Version("a", "", b"", b"", None, None, 0, b"other")
    queue.note_sources(stream, [unusual, plain])
    found = queue.known(stream, ["a", "b"])
    assert [row.source for row in found.values()] == [b"other", b"source"]


def test_a_stream_is_new_until_anything_of_it_is_known_queued_or_on_its_way(
    store: Store, queue: Queue, stream: int
) -> None:
    other = store.stream("d", ORDERS)
    for change in (
        lambda: queue.learn(stream, version("a"), 5, 6),
        lambda: queue.put(stream, version("a"), 10.0, 1),
        lambda: store.pushes.open(stream),
        lambda: store.database.run("INSERT INTO deleted VALUES (?, 'a', '')", stream),
    ):
        assert queue.is_new(stream)
        with store.dry_run():
            change()
            assert not queue.is_new(stream)
            assert queue.is_new(other)


def test_candidates_are_what_waits_after_a_place_and_up_to_a_revision(
    store: Store, queue: Queue, stream: int
) -> None:
    queue.learn(stream, version("b", 1), 50, 1)
    store.database.run("INSERT INTO deleted VALUES (?, 'c', '')", stream)
    for number, identity in enumerate("abcde"):
        queue.put(stream, version(identity, 2), 10.0, number)
    queue.put(stream, "f", 10.0, 3)
    store.pushes.add(store.pushes.open(stream), [4])
    found = queue.candidates(stream, 1, 3)
    assert [each.id for each in found] == ["b", "c", "f"]
    before, given = version("b", 1), version("b", 2)
    size = len(given.body)
    assert found[0] == Candidate(
        *(2, "b", "", size, given.digest, given.created, 7, 9),
        *(before.digest, before.created, 7, 9, 50, 0),  # type: ignore[arg-type]
    )
    assert [bool(each.was_deleted) for each in found] == [False, True, False]
    assert (found[2].size, found[2].digest) == (None, None)
    assert [each.id for each in queue.candidates(stream, 0, 0)] == ["a"]


def test_a_delete_applies_to_what_is_known_and_has_no_newer_version(
    store: Store, queue: Queue, stream: int
) -> None:
    for kind, accepted in (("Payment", 5), ("Fee", 6)):
        queue.learn(stream, version("a", kind=kind), accepted, 1)
    created = version("a").created
    assert queue.pending_deletes(stream, "a") == ([(created, 6), (created, 5)], False)
    queue.put(stream, version("a", 2, kind="Fee"), 10.0, 1)
    assert queue.pending_deletes(stream, "a") == ([(created, 5)], True)
    store.pushes.add(store.pushes.open(stream), [1])
    assert queue.pending_deletes(stream, "a") == ([(created, 6), (created, 5)], False)
    assert queue.pending_deletes(stream, "b") == ([], False)


def test_what_is_discarded_is_gone_and_a_deleted_key_may_be_allowed_again(
    store: Store, queue: Queue, stream: int
) -> None:
    queue.put(stream, version("a"), 10.0, 1)
    queue.put(stream, version("b"), 10.0, 1)
    queue.discard(1)
    assert rows(store) == [("b", "")]
    for identity, kind in (("a", ""), ("a", "Fee"), ("b", "")):
        store.database.run("INSERT INTO deleted VALUES (?, ?, ?)", stream, identity, kind)
    queue.allow_again(stream, "a", "")
    assert queue.deleted(stream, ["a", "b"]) == {("a", "Fee"), ("b", "")}


def test_the_depth_counts_all_and_the_oldest_is_first_in_the_queue(
    store: Store, queue: Queue, stream: int
) -> None:
    assert queue.depth() == (0, None)
    queue.put(stream, version("a"), 0.0, 1)
    queue.put(store.stream("d", ORDERS), version("a"), -5.0, 1)
    store.pushes.add(store.pushes.open(stream), [1])
    assert queue.depth() == (2, 0.0)


def test_streams_are_busy_in_the_order_of_their_companies_and_data_types(
    store: Store, queue: Queue
) -> None:
    kinds = ("commerce-transactions", "commerce-orders", "commerce-payments")
    for company in "ba":
        for kind in kinds:
            queue.put(store.stream(company, kind), version("a"), 10.0, 1)  # type: ignore[arg-type]
    store.stream("c", ORDERS)
    expected = [(company, kind) for company in "ab" for kind in sorted(kinds)]
    assert queue.busy_streams() == expected


@pytest.mark.parametrize(
    ("created", "accepted", "left"),
    [(1, 5, ["b"]), (0, 5, ["a", "b"]), (1, 4, ["a", "b"]), (2, 5, []), (2, 6, [])],
)  # fmt: skip
def test_known_records_are_forgotten_by_both_their_times(
    queue: Queue, stream: int, created: int, accepted: int, left: list[str]
) -> None:
    for number, identity in enumerate("ab"):
        known = Version(identity, "", b"", b"", number, None, 0)
        queue.learn(stream, known, 5, 1)
    queue.learn(stream, Version("undated", "", b"", b"", None, None, 0), 5, 1)
    assert queue.forget_known(stream, created, accepted) == 2 - len(left)
    assert [key[0] for key in queue.known(stream, ["a", "b", "undated"])] == [*left, "undated"]


@pytest.mark.parametrize("page", [1, 2, 3, 7, 8, 9])
def test_any_number_of_them_is_forgotten_page_by_page(
    queue: Queue, stream: int, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(queue_module, "PAGE", page)
    monkeypatch.setattr("codat_push.storage.database.PAGE", page)
    for number in range(8):
        is_kept = number % 3 == 0
        for kind in ("", "Fee"):
            known = Version(f"{number}", kind, b"", b"", 9 if is_kept else 0, None, 0)
            queue.learn(stream, known, 5, 1)
    assert queue.forget_known(stream, 9, 5) == 10
    left = queue.known(stream, map(str, range(8)))
    assert sorted({key[0] for key in left}) == ["0", "3", "6"]
