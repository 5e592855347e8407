from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace
from sample_sales import Paid, Part, Sale, booked

from codat_mock.accounting.ledger import entries, trial_balance

SALE = Sale(
    "O",
    date(2022, 2, 14),
    12,
    "UTC",
    parts=(Part(20, 12_000), Part(20, -6_000)),
    tip=500,
    payments=(
        Paid("Card", 10_000, fee=149),
        Paid("Cash", 2_500),
        Paid("Card", -6_000, fee_back=49),
    ),
)


def sides(document) -> list[tuple[str, str, str]]:
    return [(side.account_id, str(side.debit), str(side.credit)) for side in entries(document)]


def test_each_kind_of_document_moves_the_accounts_it_should():
    moved = [(document.kind, sides(document)) for document in booked(SALE.picked).documents]
    assert moved == [
        (
            "Invoice",
            [
                ("gbol-610", "125.00", "0"),
                ("gbol-200", "0", "100.00"),
                ("gbol-210", "0", "5.00"),
                ("gbol-820", "0", "20.00"),
            ],
        ),
        (
            "CreditNote",
            [("gbol-610", "0", "60.00"), ("gbol-201", "50.00", "0"), ("gbol-820", "10.00", "0")],
        ),
        ("Payment", [("gbol-092", "100.00", "0"), ("gbol-610", "0", "100.00")]),
        ("Payment", [("gbol-091", "25.00", "0"), ("gbol-610", "0", "25.00")]),
        ("Refund", [("gbol-092", "0", "60.00"), ("gbol-610", "60.00", "0")]),
        ("Bill", [("gbol-800", "0", "1.49"), ("gbol-404", "1.49", "0")]),
        ("BillPayment", [("gbol-092", "0", "1.49"), ("gbol-800", "1.49", "0")]),
        ("BillCreditNote", [("gbol-800", "0.49", "0"), ("gbol-404", "0", "0.49")]),
        ("BillCreditRefund", [("gbol-092", "0.49", "0"), ("gbol-800", "0", "0.49")]),
    ]


def test_the_trial_balance_lists_every_account_that_moved_by_code():
    balances = trial_balance(booked(SALE.picked).documents)
    assert [(b.name, str(b.debit), str(b.credit)) for b in balances] == [
        ("Till", "25.00", "0"),
        ("Card Clearing", "39.00", "0"),
        ("Sales", "0", "100.00"),
        ("Sales Refunds", "50.00", "0"),
        ("Tips Received", "0", "5.00"),
        ("Bank and Payment Fees", "1.00", "0"),
        ("Accounts Receivable", "0.00", "0.00"),
        ("Accounts Payable", "0.00", "0.00"),
        ("VAT", "0", "10.00"),
    ]
    assert sum(b.debit for b in balances) == sum(b.credit for b in balances) == Decimal("115.00")


def test_currencies_are_balanced_apart():
    other = replace_currency(SALE)
    balances = trial_balance(booked([*SALE.picked, *other.picked]).documents)
    for currency in ("EUR", "GBP"):
        own = [balance for balance in balances if balance.currency == currency]
        assert sum(b.debit - b.credit for b in own) == 0
        assert len(own) == 9


def replace_currency(sale: Sale) -> Sale:
    return Sale(
        "O2", sale.day, 12, "UTC", currency="EUR", parts=sale.parts, tip=sale.tip,
        payments=sale.payments,
    )  # fmt: skip


def test_an_account_that_nothing_moves_is_not_listed():
    untaxed = Sale("O", SALE.day, 12, "UTC", parts=(Part(0, 1000),))
    documents = booked(untaxed.picked).documents
    assert [account for account, _, _ in sides(documents[0])] == ["gbol-610", "gbol-200"]
    assert [b.name for b in trial_balance(documents)] == ["Sales", "Accounts Receivable"]


def test_a_draft_moves_nothing():
    invoice = booked(SALE.picked).documents[0]
    assert entries(replace(invoice, status="Draft")) == ()
    assert trial_balance([replace(invoice, status="Draft")]) == []


def test_an_account_that_the_chart_lacks_is_shown_by_its_id():
    invoice = booked(SALE.picked).documents[0]
    foreign = replace(invoice, lines=[replace(invoice.lines[0], account_id="gone")])
    (shown,) = [balance for balance in trial_balance([foreign]) if balance.account_id == "gone"]
    assert (shown.name, shown.nominal_code, shown.classification) == ("gone", "", "")
