"""A merchant in each accounting platform: accounts, customers, suppliers, tax rates.

All of it is our choice, after the platforms' own starter charts for a shop in the United Kingdom.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Final

from msgspec import Struct

from codat_mock.configuration.account_purposes import Classification, Purpose
from codat_mock.models.configuration import AccountOption, Option

ASSET: Final[Classification] = "Asset"
LIABILITY: Final[Classification] = "Liability"
INCOME: Final[Classification] = "Income"
EXPENSE: Final[Classification] = "Expense"

Row = tuple[str, str, Classification, str]


class Account(Struct, frozen=True, gc=False):
    """An account of the chart.

    Args:
        usual_for: the purposes it is suggested for, by name.
        is_bank: whether the platform has it as a bank account.
    """

    id: str
    name: str
    nominal_code: str
    classification: Classification
    usual_for: tuple[str, ...] = ()
    is_bank: bool = False

    @property
    def option(self) -> AccountOption:
        """The account as one of the configuration's options."""
        return AccountOption(
            id=self.id,
            name=self.name,
            nominal_code=self.nominal_code,
            classification="bank" if self.is_bank else "nominal",
        )


class PlatformRate(Struct, frozen=True, gc=False):
    """A tax rate of the platform.

    Args:
        components: of a rate that goes to several tax accounts, each account and its percentage;
            the last takes what rounding leaves.
    """

    id: str
    name: str
    percentage: Decimal
    components: tuple[tuple[str, Decimal], ...] = ()


class Chart(Struct, frozen=True, dict=True):
    """A merchant's set-up in one accounting platform.

    Args:
        key: the platform's four-letter key.
        currency: the merchant's own currency, for records that name none.
        accounts: those that may be selected.
        receivables: what customers owe; the account that invoices and their payments meet in.
        payables: what is owed to suppliers.
        tax: the tax owed on sales.
        rounding: differences of a few of the smallest units between lines and totals.
        suspense: amounts whose purpose is not known.
        overpayments: what customers paid beyond what they owe.
        has_bank_payments: whether payments go to bank accounts only.
    """

    key: str
    currency: str
    accounts: tuple[Account, ...]
    receivables: Account
    payables: Account
    tax: Account
    rounding: Account
    suspense: Account
    overpayments: Account
    customers: tuple[Option, ...]
    suppliers: tuple[Option, ...]
    rates: tuple[PlatformRate, ...]
    has_bank_payments: bool = False
    tax_components: tuple[Account, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Account]:
        """Every account, those that cannot be selected too."""
        controls = (
            self.receivables,
            self.payables,
            self.tax,
            self.rounding,
            self.suspense,
            self.overpayments,
        )
        every = (*self.accounts, *controls, *self.tax_components)
        return {account.id: account for account in every}

    def find_rate(self, rate_id: str | None) -> PlatformRate | None:
        """The tax rate of an id."""
        return next((each for each in self.rates if each.id == rate_id), None)

    def tax_options(self, account_id: str) -> list[AccountOption]:
        """The accounts offered for a tax in journal entries, the usual one first."""
        own = (self.tax, *self.tax_components)
        offered = [*own, *(each for each in self.accounts if each.classification == LIABILITY)]
        offered.sort(key=lambda account: account.id != account_id)
        return [account.option for account in offered]

    def account_options(self, purpose: Purpose) -> list[AccountOption]:
        """The accounts offered for a purpose, the usual one first."""
        fitting = [a for a in self.accounts if a.classification in purpose.accepts]
        if self.has_bank_payments and purpose.section == "payments":
            fitting = [account for account in fitting if account.is_bank]
        fitting.sort(key=lambda account: purpose.name not in account.usual_for)
        return [account.option for account in fitting]


def make_chart(
    key: str,
    *,
    accounts: tuple[Row, ...],
    controls: Mapping[str, Row],
    customers: tuple[str, ...],
    suppliers: tuple[str, ...],
    rates: Mapping[str, str],
    banks: tuple[str, ...],
    has_bank_payments: bool = False,
    components: Mapping[str, Mapping[str, str]] | None = None,
) -> Chart:
    """Make a chart of rows `(nominal code, name, class, purposes it is usual for)`.

    Args:
        key: the platform's four-letter key.
        accounts: those that may be selected.
        controls: those that may not, by their role.
        customers: names.
        suppliers: names.
        rates: names of tax rates, by percentage.
        banks: the nominal codes of bank accounts.
        has_bank_payments: whether payments go to bank accounts only.
        components: of rates that go to several tax accounts, by percentage: each account's name,
            and its percentage.
    """

    def account(row: Row) -> Account:
        code, name, classification, usual_for = row
        usual = tuple(usual_for.split())
        return Account(f"{key}-{code}", name, code, classification, usual, code in banks)

    selectable = tuple(account(row) for row in accounts)
    parts = {
        percentage: tuple(
            (Account(f"{key}-tax-{name}", name, "", LIABILITY), Decimal(share))
            for name, share in shares.items()
        )
        for percentage, shares in (components or {}).items()
    }
    return Chart(
        key=key,
        currency="GBP",
        accounts=selectable,
        has_bank_payments=has_bank_payments,
        tax_components=tuple(found for shares in parts.values() for found, _ in shares),
        customers=named(f"{key}-customer", customers),
        suppliers=named(f"{key}-supplier", suppliers),
        rates=tuple(
            PlatformRate(
                f"{key}-tax-{percentage}",
                name,
                Decimal(percentage),
                tuple((found.id, share) for found, share in parts.get(percentage, ())),
            )
            for percentage, name in rates.items()
        ),
        **{role: account(row) for role, row in controls.items()},
    )


def named(prefix: str, names: tuple[str, ...]) -> tuple[Option, ...]:
    """Options numbered from 1."""
    return tuple(
        Option(id=f"{prefix}-{number}", name=name) for number, name in enumerate(names, start=1)
    )


XERO: Final = make_chart(
    "gbol",
    accounts=(
        ("200", "Sales", INCOME, "sales"),
        ("201", "Sales Refunds", INCOME, "refund"),
        ("210", "Tips Received", INCOME, "gratuity"),
        ("260", "Other Revenue", INCOME, ""),
        ("090", "Business Bank Account", ASSET, "payout"),
        ("091", "Till", ASSET, "cash cashback"),
        ("092", "Card Clearing", ASSET, "card onlineCard mobile"),
        ("093", "PayPal", ASSET, "paypal"),
        ("094", "Swish and Vipps Clearing", ASSET, "swish vipps"),
        ("095", "Other Payments Clearing", ASSET, "custom invoice"),
        ("814", "Gift Cards Sold", LIABILITY, "prepaid"),
        ("815", "Gift Cards and Store Credit Redeemed", LIABILITY, "storeCredit prePaid"),
        ("816", "Merchant Cash Advance", LIABILITY, "loan"),
        ("404", "Bank and Payment Fees", EXPENSE, "paymentFee paymentFeeRefund"),
        ("437", "Interest Paid", EXPENSE, "loanFee"),
        ("429", "General Expenses", EXPENSE, ""),
    ),
    controls={
        "receivables": ("610", "Accounts Receivable", ASSET, ""),
        "payables": ("800", "Accounts Payable", LIABILITY, ""),
        "tax": ("820", "VAT", LIABILITY, ""),
        "rounding": ("860", "Rounding", LIABILITY, ""),
        "suspense": ("850", "Suspense", LIABILITY, ""),
        "overpayments": ("817", "Customer Overpayments", LIABILITY, ""),
    },
    banks=("090", "093"),
    customers=("Daily Takings", "Walk-in Customers", "Web Shop Customers"),
    suppliers=("Payment Provider", "Card Acquirer", "Bank"),
    rates={"20": "20% (VAT on Income)", "5": "5% (VAT on Income)", "0": "Zero Rated Income"},
)

QUICKBOOKS: Final = make_chart(
    "qhyg",
    accounts=(
        ("1", "Sales of Product Income", INCOME, "sales"),
        ("2", "Refunds and Allowances", INCOME, "refund"),
        ("3", "Gratuities", INCOME, "gratuity"),
        ("4", "Services", INCOME, ""),
        ("35", "Current Account", ASSET, "payout"),
        ("36", "Cash on Hand", ASSET, "cash cashback"),
        ("37", "Card Payments Clearing", ASSET, "card onlineCard mobile"),
        ("38", "PayPal Bank", ASSET, "paypal"),
        ("39", "Mobile Wallets Clearing", ASSET, "swish vipps"),
        ("40", "Other Payments Clearing", ASSET, "custom invoice loan"),
        ("51", "Gift Cards Sold", LIABILITY, "prepaid"),
        ("52", "Gift Cards and Store Credit Redeemed", ASSET, "storeCredit prePaid"),
        ("53", "Business Loan", LIABILITY, ""),
        ("61", "Merchant Account Fees", EXPENSE, "paymentFee paymentFeeRefund"),
        ("62", "Interest Expense", EXPENSE, "loanFee"),
        ("63", "Office Expenses", EXPENSE, ""),
    ),
    controls={
        "receivables": ("84", "Debtors", ASSET, ""),
        "payables": ("33", "Creditors", LIABILITY, ""),
        "tax": ("88", "VAT Control", LIABILITY, ""),
        "rounding": ("89", "Rounding Differences", EXPENSE, ""),
        "suspense": ("90", "Uncategorised Income", INCOME, ""),
        "overpayments": ("91", "Customer Overpayments", LIABILITY, ""),
    },
    banks=("35", "36", "37", "38", "39", "40", "52"),
    has_bank_payments=True,
    components={
        "8.875": {"New York State": "4", "New York City": "4.5", "Metropolitan District": "0.375"}
    },
    customers=("Daily Sales", "Counter Customers"),
    suppliers=("Payment Services", "Card Processor"),
    rates={"20": "20.0% S", "5": "5.0% R", "0": "0.0% Z", "8.875": "New York 8.875%"},
)

FREEAGENT: Final = make_chart(
    "fbrh",
    accounts=(
        ("001", "Sales", INCOME, "sales"),
        ("002", "Refunded Sales", INCOME, "refund"),
        ("003", "Tips", INCOME, "gratuity"),
        ("750-1", "Bank Account: Business Current", ASSET, "payout"),
        ("750-2", "Bank Account: Till", ASSET, "cash cashback"),
        ("750-3", "Bank Account: Card Clearing", ASSET, "card onlineCard mobile"),
        ("750-4", "Bank Account: PayPal", ASSET, "paypal"),
        ("750-5", "Bank Account: Wallets Clearing", ASSET, "swish vipps"),
        ("750-6", "Bank Account: Other Clearing", ASSET, "custom invoice"),
        ("794", "Vouchers Sold", LIABILITY, "prepaid"),
        ("795", "Vouchers and Store Credit Redeemed", LIABILITY, "storeCredit prePaid"),
        ("796", "Loans", LIABILITY, "loan"),
        ("363", "Bank and Card Charges", EXPENSE, "paymentFee paymentFeeRefund"),
        ("365", "Interest Payable", EXPENSE, "loanFee"),
        ("380", "Sundries", EXPENSE, ""),
    ),
    controls={
        "receivables": ("681", "Trade Debtors", ASSET, ""),
        "payables": ("796-1", "Trade Creditors", LIABILITY, ""),
        "tax": ("817", "VAT", LIABILITY, ""),
        "rounding": ("998", "Rounding", EXPENSE, ""),
        "suspense": ("999", "Suspense", LIABILITY, ""),
        "overpayments": ("797", "Customer Overpayments", LIABILITY, ""),
    },
    banks=("750-1", "750-4"),
    customers=("Shop Takings", "Online Takings"),
    suppliers=("Card Processor", "Payment Provider"),
    rates={"20": "Standard rate 20%", "5": "Reduced rate 5%", "0": "Zero rate 0%"},
)

CHARTS: Final[Mapping[str, Chart]] = {chart.key: chart for chart in (XERO, QUICKBOOKS, FREEAGENT)}
PERCENTAGES: Final[Mapping[str, Decimal]] = {
    rate.id: rate.percentage for chart in CHARTS.values() for rate in chart.rates
}


def find_chart(platform_key: str | None) -> Chart | None:
    """The chart of an accounting platform; None where none is linked or it has none."""
    return CHARTS.get(platform_key or "")
