from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace
from sample_records import (
    DAY,
    NOON,
    line,
    lines_of,
    only,
    order,
    payment,
    pounds,
    replace_record,
    shown,
    transaction,
    without,
    worked_example,
)
from sample_sales import (
    Paid,
    Part,
    Sale,
    booked,
    by_location,
    configured,
    earlier,
    picked_order,
    picked_payment,
    picked_transaction,
)

from codat_mock.accounting.booking import unmapped_rates
from codat_mock.accounting.documents import Document, last_numbers, settled
from codat_mock.models.commerce import Ref, ServiceCharge
from codat_mock.models.decoding import decoder


def test_the_worked_example_is_a_paid_invoice_of_85_and_a_paid_bill_of_1_49():
    booking = booked(worked_example())
    assert shown(booking.documents) == [
        ("INV-0001", "85.00", "Paid"),
        ("PAY-0001", "85.00", "Paid"),
        ("BILL-0001", "1.49", "Paid"),
        ("BP-0001", "1.49", "Paid"),
    ]
    assert booking.unreconciled == ()
    invoice, paid, bill, bill_paid = booking.documents
    assert (invoice.date, invoice.currency, invoice.contact) == (
        "2022-02-14", "GBP", "Daily Takings",
    )  # fmt: skip
    assert lines_of(invoice) == [("Sales at 0%", "85.00", "0.00")]
    assert invoice.lines[0].account_id == "gbol-200"
    assert invoice.lines[0].tax_rate_id == "gbol-tax-0"
    assert (paid.applies_to, paid.account, paid.payment_type) == ("INV-0001", "gbol-092", "Card")
    assert bill.contact == "Payment Provider"
    assert bill.lines[0].account_id == "gbol-404"
    assert (bill_paid.applies_to, bill_paid.account) == ("BILL-0001", "gbol-092")
    assert [record.key for record in bill.records] == ["P/PaymentFee"]


def test_a_document_survives_its_way_through_the_store():
    encode = msgspec.json.Encoder(decimal_format="number").encode
    decode = decoder(Document)
    for document in booked(worked_example()).documents:
        assert decode(encode(document)) == document
        assert b'"platformKey":"gbol"' in encode(document)


def test_an_invoice_has_a_line_for_each_tax_rate_and_one_for_tips():
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(20, 1200), Part(20, 600), Part(5, 210), Part(0, 100, is_charge=True)),
        tip=150,
    )  # fmt: skip
    invoice = only(booked(sale.picked).documents, "Invoice")
    assert lines_of(invoice) == [
        ("Sales at 20%", "18.00", "3.00"),
        ("Sales at 5%", "2.10", "0.10"),
        ("Sales at 0%", "1.00", "0.00"),
        ("Gratuity", "1.50", "0.00"),
    ]
    assert invoice.lines[3].account_id == "gbol-210"
    assert (str(invoice.net), str(invoice.tax), str(invoice.total)) == ("19.50", "3.10", "22.60")


def test_refunds_make_a_credit_note_and_leave_the_invoice_whole():
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(20, 1200), Part(5, 210), Part(20, -600)),
        payments=(Paid("Card", 1410), Paid("Card", -600)),
    )  # fmt: skip
    documents = booked(sale.picked).documents
    assert shown(documents) == [
        ("INV-0001", "14.10", "Paid"),
        ("CN-0001", "6.00", "Paid"),
        ("PAY-0001", "14.10", "Paid"),
        ("RF-0001", "6.00", "Paid"),
    ]
    note = only(documents, "CreditNote")
    assert lines_of(note) == [("Refunds at 20%", "6.00", "1.00")]
    assert note.lines[0].account_id == "gbol-201"
    assert [document.applies_to for document in documents[2:]] == ["INV-0001", "CN-0001"]


def test_a_refund_without_lines_is_spread_over_the_rates_of_the_order():
    sample = order(
        total_amount=pounds("80"), total_refund=pounds("-20"), order_line_items=[line("100")]
    )
    documents = booked([picked_order(sample)]).documents
    assert lines_of(only(documents, "Invoice")) == [("Sales at 20%", "100.00", "16.67")]
    assert lines_of(only(documents, "CreditNote")) == [("Refunds at 20%", "20.00", "3.33")]


def test_cents_between_a_refund_and_its_lines_are_rounded_on_the_invoice():
    sample = order(
        total_amount=pounds("94.01"),
        total_refund=pounds("-5.99"),
        order_line_items=[line("100", "0"), replace(line("-6", "0"), quantity=Decimal(-1))],
    )
    documents = booked([picked_order(sample)]).documents
    assert lines_of(only(documents, "CreditNote")) == [("Refunds at 0%", "6.00", "0.00")]
    assert lines_of(only(documents, "Invoice"))[1:] == [("Rounding", "0.01", "0.00")]
    more = replace(sample, total_refund=pounds("-6.02"), total_amount=pounds("93.98"))
    documents = booked([picked_order(more)]).documents
    assert lines_of(only(documents, "CreditNote")) == [("Refunds at 0%", "6.00", "0.00")]
    most = replace(sample, total_refund=pounds("-6.03"), total_amount=pounds("93.97"))
    documents = booked([picked_order(most)]).documents
    assert lines_of(only(documents, "CreditNote")) == [("Refunds at 0%", "6.03", "0.00")]


def test_each_service_charge_may_differ_by_a_cent_too():
    charges = [ServiceCharge(quantity=1, total_amount=pounds("5")) for _ in range(3)]
    sample = order(total_amount=pounds("15.03"), service_charges=charges)
    invoice = only(booked([picked_order(sample)]).documents, "Invoice")
    assert lines_of(invoice) == [("Sales at 0%", "15.00", "0.00"), ("Rounding", "0.03", "0.00")]


def test_an_order_of_nothing_but_a_refund_makes_only_a_credit_note():
    sale = Sale("O", DAY, 12, "UTC", parts=(Part(20, -600),))
    assert shown(booked(sale.picked).documents) == [("CN-0001", "6.00", "Submitted")]


def test_a_negative_line_of_positive_quantity_is_no_refund_but_a_reduction():
    sample = order(total_amount=pounds("7"), order_line_items=[line("10", "0"), line("-3", "0")])
    assert shown(booked([picked_order(sample)]).documents) == [("INV-0001", "7.00", "Submitted")]


def test_a_free_order_makes_no_document_of_its_own():
    free = picked_order(order(id="F", total_amount=pounds("0")))
    assert booked([free]).documents == ()
    paid = picked_order(order(total_amount=pounds("5")))
    (invoice,) = booked([free, paid]).documents
    assert [record.key for record in invoice.records] == ["F", "O"]


@pytest.mark.parametrize(
    ("total", "extra", "account"),
    [
        ("10.02", ("Rounding", "0.02", "0.00"), "gbol-860"),
        ("9.98", ("Rounding", "-0.02", "0.00"), "gbol-860"),
        (
            "10.03",
            ("Unallocated: order totals that their lines do not add up to", "0.03", "0.00"),
            "gbol-850",
        ),
    ],
)
def test_cents_are_rounded_and_more_stays_unallocated(total, extra, account):
    sample = order(total_amount=pounds(total), order_line_items=[line("4", "0"), line("6", "0")])
    invoice = only(booked([picked_order(sample)]).documents, "Invoice")
    assert str(invoice.total) == total
    assert lines_of(invoice)[-1] == extra
    assert invoice.lines[-1].account_id == account


@pytest.mark.parametrize(
    ("currency", "gross", "tax"),
    [("GBP", "0.87", "0.15"), ("JPY", "1003", "167"), ("KWD", "1.003", "0.167")],
)
def test_missing_tax_is_split_off_half_up_to_the_minor_unit(currency, gross, tax):
    sample = order(currency=currency, total_amount=pounds(gross), order_line_items=[line(gross)])
    invoice = only(booked([picked_order(sample)]).documents, "Invoice")
    assert str(invoice.tax) == tax
    assert str(invoice.total) == gross


def test_tax_of_a_line_is_believed():
    sample = order(
        total_amount=pounds("12"), order_line_items=[line("12", total_tax_amount=pounds("1.99"))]
    )
    assert str(only(booked([picked_order(sample)]).documents, "Invoice").tax) == "1.99"


def test_an_order_without_a_total_is_worth_its_lines():
    sample = order(
        order_line_items=[line("12")],
        service_charges=[ServiceCharge(total_amount=pounds("3"), quantity=1)],
    )
    assert shown(booked([picked_order(sample)]).documents) == [("INV-0001", "15.00", "Submitted")]


def test_null_lists_are_as_good_as_none():
    sample = order(
        total_amount=pounds("5"), order_line_items=None, payments=None, service_charges=None
    )
    assert shown(booked([picked_order(sample)]).documents) == [("INV-0001", "5.00", "Submitted")]


def test_a_sale_belongs_to_the_day_that_the_merchants_clock_shows():
    late = order(total_amount=pounds("5"), created_date=datetime(2022, 6, 1, 23, 30, tzinfo=UTC))
    for zone, day in [
        ("UTC", "2022-06-01"), ("Europe/London", "2022-06-02"), ("Asia/Kathmandu", "2022-06-02"),
        ("America/New_York", "2022-06-01"),
    ]:  # fmt: skip
        (invoice,) = booked([picked_order(late)], configured(zone=zone)).documents
        assert invoice.date == day


@pytest.mark.parametrize("created", [UNSET, datetime.min.replace(tzinfo=UTC)])
def test_a_record_without_a_sensible_date_is_booked_all_the_same(created):
    sample = order(total_amount=pounds("5"), created_date=created)
    (invoice,) = booked([picked_order(sample)], configured(zone="America/New_York")).documents
    assert invoice.date == ("0001-01-01" if created is not UNSET else "2022-12-31")


def test_currencies_are_never_mixed():
    orders = [
        order(id=currency, currency=currency, total_amount=pounds("5"))
        for currency in ("GBP", "EUR", "JPY")
    ]
    documents = booked([picked_order(each) for each in orders]).documents
    assert [(d.currency, str(d.total)) for d in documents] == [
        ("EUR", "5.00"), ("GBP", "5.00"), ("JPY", "5"),
    ]  # fmt: skip


def test_a_record_without_a_currency_has_that_of_the_others_else_the_merchants():
    bare = order(id="bare", currency=None, total_amount=pounds("5"))
    euros = order(id="euros", currency=" eur ", total_amount=pounds("5"))
    (both,) = booked([picked_order(bare), picked_order(euros)]).documents
    assert (both.currency, str(both.total)) == ("EUR", "10.00")
    (alone,) = booked([picked_order(bare)]).documents
    assert alone.currency == "GBP"


def test_locations_split_invoices_only_if_the_merchant_chose_so():
    places = [Ref(id="1", name="Harbour"), Ref(id="2", name="Harbour"), Ref(id="3"), UNSET]
    picked = [
        picked_order(order(id=str(number), total_amount=pounds("5"), location_ref=place))
        for number, place in enumerate(places)
    ]
    (together,) = booked(picked).documents
    assert together.location is None
    apart = booked(picked, by_location(configured())).documents
    assert [document.location for document in apart] == [None, "Harbour", "Harbour", "3"]


def test_countries_split_invoices_only_if_the_merchant_chose_so():
    places = [
        ("GB ", UNSET),
        ("gb", Ref(id="1", name="Harbour")),
        ("IE", Ref(id="1")),
        (None, None),
    ]
    picked = [
        picked_order(
            order(id=str(number), total_amount=pounds("5"), country=country, location_ref=place)
        )
        for number, (country, place) in enumerate(places)
    ]
    apart = booked(picked, by_location(configured(), "Country")).documents
    assert [(each.location, str(each.total)) for each in apart] == [
        (None, "5.00"), ("GB", "10.00"), ("IE", "5.00"),
    ]  # fmt: skip
    both = booked(picked, by_location(configured(), "country", "Location")).documents
    assert [each.location for each in both] == [None, "GB", "GB, Harbour", "IE, 1"]


def test_numbers_go_on_from_the_last_ones():
    first = booked(worked_example()).documents
    assert last_numbers(first) == {"Invoice": 1, "Payment": 1, "Bill": 1, "BillPayment": 1}
    second = booked(worked_example(), numbers_used=last_numbers(first)).documents
    assert [d.number for d in second] == ["INV-0002", "PAY-0002", "BILL-0002", "BP-0002"]
    many = booked(worked_example(), numbers_used={"Invoice": 9999}).documents
    assert many[0].number == "INV-10000"
    assert last_numbers([*many, *first])["Invoice"] == 10_000


def test_payments_are_gathered_by_type_and_day():
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(0, 1000),),
        payments=(Paid("Card", 300), Paid("Cash", 200), Paid("Card", 400)),
    )  # fmt: skip
    later = picked_payment(payment("1", id="O-9", created_date=NOON + timedelta(days=1)))
    link = picked_transaction(transaction("Payment", "1", ("O", "Order"), id="O-9"))
    documents = booked([*sale.picked, later, link]).documents
    assert [(d.payment_type, d.date, str(d.total)) for d in documents[1:]] == [
        ("Card", "2022-02-14", "7.00"),
        ("Cash", "2022-02-14", "2.00"),
        ("Card", "2022-02-15", "1.00"),
    ]
    assert {d.applies_to for d in documents[1:]} == {"INV-0001"}
    assert documents[0].status == "Paid"


def test_part_of_the_money_leaves_the_invoice_partly_paid():
    sale = Sale("O", DAY, 12, "UTC", parts=(Part(0, 1000),), payments=(Paid("Card", 999),))
    assert booked(sale.picked).documents[0].status == "PartPaid"


@pytest.mark.parametrize(
    "status", ["Unknown", "Pending", "Authorized", "Failed", "Cancelled", UNSET]
)
def test_only_paid_payments_are_booked(status):
    picked = worked_example()
    picked[1] = replace_record(picked[1], status=status)
    booking = booked(picked)
    assert [d.kind for d in booking.documents] == ["Invoice", "Bill", "BillPayment"]
    assert booking.documents[0].status == "Submitted"
    assert booking.unreconciled == ()


def test_payments_inside_an_order_are_never_counted():
    (invoice,) = booked(worked_example()[:1]).documents
    assert invoice.status == "Submitted"


@pytest.mark.parametrize("amount", ["500", "-500"])
@pytest.mark.parametrize(
    ("kind", "to", "source"),
    [
        ("Payout", "gbol-090", "gbol-092"),
        ("Transfer", "gbol-090", "gbol-092"),
        ("FailedPayout", "gbol-092", "gbol-090"),
    ],
)
def test_payouts_move_from_the_clearing_account_into_the_bank(kind, to, source, amount):
    payout = picked_transaction(transaction(kind, amount, ("", "Unknown"), id="T"))
    (transfer,) = booked([payout]).documents
    assert (transfer.kind, str(transfer.total)) == ("BankTransfer", "500.00")
    assert (transfer.account, transfer.counter_account) == (to, source)


def test_a_payout_without_a_payout_account_is_listed_as_not_booked():
    accounts = configured().configuration.payments.accounts
    unselected = {"payout": replace(accounts["payout"], selected_account_id=None)}
    payouts = [
        picked_transaction(transaction(kind, "-500", ("", "Unknown"), id=key))
        for key, kind in (("T", "Payout"), ("U", "Transfer"))
    ]
    booking = booked(payouts, without("payments", accounts=accounts | unselected))
    assert booking.documents == ()
    assert [listed.reason for listed in booking.unreconciled] == [
        f"Reconcile manually: no payout account is selected, so that no {kind} is booked."
        for kind in ("Payout", "Transfer")
    ]
    assert booking.deferred == {("commerce-transactions", each.key) for each in payouts}


def test_a_movement_of_unknown_type_is_not_booked():
    moved = picked_transaction(transaction("Unknown", "-500", ("", "Unknown"), id="T"))
    booking = booked([moved])
    assert booking.documents == ()
    assert booking.unreconciled == ()


def test_what_is_not_synced_is_not_booked():
    kinds = {d.kind for d in booked(worked_example(), without("fees", sync_fees=False)).documents}
    assert kinds == {"Invoice", "Payment"}
    booking = booked(worked_example(), without("payments", sync_payments=False))
    assert {d.kind for d in booking.documents} == {"Invoice", "Bill", "BillPayment"}
    assert booking.unreconciled == ()
    booking = booked(worked_example(), without("sales", sync_sales=False))
    assert {d.kind for d in booking.documents} == {"Bill", "BillPayment"}


def test_drafts_take_no_payments():
    mapping = configured().configuration
    status = replace(mapping.sales.invoice_status, selected_invoice_status="draft")
    sale = Sale(
        "O", DAY, 12, "UTC",
        parts=(Part(20, 1200), Part(20, -600)),
        payments=(Paid("Card", 1200), Paid("Card", -600)),
    )  # fmt: skip
    documents = booked(sale.picked, without("sales", invoice_status=status)).documents
    assert [(d.kind, d.status) for d in documents] == [
        ("Invoice", "Draft"),
        ("CreditNote", "Draft"),
    ]


def test_an_update_after_the_sync_is_booked_a_second_time():
    first = booked(worked_example())
    picked = worked_example()
    update = replace_record(picked[0], total_amount=pounds("86"))
    second = booked(
        [update], sync_id="sync-2", numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    ).documents  # fmt: skip
    assert shown(settled([*first.documents, *second]))[0] == ("INV-0001", "85.00", "Paid")
    assert shown(second) == [("INV-0002", "86.00", "Submitted")]


def test_an_updated_payment_is_booked_a_second_time_as_an_overpayment():
    first = booked(worked_example())
    booking = booked(
        worked_example()[1:2], sync_id="sync-2", numbers_used=last_numbers(first.documents),
        earlier=earlier(first),
    )  # fmt: skip
    (again,) = booking.documents
    assert (again.number, again.applies_to) == ("OP-0001", "INV-0001")
    assert "more is paid than the order owes" in again.note
    assert booking.unreconciled == ()


def test_orders_and_payments_are_kept_for_later_syncs():
    booking = booked(worked_example())
    order = booking.orders["O"]
    assert (order.number, order.credit_note) == ("INV-0001", None)
    assert (order.owed, order.due_back, order.overpaid) == (0, 0, 0)
    assert booking.payments["P"].order == "O"
    assert booking.payments["P"].type == "Card"


def test_a_refunded_order_has_the_number_of_its_credit_note():
    sale = Sale("O", DAY, 12, "UTC", parts=(Part(20, 1200), Part(20, -600)))
    order = booked(sale.picked).orders["O"]
    assert (order.number, order.credit_note) == ("INV-0001", "CN-0001")


def test_a_payment_in_another_currency_settles_nothing_and_is_marked():
    picked = worked_example()
    picked[1] = replace_record(picked[1], currency="EUR")
    documents = booked(picked).documents
    assert documents[0].status == "Submitted"
    payment = documents[1]
    assert (payment.kind, payment.currency, payment.applies_to) == (
        "Overpayment", "EUR", "INV-0001",
    )  # fmt: skip
    assert payment.note == "paid in EUR, for an order in GBP: reconcile it manually"


def test_unmapped_rates_are_named_once_and_in_order():
    orders = [
        order(total_amount=pounds("9"), order_line_items=[line("1", rate)])
        for rate in ("20.00", "17.5", "12.5", "17.50")
    ]
    charged = order(service_charges=[ServiceCharge(tax_percentage=pounds("3"))])
    picked = [picked_order(each) for each in (*orders, charged)]
    assert unmapped_rates(picked, configured()) == [
        Decimal("3"), Decimal("12.5"), Decimal("17.5"),
    ]  # fmt: skip
    assert unmapped_rates(worked_example(), configured()) == []
    assert unmapped_rates(picked, without("sales", sync_sales=False)) == []


def test_books_of_nothing_selected_are_kept_in_suspense():
    empty = type(configured())()
    (invoice,) = booked(worked_example()[:1], empty).documents
    assert invoice.lines[0].account_id == "gbol-850"
