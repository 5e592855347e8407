from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_sales import START, configured

from codat_mock.configuration.account_purposes import PURPOSE_OF_PAYMENT, PURPOSES
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.configuration.checks import selection_problems
from codat_mock.configuration.integrations import INTEGRATIONS, find_integration
from codat_mock.configuration.options import with_options
from codat_mock.configuration.rates import rate_key, read_rate_key
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.configuration import (
    AccountSelection,
    Configuration,
    InvoiceStatus,
    Mapping,
    Payments,
    Sales,
    Schedule,
    TaxRate,
)

PLATFORMS = sorted(CHARTS)


def fresh(platform: str | None = "gbol", stored: Configuration | None = None, rates=()):
    return with_options("company", platform, stored or Configuration(), rates)


def with_rates(**rates: str | None) -> Configuration:
    selected = {key: TaxRate(selected_tax_rate_id=rate) for key, rate in rates.items()}
    return Configuration(configuration=Mapping(sales=Sales(tax_rates=selected)))


def sections(configuration: Configuration):
    mapping = configuration.configuration
    return {"sales": mapping.sales, "payments": mapping.payments, "fees": mapping.fees}


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda found: found.key)
def test_an_integration_is_found_by_key_or_uuid_in_any_case(integration):
    assert find_integration(integration.key.upper()) is integration
    assert find_integration(integration.integration_id.upper()) is integration
    assert str(UUID(integration.integration_id)) == integration.integration_id


def test_an_unknown_integration_is_not_found():
    assert find_integration("zzzz") is None
    assert find_integration("") is None


def test_integrations_are_one_commerce_and_three_accounting_platforms():
    kinds = {found.key: found.source_type for found in INTEGRATIONS}
    assert kinds == {
        "lqai": "Commerce", "gbol": "Accounting", "qhyg": "Accounting", "fbrh": "Accounting",
    }  # fmt: skip
    assert len({found.integration_id for found in INTEGRATIONS}) == len(INTEGRATIONS)
    assert set(CHARTS) == {key for key, kind in kinds.items() if kind == "Accounting"}


def test_an_integration_travels_in_camel_case_with_every_property():
    shown = msgspec.json.decode(msgspec.json.encode(INTEGRATIONS[0]))
    assert shown.keys() == {
        "key", "integrationId", "sourceId", "sourceType", "name", "logoUrl", "enabled", "isBeta",
        "isOfflineConnector", "supportedEnvironments", "linkedConnectionsCount",
        "totalConnectionsCount", "dataProvidedBy", "datatypeFeatures",
    }  # fmt: skip
    assert shown["datatypeFeatures"][0] == {
        "datatype": "commerce-orders",
        "supportedFeatures": [{"featureType": "Post", "featureState": "Release"}],
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_chart_has_a_usual_account_for_every_purpose(platform):
    chart = CHARTS[platform]
    for purpose in PURPOSES:
        offered = chart.account_options(purpose)
        first = chart.by_id[offered[0].id]
        assert purpose.name in first.usual_for
        accounts = [chart.by_id[option.id] for option in offered]
        assert {account.classification for account in accounts} <= set(purpose.accepts)
        for option, account in zip(offered, accounts, strict=True):
            assert option.classification == ("bank" if account.is_bank else "nominal")


def test_payments_in_quickbooks_go_to_bank_accounts_only():
    chart = CHARTS["qhyg"]
    for purpose in PURPOSES:
        if purpose.section == "payments":
            assert {each.classification for each in chart.account_options(purpose)} == {"bank"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_chart_has_distinct_accounts_and_keeps_its_control_accounts_to_itself(platform):
    chart = CHARTS[platform]
    controls = {
        chart.receivables, chart.payables, chart.tax, chart.rounding, chart.suspense,
        chart.overpayments, *chart.tax_components,
    }  # fmt: skip
    assert len(chart.by_id) == len(chart.accounts) + len(controls)
    assert not controls & set(chart.accounts)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_new_company_has_all_options_and_no_selections(platform):
    shown = fresh(platform)
    assert not shown.configured
    assert shown.company_id == "company"
    for name, section in sections(shown).items():
        names = [purpose.name for purpose in PURPOSES if purpose.section == name]
        assert list(section.accounts) == names
        for account in section.accounts.values():
            assert account.account_options
            assert account.selected_account_id is None
            assert account.label_text
            assert account.description_text
    sales = shown.configuration.sales
    assert list(sales.tax_rates) == ["0", "5", "20"]
    assert sales.sales_customer.customer_options
    assert sales.invoice_status.invoice_status_options == ["draft", "submitted"]
    assert sales.grouping.grouping_period.grouping_period_options == ["Daily"]
    assert shown.configuration.fees.fees_supplier.supplier_options
    assert shown.schedule.frequency_options == ["Daily", "Monthly"]


def test_every_type_of_payment_has_a_purpose():
    names = {purpose.name for purpose in PURPOSES if purpose.section == "payments"}
    assert set(PURPOSE_OF_PAYMENT.values()) <= names


def test_without_an_accounting_platform_nothing_of_it_is_offered_but_selections_are_kept():
    shown = fresh(None, configured())
    assert shown.accounting_software_company_name is None
    assert not shown.configured
    for section in sections(shown).values():
        for account in section.accounts.values():
            assert account.account_options == []
    assert shown.configuration.sales.accounts["sales"].selected_account_id == "gbol-200"
    assert shown.configuration.sales.sales_customer.customer_options == []


def test_nothing_is_configured_without_an_accounting_platform_even_where_nothing_is_synced():
    mine = configured()
    off = Mapping(sales=Sales(sync_sales=False))
    assert fresh("gbol", replace(mine, configuration=off)).configured
    assert not fresh(None, replace(mine, configuration=off)).configured


def test_options_that_were_sent_are_replaced_by_the_platforms_own():
    sent = Configuration(
        configuration=Mapping(
            sales=Sales(
                accounts={
                    "sales": AccountSelection(selected_account_id="made-up", required=False),
                    "elsewhere": AccountSelection(selected_account_id="made-up"),
                },
                invoice_status=InvoiceStatus(invoice_status_options=["anything"]),
            )
        )
    )
    sales = fresh(stored=sent).configuration.sales
    assert sales.accounts["sales"].selected_account_id == "made-up"
    assert sales.accounts["sales"].required
    assert "elsewhere" not in sales.accounts
    assert sales.invoice_status.invoice_status_options == ["draft", "submitted"]


def test_tax_rates_are_common_until_one_is_stored():
    assert list(fresh().configuration.sales.tax_rates) == ["0", "5", "20"]


def test_tax_rates_are_seen_or_stored_each_once_and_in_order():
    stored = with_rates(**{"12.50": "x", "20.0": "y", "nonsense": "z", "NaN": "z", "-1": "z"})
    shown = fresh(stored=stored, rates=[Decimal("17.5"), Decimal("5.00"), Decimal("1E+1")])
    rates = shown.configuration.sales.tax_rates
    assert list(rates) == ["5", "10", "12.5", "17.5", "20"]
    assert rates["12.5"].selected_tax_rate_id == "x"
    assert rates["20"].selected_tax_rate_id == "y"
    assert rates["5"].tax_rate_options[0].name == "5% (VAT on Income)"


def test_a_stored_configuration_is_not_changed_in_place():
    stored = configured()
    before = msgspec.json.encode(stored)
    suggest(fresh("qhyg", stored, [Decimal(3)]))
    assert msgspec.json.encode(stored) == before


@given(st.decimals(0, 999, places=4), st.integers(0, 3))
def test_a_percentage_survives_its_key_however_it_was_written(percentage, zeros):
    padded = percentage + Decimal(0).scaleb(-4 - zeros)
    key = rate_key(padded)
    assert read_rate_key(key) == percentage
    assert key == rate_key(percentage)
    assert "E" not in key
    assert not (key.endswith("0") and "." in key)


@pytest.mark.parametrize(
    "text", ["", "x", "NaN", "Infinity", "-1", "1000", "1e999999", "1e-999999", "0" * 40 + "1"]
)
def test_a_key_that_is_not_a_percentage_is_none(text):
    assert read_rate_key(text) is None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_suggestion_is_complete_once_it_has_a_start_date(platform):
    suggested = suggest(fresh(platform))
    assert len(selection_problems(suggested)) == 1
    dated = replace(suggested, schedule=replace(suggested.schedule, start_date=START))
    assert with_options("company", platform, dated, []).configured
    assert suggested.enabled
    assert suggested.configuration.payments.sync_payments
    assert suggested.configuration.fees.sync_fees


def test_a_suggested_tax_rate_is_of_the_same_percentage_or_none():
    rates = suggest(fresh(rates=[Decimal("17.5")])).configuration.sales.tax_rates
    assert rates["20"].selected_tax_rate_id == "gbol-tax-20"
    assert rates["5"].selected_tax_rate_id == "gbol-tax-5"
    assert rates["0"].selected_tax_rate_id == "gbol-tax-0"
    assert rates["17.5"].selected_tax_rate_id is None


def test_a_suggestion_keeps_selections():
    mine = Configuration(
        schedule=Schedule(selected_frequency="Monthly", sync_hour_utc=0, time_zone="Asia/Tokyo"),
        configuration=Mapping(
            sales=Sales(
                accounts={"sales": AccountSelection(selected_account_id="gbol-260")},
                invoice_status=InvoiceStatus(selected_invoice_status="draft"),
            ),
            payments=Payments(
                accounts={"card": AccountSelection(selected_account_id="gbol-095")},
            ),
        ),
    )
    suggested = suggest(fresh(stored=mine))
    assert suggested.schedule.selected_frequency == "Monthly"
    assert suggested.schedule.sync_hour_utc == 0
    assert suggested.schedule.time_zone == "Asia/Tokyo"
    mapping = suggested.configuration
    assert mapping.sales.accounts["sales"].selected_account_id == "gbol-260"
    assert mapping.sales.invoice_status.selected_invoice_status == "draft"
    assert mapping.payments.accounts["card"].selected_account_id == "gbol-095"


def test_payments_are_not_suggested_against_drafts_nor_fees_without_payments():
    drafts = Configuration(
        configuration=Mapping(
            sales=Sales(invoice_status=InvoiceStatus(selected_invoice_status="draft"))
        )
    )
    mapping = suggest(fresh(stored=drafts)).configuration
    assert not mapping.payments.sync_payments
    assert not mapping.fees.sync_fees


def test_payments_that_were_mapped_but_left_off_stay_off():
    off = Configuration(
        configuration=Mapping(
            payments=Payments(accounts={"card": AccountSelection(selected_account_id="gbol-092")})
        )
    )
    assert not suggest(fresh(stored=off)).configuration.payments.sync_payments
