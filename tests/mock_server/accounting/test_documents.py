"""Documents: their numbers, their status, and what one of them adds to another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codat_mock.accounting.day_of_business import FeeGroup, Total
from codat_mock.accounting.documents import (
    Allocation,
    BookedRecord,
    Document,
    Line,
    Numbering,
    last_numbers,
    records_in,
    settled,
)
from codat_mock.accounting.ledger import entries, trial_balance
from codat_mock.accounting.mappings.invoices import by_account, paid_part, returned_part
from codat_mock.accounting.mappings.journal_entries import Journal
from codat_mock.accounting.open_documents import OpenDocuments, extend

ZERO = Decimal(0)


def record(key: str, amount: str = "1") -> BookedRecord:
    return BookedRecord(data_type="commerce-orders", key=key, amount=Decimal(amount))


def document(kind: Any = "Invoice", number: str = "", total: str = "10", **more: Any) -> Document:
    given = {
        "date": "2022-03-21", "currency": "GBP", "contact": "c", "platform_key": "gbol",
        "status": "Submitted", "lines": [], "net": Decimal(total), "tax": ZERO, "records": [],
        "sync_id": "s",
    }  # fmt: skip
    return Document(kind=kind, number=number, total=Decimal(total), **{**given, **more})


def line(net: str, tax: str = "0", name: str = "Sales", account: str = "A") -> Line:
    amounts = {"net": Decimal(net), "tax": Decimal(tax), "gross": Decimal(net) + Decimal(tax)}
    return Line(description=name, account_id=account, **amounts)


def test_numbers_go_on_where_they_ended():
    numbering = Numbering({"Invoice": 9})
    numbers = [numbering.next(kind) for kind in ("Invoice", "CreditNote", "Invoice")]
    assert numbers == ["INV-0010", "CN-0001", "INV-0011"]
    written = [document(number=number) for number in ("INV-0002", "INV-0010", "INV-0009")]
    assert last_numbers(written) == {"Invoice": 10}
    assert last_numbers([]) == {}
    kept = [document(records=[record("A"), record("B")]), document(records=[record("A")])]
    assert records_in(kept) == {("commerce-orders", "A"), ("commerce-orders", "B")}


@pytest.mark.parametrize(
    ("paid", "currency", "kind", "status"),
    [
        ("0", "GBP", "Payment", "Submitted"),
        ("0.01", "GBP", "Payment", "PartPaid"),
        ("9.99", "GBP", "Payment", "PartPaid"),
        ("10", "GBP", "Payment", "Paid"),
        ("11", "GBP", "Payment", "Paid"),
        ("10", "EUR", "Payment", "Submitted"),
        ("10", "GBP", "Overpayment", "Submitted"),
        ("10", "GBP", "Invoice", "Submitted"),
    ],
)
def test_a_status_says_how_much_is_settled(paid, currency, kind, status):
    money = document(kind, "X-1", paid, currency=currency, applies_to="INV-1")
    found = settled([document(number="INV-1"), money])
    assert found[0].status == status
    draft = settled([document(number="INV-1", status="Draft"), money])
    assert draft[0].status == "Draft"


def test_what_credit_notes_and_invoices_settle_of_each_other_counts_on_both_sides():
    part = [Allocation(applies_to="INV-1", amount=Decimal(4))]
    note = document("CreditNote", "CN-1", "4", allocations=part)
    found = settled([document(number="INV-1"), note])
    assert [each.status for each in found] == ["PartPaid", "Paid"]
    assert settled([document("Payment", "PAY-1", status="Paid")])[0].status == "Paid"


def test_a_document_of_a_day_is_extended_once():
    before = document(number="INV-0001", records=[record("A")])
    open_documents = OpenDocuments({"Invoice": 1}, [before])
    assert open_documents.place(document(records=[record("B")])).number == "INV-0001"
    assert open_documents.place(document(records=[record("C")])).number == "INV-0002"


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({}, "INV-0001"),
        ({"note": "look"}, "INV-0001"),
        ({"records": [record("A")]}, "INV-0002"),
        ({"date": "2022-03-22"}, "INV-0002"),
        ({"currency": "EUR"}, "INV-0002"),
        ({"location": "Shop"}, "INV-0002"),
        ({"contact": "d"}, "INV-0002"),
        ({"reference": "r"}, "INV-0002"),
        ({"applies_to": "X"}, "INV-0002"),
        ({"account": "X"}, "INV-0002"),
        ({"counter_account": "X"}, "INV-0002"),
        ({"status": "Draft"}, "INV-0002"),
        ({"status": "Paid"}, "INV-0001"),
        ({"platform_key": "qhyg"}, "INV-0002"),
    ],
)
def test_only_a_document_of_the_same_kind_and_place_is_extended(changed, number):
    before = document(number="INV-0001", records=[record("A")])
    more = document(**{"records": [record("B")], **changed})
    assert OpenDocuments({"Invoice": 1}, [before]).place(more).number == number


def test_a_document_is_extended_by_its_number_whatever_it_says():
    notes = [document("CreditNote", f"CN-{number}", records=[record("A")]) for number in (1, 2)]
    open_documents = OpenDocuments({"CreditNote": 2}, notes)
    more = document("CreditNote", "CN-2", date="2022-03-30", records=[record("A")])
    assert open_documents.place(more).number == "CN-2"
    assert open_documents.place(document("CreditNote")).number == "CN-1"
    assert open_documents.place(document("CreditNote", "CN-9")).number == "CN-0003"


def test_what_extends_a_document_is_added_up():
    before = document(
        net=Decimal(8), tax=Decimal(2), lines=[line("8", "2")], records=[record("B")], note="a",
        allocations=[Allocation(applies_to="X", amount=Decimal(1))],
    )  # fmt: skip
    more = document(
        net=Decimal(4), tax=Decimal(1), lines=[line("4", "1"), line("3", name="Tips")],
        records=[record("A")], note="b",
        allocations=[
            Allocation(applies_to="X", amount=Decimal(2)),
            Allocation(applies_to="Y", amount=Decimal(5)),
        ],
    )  # fmt: skip
    found = extend(before, more)
    assert (found.net, found.tax, found.total, found.note) == (12, 3, 15, "a; b")
    shown = [(each.description, each.net, each.tax, each.gross) for each in found.lines]
    assert shown == [("Sales", 12, 3, 15), ("Tips", 3, 0, 3)]
    assert [(each.applies_to, each.amount) for each in found.allocations] == [("X", 3), ("Y", 5)]
    assert [each.key for each in found.records] == ["A", "B"]
    assert extend(before, document(note="a")).note == "a"
    assert extend(document(), document()).note is None
    nothing = extend(before, document(lines=[line("-8", "-2")]))
    assert nothing.lines == []
    only_tax = extend(before, document(lines=[line("-8", "-1"), line("-1")]))
    assert [(each.gross, each.tax) for each in only_tax.lines] == [(0, 1)]


def test_an_extended_journal_entry_has_the_total_of_its_debits():
    before = document("JournalEntry", lines=[line("8", account="A"), line("-8", account="B")])
    more = document("JournalEntry", lines=[line("3", account="B"), line("-3", account="A")])
    found = extend(before, more)
    assert (found.net, found.tax, found.total) == (5, 0, 5)


@pytest.mark.parametrize(
    ("amount", "out", "paid", "returned"),
    [("-3", "-5", "-3", None), ("3", "-5", None, "3"), ("0", "-5", "-5", "5")],
)
def test_fees_and_those_that_come_back_are_set_off(amount, out, paid, returned):
    total = Total(Decimal(amount), Decimal(out), [record("A")])
    for found, expected in ((paid_part(total), paid), (returned_part(total), returned)):
        assert (found and str(found.amount)) == expected
        assert found is None or found.records == total.records


def test_fees_are_gathered_by_their_accounts():
    groups = [FeeGroup("d", "GBP", purpose, account) for purpose, account in
              (("paymentFee", "A"), ("paymentFeeRefund", "A"), ("paymentFee", "B"))]  # fmt: skip
    totals = [Total(Decimal(each), records=[record(str(each))]) for each in (1, 2, 4)]
    found = by_account([*zip(groups, totals, strict=True)])
    assert {name: total.amount for name, total in found.items()} == {"A": 3, "B": 4}
    assert [each.key for each in found["A"].records] == ["1", "2"]
    total = Total()
    for amount in (2, -5, 0):
        total.add(Decimal(amount), record("A"))
    assert (total.amount, total.out, len(total.records)) == (-3, -5, 3)


def test_a_journal_shows_each_account_once_and_both_sides_if_all_come_to_nothing():
    journal = Journal()
    for account, amount in (("B", 5), ("A", -5), ("A", "4.5"), ("C", -2), ("D", 3), ("D", -3)):
        journal.add(account, Decimal(amount))
    assert journal.sides() == [("B", 5), ("A", Decimal("-0.5")), ("C", -2)]
    reversed_fee = Journal()
    for account, amount in (("F", 3), ("M", -3), ("F", -3), ("M", 3)):
        reversed_fee.add(account, Decimal(amount))
    assert reversed_fee.sides() == [("F", 3), ("M", 3), ("F", -3), ("M", -3)]
    assert Journal().sides() == []


def test_drafts_move_nothing_and_accounts_that_are_unknown_have_their_ids():
    assert entries(document("Payment", status="Draft", account="A")) == ()
    [debit, credit] = entries(document("Payment", account="A", counter_account="B"))
    assert (debit.account_id, debit.debit, debit.credit) == ("A", 10, 0)
    assert (credit.account_id, credit.debit, credit.credit) == ("B", 0, 10)
    [to, _] = trial_balance([document("Payment", account="A", counter_account="B")])
    assert (to.account_id, to.name, to.nominal_code, to.classification) == ("A", "A", "", "")
