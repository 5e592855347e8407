"""An integration that keeps the rules by construction: its state and its requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final, Literal

from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.histories.books_oracle import RecordId
from codat_scenarios.histories.faults import PlannedFaults
from codat_scenarios.histories.steps import Configured, Pushed, Read
from codat_scenarios.histories.timeline import Timeline
from codat_scenarios.merchants import TRANSACTIONS, Change, Record
from codat_scenarios.sandbox_driver import MORNING, Json

ReadMode = Literal["poll", "later", "list"]
POLLS: Final = 4  # reads of a dataset until it has ended, approximately
REALISTIC: Final = timedelta(seconds=ceil(sum(PROFILES["realistic"])))
GET_DATASET: Final = "get-dataset"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the final statuses of datasets are read.

    Args:
        mode: poll each dataset at once, read it later, or read the list of datasets at once.
        every: minimum seconds between two reads.
        fault: the fault that the first read hits; None for no fault.
    """

    mode: ReadMode = "poll"
    every: int = 8
    fault: Json | None = None


PLAIN: Final = Reading()


class Integration:
    """Pushes a merchant's records.

    Every version of a record is pushed once, whole; a delete holds only the id, and only a pushed
    record is deleted. A push waits until earlier datasets have ended. Records of a failed dataset
    are pushed again first; a push without an answer is sent again after growing waits.

    Attributes:
        pending: the records to push, by data type and key.
        failed_records: the records of failed datasets that have not been pushed since.
        failed_pushes: the number of pushes without a known dataset that is Complete.
        is_configured: whether accounting is linked and the mapping configured.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.pending: dict[RecordId, Record] = {}
        self.failed_records: set[RecordId] = set()
        self.failed_pushes = 0
        self.is_configured = False
        self._timeline = timeline
        self._pushed: set[RecordId] = set()
        self._types_pushed: set[DataType] = set()
        self._ends = MORNING  # when the last dataset in progress ends
        self._is_unread = False

    def configure(self) -> None:
        """Have the merchant link accounting, and configure the mapping, unless that is done."""
        if not self.is_configured:
            self.is_configured = True
            self._timeline.add(Configured(self._timeline.tick()))

    def receive(self, changes: Iterable[Change]) -> None:
        """Receive changes from the merchant's system."""
        for change in changes:
            if change.record.keys() == {"id"}:
                self._forget(change.data_type, change.record)
            else:
                self.pending[change.data_type, key_of(change)] = change.record

    def push(self, faults: PlannedFaults | None = None, reading: Reading = PLAIN) -> None:
        """Push new and changed records; for a data type never pushed, at least an empty list."""
        self.configure()
        self._timeline.tick()
        self.wait_for_datasets()
        for data_type in LIST_NAMES:
            records = self.pending_of(data_type)
            if records or data_type not in self._types_pushed:
                own = faults if faults and faults.data_type == data_type else None
                self.push_one(data_type, records, own)
        self.read(reading)

    def push_one(
        self, data_type: DataType, records: list[Record], faults: PlannedFaults | None = None
    ) -> None:
        """Push records of a data type; they are no longer pending unless their dataset fails.

        Args:
            data_type: of the push.
            records: of `pending`.
            faults: what happens to the push and its dataset; None for nothing.
        """
        timeline = self._timeline
        faults = faults or PlannedFaults(data_type)
        if faults.fault:
            timeline.plan("faults", faults.planned_fault)
            self.failed_pushes += faults.tries
            for seconds in faults.waits:
                timeline.add(Pushed(timeline.now, data_type, records))
                timeline.tick(seconds=seconds)
        if (faults.profile, faults.outcome) != ("realistic", "Complete"):
            timeline.plan("outcomes", faults.planned_outcome)
        timeline.add(Pushed(timeline.now, data_type, records))
        self.expect_completion(
            timeline.now + timedelta(seconds=ceil(sum(PROFILES[faults.profile])))
        )
        ids = self._ids_of(data_type, records)
        if faults.outcome == "Complete":
            self.mark_pushed(ids)
            self._types_pushed.add(data_type)
        else:
            self.failed_pushes += 1
            self.failed_records |= ids

    def push_to_fail(self, data_type: DataType, records: list[Record]) -> None:
        """Push records whose dataset cannot become Complete; they stay pending."""
        self._timeline.add(Pushed(self._timeline.now, data_type, records))
        self.expect_completion(self._timeline.now + REALISTIC)
        self.failed_records |= self._ids_of(data_type, records)
        self.failed_pushes += 1

    def pending_of(self, data_type: DataType) -> list[Record]:
        """The records of a data type to push."""
        return [record for (kind, _), record in self.pending.items() if kind == data_type]

    def drop(self, ids: Iterable[RecordId]) -> None:
        """Remove records from the pending ones."""
        for id_ in [*ids]:
            self.pending.pop(id_, None)
            self.failed_records.discard(id_)

    def mark_pushed(self, ids: Iterable[RecordId]) -> None:
        """Mark records as pushed: their current versions were accepted."""
        for id_ in ids:
            record = self.pending.pop(id_, None)
            self.failed_records.discard(id_)
            if record is not None and record.keys() != {"id"}:
                self._pushed.add(id_)

    def expect_completion(self, moment: datetime) -> None:
        """Expect a dataset to have ended by a moment."""
        self._ends = max(self._ends, moment)
        self._is_unread = True

    def wait_for_datasets(self) -> None:
        """Let time pass until every dataset has ended."""
        self._timeline.now = max(self._timeline.now, self._ends)

    def read(self, reading: Reading = PLAIN) -> None:
        """Read the datasets in progress, in the given mode."""
        if not self._is_unread:
            return
        timeline = self._timeline
        if reading.fault:
            timeline.tick()
            timeline.plan(
                "faults", {"faults": [{**reading.fault, "operation": GET_DATASET, "at": [1]}]}
            )
            timeline.add(Read(timeline.now))
            timeline.tick(seconds=max(2, reading.fault.get("retryAfter", 0)))
        if reading.mode == "poll":
            self.read_until_complete(reading.every)
        elif reading.mode == "list":
            self.wait_for_datasets()
            timeline.add(Read(timeline.now, in_list=True))
            self._is_unread = False

    def read_until_complete(self, every: int = PLAIN.every) -> None:
        """Poll the datasets in progress until they have ended."""
        if not self._is_unread:
            return
        timeline = self._timeline
        left = (self._ends - timeline.now).total_seconds()
        every = max(every, ceil(left / POLLS))
        while True:
            timeline.tick(seconds=every)
            timeline.add(Read(timeline.now))
            if timeline.now >= self._ends:
                break
        self._is_unread = False

    def _ids_of(self, data_type: DataType, records: list[Record]) -> set[RecordId]:
        """The ids of pending records."""
        return {
            id_
            for id_, record in self.pending.items()
            if id_[0] == data_type and any(record is each for each in records)
        }

    def _forget(self, data_type: DataType, delete: Record) -> None:
        """Drop all versions of a deleted record, and push its delete only if it was pushed."""
        keys = [id_ for id_ in {*self.pending, *self._pushed} if is_of(id_, data_type, delete)]
        for id_ in keys:
            self.pending.pop(id_, None)
        if self._pushed.intersection(keys):
            self.pending[data_type, delete["id"]] = delete
        self._pushed.difference_update(keys)


def key_of(change: Change) -> str:
    """The key of a record: its id, for a transaction `id/type`."""
    record = change.record
    return f"{record['id']}/{record['type']}" if change.data_type == TRANSACTIONS else record["id"]


def is_of(id_: RecordId, data_type: DataType, delete: Record) -> bool:
    """Whether a delete concerns a record; a transaction's concerns all with its id.

    Args:
        id_: of the record.
        data_type: of the delete.
        delete: an object with only an id.

    Source: contract section 3.
    """
    return id_[0] == data_type and id_[1].partition("/")[0] == delete["id"]
