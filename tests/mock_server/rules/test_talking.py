"""The rules for requests and for the books, on subjects made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from judged import ORDERS, PAYMENTS, TRANSACTIONS, look, order, payment, sync, synced, transaction

from codat_mock.models.commerce import Record
from codat_mock.rules.contexts import (
    BookedRecord,
    BooksContext,
    ExchangeContext,
    OpenRecordsContext,
    Poll,
    Repeat,
    Request,
    Wait,
)
from codat_mock.rules.differences import PropertyDifference
from codat_mock.rules.registry import RULES

READ = Request(9, "2022-03-21T12:00:00Z", "GET", "/companies")
EARLIER = Request(3, "", "GET", "/companies")


def exchange(status: int = 200, **more: Any) -> ExchangeContext:
    return ExchangeContext(request=READ, status=status, **more)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 406, 428, 429, 430, 503])
def test_refusals_are_found_by_their_status(status: int) -> None:
    known = exchange(status, operation="list-companies")
    for code, refused in (("T01", [401]), ("T03", [429]), ("T02", [])):
        assert bool(look(code, known)) == (status in refused)
        assert look(code, exchange(status, is_planned=True)) is None
    unknown = exchange(status, nearest="GET /companies/{companyId}")
    note = "the nearest operation is GET /companies/{companyId}"
    expected = [("GET /companies", note)] if status in (404, 405) else []
    assert look("T02", unknown) == expected


def test_refusals_are_joined_by_what_was_sent() -> None:
    for code, status, key in (("T01", 401, "401"), ("T03", 429, "429"), ("T02", 404, None)):
        [found] = RULES[code].look(exchange(status))
        assert found.dedup_key == (key or "GET /companies")
        assert found.note == ""


def test_a_limit_that_a_fault_has_made_is_no_limit() -> None:
    assert [*RULES["T03"].look(exchange(429, is_planned=True))] == []


def test_what_was_asked_to_wait_for_is_named() -> None:
    assert look("T04", exchange()) is None
    assert look("T04", exchange(has_waited=True)) == []
    subject = exchange(waits=[Wait(EARLIER, 2.5, 1)])
    assert look("T04", subject) == [("request 9", "the answer to request 3 asked for 2.5 s")]
    [found] = RULES["T04"].look(subject)
    assert (found.requests, found.dedup_key) == ([EARLIER], "request 3")


def tries(*gaps: float, **more: Any) -> ExchangeContext:
    given = {"has_retry_after": False, **more}
    return exchange(500, repeat=Repeat([EARLIER] * len(gaps), gaps, **given))


@pytest.mark.parametrize(
    ("subject", "is_broken"),
    [
        (tries(1, 1), False),
        (tries(1, 1, 1), True),
        (tries(1, 1, 1, 1), True),
        (tries(1, 1, 1.1), True),
        (tries(1, 1, 1.11), False),
        (tries(1, 1.11, 1), False),
        (tries(0.01, 0.11, 0.1), True),
        (tries(0.01, 0.12, 0.1), False),
        (tries(59, 59, 60), False),
        (tries(60, 59, 59), True),
        (tries(1, 1, 1, has_retry_after=True), False),
    ],
)
def test_tries_grow_apart(subject: ExchangeContext, is_broken: bool) -> None:
    assert bool(look("T05", subject)) == is_broken
    for found in RULES["T05"].look(subject):
        assert (found.record, found.dedup_key) == ("GET /companies",) * 2
        assert found.requests == subject.repeat.requests


def test_a_request_that_is_no_repeat_or_poll_is_not_judged_as_one() -> None:
    for code in ("T05", "T06", "T08"):
        assert look(code, exchange()) is None
        assert [*RULES[code].look(exchange())] == []


@pytest.mark.parametrize(
    ("seconds", "reads", "codes"),
    [(0.99, 0, ["T06"]), (1, 3, []), (0, 4, ["T06", "T08"]), (2, 4, ["T08"])],
)
def test_polls_are_named_by_their_dataset(seconds: float, reads: int, codes: list[str]) -> None:
    subject = exchange(poll=Poll("d", EARLIER, seconds, reads))
    assert [code for code in ("T06", "T08") if look(code, subject)] == codes
    for code in codes:
        [found] = RULES[code].look(subject)
        assert (found.record, found.requests, found.dedup_key) == ("d", [EARLIER], "d")


CHANGE = PropertyDifference("$.totalAmount", 1, 2)
BOOKED = [BookedRecord(ORDERS, "O", "in INV-1", [EARLIER], [CHANGE])]


@pytest.mark.parametrize(
    ("code", "what"), [("B01", "doubled"), ("B02", "missing"), ("B03", "stale"), ("B04", "surplus")]
)
def test_what_is_wrong_in_the_books_is_named(code: str, what: str) -> None:
    subject = BooksContext(due=1, **{what: BOOKED})
    assert look(code, subject) == [("O", "in INV-1")]
    [found] = RULES[code].look(subject)
    assert (found.data_type, found.requests, found.changes) == (ORDERS, [EARLIER], [CHANGE])
    for other in ("B01", "B02", "B03", "B04"):
        assert other == code or look(other, subject) == []
        assert look(other, BooksContext(due=0)) is None
    only_surplus = BooksContext(due=0, surplus=BOOKED)
    assert look(code, only_surplus) == ([("O", "in INV-1")] if code == "B04" else None)
    assert (subject.size, only_surplus.size) == (1 + (code == "B04"), 1)


def test_a_sync_that_failed_names_what_made_it_fail() -> None:
    assert look("B05", sync()) is None
    assert look("B05", sync(order())) == []
    assert look("B05", sync(failure="5120")) == [("sync s", "5120")]
    subject = sync(failure="5120", blamed=[(ORDERS, "O"), (PAYMENTS, "P")])
    assert look("B05", subject) == [("O", "5120"), ("P", "5120")]
    assert [each.data_type for each in RULES["B05"].look(subject)] == [ORDERS, PAYMENTS]


MOVED = (TRANSACTIONS, "P/Payment")


def test_what_another_rule_explains_hides_nothing_after_it() -> None:
    lone = (PAYMENTS, "X")
    books = OpenRecordsContext(
        records=synced([payment(id_="X"), order()]),
        unreconciled={lone: "no account", (ORDERS, "O"): "no account"},
    )
    assert look("B06", books) == [("O", "no account")]


@pytest.mark.parametrize(
    ("records", "left", "unbooked", "named"),
    [
        ([order(), payment(), transaction()], MOVED, set(), ["P/Payment"]),
        ([order(), payment(), transaction()], (PAYMENTS, "P"), set(), ["P"]),
        ([order()], (ORDERS, "O"), set(), ["O"]),
        # left to the rules about sources, transactions and payments
        ([payment(), transaction()], MOVED, set(), []),
        ([payment(), transaction()], (PAYMENTS, "P"), set(), []),
        ([payment()], (PAYMENTS, "P"), set(), []),
        ([order(), transaction()], MOVED, set(), []),
        # left to the rule that says why their order is not booked
        ([order(), payment(), transaction()], MOVED, {(ORDERS, "O")}, []),
        ([order(), payment(), transaction()], (PAYMENTS, "P"), {(ORDERS, "O")}, []),
        ([order(), payment(), transaction()], (PAYMENTS, "P"), {(ORDERS, "X")}, ["P"]),
        ([order()], (ORDERS, "O"), {(ORDERS, "O")}, ["O"]),
    ],
)
def test_what_is_not_reconciled_is_named_unless_another_rule_says_why(
    records: list[Record], left: Any, unbooked: Any, named: list[str]
) -> None:
    books = OpenRecordsContext(
        records=synced(records), unreconciled={left: "no account"}, unbooked=unbooked
    )
    assert look("B06", books) == [(key, "no account") for key in named]
