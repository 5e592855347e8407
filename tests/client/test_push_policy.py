"""Whether a change may be pushed, and how long the client pauses: at and beside each limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from codat_push.backoff import FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS, next_retry
from codat_push.errors import NotFound, RequestError, RetryAfterActive, ServerError
from codat_push.ledger import Chunk
from codat_push.models import Dataset
from codat_push.operations import Call
from codat_push.polling import POLL_GROWTH, next_poll, pauses
from codat_push.preflight import is_unoffered
from codat_push.push_policy import (
    CREATED_MOVED,
    DELETED,
    LATE,
    NOT_NEWER,
    SYNCED,
    Candidate,
    Synced,
    judge_delete,
    judge_new,
    judge_version,
)
from codat_push.rebuilding import changed, last_accepted
from codat_push.storage.retry_schedule import Entry
from codat_push.throttle import Throttle
from codat_push.versions import (
    Version,
    is_empty,
    is_like_delete,
    is_marked,
    key_of_bad,
    missing_properties,
    property_bits,
)
from codat_push.worker import larger, smaller

ORDERS = "commerce-orders"
SYNC = Synced(boundary=100, ran=200)
RUNNING = Synced(boundary=100, ran=200, running_to=150)


@pytest.mark.parametrize(
    ("created", "accepted", "covers", "is_past"),
    [
        (99, 200, True, True), (100, 200, False, False), (99, 201, False, True),
        (None, 200, False, False), (0, 0, True, True),
    ],
)  # fmt: skip
def test_what_a_sync_covers(created: int | None, accepted: int, covers: bool, is_past: bool):
    assert Synced() == (0, -1, None)  # nothing is synced, whenever it was created
    assert SYNC.covers(created, accepted) is covers
    assert SYNC.is_past(created) is is_past


@pytest.mark.parametrize(
    ("created", "synced", "was_deleted", "verdict"),
    [
        (None, SYNC, False, "send"), (None, SYNC, True, ("deleted", DELETED)),
        (99, SYNC, False, ("late", LATE)), (100, SYNC, False, "send"),
        (149, RUNNING, False, "hold"), (150, RUNNING, False, "send"), (151, RUNNING, False, "send"),
        (99, RUNNING, False, ("late", LATE)), (None, RUNNING, False, "send"),
    ],
)  # fmt: skip
def test_a_new_record_comes_before_its_sync(
    created: int | None, synced: Synced, was_deleted: bool, verdict: Any
):
    assert judge_new(created, synced, was_deleted=was_deleted) == verdict
    queued = candidate(created=created, known_digest=None, was_deleted=was_deleted)
    assert judge_version(ORDERS, queued, synced) == verdict


def candidate(**given: Any) -> Candidate:
    usual = {
        "place": 1, "id": "A", "kind": "", "size": 9, "digest": b"new", "created": 120,
        "modified": 9, "properties": 3, "known_digest": b"old", "known_created": 120,
        "known_modified": 8, "known_properties": 3, "known_accepted": 50, "was_deleted": False,
    }  # fmt: skip
    return Candidate(**usual | given)


@pytest.mark.parametrize(
    ("given", "synced", "verdict"),
    [
        ({}, SYNC, "send"),
        ({"digest": b"old"}, SYNC, "drop"),
        ({"digest": b"zzz"}, SYNC, "send"),
        ({"known_created": 99}, SYNC, ("synced", SYNCED)),
        ({"known_created": 99, "known_accepted": 200}, SYNC, ("synced", SYNCED)),
        ({"known_created": 99, "known_accepted": 201}, SYNC, ("late", LATE)),
        ({"known_created": 99, "known_accepted": None}, SYNC, ("synced", SYNCED)),
        ({}, RUNNING, "hold"),
        ({"created": 121}, SYNC, ("created-moved", CREATED_MOVED)),
        ({"created": 119}, SYNC, ("created-moved", CREATED_MOVED)),
        ({"created": None}, SYNC, "send"),
        ({"known_created": None}, SYNC, "send"),
        ({"modified": 8}, SYNC, ("not-newer", NOT_NEWER)),
        ({"modified": 7}, SYNC, ("not-newer", NOT_NEWER)),
        ({"modified": None}, SYNC, "send"),
        ({"known_modified": None}, SYNC, "send"),
        ({"properties": 7}, SYNC, "send"),
        ({"properties": None, "known_properties": None}, SYNC, "send"),
        ({"properties": 2, "known_properties": None}, SYNC, "send"),
        ({"properties": None, "known_properties": 1}, SYNC,
         ("not-whole", "an update is a whole object; add id (or null)")),
        ({"known_created": 99, "known_accepted": None}, Synced(100, 0), ("synced", SYNCED)),
        ({"known_created": 99, "known_accepted": None}, Synced(100, -1), ("late", LATE)),
    ],
)  # fmt: skip
def test_an_update_is_sent_before_its_sync_and_whole(given: Any, synced: Synced, verdict: Any):
    assert judge_version(ORDERS, candidate(**given), synced) == verdict


def test_properties_that_an_update_lacks_are_named():
    before = property_bits(ORDERS, ("id", "country", "currency"))
    now = property_bits(ORDERS, ("id", "currency", "odd"))
    assert missing_properties(ORDERS, before, now) == ["country"]
    assert missing_properties(ORDERS, now, before) == []
    verdict = judge_version(ORDERS, candidate(known_properties=before, properties=now), SYNC)
    assert verdict == ("not-whole", "an update is a whole object; add country (or null)")


@pytest.mark.parametrize(
    ("deleted", "synced", "is_shared", "verdict"),
    [
        ([], SYNC, False, "drop"), ([], SYNC, True, "drop"), ([(120, 50)], SYNC, True, "share"),
        ([(120, 50)], SYNC, False, "send"), ([(99, 200)], SYNC, False, ("synced", SYNCED)),
        ([(99, 201)], SYNC, False, "send"),
        ([(120, 50), (99, 50)], SYNC, False, ("synced", SYNCED)),
        ([(120, 50)], RUNNING, False, "hold"),
    ],
)  # fmt: skip
def test_a_delete_is_sent_before_the_sync(deleted: Any, synced: Any, is_shared: bool, verdict: Any):
    assert judge_delete(deleted, synced, is_shared=is_shared) == verdict


class Fixed(Random):
    """Draws one end of each range."""

    def __init__(self, share: float) -> None:
        super().__init__(0)
        self.share = share

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.share


@pytest.mark.parametrize(
    ("previous", "retry_after", "least", "most"),
    [
        (None, None, FIRST_RETRY_SECONDS, 2 * FIRST_RETRY_SECONDS), (10, None, 15, 25),
        (10, 20, 20, 25), (10, 99, 99, 99), (10, 0, 15, 25),
        (600, None, MAX_RETRY_SECONDS, MAX_RETRY_SECONDS), (500, None, 750, MAX_RETRY_SECONDS),
        (600, 2000, 2000, 2000),
    ],
)  # fmt: skip
def test_pauses_after_failures_grow(
    previous: float | None, retry_after: float | None, least: float, most: float
):
    found = [next_retry(previous, Fixed(share), retry_after) for share in (0, 1)]
    assert found == [least, most]


def test_polls_come_at_growing_intervals():
    assert (next_poll(None), next_poll(2.0), next_poll(20.0), next_poll(1.0)) == (2, 3, 30, 2)
    assert next_poll(None, 4) == 4
    assert next_poll(1000, 4) == 4 * POLL_GROWTH
    found = pauses(1)
    assert [next(found) for _ in range(3)] == [1, 1.5, 2.25]


class Still:
    """A clock that is moved by hand."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def failure(status: int, retry_after: float | None, path: str = "/d") -> RequestError:
    request = httpx.Request("GET", f"https://x{path}")
    kinds = {404: NotFound, 503: ServerError}
    answer = httpx.Response(status, request=request)
    return kinds.get(status, RequestError)("failed", request, answer, retry_after=retry_after)


@pytest.mark.parametrize(("passed", "is_blocked"), [(0, True), (4.999, True), (5, False)])
@pytest.mark.parametrize(("status", "blocks_others"), [(429, False), (503, True)])
def test_a_retry_after_is_kept_to_its_end(
    passed: float, is_blocked: bool, status: int, blocks_others: bool
):
    clock = Still()
    throttle = Throttle(clock, 1.0)  # type: ignore[arg-type]
    throttle.note_failure("a", failure(status, 5))
    throttle.note_failure("a", failure(status, 3))
    throttle.note_failure("a", failure(status, None))
    clock.seconds = passed
    for company, expected in (("a", is_blocked), ("b", is_blocked and blocks_others)):
        found = None
        try:
            throttle.check(company, httpx.Request("GET", "https://x"))
        except RetryAfterActive as error:
            found = error.retry_after
        assert found == (5 - passed if expected else None)


def test_a_dataset_is_polled_once_in_each_interval():
    clock = Still()
    throttle = Throttle(clock, 2.0)  # type: ignore[arg-type]

    def pause(path: str, operation: str = "dataset") -> float:
        return throttle.pause_before(Call(operation, "GET", path, None, "c"))

    assert [pause("/d"), pause("/d"), pause("/e"), pause("/d", "push")] == [0, 2, 0, 0]
    clock.seconds = 4
    assert pause("/d") == 0
    clock.seconds = 5
    assert pause("/d") == 1


@pytest.mark.parametrize(
    ("record", "is_delete"),
    [
        ({"id": "A"}, True), ({"id": "A", "country": None}, True), ({"id": "A", "l": []}, True),
        ({"id": "A", "n": 0}, False), ({"id": "A", "n": False}, False),
        ({"id": "A", "n": "x"}, False), ({"id": "A", "n": 1, "IsDeleted": True}, True),
        ({"id": "A", "n": 1, "deleted": True}, True), ({"id": "A", "n": 1, "deleted": 1}, False),
        ({"id": "A", "n": 1, "Status": "DELETED"}, True),
        ({"id": "A", "n": 1, "status": "Paid"}, False),
    ],
)  # fmt: skip
def test_what_looks_like_a_delete(record: dict[str, Any], is_delete: bool):
    assert is_like_delete(record) is is_delete
    assert is_empty({"id": "A", "n": {}}) is True
    assert [is_marked(each) for each in ("deleted", "x", None, True)] == [True, False, False, False]


def test_the_key_of_a_bad_record_is_read_if_it_has_one():
    class Sale:
        id = "A"
        type = "Payment"

    kinds = [key_of_bad("commerce-transactions", each) for each in (Sale(), {"id": "B"}, {}, 7)]
    assert kinds == [("A", "Payment"), ("B", ""), None, None]
    assert key_of_bad(ORDERS, Sale()) == ("A", "")


def version(created: int | None, modified: int | None) -> Version:
    return Version("A", "", b"{}", b"d", created, modified, 0)


def test_a_record_has_changed_at_its_later_date_or_later_than_any():
    assert changed(version(3, 5)) == changed(version(5, 3)) == changed(version(5, None)) == 5
    assert changed(version(None, None)) == 1 << 62


def test_the_newest_complete_dataset_says_what_was_accepted():
    noon = datetime(2022, 3, 21, 12, tzinfo=UTC)

    def dataset(hours: float | None, status: str = "Complete") -> Dataset:
        requested = None if hours is None else noon + timedelta(hours=hours)
        return Dataset(id="d", company_id="c", data_type="", status=status, requested=requested)

    given = [dataset(None), dataset(1), dataset(0), dataset(2, "MapError")]
    assert last_accepted(given) == noon + timedelta(hours=1)
    assert last_accepted([dataset(None)]) is None


def test_an_answer_of_another_shape_shows_that_an_operation_is_not_offered():
    other = failure(200, None)
    other.__cause__ = msgspec.ValidationError("x")
    assert [is_unoffered(each) for each in (failure(404, None), failure(503, None), other)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(("size", "half"), [(5, 2), (4, 2), (1, 1), (0, 1)])
def test_half_as_many_records_are_sent_after_a_failure(size: int, half: int):
    chunk = Chunk(1, "c", ORDERS, size)
    assert smaller(Entry(max_records=99, due=3.0), chunk) == Entry(max_records=half, due=3.0)


@pytest.mark.parametrize(
    ("limit", "larger_one"), [(1, 2), (2499, 4998), (2500, None), (4999, None), (None, None)]
)
def test_twice_as_many_records_are_sent_after_a_success(limit: int | None, larger_one: int | None):
    assert larger(Entry(max_records=limit)) == larger_one
