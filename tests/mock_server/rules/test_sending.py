"""The rules for sending, on pushes and syncs made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from judged import NOON, ORDERS, PAYMENTS, TRANSACTIONS, look, order, push, pushed, sync, version

from codat_mock.models.errors import Problem
from codat_mock.rules.contexts import (
    DeclaredRecord,
    EndedDataset,
    FailedPush,
    NextSync,
    OpenRecordsContext,
    PeriodContext,
    PlacedRecord,
    ProbeContext,
    ProbedSale,
    PushGap,
    PushGapsContext,
    Request,
)
from codat_mock.rules.judge import judge
from codat_mock.rules.registry import RULES

EARLIER = Request(3, "", "POST", "/data")
DECLARED = [DeclaredRecord(ORDERS, "O", NOON), DeclaredRecord(PAYMENTS, "P", NOON)]
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


def dated(after_noon: timedelta = timedelta(hours=-2), **properties: Any) -> dict[str, Any]:
    return {"createdDate": (NOON + after_noon).isoformat(), **properties}


@pytest.mark.parametrize(("code", "other"), [("S01", "S02"), ("S02", "S01")])
def test_declared_records_that_are_absent_are_named(code: str, other: str) -> None:
    def period(absent: Any, declared: Any = DECLARED) -> PeriodContext:
        return PeriodContext(at="now", is_first=code == "S01", declared=declared, absent=absent)

    assert look(code, period([])) == []
    assert look(code, period(DECLARED[1:])) == [("P", "")]
    assert [each.data_type for each in RULES[code].look(period(DECLARED))] == [ORDERS, PAYMENTS]
    assert look(code, period([], [])) is None
    assert look(other, period(DECLARED)) is None
    assert period([]).size == 2


SAID = dated(totalAmount=3)
RESTAMP = {"sourceModifiedDate": "2022-03-21T11:00:00Z"}
NOTE = "only its stamp, the order of its lines or a rounding error differs"


@pytest.mark.parametrize(
    ("known", "properties", "found"),
    [
        (None, SAID, None),
        (version(**SAID), SAID, [("O", "")]),
        (version(**SAID, is_answered=False), SAID, []),
        (version(**SAID), SAID | RESTAMP, [("O", NOTE)]),
        (version(**SAID, is_answered=False), SAID | RESTAMP, []),
        (version(**SAID), SAID | {"totalAmount": 4}, []),
        (version(is_delete=True), SAID, []),
        (version(), {}, [("O", "")]),
        (version(is_delete=True), {}, []),
        (version(**SAID), {}, []),
    ],
)
def test_only_what_is_new_or_changed_is_pushed(
    known: Any, properties: dict[str, Any], found: Any
) -> None:
    assert look("S03", push(pushed(context={"known": known}, **properties))) == found


def test_what_is_new_or_excused_leaves_the_records_after_it_to_be_judged() -> None:
    repeat = pushed(context={"known": version(**SAID, id="Q")}, **SAID, id="Q")
    for known in (None, version(**SAID, is_answered=False)):
        first = pushed(context={"known": known}, **SAID)
        assert look("S03", push(first, repeat)) == [("Q", "")]


def test_a_record_is_in_a_push_once() -> None:
    one = pushed()
    assert look("S04", push(one)) is None
    assert look("S04", push(one, pushed(**SAID))) == [("O", "")]
    nameless = pushed(**SAID | {"id": ""})
    assert look("S04", push(nameless, nameless)) == []


@pytest.mark.parametrize(("targets", "times", "is_doubled"), [
    (0, 2, True), (1, 2, True), (2, 2, False), (2, 3, True), (3, 3, False),
])  # fmt: skip
def test_transactions_of_an_id_may_be_deleted_as_often_as_there_are(
    targets: int, times: int, is_doubled: bool
) -> None:
    known = [version(TRANSACTIONS, number) for number in range(targets)]
    deleted = pushed(TRANSACTIONS, {"targets": known})
    assert bool(look("S04", push(*[deleted] * times))) == is_doubled
    # Orders have their ids to themselves.
    deleted = pushed(ORDERS, {"targets": [version()] * targets})
    assert look("S04", push(*[deleted] * times)) == [("O", "")]


def test_pushes_do_not_overlap_and_wait_for_the_dataset_before() -> None:
    assert look("S05", push()) is None
    assert look("S05", push(follows=EARLIER)) == []
    assert look("S05", push(overlaps=[EARLIER])) == [("request 3", "")]
    assert look("S06", push()) is None
    assert look("S06", push(follows=EARLIER)) == []
    assert look("S06", push(follows=EARLIER, unended=EARLIER)) == [("request 3", "")]
    assert look("S07", push()) is None


COVERED = [(NOON - timedelta(days=2), NOON - timedelta(days=1)), (NOON - timedelta(hours=3), NOON)]


@pytest.mark.parametrize(
    ("context", "properties", "covered", "found"),
    [
        ({}, dated(), COVERED, [("O", "")]),
        ({}, dated(), [], []),
        ({}, dated(timedelta(hours=-5)), COVERED, []),
        ({}, dated(timedelta(minutes=-15)), COVERED, []),
        ({}, dated(timedelta(minutes=-15) - MICROSECOND), COVERED, [("O", "")]),
        ({}, dated(timedelta(hours=-3)), COVERED, [("O", "")]),
        ({}, dated(timedelta(hours=-3) - MICROSECOND), COVERED, []),
        ({}, dated(timedelta(days=-1) - MICROSECOND), COVERED, [("O", "")]),
        ({}, dated(timedelta(days=-1)), COVERED, []),
        ({"known": version(is_delete=True)}, dated(), COVERED, [("O", "")]),
        ({"known": version()}, dated(), COVERED, None),
        ({}, dated(id=""), COVERED, None),
        ({}, {}, COVERED, None),
        ({}, {"totalAmount": 3}, COVERED, None),
    ],
)
def test_a_record_comes_before_the_sync_of_its_time(
    context: Any, properties: dict[str, Any], covered: Any, found: Any
) -> None:
    assert look("S08", push(pushed(context=context, **properties), covered=covered)) == found


def test_a_sync_names_the_records_whose_datasets_were_late() -> None:
    late = PlacedRecord(PAYMENTS, "P", EARLIER)
    assert look("S08", sync()) is None
    assert look("S08", sync(order())) == []
    assert look("S08", sync(late=[late])) == [("P", "")]
    [found] = RULES["S08"].look(sync(late=[late]))
    assert (found.data_type, found.requests) == (PAYMENTS, [EARLIER])


DUE = NOON + 10 * MINUTE


@pytest.mark.parametrize(
    ("context", "properties", "due", "found"),
    [
        ({}, dated(), NextSync(DUE, DUE), [("O", "")]),
        ({}, dated(), NextSync(NOON + 15 * MINUTE, DUE), []),
        ({}, dated(), None, None),
        ({}, dated(-5 * MINUTE), NextSync(DUE, DUE), []),
        ({}, dated(-5 * MINUTE - MICROSECOND), NextSync(DUE, DUE), [("O", "")]),
        ({}, dated(), NextSync(DUE, NOON - timedelta(hours=2)), []),
        ({}, dated(), NextSync(DUE, NOON - timedelta(hours=2) + MICROSECOND), [("O", "")]),
        ({}, dated(timedelta(hours=-30)), NextSync(DUE, DUE), []),
        ({}, {}, NextSync(DUE, DUE), []),
        ({}, dated(id=""), NextSync(DUE, DUE), []),
        ({"known": version(**dated())}, dated(), NextSync(DUE, DUE), []),
        ({"known": version(**dated())}, dated(totalAmount=1), NextSync(DUE, DUE), [("O", "")]),
    ],
)
def test_the_minutes_before_a_sync_are_left_free(
    context: Any, properties: dict[str, Any], due: Any, found: Any
) -> None:
    subject = push(pushed(context=context, **properties), next_sync=due, covered=COVERED[:1])
    assert look("S09", subject) == found
    assert look("S09", push(next_sync=due)) is None


def test_a_gap_names_its_first_record_and_the_push_that_ended_it() -> None:
    long = timedelta(hours=25)
    gaps = [PushGap(None, DECLARED[0], long), PushGap(EARLIER, DECLARED[1], long)]
    assert look("S10", PushGapsContext(gaps=[])) is None
    found = [*RULES["S10"].look(PushGapsContext(gaps=gaps))]
    assert [(each.record, each.data_type) for each in found] == [("O", ORDERS), ("P", PAYMENTS)]
    assert [[*each.requests] for each in found] == [[], [EARLIER]]


@pytest.mark.parametrize(("code", "flag"), [("S11", "is_ready"), ("S17", "is_linked")])
def test_nothing_is_pushed_without_a_link(code: str, flag: str) -> None:
    assert look(code, push()) == []
    subject = push(**{flag: False}, company_id="c")
    assert look(code, subject) == [("request 9", "")]
    assert [each.dedup_key for each in RULES[code].look(subject)] == ["c"]


EARLY = [PlacedRecord(ORDERS, "O", EARLIER), PlacedRecord(PAYMENTS, "P", EARLIER)]


def test_records_before_the_start_date_are_named() -> None:
    assert look("S12", OpenRecordsContext(early=EARLY)) is None
    subject = OpenRecordsContext(early=EARLY, start_date=NOON)
    assert look("S12", subject) == [("O", ""), ("P", "")]
    for code, is_all in (("S12", False), ("S20", True)):
        subject = OpenRecordsContext(early=EARLY, start_date=NOON, is_all_early=is_all)
        found = [*RULES[code].look(subject)]
        assert [each.data_type for each in found] == [ORDERS, PAYMENTS]
        assert [each.requests for each in found] == [[EARLIER]] * 2
    note = "every record was created before the start date"
    assert look("S20", OpenRecordsContext(early=EARLY, is_all_early=True)) == [
        ("O", note),
        ("P", note),
    ]
    assert look("S20", OpenRecordsContext(early=EARLY)) == []


def ended(outcome: Any = "Complete", *unresolved: str, **flags: bool) -> EndedDataset:
    given = {"is_polled": False, "is_read": False, "is_alerted": False, **flags}
    return EndedDataset("d", ORDERS, outcome, EARLIER, unresolved=unresolved, **given)


@pytest.mark.parametrize("is_polled", [False, True])
@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("is_alerted", [False, True])
def test_the_outcome_of_a_dataset_is_read_or_alerted(
    is_polled: bool, is_read: bool, is_alerted: bool
) -> None:
    dataset = ended(is_polled=is_polled, is_read=is_read, is_alerted=is_alerted)
    is_unread = not is_read and not is_alerted
    assert look("S13", sync(ended=[dataset])) == ([("d", "")] if is_unread else [])
    found = ([("d", "")] if is_unread else []) if is_polled else None
    assert look("T07", sync(ended=[dataset])) == found
    if found:
        [each] = RULES["T07"].look(sync(ended=[dataset]))
        assert (each.data_type, each.requests) == (ORDERS, [EARLIER])


def test_without_datasets_there_is_no_outcome_to_read() -> None:
    for code in ("S13", "S14", "T07"):
        assert look(code, sync(order())) is None
    assert look("T07", sync(ended=[ended(), ended(is_polled=True)])) == [("d", "")]


def test_the_records_of_failed_pushes_and_datasets_are_pushed_again() -> None:
    failed = FailedPush(PAYMENTS, EARLIER, "request 3 was answered 503", ["P", "Q"])
    assert look("S14", sync(ended=[ended()])) is None
    assert look("S14", sync(ended=[ended("PushError")])) == []
    subject = sync(ended=[ended("PushError", "O")], failed=[failed])
    assert look("S14", subject) == [
        ("P", "request 3 was answered 503"),
        ("Q", "request 3 was answered 503"),
        ("O", "dataset d ended in PushError"),
    ]
    assert [each.data_type for each in RULES["S14"].look(subject)] == [PAYMENTS, PAYMENTS, ORDERS]
    assert all(each.requests == [EARLIER] for each in RULES["S14"].look(subject))


def test_what_is_invalid_is_named_by_its_record_or_its_path() -> None:
    of_record = Problem("$.orders[0].id", "is missing", item="O")
    of_body = Problem("$", "is no object")
    assert look("S15", push()) is None
    assert look("S15", push(pushed())) == []
    assert look("S15", push(problems=[of_record, of_body])) == [
        ("O", str(of_record)),
        ("$", str(of_body)),
    ]
    keys = [each.dedup_key for each in RULES["S15"].look(push(problems=[of_body], company_id="c"))]
    assert keys == [f"c commerce-orders {of_body}"]
    [alone] = RULES["S15"].look(push(pushed(), problems=[of_record]))
    assert alone.dedup_key == ""


def test_a_sale_neither_waits_nor_fails() -> None:
    assert look("S16", ProbeContext(service="slow", sales=[])) is None
    sales = [ProbedSale(1), ProbedSale(2), ProbedSale(0, "closed"), ProbedSale(2, "")]
    assert look("S16", ProbeContext(service="slow", sales=sales)) == [
        ("sale 2", "took over 1 s"),
        ("sale 3", "failed: closed"),
        ("sale 4", "failed: "),
    ]


def test_a_finding_about_sales_says_in_which_trouble_they_were_recorded() -> None:
    [found] = judge(ProbeContext(service="slow", sales=[ProbedSale(2)])).found
    assert "(service slow)" in found.finding.message


def test_a_record_is_not_sent_again_under_another_id() -> None:
    again = pushed(context={"retries": "A-1"})
    assert look("S18", push(again)) is None
    assert look("S18", push(follows=EARLIER)) is None
    assert look("S18", push(again, pushed(), follows=EARLIER)) == [("O", "as A-1")]


def test_what_the_service_did_not_read_is_named() -> None:
    assert look("S19", push()) == []
    assert look("S19", push(unread=["$.order"])) == [("$.order", "")]


@pytest.mark.parametrize(
    ("context", "properties", "note"),
    [
        ({}, dated(), ""),
        ({}, {"totalAmount": 1}, "it has no createdDate"),
        ({}, dated(timedelta(hours=25)), "its createdDate is 2022-03-22T13:00:00Z"),
        ({"known": version()}, {"totalAmount": 1}, ""),
        ({"known": version()}, dated(timedelta(hours=25)), ""),
        ({"known": version(is_delete=True)}, {"totalAmount": 1}, "it has no createdDate"),
        ({}, {"totalAmount": 1, "id": ""}, ""),
        ({}, {}, ""),
        ({}, {"isDeleted": True}, ""),
        ({}, dated(timedelta(hours=25), isDeleted=True), ""),
    ],
)
def test_a_record_has_a_usable_date(context: Any, properties: dict[str, Any], note: str) -> None:
    subject = push(pushed(context=context, **properties))
    assert look("S20", subject) == ([("O", note)] if note else [])


def test_a_record_with_a_wrong_date_hides_none_after_it() -> None:
    subject = push(pushed(), pushed(**dated()), pushed(totalAmount=1))
    assert look("S20", subject) == [("O", "it has no createdDate")]


def test_the_size_of_a_push_counts_what_could_not_be_read() -> None:
    assert push(pushed(), unreadable=[b"{}", b"{}"]).size == 3
    assert sync(order(), order(id="P")).size == 2


@pytest.mark.parametrize("make", [push, sync])
def test_a_subject_made_by_hand_breaks_nothing_by_itself(make: Callable[[], Any]) -> None:
    for code, rule in RULES.items():
        if isinstance(make(), rule.subjects):
            assert not look(code, make())
