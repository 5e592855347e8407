"""Companies and their connections.

Source: contract section 7.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.values import MomentText

ConnectionStatus = Literal["PendingAuth", "Linked", "Unlinked", "Deauthorized"]
SourceKind = Literal[
    "Unknown", "Accounting", "Banking", "BankFeed", "Commerce", "Expense", "Other"
]  # fmt: skip


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
    """A company with its connections."""

    id: str
    name: str
    platform: str
    redirect: str
    last_sync: MomentText | UnsetType = UNSET
    data_connections: list[Connection] = field(default_factory=list)
    created: MomentText
    created_by_user_name: str | None = None


class NewCompany(Wire):
    """The body that creates a company."""

    name: str


class ConnectionUpdate(Wire):
    """The body that changes a connection."""

    status: ConnectionStatus


class NewConnection(Wire):
    """The body that adds a connection (later generation)."""

    platform_key: str
