"""Syncs: their summaries, and the bodies that start them.

Source: contract section 6.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire, narrow
from codat_mock.models.companies import Connection
from codat_mock.models.values import Moment, MomentText


class DateRange(Wire, omit_defaults=False):
    """The period a sync covers."""

    start: MomentText
    finish: MomentText


class SyncSummary(Wire, kw_only=True, omit_defaults=False):
    """A sync's summary, as it is stored and the beta's status endpoint answers it."""

    company_id: str
    commerce_sync_id: str
    sync_id: str
    sync_status_code: int
    sync_status: str
    error_message: str = ""
    sync_exception_message: str = ""
    sync_utc: MomentText
    data_pushed: bool
    sync_date_range_utc: DateRange
    data_connections: list[Connection] = field(default_factory=list)


class StartedSync(Wire, kw_only=True, omit_defaults=False):
    """The answer to a request that runs a sync; its id has one name only.

    Source: contract part 2, section A15.
    """

    company_id: str
    commerce_sync_id: str
    sync_status_code: int
    sync_status: str
    error_message: str
    sync_exception_message: str
    sync_utc: MomentText
    data_pushed: bool
    sync_date_range_utc: DateRange
    data_connections: list[Connection]


class CompanySyncStatus(Wire, kw_only=True, omit_defaults=False):
    """A sync as the later generation's status endpoints answer it.

    Source: the vendor's later document (`CompanySyncStatus`).
    """

    company_id: str
    sync_id: str
    sync_status_code: int
    sync_status: str
    error_message: str
    sync_exception_message: str
    sync_utc: MomentText
    data_pushed: bool


def started_sync(sync: SyncSummary) -> StartedSync:
    """A sync as the request that ran it is answered."""
    return narrow(StartedSync, sync)


def company_sync_status(sync: SyncSummary) -> CompanySyncStatus:
    """A sync as the later generation's status endpoints answer it."""
    return narrow(CompanySyncStatus, sync)


class SyncRequest(Wire):
    """The optional body of a request to sync now."""

    sync_to: Moment | UnsetType | None = UNSET


class RequestedRange(Wire):
    """The period to sync."""

    start: Moment
    finish: Moment


class WrappedRange(Wire):
    """The body of a request to sync a given period, as later documents have it."""

    date_range: RequestedRange


class HistoricSyncRequest(Wire):
    """The body of a request to sync a given period: bare in the beta, in `dateRange` later.

    For the document only: each form is decoded by its own type.
    """

    start: Moment | UnsetType = UNSET
    finish: Moment | UnsetType = UNSET
    date_range: RequestedRange | UnsetType = UNSET
