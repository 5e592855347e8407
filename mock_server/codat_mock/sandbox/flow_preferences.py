"""An integration's preferences for the Sync Flow: its texts, and the accounts shown in it.

They are stored and answered; the mock's own pages do not change with them.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from codat_mock.models.errors import NotFound
from codat_mock.models.sync_flow import (
    Locale,
    Localization,
    Texts,
    VisibleAccounts,
    default_texts,
)
from codat_mock.sandbox.connections import integration
from codat_mock.sandbox.session import Session

Stored = dict[str, Localization]


def texts(session: Session, locale: Locale) -> Texts:
    """Every field of the Sync Flow with its text in a language."""
    stored = session.tables.preferences.find(f"texts/{locale}", Stored) or {}
    return {**default_texts(), **stored}


def change_texts(session: Session, locale: Locale, changed: Texts) -> Texts:
    """Change some of the texts; null restores the default.

    Args:
        session: the session.
        locale: the language.
        changed: by field, plain texts or objects.

    Returns:
        Every field, as plain texts if all changes are plain, else as objects.
    """
    name, defaults = f"texts/{locale}", default_texts()
    stored = session.tables.preferences.find(name, Stored) or {}
    for key, change in changed.items():
        change_to = change if isinstance(change, Localization) else Localization(text=change)
        before = stored.get(key) or defaults.get(key) or Localization()
        default = defaults.get(key, Localization(text=None))
        text = before.text if change_to.text is UNSET else change_to.text
        is_kept = not isinstance(change_to.required, bool)
        stored[key] = Localization(
            required=before.required if is_kept else change_to.required,
            text=default.text if text is None else text,
        )
    session.tables.preferences.save(name, stored)
    shown = texts(session, locale)
    if changed and not any(isinstance(change, Localization) for change in changed.values()):
        return {key: text_of(value) for key, value in shown.items()}
    return shown


def text_of(shown: Localization | str | None) -> str | None:
    """The plain text of a field."""
    text = shown.text if isinstance(shown, Localization) else shown
    return None if text is UNSET else text


def visible_accounts(session: Session, client_id: str, platform_key: str) -> VisibleAccounts:
    """The accounts that are shown for a platform.

    Args:
        session: the session.
        client_id: the account's.
        platform_key: of a commerce or accounting platform.

    Raises:
        NotFound: there is no such client or platform.
    """
    try:
        UUID(client_id)  # a sandbox belongs to one client, whatever its id
    except ValueError:
        raise NotFound(f"Client '{client_id}' does not exist; its id is a UUID.") from None
    name = f"accounts/{integration(platform_key).key}"
    return session.tables.preferences.find(name, VisibleAccounts) or VisibleAccounts()


def show_accounts(session: Session, platform_key: str, shown: VisibleAccounts) -> VisibleAccounts:
    """Set the accounts that are shown for a platform.

    The beta names the commerce platform, the later generation any platform.

    Args:
        session: the session.
        platform_key: of a commerce or accounting platform.
        shown: the accounts of each kind.

    Raises:
        NotFound: there is no such platform.
    """
    session.tables.preferences.save(f"accounts/{integration(platform_key).key}", shown)
    return shown
