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
        (
            f"{SALES}.salesCustomer.selectedCustomerId",
            None,
            "No sales customer has been configured.",
        ),
        (
            f"{SALES}.salesCustomer.selectedCustomerId",
            "nobody",
            "Selected customer not present in customer options. 'nobody' is not",
        ),
        (
            f"{SALES}.accounts.refund.selectedAccountId",
            "gone",
            "not a valid option. 'gone' is not one of the accountOptions of sales.accounts.refund",
        ),
        (
            f"{PAYMENTS}.accounts.cash.selectedAccountId",
            "gbol-200",
            "'gbol-200' is not one of the accountOptions of payments.accounts.cash",
        ),
        (
            f"{SALES}.grouping.groupingPeriod.selectedGroupingPeriod",
            None,
            "No grouping period selected.",
        ),
        (
            f"{SALES}.grouping.groupingPeriod.selectedGroupingPeriod",
            "Hourly",
            "Grouping period selected not from options. 'Hourly' is not",
        ),
        (
            f"{LEVELS}.invoiceLevel.selectedGroupByOptions",
            ["Location", "Weather"],
            "Invalid invoice level grouping selected. 'Weather' is not",
        ),
        (
            f"{LEVELS}.invoiceLineLevel.selectedGroupByOptions",
            ["Location"],
            "Invalid invoice line level grouping selected. 'Location' is not",
        ),
        (
            f"{SALES}.accounts.gratuity.selectedAccountId",
            None,
            "accounts without selections. sales.accounts.grat",
        ),
        (
            f"{PAYMENTS}.accounts.card.selectedAccountId",
            "",
            "accounts without selections. payments.accounts.card",
        ),
        (
            f"{FEES}.accounts.paymentFee.selectedAccountId",
            None,
            "accounts without selections. fees.accounts.paymentFee",
        ),
        ("schedule.selectedFrequency", None, "No schedule selected frequency."),
        (
            "schedule.selectedFrequency",
            "Hourly",
            "Selected schedule frequency not present in options. 'Hourly'",
        ),
        ("schedule.startDate", None, "No start date is set"),
        ("schedule.syncHourUtc", 24, "The sync hour 24 does not exist"),
        ("schedule.syncHourUtc", -1, "The sync hour -1 does not exist"),
        ("schedule.timeZone", "Mars/Olympus", "The time zone 'Mars/Olympus' is not known"),
        (f"{SALES}.invoiceStatus.selectedInvoiceStatus", None, "No selected invoice status."),
        (
            f"{SALES}.invoiceStatus.selectedInvoiceStatus",
            "paid",
            "Invalid invoice status selected (must be submitted or draft). 'paid'",
        ),
        (
            f"{SALES}.taxRates.20.selectedTaxRateId",
            None,
            "Tax rate is missing selected tax rate id. Set sales.taxRates['20']",
        ),
        (
            f"{SALES}.taxRates.5.selectedTaxRateId",
            "x",
            "Selected tax rate id for 5% tax-rate has no options. 'x'",
        ),
        (f"{FEES}.feesSupplier.selectedSupplierId", None, "No fees supplier has been configured."),
        (
            f"{FEES}.feesSupplier.selectedSupplierId",
            "x",
            "Selected supplier not present in supplier options. 'x'",
        ),
        (
            f"{PAYMENTS}.accounts.card.selectedAccountId",
            "gbol-090",
            "Payments config invalid. {Card Acount} should not match {Payout Account}. Both",
        ),
    ],
)
def test_each_mistake_is_reported_once_and_says_what_to_do(path, value, message):
    (problem,) = selection_problems(changed(path, value))
    assert message in str(problem)
    assert path.removeprefix("configuration.").split(".")[0] in problem.advice
    assert problem.advice.endswith(".")


@pytest.mark.parametrize("path", ["schedule.syncHourUtc", "schedule.timeZone"])
def test_what_has_a_default_needs_no_selection(path):
    assert selection_problems(changed(path, None)) == []


def test_payments_against_drafts_are_refused():
    (problem,) = selection_problems(
        changed(f"{SALES}.invoiceStatus.selectedInvoiceStatus", "Draft")
    )
    assert problem.message == "Payments cannot be enabled if invoice status is set to 'draft'."


def test_fees_without_payments_are_refused():
    (problem,) = selection_problems(changed(f"{PAYMENTS}.syncPayments", False))
    assert problem.message == (
        "To sync fees: Payments section needs to exist Payments account id needs to be set"
    )


def test_payments_without_sales_are_refused():
    (problem,) = selection_problems(changed(f"{SALES}.syncSales", False))
    assert problem.message == "Payments are synced but sales are not."


def test_what_is_not_synced_needs_no_selection():
    configuration = changed(f"{FEES}.syncFees", False)
    configuration.configuration.fees.fees_supplier.selected_supplier_id = None
    configuration.configuration.fees.accounts["paymentFee"].selected_account_id = None
    assert selection_problems(configuration) == []


def test_options_that_are_words_match_in_any_case():
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
    assert problem.message == "Company needs to have two valid data connections."
    assert message in problem.advice


def test_without_an_accounting_platform_only_that_is_a_problem():
    unlinked = [connection("Commerce"), connection("Accounting", "Unlinked")]
    (problem,) = problems(with_options("company", None, configured(), ()), unlinked)
    assert "No accounting connection is linked (the company's is Unlinked)" in problem.advice


def test_one_linked_connection_of_a_kind_is_enough():
    assert problems(configured(), [*LINKED, connection("Accounting", "Unlinked")]) == []


def test_a_tax_rate_of_the_records_without_a_selection_is_a_problem():
    shown = with_options("company", "gbol", configured(), [Decimal("17.5")])
    assert not shown.configured
    (problem,) = selection_problems(shown)
    assert problem.message == "Tax rate is missing selected tax rate id."
    assert "sales.taxRates['17.5']" in problem.advice


def test_gift_cards_sold_and_redeemed_need_two_accounts():
    same = changed(f"{PAYMENTS}.accounts.prePaid.selectedAccountId", "gbol-814")
    (problem,) = selection_problems(same)
    assert problem.message == (
        "Accounts config invalid. Prepaid account in Sales should not match"
        " {CommerceAccountType. PrepaidPayment} in Payments."
    )
    assert "Both are 'gbol-814'" in problem.advice


@pytest.mark.parametrize(
    ("path", "value", "switch"),
    [
        (
            "configuration.sales.grouping.groupingPeriod.selectedGroupingPeriod",
            None,
            "configuration.sales.syncSales",
        ),
        (
            "configuration.payments.accounts.card",
            {"selectedAccountId": "same"},
            "configuration.payments.syncPayments",
        ),
    ],
)
def test_what_is_not_synced_needs_no_choice(path, value, switch):
    wire = msgspec.json.decode(encode(changed(path, value)))
    wire["configuration"]["payments"]["accounts"]["payout"]["selectedAccountId"] = "same"
    section, name = switch.split(".")[1:]
    messages = set()
    for is_synced in (True, False):
        wire["configuration"][section][name] = is_synced
        found = problems(decode(msgspec.json.encode(wire)), LINKED)
        messages ^= {each.message for each in found}
    expected = "No grouping period" if section == "sales" else "Payments config invalid"
    assert any(message.startswith(expected) for message in messages)
