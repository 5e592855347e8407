"""Companies and their connections.

Source: contract section 7.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire, narrow
from codat_mock.models.values import MomentText

ConnectionStatus = Literal["PendingAuth", "Linked", "Unlinked", "Deauthorized"]
SourceKind = Literal[
    "Unknown", "Accounting", "Banking", "BankFeed", "Commerce", "Expense", "Other"
]  # fmt: skip


NAME_CHARACTERS: Final = " -'&@.,?!"  # beside letters and digits


class LinkError(Wire):
    """Why a connection failed."""

    status_code: str
    status_text: str
    error_message: str
    errored_on_utc: MomentText


class Connection(Wire, kw_only=True, omit_defaults=False):
    """A company's connection to one platform."""

    id: str
    integration_id: str
    integration_key: str
    source_id: str
    source_type: SourceKind
    platform_name: str
    link_url: str
    status: ConnectionStatus
    last_sync: MomentText | UnsetType = UNSET
    created: MomentText
    data_connection_errors: list[LinkError] = field(default_factory=list)


class Company(Wire, kw_only=True, omit_defaults=False):
    """A company with its connections, as it is stored.

    Args:
        has_later_names: whether its configuration is answered with the later generation's names.
    """

    id: str
    name: str
    platform: str
    redirect: str
    last_sync: MomentText | UnsetType = UNSET
    data_connections: list[Connection] = field(default_factory=list)
    created: MomentText
    created_by_user_name: str | None = None
    description: str | UnsetType = UNSET
    has_later_names: bool = False

    @property
    def beta(self) -> BetaCompany:
        """The company as the beta answers it."""
        return narrow(BetaCompany, self)

    @property
    def later(self) -> LaterCompany:
        """The company as the later generation answers it."""
        return narrow(LaterCompany, self)


class BetaCompany(Wire, kw_only=True, omit_defaults=False):
    """A company as the beta answers it."""

    id: str
    name: str
    platform: str
    redirect: str
    last_sync: MomentText | UnsetType = UNSET
    data_connections: list[Connection]
    created: MomentText
    created_by_user_name: str | None


class LaterCompany(Wire, kw_only=True, omit_defaults=False):
    """A company as the later generation answers it: without a platform, with a description."""

    id: str
    name: str
    description: str | UnsetType = UNSET
    redirect: str
    last_sync: MomentText | UnsetType = UNSET
    data_connections: list[Connection]
    created: MomentText
    created_by_user_name: str | None


class NewCompany(Wire):
    """The body that creates a company."""

    name: str
    description: str | UnsetType | None = UNSET


def allowed_name(name: str) -> str:
    """A company's name without the characters that the service removes.

    Source: contract part 2, section A14.
    """
    kept = (letter for letter in name if letter.isalnum() or letter in NAME_CHARACTERS)
    return "".join(kept).strip()


class ConnectionUpdate(Wire):
    """The body that changes a connection."""

    status: ConnectionStatus


class NewConnection(Wire):
    """The body that adds a connection (later generation)."""

    platform_key: str
