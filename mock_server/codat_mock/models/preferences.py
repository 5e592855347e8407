"""What an integration prefers for the Sync Flow: its texts, and the accounts shown in it.

Source: contract section 2 (operations), the vendor's later SDK (shapes).
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import Wire

Locale = Literal["en-us", "fr-fr"]


class Localization(Wire):
    """The text of one field of the Sync Flow."""

    required: bool | UnsetType = UNSET
    text: str | UnsetType | None = UNSET


class VisibleAccounts(Wire, omit_defaults=False):
    """The accounts that the Sync Flow shows; null where all are."""

    visible_accounts: list[str] | None = None
