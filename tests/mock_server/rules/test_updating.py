"""The rules for updates and deletes, on pushes made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from judged import NOON, ORDERS, PAYMENTS, TRANSACTIONS, look, order, push, pushed, sync, version

from codat_mock.models.pushes import pushed_record
from codat_mock.rules.contexts import (
    KnownVersion,
    NextSync,
    PlacedRecord,
    PushContext,
    RecordContext,
    Request,
)
from codat_mock.rules.delete_marks import is_fat_delete
from codat_mock.rules.judge import judge
from codat_mock.rules.registry import RULES

EARLIER = Request(3, "", "POST", "/data")
DATES = {"createdDate": "2022-03-21T10:00:00Z", "sourceModifiedDate": "2022-03-21T10:00:00Z"}
LATER = DATES | {"sourceModifiedDate": "2022-03-21T11:00:00Z"}
FULL = DATES | {
    "orderNumber": "7", "country": "GB", "totalAmount": 3, "totalGratuity": 1, "closedDate": None
}  # fmt: skip


def update(old: dict[str, Any], new: dict[str, Any], **flags: bool) -> PushContext:
    return push(pushed(context={"known": version(**old, **flags)}, **new))


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (FULL, FULL | LATER, None),
        (FULL, FULL | {"totalAmount": 4}, ""),
        (FULL, FULL | {"orderNumber": None}, ""),
        (FULL | {"orderLineItems": []}, FULL | {"totalAmount": 4}, ""),
        (FULL, LATER | {"totalAmount": 4, "totalGratuity": 1},
         "without country, orderNumber"),
        (FULL, LATER | {"country": "GB"},
         "without totalAmount, totalGratuity, orderNumber"),
        (FULL, LATER | {"orderNumber": "8", "serviceCharges": []},
         "without totalAmount, totalGratuity, country"),
        (FULL, {"orderNumber": "7"},
         "without createdDate, sourceModifiedDate, totalAmount and 2 more"),
        (FULL, {"country": "GB", "totalAmount": 3, "orderNumber": "7", "totalGratuity": 1},
         "without createdDate, sourceModifiedDate"),
        (DATES | {"totalAmount": 3}, {"modifiedDate": "2022-03-21T10:00:00Z", "totalAmount": 4},
         "without createdDate, sourceModifiedDate"),
    ],
)  # fmt: skip
def test_an_update_has_every_property_it_had(
    old: dict[str, Any], new: dict[str, Any], note: str | None
) -> None:
    found = look("U01", update(old, new))
    assert found == (None if note is None else [("O", note)] if note else [])


@pytest.mark.parametrize(
    ("new", "is_delete"),
    [({"type": "Card"}, True), ({"type": "Card", "amount": 3}, False)],
)
def test_an_update_that_looks_like_a_delete_is_judged_as_one(
    new: dict[str, Any], is_delete: bool
) -> None:
    # Only an enumeration beside the id looks like a delete, which is rule D01's.
    known = version(PAYMENTS, amount=3, status="Paid")
    found = look("U01", push(pushed(PAYMENTS, {"known": known}, **new)))
    assert found == (None if is_delete else [("O", "without status")])
    assert bool(look("D01", push(pushed(PAYMENTS, {"known": known}, **new)))) == is_delete


def test_losses_are_shown_as_changes() -> None:
    [found] = RULES["U01"].look(update(FULL, LATER | {"totalAmount": 4, "totalGratuity": 1}))
    assert [each.path for each in found.changes] == ["$.country", "$.orderNumber"]


@pytest.mark.parametrize(
    ("new", "flags", "found"),
    [
        (FULL | {"totalAmount": 4}, {"is_synced": True}, [("O", "")]),
        (FULL | {"totalAmount": 4}, {"is_synced": False}, []),
        (FULL | LATER, {"is_synced": True}, [("O", "")]),
        (FULL, {"is_synced": True}, None),
        (FULL, {"is_synced": True, "is_delete": True}, None),
        ({}, {"is_synced": True}, None),
        ({"isDeleted": True}, {"is_synced": True}, [("O", "")]),
    ],
)
def test_a_synced_record_is_not_updated(
    new: dict[str, Any], flags: dict[str, bool], found: Any
) -> None:
    assert look("U02", update(FULL, new, **flags)) == found
    assert look("U02", push(pushed(**new))) is None


@pytest.mark.parametrize(
    ("old", "new", "is_broken"),
    [
        ("10:00:00", "10:00:00", True),
        ("10:00:00", "09:59:59", True),
        ("10:00:00", "10:00:00.000001", False),
        ("10:00:00", None, False),
        (None, "10:00:00", False),
        (None, None, False),
    ],
)
def test_a_change_comes_with_a_later_date(
    old: str | None, new: str | None, is_broken: bool
) -> None:
    def said(total: int, at: str | None) -> dict[str, Any]:
        return {"totalAmount": total, "sourceModifiedDate": at and f"2022-03-21T{at}Z"}

    subject = update(said(3, old), said(4, new))
    assert look("U03", subject) == ([("O", "")] if is_broken else [])
    assert look("U03", update(said(3, old), said(3, old))) is None
    if is_broken:
        [found] = RULES["U03"].look(subject)
        assert "$.totalAmount" in [each.path for each in found.changes]


@pytest.mark.parametrize(
    ("old", "new", "is_broken"),
    [
        (10, 10, False), (10, 9, True), (10, 11, True),
        (None, 11, False), (10, None, False), (None, None, False),
    ],
)  # fmt: skip
def test_a_created_date_moves_neither_back_nor_forward(
    old: int | None, new: int | None, is_broken: bool
) -> None:
    def said(total: int, hour: int | None) -> dict[str, Any]:
        dates = {} if hour is None else {"createdDate": f"2022-03-21T{hour:02}:00:00Z"}
        return {"totalAmount": total, **dates}

    subject = update(said(3, old), said(4, new))
    assert look("U04", subject) == ([("O", "")] if is_broken else [])
    if is_broken:
        [found] = RULES["U04"].look(subject)
        assert [each.path for each in found.changes] == ["$.createdDate"]


def test_a_delete_is_of_a_record_that_was_pushed() -> None:
    assert look("D02", push(pushed(totalAmount=3))) is None
    assert look("D02", push(pushed())) == [("O", "")]
    assert look("D02", push(pushed(id=""))) == []
    assert look("D02", push(pushed(context={"has_failed": True}))) == []
    assert look("D02", push(pushed(context={"targets": [version()]}))) == []
    assert look("D02", push(pushed(totalAmount=3), pushed(TRANSACTIONS, id="P"))) == [("P", "")]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ([], None),
        ([version()], []),
        ([version(is_synced=True)], [("O", "")]),
        ([version(is_synced=True, is_delete=True)], []),
        ([version(), version(is_synced=True)], [("O", "")]),
    ],
)
def test_a_synced_record_is_not_deleted(targets: Any, found: Any) -> None:
    assert look("D03", push(pushed(context={"targets": targets}))) == found
    assert look("D03", push(pushed(context={"targets": targets}, totalAmount=3))) is None


def test_a_sync_names_the_deletes_that_were_late() -> None:
    late = PlacedRecord(PAYMENTS, "P", EARLIER)
    assert look("D03", sync(order())) is None
    subject = sync(late_deletes=[late])
    assert look("D03", subject) == [("P", "")]
    [found] = RULES["D03"].look(subject)
    assert (found.data_type, found.requests) == (PAYMENTS, [EARLIER])


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ([], None),
        ([version()], []),
        ([version(is_delete=True)], [("O", "")]),
        ([version(is_delete=True), version()], []),
    ],
)
def test_a_record_is_deleted_once(targets: Any, found: Any) -> None:
    assert look("D04", push(pushed(context={"targets": targets}))) == found
    others = [pushed(), pushed(context={"targets": [version()]})]
    again = push(*others, pushed(context={"targets": targets}))
    assert look("D04", again) == (found or [])


@pytest.mark.parametrize(
    ("context", "found"),
    [
        ({}, []),
        ({"known": version()}, []),
        ({"known": version(is_delete=True)}, [("O", "")]),
        ({"known": version(is_delete=True), "before_delete": version(totalAmount=3)}, []),
        ({"known": version(is_delete=True), "before_delete": version(totalAmount=4)}, [("O", "")]),
    ],
)
def test_a_deleted_record_is_not_pushed_again(context: Any, found: Any) -> None:
    assert look("D05", push(pushed(context=context, totalAmount=3))) == found
    assert look("D05", push(pushed(context=context))) is None
    assert look("D05", push(pushed(context=context), pushed(totalAmount=3))) == []


@pytest.mark.parametrize(
    ("raw", "data_type", "is_delete"),
    [
        (b'{"id":"O"}', ORDERS, False),
        (b'{"id":"O","totalAmount":null}', ORDERS, True),
        (b'{"id":"O","totalAmount":0}', ORDERS, True),
        (b'{"id":"O","totalAmount":0.0}', ORDERS, True),
        (b'{"id":"O","totalAmount":1}', ORDERS, False),
        (b'{"id":"O","isOpen":false}', ORDERS, False),
        (b'{"id":"O","lines":[],"more":{"a":""}}', ORDERS, True),
        (b'{"id":"O","lines":[{"a":0},null]}', ORDERS, True),
        (b'{"id":"O","lines":[{"a":0},1]}', ORDERS, False),
        (b'{"id":"O","more":{"a":"","b":1}}', ORDERS, False),
        (b'{"id":"O","type":"Card"}', PAYMENTS, True),
        (b'{"id":"O","Type":"Card","modifiedDate":"2022"}', PAYMENTS, True),
        (b'{"id":"O","sourceModifiedDate":"2022"}', ORDERS, True),
        (b'{"id":"O","createdDate":"2022"}', ORDERS, False),
        (b'{"id":"","totalAmount":0}', ORDERS, False),
        (b'{"id":null,"isDeleted":true}', ORDERS, False),
        (b'{"isDeleted":true}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"isDeleted":true}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"isDeleted":false}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"isDeleted":[true]}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"deleted":1}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"VOIDED":"yes"}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"voided":"maybe"}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"deletedAt":"2022"}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"deletedAt":null}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"deletedAt":""}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"isActive":false}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"active":0}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"active":true}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"active":null}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"state":"Void"}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"orderStatus":"cancelled"}', ORDERS, True),
        (b'{"id":"O","totalAmount":3,"state":"open"}', ORDERS, False),
        (b'{"id":"O","totalAmount":3,"status":"Cancelled"}', ORDERS, True),
        (b'{"id":"O","amount":3,"status":"Cancelled"}', PAYMENTS, False),
        (b'{"id":"O","amount":3,"status":"Deleted"}', PAYMENTS, True),
        (b'{"id":"O","amount":3,"state":"cancelled"}', PAYMENTS, True),
        (b'{"id":"O","note":"%s"}' % (b"x" * 600), ORDERS, False),
        (b'{"id":"O","isDeleted":true,"note":"%s"}' % (b"x" * 600), ORDERS, True),
        (b'{"id":"O","note":"\xff"}', ORDERS, False),
        # of 512 bytes a list of nothing is still read
        (b'{"id":"O","lines":[%s0]}' % (b"0," * 254 + b" "), ORDERS, True),
        (b'{"id":"O","lines":[%s0]}' % (b"0," * 254 + b"  "), ORDERS, False),
    ],
)
def test_what_looks_like_a_delete(raw: bytes, data_type: str, is_delete: bool) -> None:
    assert is_fat_delete(raw, data_type) == is_delete


def test_fat_deletes_are_named_whether_or_not_they_could_be_read() -> None:
    assert look("D01", push(pushed(totalAmount=3))) is None
    assert look("D01", push(pushed())) == []
    assert look("D01", push(pushed(isDeleted=True))) == [("O", "")]
    assert look("D01", push(pushed(totalAmount=0))) == [("O", "")]
    assert look("D01", push(pushed(totalAmount=0, createdDate=NOON.isoformat()))) is None
    unread = [b'{"id":"A","isDeleted":true,"totalAmount":"x"}', b'{"id":"B","totalAmount":"x"}']
    assert look("D01", push(unreadable=unread)) == [("A", "")]


STAMPED, RESTAMPED = {"modifiedDate": "2022-03-21"}, {"modifiedDate": "2022-03-22"}


@pytest.mark.parametrize(
    ("known", "new", "is_restamped"),
    [
        (version(**DATES, **STAMPED), DATES | RESTAMPED, True),
        (version(**DATES, **STAMPED), DATES | RESTAMPED | {"country": "GB"}, False),
        (version(**DATES, **STAMPED), DATES | STAMPED, False),  # it is repeated
        (version(**DATES, **STAMPED, is_delete=True), DATES | RESTAMPED, False),
        (version(is_delete=True), {}, False),
        (version(), {}, False),
        (None, DATES, False),
    ],
)
def test_what_changes_nothing_but_its_stamps_is_restamped(
    known: KnownVersion | None, new: dict[str, Any], is_restamped: bool
) -> None:
    assert pushed(context={"known": known}, **new).is_only_restamped is is_restamped


@pytest.mark.parametrize(
    ("old", "new", "is_repeat"),
    [
        (b'{"totalAmount":1}', b'{"totalAmount":1.00}', True),
        (b'{"totalAmount":1}', b'{"totalAmount":2}', False),
        (b'{"totalAmount":0.3}', b'{"totalAmount":0.30000000000000001}', False),
        (b'{"createdDate":"2022-03-21"}', b'{"createdDate":"2022-03-21T00:00:00Z"}', True),
        (b'{"colour":"red"}', b'{"colour":"blue"}', True),  # which is not read
    ],
)
def test_a_record_is_repeated_whose_values_are_equal(
    old: bytes, new: bytes, is_repeat: bool
) -> None:
    request = Request(1, "", "POST", "/data")
    known = KnownVersion(ORDERS, {0: old}, 0, False, request, is_answered=True, is_synced=False)
    assert RecordContext(pushed_record(ORDERS, 0, new), known).is_repeat is is_repeat


@pytest.mark.parametrize(
    ("created", "is_close"),
    [
        ("2022-03-21T11:54:59Z", True),
        ("2022-03-21T11:55:00Z", False),  # within the margin: it could not be pushed earlier
        ("2022-03-21T11:55:01Z", False),
        ("2022-03-21T12:30:00Z", False),
    ],
)
def test_a_record_that_could_not_be_pushed_earlier_is_not_close_to_its_sync(
    created: str, is_close: bool
) -> None:
    record = pushed(createdDate=created)
    due = NextSync(NOON + timedelta(minutes=10), NOON + timedelta(minutes=10))
    found = push(record, next_sync=due).close(timedelta(minutes=15))
    assert [*found] == ([record] if is_close else [])


@pytest.mark.parametrize(
    ("created", "is_close"), [("09:59:59", True), ("10:00:00", False), ("11:00:00", False)]
)
def test_a_record_of_a_later_sync_is_not_close_to_the_next(created: str, is_close: bool) -> None:
    record = pushed(createdDate=f"2022-03-21T{created}Z")
    due = NextSync(NOON + timedelta(minutes=10), NOON - timedelta(hours=2))
    found = push(record, next_sync=due).close(timedelta(minutes=15))
    assert [*found] == ([record] if is_close else [])


def test_what_is_not_known_has_lost_nothing() -> None:
    assert pushed(**DATES).losses == []


def test_the_push_that_brought_a_repeated_record_is_about_it() -> None:
    subject = push(
        pushed(context={"known": version(**FULL, number=3)}, **FULL),
        pushed(context={"known": version(number=4, id="other")}, id="other", **LATER),
    )
    [found] = [each.finding for each in judge(subject).found if each.finding.code == "S03"]
    assert [each.number for each in found.requests] == [9, 3]
