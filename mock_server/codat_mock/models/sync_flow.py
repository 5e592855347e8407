"""The Sync Flow: its URL, the texts an integration sets for it, and the accounts it shows.

Source: contract section 2 (operations) and part 2, section E.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import Wire

Locale = Literal["en-us", "fr-fr"]


class SyncFlowUrl(Wire):
    """The URL that the merchant's browser opens."""

    url: str


class Localization(Wire):
    """The text of one field of the Sync Flow; null restores the default."""

    required: bool | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET


# The documentation of the beta has plain texts, the later documents have objects.
Texts = dict[str, Localization | str | None]


class VisibleAccounts(Wire, omit_defaults=False):
    """The accounts that the Sync Flow shows; null shows all, none shows the required ones."""

    visible_accounts: list[str] | None = None


NAMES: Final[dict[str, tuple[str, ...]]] = {
    "sales": ("sales", "gratuity", "refund", "prepaid", "sales-other"),
    "payments": (
        "cash", "card", "invoice", "onlineCard", "swish", "vipps", "mobile", "storeCredit",
        "paypal", "custom", "payout", "paypalQr", "prepaidPayment", "manual",
    ),
    "fees": ("paymentFee", "paymentFeeRefund", "loan", "loanPayment", "loanFee", "cashback"),
}  # fmt: skip
REQUIRED_NAMES: Final = ("sales", "refund", "card", "paymentFee")


def default_texts() -> dict[str, Localization]:
    """All fields of the Sync Flow with their default texts; the wording is assumed.

    Source: contract part 2, section E (the keys, one of which the vendor spells with "=").
    """
    sidebar = "configure-setupSidebar-checkboxes-"
    content = "configure-content-"
    texts = {
        "configure-setupSidebar-title": "Set up",
        f"{sidebar}connectToCommerce": "Connect your shop",
        f"{sidebar}connectToAccounting": "Connect your accounting software",
        f"{sidebar}sales": "Map your sales",
        f"{sidebar}fees": "Map your fees",
        f"{sidebar}payments": "Map your payments",
        "configure-setupSidebar=checkboxes-syncSchedule": "Choose when to sync",
        "configure-misc-previousButton": "Back",
        "configure-misc-nextButton": "Next",
        "configure-required-indicator": "Required",
    }
    for section in NAMES:
        texts[f"{content}{section}-title"] = section.capitalize()
        texts[f"{content}{section}-description"] = f"How your {section} are booked"
    for section in ("sales", "fees"):
        texts[f"{content}{section}-accounts-title"] = f"Accounts for {section}"
        texts[f"{content}{section}-accounts-description"] = f"The accounts your {section} go to"
    texts[f"{content}sales-taxRates-title"] = "Tax rates"
    texts[f"{content}sales-taxRates-description"] = "The tax rates of your sales"
    texts[f"{content}sales-other-title"] = "Other settings"
    texts[f"{content}sales-other-description"] = "The status and period of your invoices"
    for section, names in NAMES.items():
        for name in names:
            texts[f"{content}{section}-accounts-entries-{name}"] = words(name)
    # The vendor labels the second and third of these 5 and 10 %, though their keys say otherwise.
    for key, percentage in (("0", 0), ("10", 5), ("15", 10), ("20", 20)):
        texts[f"{content}sales-accounts-taxRates-entries-{key}"] = f"{percentage}%"
    texts[f"{content}sales-other-entries-invoiceStatus"] = "Invoice status"
    texts[f"{content}sales-other-entries-groupingPeriod"] = "Grouping period"
    return {
        key: Localization(
            required=key.rpartition("-accounts-entries-")[2] in REQUIRED_NAMES, text=text
        )
        for key, text in texts.items()
    }


def words(name: str) -> str:
    """A name such as `onlineCard` or `sales-other` as words."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.replace("-", " ").capitalize()
