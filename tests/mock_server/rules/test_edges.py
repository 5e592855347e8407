"""The thresholds of the rules: at the threshold, one step below and one step above it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from codat_mock.models.pushes import deleted_keys, pushed_record
from codat_mock.rules.contexts import (
    Context,
    DeclaredRecord,
    ExchangeContext,
    KnownVersion,
    NextSync,
    Poll,
    ProbeContext,
    ProbedSale,
    PushContext,
    PushGap,
    PushGapsContext,
    RecordContext,
    Repeat,
    Request,
)
from codat_mock.rules.differences import differences_between
from codat_mock.rules.judge import judge
from codat_mock.rules.registry import rulebook
from codat_mock.rules.rule_settings import RuleSetting

NOW = datetime(2022, 3, 21, 12, tzinfo=UTC)
REQUEST = Request(9, "2022-03-21T12:00:00Z", "POST", "/data")
MICROSECOND = timedelta(microseconds=1)
ORDERS = "commerce-orders"


def codes(subject: Context, **settings: RuleSetting) -> set[str]:
    return {found.finding.code for found in judge(subject, settings).found}


def record(known: KnownVersion | None = None, **properties: Any) -> RecordContext:
    raw = msgspec.json.encode({"id": "A-1", "currency": "GBP", **properties})
    return RecordContext(pushed_record(ORDERS, 0, raw), known)


def push(records: Sequence[RecordContext], **more: Any) -> PushContext:
    return PushContext(data_type=ORDERS, at=NOW, request=REQUEST, records=records, **more)


def created(moment: datetime) -> str:
    return moment.isoformat()


def polled(seconds: float) -> Context:
    poll = Poll("d", REQUEST, seconds)
    return ExchangeContext(request=REQUEST, status=200, operation="get-dataset", poll=poll)


def read_after_end(reads: float) -> Context:
    poll = Poll("d", REQUEST, 60, reads_after_end=int(reads))
    return ExchangeContext(request=REQUEST, status=200, operation="get-dataset", poll=poll)


def repeated(seconds: float) -> Context:
    gaps = [seconds] * 3
    repeat = Repeat([REQUEST] * 3, gaps, has_retry_after=False)
    return ExchangeContext(request=REQUEST, status=500, operation="x", repeat=repeat)


def waited(hours: float) -> Context:
    first = DeclaredRecord(ORDERS, "A-1", NOW)
    return PushGapsContext(gaps=[PushGap(None, first, timedelta(hours=hours))])


def before_sync(minutes: float) -> Context:
    due = NOW + timedelta(minutes=minutes)
    early = created(NOW - timedelta(hours=3))
    return push([record(createdDate=early)], next_sync=NextSync(due, due))


def sized(records: float) -> Context:
    early = created(NOW - timedelta(hours=3))
    return push([record(createdDate=early)] * int(records))


def sold(seconds: float) -> Context:
    return ProbeContext(service="slow", sales=[ProbedSale(seconds)])


def dated(hours: float) -> Context:
    return push([record(createdDate=created(NOW + timedelta(hours=hours)))])


STEP = 1 / 3_600_000_000  # an hour's microsecond
# By rule: the subject for a value of its threshold, and the nearest values that keep and break it.
EDGES = {
    "S07": (sized, 4999, 5000),
    "S09": (before_sync, 15, 15 - 1e-6),
    "S10": (waited, 24, 24 + STEP),
    "S16": (sold, 1, 1.000001),
    "S20": (dated, 24, 24 + STEP),
    "T05": (repeated, 60, 59.999),
    "T06": (polled, 1, 0.999999),
    "T08": (read_after_end, 3, 4),
}


UPPER = ("S07", "S10", "S16", "S20", "T08")  # the others are broken below the threshold


def test_every_threshold_has_its_edges() -> None:
    assert EDGES.keys() == {rule.code for rule in rulebook() if rule.thresholds}


@pytest.mark.parametrize("code", EDGES)
def test_a_threshold_is_kept_up_to_its_edge_and_broken_beyond(code: str) -> None:
    subject, kept, broken = EDGES[code]
    assert code not in codes(subject(kept))
    assert code in codes(subject(broken))


@pytest.mark.parametrize("code", EDGES)
def test_what_is_far_from_a_threshold_keeps_the_rule(code: str) -> None:
    subject, kept, _ = EDGES[code]
    assert code not in codes(subject(kept // 2 if code in UPPER else kept * 2))


@pytest.mark.parametrize("code", EDGES)
def test_a_threshold_of_zero_is_a_threshold(code: str) -> None:
    [rule] = [rule for rule in rulebook() if rule.code == code]
    [name] = rule.thresholds
    settings = {code: RuleSetting(code, thresholds={name: 0})}
    subject, _, broken = EDGES[code]
    assert (code in codes(subject(broken), **settings)) == (code in UPPER)


@pytest.mark.parametrize(("minutes", "is_late"), [(15, False), (15.001, True)])
def test_a_record_pushed_at_once_is_not_late(minutes: float, is_late: bool) -> None:
    moment = NOW - timedelta(minutes=minutes)
    covered = [(NOW - timedelta(days=1), NOW - timedelta(seconds=1))]
    assert ("S08" in codes(push([record(createdDate=created(moment))], covered=covered))) == is_late


def version(number: int, **more: Any) -> KnownVersion:
    request = Request(number, "2022-03-21T11:00:00Z", "POST", "/data")
    values = {"is_delete": True, "is_answered": True, "is_synced": False, **more}
    raws = {0: b'{"id":"P-1"}'}
    return KnownVersion("commerce-transactions", raws, 0, accepted_by=request, **values)


@pytest.mark.parametrize(
    ("first", "second", "is_broken"),
    [(True, True, True), (True, False, False), (False, True, True), (False, False, False)],
)
def test_the_answer_to_the_latest_delete_decides_whether_a_repeat_is_excused(
    first: bool, second: bool, is_broken: bool
) -> None:
    pushed = pushed_record("commerce-transactions", 0, b'{"id":"P-1"}')
    targets = [version(1, is_answered=first), version(2, is_answered=second)]
    deleting = PushContext(
        data_type="commerce-transactions",
        at=NOW,
        request=REQUEST,
        records=[RecordContext(pushed, None, targets[::-1])],
    )
    assert ("D04" in codes(deleting)) == is_broken
    assert "P-1/" in deleted_keys("commerce-transactions", "P-1")


def updated(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    raw = msgspec.json.encode({"id": "A-1", "currency": "GBP", **old})
    request = Request(1, "2022-03-21T11:00:00Z", "POST", "/data")
    known = KnownVersion(ORDERS, {0: raw}, 0, False, request, True, False)
    return codes(push([record(known, **new)]))


DATES = {"createdDate": "2022-03-21T10:00:00Z", "sourceModifiedDate": "2022-03-21T10:00:00Z"}
LATER = DATES | {"sourceModifiedDate": "2022-03-21T11:00:00Z"}
TWO = [{"id": "1", "totalAmount": 1}, {"id": "2", "totalAmount": 2}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (DATES | {"totalAmount": 3}, LATER | {"totalAmount": 3}, {"S03"}),
        (DATES | {"totalAmount": 3}, LATER | {"totalAmount": 4}, set()),
        (DATES | {"totalAmount": 0.3}, LATER | {"totalAmount": 0.1 + 0.2}, {"S03"}),
        (DATES | {"totalAmount": 0.3}, LATER | {"totalAmount": 0.3000009}, {"S03"}),
        (DATES | {"totalAmount": 0.3}, LATER | {"totalAmount": 0.300001}, set()),
        (DATES | {"totalAmount": 0.3}, LATER | {"totalAmount": 0.301}, set()),
        (DATES | {"totalAmount": 9e9}, LATER | {"totalAmount": 9e9 + 0.0000009}, {"S03"}),
        (DATES | {"totalAmount": 9e9}, LATER | {"totalAmount": 9e9 + 0.00001}, set()),
        (DATES | {"orderLineItems": TWO}, LATER | {"orderLineItems": TWO[::-1]}, {"S03"}),
        (DATES | {"totalAmount": 3}, DATES | {"totalAmount": 4}, {"U03"}),
        (DATES | {"totalAmount": 3}, LATER, {"U01"}),
        (
            DATES | {"totalAmount": 3, "orderLineItems": TWO},
            LATER | {"totalAmount": 3, "orderLineItems": TWO[:1]},
            {"U01"},
        ),
        (
            DATES | {"totalAmount": 3, "orderLineItems": TWO},
            LATER | {"totalAmount": 1, "orderLineItems": TWO[:1]},
            set(),
        ),
        (DATES, LATER | {"createdDate": "2022-03-21T09:59:59Z"}, {"U04"}),
    ],
)
def test_what_counts_as_a_change(
    old: dict[str, Any], new: dict[str, Any], expected: set[str]
) -> None:
    assert updated(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (TWO[:1], TWO, ["$.orderLineItems[1]"]),
        (TWO, TWO[:1], ["$.orderLineItems[1]"]),
        ([], TWO[:1], ["$.orderLineItems[0]"]),
        (TWO, TWO, []),
    ],
)
def test_elements_that_are_added_or_removed_are_differences(
    old: list[Any], new: list[Any], paths: list[str]
) -> None:
    before, after = record(orderLineItems=old).pushed, record(orderLineItems=new).pushed
    found = differences_between(before.record, after.record)
    assert [each.path for each in found] == paths
    assert [each.old is None for each in found] == [len(new) > len(old)] * len(paths)


@pytest.mark.parametrize("is_synced", [False, True])
def test_a_delete_is_repeated_whether_or_not_a_sync_has_taken_the_record(is_synced: bool) -> None:
    deleting = b'{"id":"A-1"}'
    request = Request(1, "2022-03-21T11:00:00Z", "POST", "/data")
    gone = KnownVersion(ORDERS, {0: deleting}, 0, True, request, True, is_synced)
    assert "D04" in codes(push([RecordContext(pushed_record(ORDERS, 0, deleting), gone, [gone])]))
