"""Rebuilding a ledger whose file was lost, from the service's history and the shop's own records.

The service does not say which records it has. What it says is when it accepted the last push of
each data type, and which period it has synced. So a record counts as accepted if it last changed
before the last push that was accepted, or if its period is synced: then it is in the books, or will
never be. All others are queued, and the next run pushes them.

A record that was accepted and is queued all the same is pushed twice, which books nothing twice,
because the service knows it by its id. A record that counts as accepted and was not is lost to the
service; so the last push has to be of everything that changed before it. If the file was lost in
the middle of a push of several chunks, say so with `pushed_before`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from codat_push import operations
from codat_push.content import EPOCH, MICROSECOND
from codat_push.errors import BadRecord, LedgerError, PushUnderway, RequestError
from codat_push.ledger import Ledger
from codat_push.models import Dataset
from codat_push.operations import Flow
from codat_push.preflight import is_unoffered
from codat_push.schema import check_company, check_data_type
from codat_push.storage.database import PAGE
from codat_push.versions import Version, key_of_bad, make_version


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuilt ledger holds.

    Args:
        accepted: records that count as accepted.
        queued: records that the next run pushes.
        refused: records that cannot be sent.
        pushed_before: when the last push was that the service accepted, UTC; None: none was.
    """

    accepted: int
    queued: int
    refused: int
    pushed_before: datetime | None


def rebuild(
    ledger: Ledger,
    company: str,
    data_type: str,
    records: Iterable[Any],
    pushed_before: datetime | None = None,
) -> Flow[Rebuilt]:
    """Fill a new ledger with what its lost predecessor held.

    Args:
        ledger: it knows nothing of the company and data type.
        company: its id.
        data_type: what the records are.
        records: all of the merchant's records, read as they are needed.
        pushed_before: records that last changed before it, or then, count as accepted; None:
            the time of the newest Complete dataset in the service's history.

    Raises:
        ValueError: the company is not an id, the data type is unknown, or `pushed_before` has no
            time zone.
        LedgerError: the ledger knows or queues records of the company and data type.
        PushUnderway: a push has not ended yet.
        RequestError: a request failed.
    """
    company, kind = check_company(company), check_data_type(data_type)
    if pushed_before is not None and pushed_before.tzinfo is None:
        raise ValueError("pushed_before has no time zone; use an aware datetime")
    ledger.lock()
    store = ledger.store
    stream = store.stream(company, kind)
    if not store.queue.is_new(stream):
        raise LedgerError(f"the ledger holds {kind} of company {company}; rebuild a new file")
    datasets: list[Dataset] | None = None
    try:
        datasets = yield from operations.newest_datasets(company, kind)
    except RequestError as error:
        if pushed_before is None or not is_unoffered(error):
            raise
    for dataset in datasets or ():
        if not dataset.has_ended:
            raise PushUnderway(f"dataset {dataset.id} is still {dataset.status}; wait for its end")
    ledger.note_sync(company, (yield from operations.sync_status(company)))
    moment = pushed_before or last_accepted(datasets or ())
    with store.transaction():
        store.remote_state.note_datasets(stream, datasets)
    synced = store.remote_state.synced(company)
    until = -1 if moment is None else (moment - EPOCH) // MICROSECOND
    counts = {"accepted": 0, "queued": 0, "refused": 0}
    numbered = enumerate(records)
    while page := list(islice(numbered, PAGE)):
        with store.transaction():
            revision = store.queue.next_revision()
            for index, record in page:
                try:
                    version = make_version(kind, record, f"$[{index}]")
                except BadRecord as error:
                    key = key_of_bad(kind, record) or (f"$[{index}]", "")
                    store.refusals.refuse_invalid(stream, *key, str(error))
                    counts["refused"] += 1
                    continue
                if synced.is_past(version.created):
                    store.queue.learn(stream, version, synced.ran, revision)
                    counts["accepted"] += 1
                elif changed(version) <= until:
                    store.queue.learn(stream, version, until, revision)
                    counts["accepted"] += 1
                else:
                    store.queue.put(stream, version, ledger.now(), revision)
                    counts["queued"] += 1
        store.database.pause()
    return Rebuilt(**counts, pushed_before=moment)


def last_accepted(datasets: Iterable[Dataset]) -> datetime | None:
    """When the newest Complete dataset was requested."""
    moments = (dataset.requested for dataset in datasets if dataset.is_complete)
    return max((moment for moment in moments if moment), default=None)


def changed(version: Version) -> int:
    """When a record last changed, in microseconds since 1970: later than any, if it has no date."""
    moments = [moment for moment in (version.created, version.modified) if moment is not None]
    return max(moments, default=1 << 62)
