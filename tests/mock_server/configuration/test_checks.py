from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sample_sales import configured

from codat_mock.configuration.checks import problems, selection_problems
from codat_mock.configuration.options import with_options
from codat_mock.models.companies import Connection
from codat_mock.models.configuration import Configuration
from codat_mock.models.decoding import decoder

decode = decoder(Configuration)
encode = msgspec.json.Encoder(decimal_format="number").encode


def changed(path: str, value: Any) -> Configuration:
    """The complete configuration with one place of it changed, as on the wire."""
    wire = msgspec.json.decode(encode(configured()))
    *parents, last = path.split(".")
    place = wire
    for name in parents:
        place = place[name]
    place[last] = value
    return decode(msgspec.json.encode(wire))


def connection(source_type: str, status: str = "Linked") -> Connection:
    return Connection(
        id="connection",
        integration_id="integration",
        integration_key="gbol",
        source_id="source",
        source_type=source_type,
        platform_name="Platform",
        link_url="",
        status=status,
        created="2022-01-01T00:00:00Z",
    )


LINKED = [connection("Commerce"), connection("Accounting")]


def test_a_complete_configuration_has_no_problem():
    assert problems(configured(), LINKED) == []


SALES = "configuration.sales"
PAYMENTS = "configuration.payments"
FEES = "configuration.fees"
LEVELS = f"{SALES}.grouping.groupingLevels"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (f"{SALES}.salesCustomer.selectedCustomerId", None, "No sales customer is selected"),
        (f"{SALES}.salesCustomer.selectedCustomerId", "nobody", "sales customer 'nobody' is not"),
        (
            f"{SALES}.accounts.refund.selectedAccountId",
            "gone",
            "The account 'gone' is not among the options of sales.accounts.refund",
        ),
        (
            f"{PAYMENTS}.accounts.cash.selectedAccountId",
            "gbol-200",
            "The account 'gbol-200' is not among the options of payments.accounts.cash",
        ),
        (
            f"{SALES}.grouping.groupingPeriod.selectedGroupingPeriod",
            None,
            "No grouping period is selected",
        ),
        (
            f"{SALES}.grouping.groupingPeriod.selectedGroupingPeriod",
            "Hourly",
            "The grouping period 'Hourly' is not known",
        ),
        (
            f"{LEVELS}.invoiceLevel.selectedGroupByOptions",
            ["Location", "Weather"],
            "The grouping level 'Weather' is not known",
        ),
        (
            f"{LEVELS}.invoiceLineLevel.selectedGroupByOptions",
            ["Location"],
            "The grouping level 'Location' is not known",
        ),
        (f"{SALES}.accounts.gratuity.selectedAccountId", None, "selected for sales.accounts.grat"),
        (f"{PAYMENTS}.accounts.card.selectedAccountId", "", "selected for payments.accounts.card"),
        (f"{FEES}.accounts.paymentFee.selectedAccountId", None, "for fees.accounts.paymentFee"),
        ("schedule.selectedFrequency", None, "No sync frequency is selected"),
        ("schedule.selectedFrequency", "Hourly", "The sync frequency 'Hourly' is not known"),
        ("schedule.startDate", None, "No start date is set"),
        ("schedule.syncHourUtc", None, "No sync hour is set"),
        ("schedule.syncHourUtc", 24, "The sync hour 24 does not exist"),
        ("schedule.syncHourUtc", -1, "The sync hour -1 does not exist"),
        ("schedule.timeZone", None, "No time zone is set"),
        ("schedule.timeZone", "Mars/Olympus", "The time zone 'Mars/Olympus' is not known"),
        (f"{SALES}.invoiceStatus.selectedInvoiceStatus", None, "No invoice status is selected"),
        (f"{SALES}.invoiceStatus.selectedInvoiceStatus", "paid", "invoice status 'paid' is not"),
        (f"{SALES}.taxRates.20.selectedTaxRateId", None, "No tax rate for 20% is selected"),
        (f"{SALES}.taxRates.5.selectedTaxRateId", "x", "The tax rate for 5% 'x' is not among"),
        (f"{FEES}.feesSupplier.selectedSupplierId", None, "No fees supplier is selected"),
        (f"{FEES}.feesSupplier.selectedSupplierId", "x", "The fees supplier 'x' is not among"),
        (
            f"{PAYMENTS}.accounts.card.selectedAccountId",
            "gbol-090",
            "The card account 'gbol-090' is the bank account that payouts arrive in",
        ),
    ],
)
def test_each_mistake_is_told_once_with_its_offender_and_what_to_do(path, value, message):
    (problem,) = selection_problems(changed(path, value))
    assert message in problem
    assert ": " in problem
    assert problem.endswith(".")


def test_payments_against_drafts_are_refused():
    (problem,) = selection_problems(
        changed(f"{SALES}.invoiceStatus.selectedInvoiceStatus", "Draft")
    )
    assert "invoices are written as 'draft'" in problem


def test_fees_without_payments_are_refused():
    (problem,) = selection_problems(changed(f"{PAYMENTS}.syncPayments", False))
    assert "Fees are synced but payments are not" in problem


def test_payments_without_sales_are_refused():
    (problem,) = selection_problems(changed(f"{SALES}.syncSales", False))
    assert "Payments are synced but sales are not" in problem


def test_what_is_not_synced_needs_no_selection():
    configuration = changed(f"{FEES}.syncFees", False)
    configuration.configuration.fees.fees_supplier.selected_supplier_id = None
    configuration.configuration.fees.accounts["paymentFee"].selected_account_id = None
    assert selection_problems(configuration) == []


def test_words_are_known_in_any_case():
    assert selection_problems(changed("schedule.selectedFrequency", "daily")) == []


@pytest.mark.parametrize(
    ("connections", "message"),
    [
        ([connection("Commerce")], "No accounting connection is linked (the company has none)"),
        ([connection("Accounting")], "No commerce connection is linked (the company has none)"),
        (
            [connection("Commerce"), connection("Accounting", "PendingAuth")],
            "No accounting connection is linked (the company's is PendingAuth)",
        ),
        (
            [connection("Commerce", "Unlinked"), connection("Accounting")],
            "No commerce connection is linked (the company's is Unlinked)",
        ),
    ],
)
def test_two_connections_have_to_be_linked(connections, message):
    (problem,) = problems(configured(), connections)
    assert message in problem


def test_without_an_accounting_platform_only_that_is_a_problem():
    unlinked = [connection("Commerce"), connection("Accounting", "Unlinked")]
    (problem,) = problems(with_options("company", None, configured(), ()), unlinked)
    assert "No accounting connection is linked (the company's is Unlinked)" in problem


def test_one_linked_connection_of_a_kind_is_enough():
    assert problems(configured(), [*LINKED, connection("Accounting", "Unlinked")]) == []


def test_a_tax_rate_that_was_seen_but_not_mapped_is_a_problem():
    shown = with_options("company", "gbol", configured(), [Decimal("17.5")])
    assert not shown.configured
    (problem,) = selection_problems(shown)
    assert "No tax rate for 17.5% is selected" in problem
