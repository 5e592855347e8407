"""Syncs: their summaries, and the bodies that start them.

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
    """A sync's summary, which the status endpoints answer."""

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
    """The optional body of a request to sync now."""

    sync_to: Moment | UnsetType | None = UNSET


class RequestedRange(Wire):
    """The period to sync."""

    start: Moment
    finish: Moment


class HistoricSyncRequest(Wire):
    """The body of a request to sync a given period."""

    date_range: RequestedRange
