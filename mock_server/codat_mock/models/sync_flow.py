"""The Sync Flow: its URL, the texts an integration sets for it, and the accounts it shows.

Source: contract section 2 (operations), the vendor's later SDK (shapes).
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import Wire

Locale = Literal["en-us", "fr-fr"]


class SyncFlowUrl(Wire):
    """The URL that the merchant's browser opens."""

    url: str


class Localization(Wire):
    """The text of one field of the Sync Flow."""

    required: bool | UnsetType = UNSET
    text: str | UnsetType | None = UNSET


class VisibleAccounts(Wire, omit_defaults=False):
    """The accounts that the Sync Flow shows; null shows all."""

    visible_accounts: list[str] | None = None
