"""An integration that keeps the rules by construction: what it knows, and what it sends."""

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

Way = Literal["at once", "later", "in the list"]
POLLS: Final = 4  # about so many reads until a dataset has ended
REALISTIC: Final = timedelta(seconds=ceil(sum(PROFILES["realistic"])))
GET_DATASET: Final = "get-dataset"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the ends of datasets are read.

    Args:
        way: again and again at once; later; or at once in the list.
        every: seconds between two reads, at the least.
        fault: what the first read meets; None for nothing.
    """

    way: Way = "at once"
    every: int = 8
    fault: Json | None = None


PLAIN: Final = Reading()


class Integration:
    """What pushes a merchant's records.

    Every record is pushed once a version, whole; a delete is sparse, and only of what was pushed.
    No push comes before the datasets of the pushes before it have ended; what has failed is
    pushed again, first of all; what got no answer is sent again, after ever longer waits.

    Attributes:
        pending: what is to be pushed, by data type and key.
        failed: what was in a dataset that has failed, and has not been pushed since.
        lost: how many pushes have no dataset that is known of and Complete.
        is_open: whether accounting is linked and the mapping configured.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.pending: dict[RecordId, Record] = {}
        self.failed: set[RecordId] = set()
        self.lost = 0
        self.is_open = False
        self._diary = timeline
        self._pushed: set[RecordId] = set()
        self._types_pushed: set[DataType] = set()
        self._ends = MORNING  # when the last of the datasets under way has ended
        self._is_unread = False

    def open(self) -> None:
        """Have the merchant link accounting, and configure the mapping, if it is not done yet."""
        if not self.is_open:
            self.is_open = True
            self._diary.note(Configured(self._diary.tick()))

    def take(self, changes: Iterable[Change]) -> None:
        """Take what the merchant's system has recorded."""
        for change in changes:
            if change.record.keys() == {"id"}:
                self._forget(change.data_type, change.record)
            else:
                self.pending[change.data_type, key_of(change)] = change.record

    def push(self, trouble: PlannedFaults | None = None, reading: Reading = PLAIN) -> None:
        """Push what is new or changed; of a data type never pushed, at least an empty list."""
        self.open()
        self._diary.tick()
        self.wait_for_datasets()
        for data_type in LIST_NAMES:
            records = self.pending_of(data_type)
            if records or data_type not in self._types_pushed:
                own = trouble if trouble and trouble.data_type == data_type else None
                self.push_one(data_type, records, own)
        self.read(reading)

    def push_one(
        self, data_type: DataType, records: list[Record], trouble: PlannedFaults | None = None
    ) -> None:
        """Push records of a data type; what is pending of it is not any more, unless it fails."""
        timeline = self._diary
        trouble = trouble or PlannedFaults(data_type)
        if trouble.fault:
            timeline.plan("faults", trouble.planned_fault)
            self.lost += trouble.tries
            for seconds in trouble.waits:
                timeline.note(Pushed(timeline.now, data_type, records))
                timeline.tick(seconds=seconds)
        if (trouble.profile, trouble.outcome) != ("realistic", "Complete"):
            timeline.plan("outcomes", trouble.planned_outcome)
        timeline.note(Pushed(timeline.now, data_type, records))
        self.expect_end(timeline.now + timedelta(seconds=ceil(sum(PROFILES[trouble.profile]))))
        ids = self._ids_of(data_type, records)
        if trouble.outcome == "Complete":
            self.settle(ids)
            self._types_pushed.add(data_type)
        else:
            self.lost += 1
            self.failed |= ids

    def push_to_fail(self, data_type: DataType, records: list[Record]) -> None:
        """Push records in such a way that nothing can come of it; they stay pending."""
        self._diary.note(Pushed(self._diary.now, data_type, records))
        self.expect_end(self._diary.now + REALISTIC)
        self.failed |= self._ids_of(data_type, records)
        self.lost += 1

    def pending_of(self, data_type: DataType) -> list[Record]:
        """What is to be pushed of a data type."""
        return [record for (kind, _), record in self.pending.items() if kind == data_type]

    def drop(self, ids: Iterable[RecordId]) -> None:
        """Forget that those records are to be pushed."""
        for id_ in [*ids]:
            self.pending.pop(id_, None)
            self.failed.discard(id_)

    def settle(self, ids: Iterable[RecordId]) -> None:
        """Note that those records need not be pushed any more: their versions are taken."""
        for id_ in ids:
            record = self.pending.pop(id_, None)
            self.failed.discard(id_)
            if record is not None and record.keys() != {"id"}:
                self._pushed.add(id_)

    def expect_end(self, moment: datetime) -> None:
        """Note that a dataset will have ended by that moment."""
        self._ends = max(self._ends, moment)
        self._is_unread = True

    def wait_for_datasets(self) -> None:
        """Let time pass until every dataset has ended."""
        self._diary.now = max(self._diary.now, self._ends)

    def read(self, reading: Reading = PLAIN) -> None:
        """Read how the datasets under way end, in one of the ways there are."""
        if not self._is_unread:
            return
        timeline = self._diary
        if reading.fault:
            timeline.tick()
            timeline.plan(
                "faults", {"faults": [{**reading.fault, "operation": GET_DATASET, "at": [1]}]}
            )
            timeline.note(Read(timeline.now))
            timeline.tick(seconds=max(2, reading.fault.get("retryAfter", 0)))
        if reading.way == "at once":
            self.read_to_the_end(reading.every)
        elif reading.way == "in the list":
            self.wait_for_datasets()
            timeline.note(Read(timeline.now, in_list=True))
            self._is_unread = False

    def read_to_the_end(self, every: int = PLAIN.every) -> None:
        """Read the datasets under way again and again until they have ended."""
        if not self._is_unread:
            return
        timeline = self._diary
        left = (self._ends - timeline.now).total_seconds()
        every = max(every, ceil(left / POLLS))
        while True:
            timeline.tick(seconds=every)
            timeline.note(Read(timeline.now))
            if timeline.now >= self._ends:
                break
        self._is_unread = False

    def _ids_of(self, data_type: DataType, records: list[Record]) -> set[RecordId]:
        """Which of what is pending those records are."""
        return {
            id_
            for id_, record in self.pending.items()
            if id_[0] == data_type and any(record is each for each in records)
        }

    def _forget(self, data_type: DataType, delete: Record) -> None:
        """Push no version of a deleted record any more, and its delete only if it was pushed."""
        keys = [id_ for id_ in {*self.pending, *self._pushed} if is_of(id_, data_type, delete)]
        for id_ in keys:
            self.pending.pop(id_, None)
        if self._pushed.intersection(keys):
            self.pending[data_type, delete["id"]] = delete
        self._pushed.difference_update(keys)


def key_of(change: Change) -> str:
    """What identifies a record: its id, for a transaction its id and type."""
    record = change.record
    return f"{record['id']}/{record['type']}" if change.data_type == TRANSACTIONS else record["id"]


def is_of(id_: RecordId, data_type: DataType, delete: Record) -> bool:
    """Whether a delete is for that record; of transactions, for all with its id."""
    return id_[0] == data_type and id_[1].partition("/")[0] == delete["id"]
