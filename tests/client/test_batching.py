"""Which changes a chunk takes, of those that are queued and of those that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from client_mock import NOON, FakeClock
from msgspec.structs import replace

from codat_push import Chunk, Dataset, Ledger, LedgerError, SyncStatus
from codat_push.batching import NONE, ChunkMaker, Differences, Limits, candidate_of
from codat_push.encoding import read_json
from codat_push.models import DateRange
from codat_push.push_policy import SHARED_ID
from codat_push.storage.queue import Known
from codat_push.versions import Version, make_version

ORDERS = "commerce-orders"
TRANSACTIONS = "commerce-transactions"
HOUR = timedelta(hours=1)
PLENTY = Limits(100, 10_000)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:", clock=FakeClock(1000.0)) as opened:
        yield opened


def version(identity: str, total: int = 1, created: Any = NOON, **more: Any) -> Version:
    given = {"id": identity, "totalAmount": total, "createdDate": created} | more
    return make_version(ORDERS, given)


def queue(ledger: Ledger, *changes: Version | str) -> None:
    for change in changes:
        ledger.put("c", ORDERS, change)


def maker(ledger: Ledger, limits: Limits = PLENTY, data_type: Any = ORDERS) -> ChunkMaker:
    stream = ledger.store.stream("c", data_type)
    return ChunkMaker(ledger.store, stream, "c", data_type, limits)


def new(ledger: Ledger, *versions: Version) -> Differences:
    """Versions of records that are not known, as of now."""
    return Differences([(each, None) for each in versions], ledger.store.queue.revision())


def known(ledger: Ledger, *versions: Version) -> Differences:
    """Versions beside what is known of them, as of now."""
    stream = ledger.store.stream("c", ORDERS)
    rows = ledger.store.queue.known(stream, [each.id for each in versions])
    found = [(each, rows.get((each.id, each.kind))) for each in versions]
    return Differences(found, ledger.store.queue.revision())


def held(ledger: Ledger, chunk: Chunk | None) -> list[tuple[str, int | None]]:
    """The id and total of each record of a chunk; no total is a delete."""
    records = map(read_json, ledger.bodies(chunk)) if chunk else ()
    return [(each["id"], each.get("totalAmount")) for each in records]


def waiting(ledger: Ledger) -> list[str]:
    """The ids that are queued, and not on their way."""
    return [
        identity
        for (identity,) in ledger.store.database.run(
            "SELECT id FROM queue WHERE push IS NULL ORDER BY place"
        )
    ]


def accept(ledger: Ledger, *versions: Version) -> None:
    """Let the service have these versions."""
    queue(ledger, *versions)
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    ledger.settle(chunk, Dataset(id="d", status="Complete", completed=NOON))


def sync(ledger: Ledger, code: int = 2000) -> None:
    period = DateRange(start=NOON - HOUR, finish=NOON + HOUR)
    status = SyncStatus(sync_status_code=code, sync_utc=NOON, sync_date_range_utc=period)
    ledger.note_sync("c", status)


def refused(ledger: Ledger) -> list[tuple[str, str]]:
    return [(each.id, each.reason) for each in ledger.refusals()]


SIZE = len(version("0").body)


@pytest.mark.parametrize("queued", range(5))
@pytest.mark.parametrize(
    ("limits", "count"),
    [
        (Limits(4, 10_000), 4), (Limits(3, 10_000), 3), (Limits(1, 10_000), 1),
        (Limits(9, 4 * SIZE), 4), (Limits(9, 4 * SIZE - 1), 3), (Limits(9, 3 * SIZE), 3),
        (Limits(9, SIZE), 1), (Limits(9, SIZE - 1), 1), (Limits(9, 0), 1),
    ],
)  # fmt: skip
def test_a_chunk_has_as_many_records_and_bytes_as_it_may_but_one_record_at_least(
    ledger: Ledger, queued: int, limits: Limits, count: int
) -> None:
    versions = [version(f"{number}") for number in range(4)]
    queue(ledger, *versions[:queued])
    making = maker(ledger, limits)
    chunk = making.make(new(ledger, *versions[queued:]), 0.0)
    assert chunk == Chunk(making.push, "c", ORDERS, count)
    assert held(ledger, chunk) == [(f"{number}", 1) for number in range(count)]
    assert waiting(ledger) == [f"{number}" for number in range(count, 4)]
    assert making.taken == min(queued, count)
    assert making.left == 4 - max(queued, count)


@pytest.mark.parametrize("is_queued", [True, False])
def test_no_record_overtakes_one_that_does_not_fit(ledger: Ledger, is_queued: bool) -> None:
    large = version("large", country="x" * 100)
    versions = [version("0"), large, version("1")]
    if is_queued:
        queue(ledger, *versions)
    given = NONE if is_queued else new(ledger, *versions)
    chunk = maker(ledger, Limits(9, 3 * SIZE)).make(given, 0.0)
    assert held(ledger, chunk) == [("0", 1)]
    assert waiting(ledger) == ["large", "1"]


def test_what_is_queued_is_taken_first_and_after_the_given_place(ledger: Ledger) -> None:
    queue(ledger, version("0"), version("1"))
    first = maker(ledger, Limits(1, 10_000))
    chunk = first.make(NONE, 0.0)
    assert held(ledger, chunk) == [("0", 1)]
    assert chunk is not None
    ledger.store.pushes.drop(chunk.push)
    second = maker(ledger)
    assert held(ledger, second.make(new(ledger, version("2")), 0.0, first.after)) == [
        ("1", 1),
        ("2", 1),
    ]
    assert (first.after, second.after) == (1, 2)


def test_what_is_queued_while_a_chunk_is_made_is_left_for_the_next(ledger: Ledger) -> None:
    queue(ledger, version("0"))
    making = maker(ledger)
    queue(ledger, version("1"))
    assert held(ledger, making.make(NONE, 0.0)) == [("0", 1)]
    assert waiting(ledger) == ["1"]


def test_of_what_another_has_queued_or_pushed_meanwhile_only_news_are_sent(ledger: Ledger) -> None:
    """The versions were compared before that, and the file has changed since."""
    earlier = version("same"), version("other"), version("busy")
    given = new(ledger, *earlier, version("new"))
    accept(ledger, version("same"), version("other", total=2))
    queue(ledger, version("busy", total=3))
    making = maker(ledger)
    assert held(ledger, making.make(given, 0.0)) == [("busy", 3), ("other", 1), ("new", 1)]
    assert waiting(ledger) == ["busy"]
    assert (making.taken, making.left) == (1, 0)


def test_a_version_replaces_what_another_queues_while_the_chunk_is_made(ledger: Ledger) -> None:
    given = new(ledger, version("a"), version("b"))
    making = maker(ledger)
    queue(ledger, version("a", total=2))
    assert held(ledger, making.make(given, 0.0)) == [("b", 1)]
    ledger.release(Chunk(making.push, "c", ORDERS, 1))
    assert held(ledger, ledger.take("c", ORDERS)) == [("a", 1), ("b", 1)]


def test_nothing_is_sent_of_what_is_known_held_late_or_deleted(ledger: Ledger) -> None:
    accept(ledger, version("known"), version("gone"))
    queue(ledger, "gone")
    chunk = ledger.take("c", ORDERS)
    assert held(ledger, chunk) == [("gone", None)]
    assert chunk is not None
    ledger.settle(chunk, Dataset(id="d", status="Complete", completed=NOON))
    versions = version("known"), version("gone", total=2), version("late", created=NOON - HOUR)
    late_given = [*versions, version("waits")]
    sync(ledger, 1000)
    period = DateRange(start=NOON - 2 * HOUR, finish=NOON)
    done = SyncStatus(sync_status_code=2000, sync_utc=NOON, sync_date_range_utc=period)
    ledger.note_sync("c", done)
    sync(ledger, 1000)
    for is_queued in (False, True):
        if is_queued:
            queue(ledger, *late_given)
        given = NONE if is_queued else known(ledger, *late_given)
        assert maker(ledger).make(given, 0.0) is None
        assert ledger.open_chunk("c", ORDERS) is None
        assert waiting(ledger) == ["waits"]
        assert refused(ledger) == [("gone", "deleted"), ("late", "late")]
    sync(ledger, 5000)
    assert held(ledger, ledger.take("c", ORDERS)) == [("waits", 1)]


@pytest.mark.parametrize("is_queued", [True, False])
def test_a_version_that_is_known_resolves_the_refusal_of_a_later_one(
    ledger: Ledger, is_queued: bool
) -> None:
    accept(ledger, version("a"))
    queue(ledger, version("a", created=NOON + HOUR))
    assert maker(ledger).make(NONE, 0.0) is None
    assert refused(ledger) == [("a", "created-moved")]
    if is_queued:
        queue(ledger, version("a"))
    given = NONE if is_queued else known(ledger, version("a"))
    assert maker(ledger).make(given, 0.0) is None
    assert refused(ledger) == []


def transaction(kind: str, total: int = 1) -> Version:
    given = {"id": "P", "type": kind, "totalAmount": total, "createdDate": NOON}
    return make_version(TRANSACTIONS, given)


def test_a_delete_of_one_of_two_transactions_is_refused_for_the_other(ledger: Ledger) -> None:
    for kind in ("Payment", "PaymentFee"):
        ledger.put("c", TRANSACTIONS, transaction(kind))
    chunk = ledger.take("c", TRANSACTIONS)
    assert chunk is not None
    ledger.settle(chunk, Dataset(id="d", status="Complete", completed=NOON))
    ledger.put("c", TRANSACTIONS, "P")
    ledger.put("c", TRANSACTIONS, transaction("Payment", total=2))
    chunk = maker(ledger, data_type=TRANSACTIONS).make(NONE, 0.0)
    assert held(ledger, chunk) == [("P", 2)]
    found = [(each.kind, each.reason, each.detail) for each in ledger.refusals()]
    assert found == [("PaymentFee", "shared-id", SHARED_ID)]
    assert waiting(ledger) == []


class Died(BaseException):
    """Raised where the caller is cancelled."""


@pytest.mark.parametrize("step", ["candidates", "deleted"])
@pytest.mark.parametrize("error", [Died, LedgerError])
def test_a_chunk_that_cannot_be_made_leaves_everything_in_the_queue(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, error: type[BaseException]
) -> None:
    queue(ledger, version("0"))
    making = maker(ledger)
    given = new(ledger, version("1"))

    def fail(*_values: Any) -> Any:
        raise error

    monkeypatch.setattr(ledger.store.queue, step, fail)
    raised = False
    try:
        making.make(given, 0.0)
    except (Died, LedgerError):
        raised = True
    monkeypatch.undo()
    assert raised
    assert ledger.open_chunk("c", ORDERS) is None
    assert waiting(ledger) == ["0"]


def test_the_failure_that_is_raised_is_the_first(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that the disk is full, where what was begun cannot be undone, either."""
    making = maker(ledger)

    def fail(error: type[BaseException]) -> Callable[..., Any]:
        def failing(*_values: Any) -> Any:
            raise error(error.__name__)

        return failing

    monkeypatch.setattr(ledger.store.queue, "candidates", fail(Died))
    monkeypatch.setattr(ledger.store.pushes, "fail", fail(LedgerError))
    raised = None
    try:
        making.make(NONE, 0.0)
    except (Died, LedgerError) as error:
        raised = type(error)
    assert raised is Died


def test_a_version_that_another_has_pushed_meanwhile_is_known_as_it_was_given(
    ledger: Ledger,
) -> None:
    given = new(ledger, replace(version("a"), source=b"other"), version("b"))
    accept(ledger, version("a"))
    assert held(ledger, maker(ledger).make(given, 0.0)) == [("b", 1)]
    [row] = ledger.store.queue.known(ledger.store.stream("c", ORDERS), ["a"]).values()
    assert row.source == b"other"


def test_only_what_is_done_again_after_a_death_may_reach_the_disk_later(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ledger.store.database.in_pages
    noted: list[bool] = []

    def in_pages(change: Callable[[], int], *, is_repeatable: bool = False) -> None:
        noted.append(is_repeatable)
        pages(change, is_repeatable=is_repeatable)

    monkeypatch.setattr(ledger.store.database, "in_pages", in_pages)
    queue(ledger, version("0"))
    chunk = maker(ledger).make(new(ledger, version("1")), 0.0)
    assert noted == [True, True]  # the queued, and the new
    assert chunk is not None
    ledger.release(chunk)
    assert noted[2:] == [False, False, False]  # who records sees the queue as it is left
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    del noted[:]
    ledger.settle(chunk, Dataset(id="d", status="Complete", completed=NOON))
    assert noted == [True]


def test_a_chunk_is_not_begun_while_another_is_open(ledger: Ledger) -> None:
    queue(ledger, version("0"))
    making = maker(ledger)
    with pytest.raises(LedgerError, match="still open; settle it first"):
        maker(ledger)
    assert held(ledger, making.make(NONE, 0.0)) == [("0", 1)]


def test_a_version_beside_the_known_one_has_the_fields_of_a_queued_one() -> None:
    row = Known("a", "k", b"known", 3, 4, 5, 6, 7, b"source")
    given = Version("a", "k", b"{}", b"new", 1, 2, 9)
    found = candidate_of(given, row)
    assert found == (0, "a", "k", 2, b"new", 1, 2, 9, b"known", 3, 4, 5, 6, False)
