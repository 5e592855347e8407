"""The configuration with its options: what may be selected, and what is.

Source: contract section 5. A configuration is never changed in place; a new one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Names
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from codat_mock.configuration.account_purposes import (
    CATEGORY,
    Section,
    category_purposes,
    purposes,
    tax_purpose,
)
from codat_mock.configuration.charts_of_accounts import Chart, find_chart
from codat_mock.configuration.checks import selection_problems
from codat_mock.configuration.rates import rate_key, read_rate_key
from codat_mock.models.configuration import (
    AccountSelection,
    Configuration,
    Grouping,
    GroupingLevels,
    Mapping,
    NewTaxRates,
    Option,
    Sales,
    TaxRate,
)
from codat_mock.models.partner_data import TaxComponent

SALES: Final = "sales"  # the account of what has no category
FREQUENCIES: Final = ("Daily", "Monthly")
INVOICE_STATUSES: Final = ("draft", "submitted")
GROUPING_PERIODS: Final = ("Daily",)
INVOICE_LEVELS: Final = ("Location", "Country")  # source: contract part 2, section A10
NO_CATEGORIES: Final[Names[str, str]] = MappingProxyType({})
COMMON_RATES: Final = (Decimal(0), Decimal(5), Decimal(20))


def with_options(
    company_id: str,
    platform_key: str | None,
    stored: Configuration,
    rates_seen: Iterable[Decimal],
    company_name: str | None = None,
    categories: Names[str, str] = NO_CATEGORIES,
    components: Sequence[TaxComponent] = (),
) -> Configuration:
    """The configuration as `GET` answers it: every option beside what is selected.

    Args:
        company_id: the company's.
        platform_key: the linked accounting platform's; None while none is linked, which leaves
            the platform's own options empty.
        stored: as it was sent last; its selections are kept, its options are replaced.
        rates_seen: tax percentages in the company's records.
        company_name: what the merchant is called in the accounting platform.
        categories: the names of product categories, by their ids: each has an account.
        components: the merchant's own tax rates.
    """
    chart = find_chart(platform_key)
    shown = replace(
        stored,
        company_id=company_id,
        accounting_software_company_name=company_name,
        schedule=replace(stored.schedule, frequency_options=list(FREQUENCIES)),
        configuration=mapping_with_options(
            stored.configuration, chart, rates_seen, categories, components
        ),
    )
    is_complete = chart is not None and not selection_problems(shown)
    return replace(shown, configured=is_complete)


def mapping_with_options(
    stored: Mapping,
    chart: Chart | None,
    rates_seen: Iterable[Decimal],
    categories: Names[str, str],
    components: Sequence[TaxComponent],
) -> Mapping:
    """The three sections with their options.

    Args:
        stored: its selections are kept.
        chart: the linked accounting platform's; None while none is linked.
        rates_seen: tax percentages in the company's records.
        categories: the names of product categories, by their ids.
        components: the merchant's own tax rates.
    """
    payments, fees = stored.payments, stored.fees
    suppliers = list(chart.suppliers) if chart else []
    return replace(
        stored,
        sales=sales_with_options(stored, chart, rates_seen, categories, components),
        payments=replace(payments, accounts=accounts("payments", payments.accounts, chart)),
        fees=replace(
            fees,
            fees_supplier=replace(fees.fees_supplier, supplier_options=suppliers),
            accounts=accounts("fees", fees.accounts, chart),
        ),
    )


def sales_with_options(
    mapping: Mapping,
    chart: Chart | None,
    rates_seen: Iterable[Decimal],
    categories: Names[str, str],
    components: Sequence[TaxComponent],
) -> Sales:
    """The sales section with its options.

    Args:
        mapping: the selections of its sales are kept; it says what syncs write.
        chart: the linked accounting platform's; None while none is linked.
        rates_seen: tax percentages in the company's records.
        categories: the names of product categories, by their ids.
        components: the merchant's own tax rates.
    """
    stored = mapping.sales
    by_component = partial(rate_by_component, stored.new_tax_rates, components)
    rates = tax_rates(stored.tax_rates, chart, rates_seen, by_component)
    is_journal = mapping.map_settings and mapping.map_settings.output_format == "JournalEntry"
    taxes = tax_accounts(stored.accounts, rates, chart) if chart and is_journal else {}
    return replace(
        stored,
        accounts=accounts("sales", stored.accounts, chart, categories) | taxes,
        invoice_status=replace(
            stored.invoice_status, invoice_status_options=list(INVOICE_STATUSES)
        ),
        sales_customer=replace(
            stored.sales_customer, customer_options=list(chart.customers) if chart else []
        ),
        tax_rates=rates,
        new_tax_rates=new_tax_rates(stored.new_tax_rates, chart, components),
        grouping=grouping(stored.grouping),
    )


def accounts(
    section: Section,
    stored: dict[str, AccountSelection],
    chart: Chart | None,
    categories: Names[str, str] = NO_CATEGORIES,
) -> dict[str, AccountSelection]:
    """Every account of a section, then one for each product category; others are dropped.

    The mapping of a category that was deleted stays. Source: contract part 2, section B.

    Args:
        section: of the configuration.
        stored: the selections, by the names of the accounts.
        chart: the linked accounting platform's; without one there are no options.
        categories: the names of product categories, by their ids.
    """
    shown = {
        purpose.name: AccountSelection(
            # Source: contract part 2, section B ("catch-all", of what has no category).
            label_text="Other sales" if categories and purpose.name == SALES else purpose.label,
            description_text=purpose.text,
            selected_account_id=stored.get(purpose.name, AccountSelection()).selected_account_id,
            required=purpose.required,
            account_options=chart.account_options(purpose) if chart else [],
        )
        for purpose in (*purposes(section), *category_purposes(categories))
    }
    deleted = {
        name: replace(account, required=False, account_options=shown[SALES].account_options)
        for name, account in stored.items()
        if section == SALES and name.startswith(CATEGORY) and name not in shown
    }
    return shown | {name: each for name, each in deleted.items() if is_selectable(each)}


def tax_accounts(
    stored: dict[str, AccountSelection], rates: dict[str, TaxRate], chart: Chart
) -> dict[str, AccountSelection]:
    """The accounts that taxes go to in journal entries: one a rate, or one a component of it.

    Source: contract part 2, section B (an extra screen, one line each). Their names are assumed,
    and that the usual account is selected until the merchant selects another, or none.

    Args:
        stored: the selections, by the names of the accounts.
        rates: the tax rates, by percentage, as they are selected.
        chart: the linked accounting platform's.
    """
    shown: dict[str, AccountSelection] = {}
    for key, selected in rates.items():
        if not read_rate_key(key):
            continue
        rate = chart.find_rate(selected.selected_tax_rate_id)
        usual = [(tax_purpose(key), f"Tax at {key}%", chart.tax.id)]
        if rate and rate.components:
            usual = [
                (tax_purpose(key, place), f"{chart.by_id[account].name}, {share}%", account)
                for place, (account, share) in enumerate(rate.components, start=1)
            ]
        for name, label, account in usual:
            shown[name] = AccountSelection(
                label_text=label,
                description_text="Tax on sales, in journal entries.",
                selected_account_id=stored[name].selected_account_id if name in stored else account,
                account_options=chart.tax_options(account),
            )
    return shown


def is_selectable(account: AccountSelection) -> bool:
    """Whether the selected account is one of those that are offered, where any are."""
    offered = {option.id for option in account.account_options or ()}
    return bool(account.selected_account_id) and (
        not offered or account.selected_account_id in offered
    )


def new_tax_rates(
    stored: NewTaxRates, chart: Chart | None, components: Sequence[TaxComponent]
) -> NewTaxRates:
    """The mapping of the merchant's own tax rates with its options.

    Args:
        stored: its selections are kept.
        chart: the linked accounting platform's; without one it offers no rates.
        components: the merchant's own tax rates.
    """
    rates = chart.rates if chart else ()
    return replace(
        stored,
        accounting_tax_rate_options=[Option(id=rate.id, name=rate.name) for rate in rates],
        commerce_tax_rate_options=[
            Option(id=each.id, name=each.name or None) for each in components
        ],
        default_zero_tax_rate_options=[
            Option(id=rate.id, name=rate.name) for rate in rates if not rate.percentage
        ],
    )


def rate_by_component(
    mapping: NewTaxRates, components: Sequence[TaxComponent], percentage: Decimal
) -> str | None:
    """The platform's rate that is selected for the merchant's own rates of a percentage (assumed).

    Args:
        mapping: of the merchant's own tax rates.
        components: those rates.
        percentage: of an order's line.
    """
    if not percentage and mapping.selected_default_zero_tax_rate_id:
        return mapping.selected_default_zero_tax_rate_id
    own = {each.id for each in components if each.rate == percentage}
    for each in mapping.tax_rate_mappings or ():
        if own & {*(each.selected_commerce_tax_rate_ids or ())}:
            return each.selected_accounting_tax_rate_id
    return None


def tax_rates(
    stored: dict[str, TaxRate],
    chart: Chart | None,
    rates_seen: Iterable[Decimal],
    by_component: Callable[[Decimal], str | None],
) -> dict[str, TaxRate]:
    """Every percentage that is seen or stored, the lowest first; the common ones until one is.

    Each offers all tax rates of the platform, those of the same percentage before the others.

    Args:
        stored: the selections, by percentages as `rate_key` writes them.
        chart: the linked accounting platform's; without one there are no options.
        rates_seen: tax percentages in the company's records.
        by_component: finds the rate of a percentage for which none is selected here.
    """
    common = () if stored else COMMON_RATES
    selected: dict[Decimal, str | None] = dict.fromkeys((*common, *rates_seen))
    for key, rate in stored.items():
        percentage = read_rate_key(key)
        if percentage is not None:
            selected[percentage] = rate.selected_tax_rate_id
    return {
        rate_key(percentage): TaxRate(
            selected_tax_rate_id=selected[percentage] or by_component(percentage),
            tax_rate_options=rate_options(percentage, chart),
        )
        for percentage in sorted(selected)
    }


def rate_options(percentage: Decimal, chart: Chart | None) -> list[Option]:
    """The platform's tax rates, those of this percentage first."""
    rates = sorted(chart.rates if chart else (), key=lambda rate: rate.percentage != percentage)
    return [Option(id=rate.id, name=rate.name) for rate in rates]


def grouping(stored: Grouping) -> Grouping:
    """What sales may be grouped by: location and country, beside the period and the currency."""
    levels = stored.grouping_levels
    return Grouping(
        grouping_period=replace(
            stored.grouping_period, grouping_period_options=list(GROUPING_PERIODS)
        ),
        grouping_levels=GroupingLevels(
            invoice_level=replace(levels.invoice_level, group_by_options=list(INVOICE_LEVELS)),
            invoice_line_level=replace(levels.invoice_line_level, group_by_options=[]),
        ),
    )
