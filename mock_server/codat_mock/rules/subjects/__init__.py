"""What the rules judge: pushes, syncs, requests, and what a test has declared or measured."""

from codat_mock.rules.subjects.common import Evidence, Request, Subject
from codat_mock.rules.subjects.merchants import (
    BookedRecord,
    Gap,
    JudgedBooks,
    JudgedPeriod,
    JudgedSilence,
    OwnRecord,
)
from codat_mock.rules.subjects.probes import JudgedProbe, ProbedSale
from codat_mock.rules.subjects.pushes import JudgedPush, JudgedRecord, KnownVersion, NextSync
from codat_mock.rules.subjects.requests import JudgedRequest, Poll, Repeat, Wait
from codat_mock.rules.subjects.syncs import (
    EndedDataset,
    JudgedSync,
    PlacedRecord,
    RecordId,
    SyncedRecord,
)

__all__ = [
    "BookedRecord",
    "EndedDataset",
    "Evidence",
    "Gap",
    "JudgedBooks",
    "JudgedPeriod",
    "JudgedProbe",
    "JudgedPush",
    "JudgedRecord",
    "JudgedRequest",
    "JudgedSilence",
    "JudgedSync",
    "KnownVersion",
    "NextSync",
    "OwnRecord",
    "PlacedRecord",
    "Poll",
    "ProbedSale",
    "RecordId",
    "Repeat",
    "Request",
    "Subject",
    "SyncedRecord",
    "Wait",
]
