"""The subjects of the rules: pushes, syncs, requests, and what a test declares or measures."""

from codat_mock.rules.contexts.common import Context, Evidence, Request
from codat_mock.rules.contexts.merchants import (
    BookedRecord,
    BooksContext,
    DeclaredRecord,
    PeriodContext,
    PushGap,
    PushGapsContext,
)
from codat_mock.rules.contexts.probes import ProbeContext, ProbedSale
from codat_mock.rules.contexts.pushes import KnownVersion, NextSync, PushContext, RecordContext
from codat_mock.rules.contexts.requests import ExchangeContext, Poll, Repeat, Wait
from codat_mock.rules.contexts.syncs import (
    EndedDataset,
    FailedPush,
    OpenRecordsContext,
    PlacedRecord,
    RecordId,
    RecordsContext,
    SyncContext,
    SyncedRecord,
)

__all__ = [
    "BookedRecord",
    "BooksContext",
    "Context",
    "DeclaredRecord",
    "EndedDataset",
    "Evidence",
    "ExchangeContext",
    "FailedPush",
    "KnownVersion",
    "NextSync",
    "OpenRecordsContext",
    "PeriodContext",
    "PlacedRecord",
    "Poll",
    "ProbeContext",
    "ProbedSale",
    "PushContext",
    "PushGap",
    "PushGapsContext",
    "RecordContext",
    "RecordId",
    "RecordsContext",
    "Repeat",
    "Request",
    "SyncContext",
    "SyncedRecord",
    "Wait",
]
