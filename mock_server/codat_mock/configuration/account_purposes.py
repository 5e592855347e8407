"""The purposes that an account is selected for, and which accounts are offered for each.

Source: contract section 5 and part 2, sections A9 (names) and B (classes); which are required is
assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct

from codat_mock.models.commerce import PaymentType

Section = Literal["sales", "payments", "fees"]
Classification = Literal["Asset", "Liability", "Income", "Expense"]


class Purpose(Struct, frozen=True, gc=False):
    """One purpose, such as `card`.

    Args:
        name: its key among the section's accounts, on the wire.
        accepts: the classes of accounts that are offered for it.
        required: whether the section cannot be synced without it.
    """

    section: Section
    name: str
    label: str
    text: str
    accepts: tuple[Classification, ...]
    required: bool = False


INCOME: Final[tuple[Classification, ...]] = ("Income",)
MONEY: Final[tuple[Classification, ...]] = ("Asset", "Liability")
COST: Final[tuple[Classification, ...]] = ("Expense",)

PURPOSES: Final = (
    Purpose("sales", "sales", "Sales", "Takings from orders.", INCOME, required=True),
    Purpose(
        "sales", "gratuity", "Gratuity", "Tips that customers add to their orders.",
        ("Income", "Liability"), required=True,
    ),
    Purpose(
        "sales", "refund", "Refunds", "What is given back to customers.",
        ("Income", "Expense"), required=True,
    ),
    Purpose("sales", "prepaid", "Prepaid", "Gift cards and vouchers sold.", ("Liability",)),
    Purpose("payments", "cash", "Cash", "Payments in cash, kept in the till.", MONEY),
    Purpose(
        "payments", "card", "Card",
        "Card payments, until the payment provider pays them out.", MONEY, required=True,
    ),
    Purpose("payments", "invoice", "Invoice", "Payments that customers make later.", MONEY),
    Purpose("payments", "onlineCard", "Online card", "Card payments in a web shop.", MONEY),
    Purpose("payments", "swish", "Swish", "Payments by Swish.", MONEY),
    Purpose("payments", "vipps", "Vipps", "Payments by Vipps.", MONEY),
    Purpose("payments", "mobile", "Mobile", "Payments by a mobile phone.", MONEY),
    Purpose("payments", "storeCredit", "Store credit", "Store credit that was spent.", MONEY),
    Purpose("payments", "paypal", "PayPal", "Payments by PayPal.", MONEY),
    Purpose("payments", "custom", "Other", "Payments of any other type.", MONEY),
    Purpose("payments", "loan", "Loan", "Takings that pay back a cash advance.", MONEY),
    Purpose("payments", "cashback", "Cashback", "Cash given out on a card payment.", MONEY),
    Purpose("payments", "prePaid", "Prepaid", "Gift cards and vouchers that were spent.", MONEY),
    Purpose("payments", "payout", "Payout", "The bank that providers pay into.", ("Asset",)),
    Purpose(
        "fees", "paymentFee", "Payment fees", "What the payment provider charges.",
        COST, required=True,
    ),
    Purpose(
        "fees", "paymentFeeRefund", "Payment fee refunds",
        "Fees that the payment provider gives back.", ("Expense", "Income"),
    ),
    Purpose("fees", "loanFee", "Loan fees", "What a cash advance costs.", COST),
)  # fmt: skip

PURPOSE_OF_PAYMENT: Final[dict[PaymentType, str]] = {
    "Unknown": "custom",
    "Cash": "cash",
    "Card": "card",
    "Invoice": "invoice",
    "OnlineCard": "onlineCard",
    "Swish": "swish",
    "Vipps": "vipps",
    "Mobile": "mobile",
    "StoreCredit": "storeCredit",
    "Paypal": "paypal",
    "Custom": "custom",
    "Prepaid": "prePaid",
}


CATEGORY: Final = "category-"  # and the category's id: the account of its sales


def category_purposes(categories: Mapping[str, str]) -> Iterator[Purpose]:
    """The accounts that sales of each product category go to, by the categories' ids and names.

    Source: contract part 2, section B; the names of these accounts are assumed.
    """
    for key, name in categories.items():
        yield Purpose("sales", f"{CATEGORY}{key}", name, f"Sales of {name}.", INCOME)


def tax_purpose(rate: str, place: int | None = None) -> str:
    """The name of the account that a tax goes to in journal entries (assumed).

    Args:
        rate: the percentage, as `rate_key` writes it.
        place: of the component, from 1, where the rate has several.
    """
    return f"tax-{rate}" if place is None else f"tax-{rate}-{place}"


def purposes(section: Section) -> tuple[Purpose, ...]:
    """The purposes of one section, in the order in which they are shown."""
    return tuple(purpose for purpose in PURPOSES if purpose.section == section)
