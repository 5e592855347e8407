"""What the service tells of a sync.

Source: contract section 6.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.companies import Connection
from codat_mock.models.values import Moment, MomentText


class DateRange(Wire, omit_defaults=False):
    """The period a sync covers."""

    start: MomentText
    finish: MomentText


class SyncSummary(Wire, kw_only=True, omit_defaults=False):
    """One sync as the status endpoints show it."""

    company_id: str
    commerce_sync_id: str
    sync_id: str
    sync_status_code: int
    sync_status: str
    error_message: str | None = None
    sync_exception_message: str | None = None
    sync_utc: MomentText
    data_pushed: bool
    sync_date_range_utc: DateRange
    data_connections: list[Connection] = field(default_factory=list)


class SyncRequest(Wire):
    """What a client may send to run a sync now."""

    sync_to: Moment | UnsetType | None = UNSET


class RequestedRange(Wire):
    """The period that a client wants to be synced."""

    start: Moment
    finish: Moment


class HistoricSyncRequest(Wire):
    """What a client sends to have a given period synced."""

    date_range: RequestedRange
