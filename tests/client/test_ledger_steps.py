"""The ledger step by step: how far it reads, and what each end of a chunk makes of its records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from client_mock import NOON, FakeClock
from sample_answers import HOUR, synced

from codat_push import Chunk, Dataset, Ledger, LedgerError, Refusal
from codat_push.content import EPOCH
from codat_push.encoding import read_json
from codat_push.storage.queue import Known
from codat_push.versions import make_version

ORDERS, PAYMENTS = "commerce-orders", "commerce-payments"
COMPANY = "company"
Json = dict[str, Any]
LAST = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def ledger(clock: FakeClock) -> Iterator[Ledger]:
    with Ledger(":memory:", clock=clock) as opened:
        yield opened


def order(identity: str, total: int = 1, **more: Any) -> Json:
    return {"id": identity, "totalAmount": total, "createdDate": NOON} | more


def put(ledger: Ledger, *orders: Json) -> None:
    for each in orders:
        ledger.put(COMPANY, ORDERS, make_version(ORDERS, each))


def take(ledger: Ledger) -> Chunk:
    chunk = ledger.take(COMPANY, ORDERS)
    assert chunk is not None
    return chunk


def dataset(status: str = "Complete", **more: Any) -> Dataset:
    return Dataset(id="d", status=status, **({"completed": NOON} | more))


def ids(ledger: Ledger, chunk: Chunk) -> list[str]:
    return [read_json(body)["id"] for body in ledger.bodies(chunk)]


def known(ledger: Ledger, identity: str) -> Known:
    stream = ledger.store.stream(COMPANY, ORDERS)
    [row] = ledger.store.queue.known(stream, [identity]).values()
    return row


@pytest.mark.parametrize(
    ("count", "steps"),
    [
        (39, [(39, 39)]), (40, [(40, 40)]), (41, [(41, 40), (41, 1)]),
        (100, [(100, 40), (100, 40), (100, 20)]),
        (250, [(100, 40), (100, 40), (200, 40), (200, 40), (200, 40), (250, 40), (250, 10)]),
    ],
)  # fmt: skip
def test_no_more_records_are_read_than_the_next_chunk_needs(
    clock: FakeClock, count: int, steps: list[tuple[int, int]]
) -> None:
    ledger = Ledger(":memory:", max_records=40, clock=clock)
    read = 0

    def reading() -> Iterator[Json]:
        nonlocal read
        for read in range(1, count + 1):
            yield order(f"{read}")

    found = []
    for chunk in ledger.changes(COMPANY, ORDERS, reading()):
        found.append((read, chunk.size))
        ledger.settle(chunk, dataset())
    assert found == steps


@pytest.mark.parametrize(
    ("queued", "steps"),
    [(0, [(100, 51), (150, 51), (150, 48)]), (1, [(100, 51), (150, 51), (150, 49)]),
     (2, [(100, 51), (100, 51), (150, 50)]), (3, [(100, 51), (100, 51), (150, 51)])],
)  # fmt: skip
def test_nor_are_more_read_when_something_was_queued_before(
    clock: FakeClock, queued: int, steps: list[tuple[int, int]]
) -> None:
    ledger = Ledger(":memory:", max_records=51, clock=clock)
    put(ledger, *(order(f"queued-{number}") for number in range(queued)))
    read = 0

    def reading() -> Iterator[Json]:
        nonlocal read
        for read in range(1, 151):
            yield order(f"{read}")

    found = []
    for chunk in ledger.changes(COMPANY, ORDERS, reading()):
        found.append((read, chunk.size))
        ledger.settle(chunk, dataset())
    assert found == steps


def test_what_waits_for_a_sync_does_not_keep_the_rest_from_being_read(ledger: Ledger) -> None:
    ledger.note_sync(COMPANY, synced(NOON + HOUR, NOON, code=1000))
    waiting = [order(f"{number}") for number in range(6_000)]
    later = order("later", createdDate=NOON + HOUR)
    chunks = ledger.changes(COMPANY, ORDERS, [*waiting, later])
    chunk = next(chunks)
    assert ids(ledger, chunk) == ["later"]
    ledger.settle(chunk, dataset())
    assert next(chunks, None) is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_a_chunk_with_a_wrong_record_is_split_into_halves(ledger: Ledger, size: int) -> None:
    put(ledger, *(order(f"{number}") for number in range(size)))
    chunk = take(ledger)
    ledger.split(chunk)
    with pytest.raises(LedgerError, match="no longer open"):
        ledger.split(chunk)
    half = max(1, size // 2)
    assert ids(ledger, take(ledger)) == [f"{number}" for number in range(half)]


@pytest.mark.parametrize(
    ("max_records", "sizes"), [(8, [4, 8, 8]), (7, [4, 7, 7]), (9, [4, 8, 9, 9])]
)
def test_after_each_success_chunks_are_twice_as_large_up_to_the_limit(
    clock: FakeClock, max_records: int, sizes: list[int]
) -> None:
    ledger = Ledger(":memory:", max_records=max_records, clock=clock)
    put(ledger, *(order(f"{number}") for number in range(40)))
    ledger.put(COMPANY, PAYMENTS, make_version(PAYMENTS, {"id": "p", "amount": 1}))
    stream = ledger.store.stream(COMPANY, ORDERS)
    ledger.split(Chunk(take(ledger).push, COMPANY, ORDERS, 8))
    found = []
    for _ in sizes:
        beside = ledger.take(COMPANY, PAYMENTS)
        if beside:
            ledger.settle(beside, dataset())  # of another data type, which does not count
        chunk = take(ledger)
        found.append(chunk.size)
        ledger.settle(chunk, dataset())
    assert found == sizes
    assert stream not in ledger._halved


@pytest.mark.parametrize(
    ("moments", "accepted"),
    [
        ({"completed": NOON, "requested": NOON - HOUR}, NOON),
        ({"completed": None, "requested": NOON - HOUR}, NOON - HOUR),
        ({"completed": None, "requested": None}, EPOCH),
        ({"completed": LAST, "requested": None}, LAST),
    ],
)  # fmt: skip
def test_records_are_accepted_when_their_dataset_completed(
    ledger: Ledger, moments: Json, accepted: Any
) -> None:
    put(ledger, order("a"))
    revision = ledger.store.queue.revision()
    ledger.settle(take(ledger), dataset(**moments))
    row = known(ledger, "a")
    assert row.accepted == (accepted - EPOCH) // timedelta(microseconds=1)
    assert row.revision == ledger.store.queue.revision() == revision + 1


@pytest.mark.parametrize(
    ("status", "message", "reason", "left"),
    [
        ("Complete", None, None, []), ("Cancelled", "why", None, ["a"]),
        ("ProcessingError", None, None, ["a"]),
        ("ValidationError", "no such tax", ("rejected", "no such tax"), []),
        ("MapError", None, ("rejected", "MapError"), []),
    ],
)  # fmt: skip
def test_a_single_record_is_known_sent_again_or_refused_by_the_end_of_its_dataset(
    ledger: Ledger, status: str, message: str | None, reason: Any, left: list[str]
) -> None:
    put(ledger, order("a"))
    chunk = take(ledger)
    for state in ("Queued", "Mapping", "odd"):
        with pytest.raises(LedgerError, match=f"dataset d is still {state}; wait until it ends"):
            ledger.settle(chunk, dataset(state))
    ledger.settle(chunk, dataset(status, error_message=message))
    assert ledger.open_chunk(COMPANY, ORDERS) is None
    found = [(each.reason, each.detail) for each in ledger.refusals()]
    assert found == ([reason] if reason else [])
    ledger.requeue_failed(COMPANY, ORDERS)
    again = ledger.take(COMPANY, ORDERS)
    assert (ids(ledger, again) if again else []) == left
    with pytest.raises(LedgerError, match="no longer open"):
        ledger.settle(chunk, dataset())


def test_only_the_open_chunk_can_be_used(ledger: Ledger) -> None:
    put(ledger, order("a"))
    chunk = take(ledger)
    other = Chunk(chunk.push + 1, COMPANY, ORDERS, 1)
    for use in (ledger.bodies, ledger.release, ledger.split,
                lambda each: ledger.mark_sent(each, "d"), lambda each: ledger.reject(each, "why"),
                lambda each: ledger.settle(each, dataset())):  # fmt: skip
        with pytest.raises(LedgerError, match="no longer open"):
            use(other)
    assert ledger.open_chunk(COMPANY, ORDERS) == chunk
    assert ledger.open_chunk("other", ORDERS) is None
    sent = ledger.mark_sent(chunk, "d-1")
    assert sent == Chunk(chunk.push, COMPANY, ORDERS, 1, "d-1")
    assert ledger.open_chunk(COMPANY, ORDERS) == sent


@pytest.mark.parametrize(
    ("limit", "own", "size"), [(None, 5, 5), (3, 5, 3), (5, 3, 3), (1, 5, 1), (0, 5, 5)]
)
def test_the_smaller_of_two_limits_counts(
    clock: FakeClock, limit: int | None, own: int, size: int
) -> None:
    ledger = Ledger(":memory:", max_records=own, clock=clock)
    put(ledger, *(order(f"{number}") for number in range(9)))
    chunk = ledger.take(COMPANY, ORDERS, limit)
    assert chunk is not None
    assert chunk.size == size


def refused(ledger: Ledger) -> list[Refusal]:
    return ledger.refusals()


@pytest.mark.parametrize(
    ("queued", "left"),
    [([], [1]), ([order("a", 3)], [3]), ([order("b", 3)], [3, 1])],
)
def test_a_refused_version_is_queued_again_unless_something_newer_is(
    ledger: Ledger, queued: list[Json], left: list[int]
) -> None:
    put(ledger, order("a"))
    ledger.settle(take(ledger), dataset("MapError"))
    [refusal] = refused(ledger)
    before = ledger.store.queue.revision()
    put(ledger, *queued)
    ledger.retry(refusal)
    assert refused(ledger) == []
    assert ledger.store.queue.revision() == before + len(queued) + (1 in left)
    chunk = take(ledger)
    assert [read_json(body)["totalAmount"] for body in ledger.bodies(chunk)] == left
    ledger.retry(refusal)  # which is there no longer
    ledger.release(chunk)
    assert take(ledger).size == len(left)


def test_what_cannot_be_queued_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ledger, order("a"))
    ledger.settle(take(ledger), dataset("MapError"))
    [refusal] = refused(ledger)
    before = ledger.store.queue.revision()

    def fail(*_values: Any) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(ledger.store.queue, "put", fail)
    for change in (lambda: ledger.retry(refusal), lambda: ledger.put(COMPANY, ORDERS, "a")):
        with pytest.raises(LedgerError):
            change()
        assert refused(ledger) == [refusal]
        assert ledger.store.queue.revision() == before


@pytest.mark.parametrize(
    ("where", "name", "use"),
    [
        ("pushes", "bodies", lambda ledger, chunk: ledger.bodies(chunk)),
        ("pushes", "name", lambda ledger, chunk: ledger.mark_sent(chunk, "d")),
        ("pushes", "find_open", lambda ledger, _chunk: ledger.changes(COMPANY, PAYMENTS, [])),
    ],
)  # fmt: skip
def test_what_belongs_together_is_read_or_written_at_one_moment(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, where: str, name: str, use: Any
) -> None:
    put(ledger, order("a"))
    chunk = take(ledger)
    part = getattr(ledger.store, where)
    usual, depths = getattr(part, name), list[int]()

    def noted(*values: Any) -> Any:
        depths.append(ledger.store.database._depth)
        return usual(*values)

    monkeypatch.setattr(part, name, noted)
    found = use(ledger, chunk)
    if name == "find_open":
        next(found, None)
    assert depths[0] == 1


def test_a_refused_delete_is_queued_again_as_a_delete(ledger: Ledger) -> None:
    put(ledger, order("a"))
    ledger.settle(take(ledger), dataset())
    ledger.note_sync(COMPANY, synced(NOON + HOUR, NOON + HOUR))
    ledger.put(COMPANY, ORDERS, "a")
    assert ledger.take(COMPANY, ORDERS) is None
    [refusal] = refused(ledger)
    assert (refusal.reason, refusal.record) == ("synced", None)
    ledger.dismiss(refusal)
    assert refused(ledger) == []
    ledger.put(COMPANY, ORDERS, "a")
    assert ledger.take(COMPANY, ORDERS) is None
    ledger.retry(*refused(ledger))
    assert refused(ledger) == []
    assert ledger.take(COMPANY, ORDERS) is None
    assert [each.reason for each in refused(ledger)] == ["synced"]


def test_only_a_key_that_was_deleted_is_allowed_again(ledger: Ledger) -> None:
    put(ledger, order("a"), order("b"))
    ledger.settle(take(ledger), dataset())
    for identity in "ab":
        ledger.put(COMPANY, ORDERS, identity)
    ledger.settle(take(ledger), dataset())
    put(ledger, order("a", 2), order("b", 2))
    assert ledger.take(COMPANY, ORDERS) is None
    first, second = refused(ledger)
    ledger.retry(first)
    assert ids(ledger, take(ledger)) == ["a"]
    assert refused(ledger) == [second]


@pytest.mark.parametrize(
    ("before", "count"),
    [(NOON, 0), (NOON + timedelta(microseconds=1), 1), (NOON + HOUR, 1),
     (NOON + HOUR + timedelta(microseconds=1), 2), (NOON + 9 * HOUR, 2)],
)  # fmt: skip
def test_what_is_pruned_is_both_old_and_synced(ledger: Ledger, before: Any, count: int) -> None:
    for hours in range(3):
        put(ledger, order(f"{hours}", createdDate=NOON + hours * HOUR))
    ledger.settle(take(ledger), dataset(completed=NOON + HOUR))
    assert ledger.prune(COMPANY, ORDERS, NOON + 9 * HOUR) == 0
    ledger.note_sync(COMPANY, synced(NOON + 2 * HOUR, NOON + HOUR))
    assert ledger.prune(COMPANY, PAYMENTS, before) == 0
    assert ledger.prune(COMPANY, ORDERS, before) == count


def test_the_moment_before_which_is_pruned_is_kept_to_the_microsecond(ledger: Ledger) -> None:
    late = LAST - timedelta(microseconds=10)
    put(ledger, order("a", createdDate=late))
    ledger.settle(take(ledger), dataset())
    ledger.note_sync(COMPANY, synced(LAST, LAST))
    assert ledger.prune(COMPANY, ORDERS, late) == 0
    assert ledger.prune(COMPANY, ORDERS, late + timedelta(microseconds=1)) == 1


def test_nothing_changes_before_the_first_sync(ledger: Ledger) -> None:
    assert ledger.note_sync(COMPANY, None) is False
    assert ledger.note_sync(COMPANY, synced(NOON, NOON)) is True
    assert ledger.note_sync(COMPANY, synced(NOON, NOON)) is False


@pytest.mark.parametrize("share", [0, 0.0, 0.5, 1, 1.0, True])
def test_any_share_from_nothing_to_all_may_be_allowed(ledger: Ledger, share: float) -> None:
    given = [order("a")]
    chunks = ledger.changes(COMPANY, ORDERS, given, snapshot=True, allow_deletes=share)
    assert next(chunks).size == 1


@pytest.mark.parametrize("most", [1, 4_999])
def test_chunks_have_one_to_4999_records(most: int) -> None:
    ledger = Ledger(":memory:", max_records=most)
    assert ledger._limits(1) == (most, 10_000_000)
    assert Ledger(":memory:")._limits(1) == (4_999, 10_000_000)


def test_a_failing_source_keeps_what_was_read_and_the_failure_is_that_of_the_source(
    tmp_path: Path, clock: FakeClock
) -> None:
    ledger = Ledger(tmp_path / "ledger.db", clock=clock)

    def reading() -> Iterator[Json]:
        for number in range(100):
            yield order(f"{number}")
        ledger.store.close()  # as on a full disk
        raise OSError("the shop's database is gone")

    with pytest.raises(OSError, match="is gone"):
        next(ledger.changes(COMPANY, ORDERS, reading()))


@pytest.mark.parametrize("is_snapshot", [True, False])
def test_what_was_queued_before_is_sent_after_a_failing_source(
    ledger: Ledger, is_snapshot: bool
) -> None:
    put(ledger, order("queued"))

    def reading() -> Iterator[Json]:
        yield from (order(f"{number}") for number in range(100))
        raise OSError("the shop's database is gone")

    with pytest.raises(OSError, match="is gone"):
        next(ledger.changes(COMPANY, ORDERS, reading(), snapshot=is_snapshot))
    assert ids(ledger, take(ledger)) == ["queued", *(f"{number}" for number in range(100))]
    stream = ledger.store.stream(COMPANY, ORDERS)
    assert {row[1] for row in ledger.store.database.run(
        "SELECT id, recorded FROM queue WHERE stream = ?", stream)} == {1000.0}  # fmt: skip


def test_the_changes_of_a_stream_begin_when_they_are_asked_for_and_only_without_an_open_chunk(
    ledger: Ledger,
) -> None:
    put(ledger, order("a"))
    chunk = take(ledger)
    changes = ledger.changes(COMPANY, ORDERS, [order("b")])
    with pytest.raises(LedgerError, match="settle it first"):
        next(changes)
    ledger.settle(chunk, dataset("Cancelled"))
    assert ids(ledger, next(ledger.changes(COMPANY, ORDERS, [order("b")]))) == ["a", "b"]
