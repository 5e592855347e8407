"""Texts and visible accounts of the Sync Flow: stored and returned, and no more.

The reference does not say which texts and accounts there are, so the mock's own page of the Sync
Flow does not change with them.
"""

from __future__ import annotations

from uuid import UUID

from codat_mock.models.errors import NotFound
from codat_mock.models.sync_flow import Locale, Localization, VisibleAccounts
from codat_mock.sandbox.connections import integration
from codat_mock.sandbox.session import Session

Texts = dict[str, Localization]


def texts(session: Session, locale: Locale) -> Texts:
    """The texts in a language."""
    return session.tables.preferences.find(f"texts/{locale}", Texts) or {}


def change_texts(session: Session, locale: Locale, changed: Texts) -> Texts:
    """Change some of the texts, and leave the others."""
    preferred = texts(session, locale) | changed
    session.tables.preferences.save(f"texts/{locale}", preferred)
    return preferred


def visible_accounts(session: Session, client_id: str, platform_key: str) -> VisibleAccounts:
    """The accounts that are shown for a platform.

    Raises:
        NotFound: there is no such client or accounting platform.
    """
    try:
        UUID(client_id)  # a sandbox is one client's, whatever id it goes by
    except ValueError:
        raise NotFound(f"Client '{client_id}' does not exist; its id is a UUID.") from None
    platform = integration(platform_key, "Accounting")
    name = f"accounts/{platform.key}"
    return session.tables.preferences.find(name, VisibleAccounts) or VisibleAccounts()


def show_accounts(
    session: Session, platform_key: str, accounts: VisibleAccounts
) -> VisibleAccounts:
    """Set the accounts that are shown for a platform.

    Raises:
        NotFound: there is no such accounting platform.
    """
    platform = integration(platform_key, "Accounting")
    session.tables.preferences.save(f"accounts/{platform.key}", accounts)
    return accounts
