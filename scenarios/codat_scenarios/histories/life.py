"""A merchant's life with an integration that keeps the rules by construction."""

from __future__ import annotations

from datetime import datetime, timedelta

from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_scenarios.histories.history import History, Night, Pushed, Step
from codat_scenarios.histories.reckoning import RecordId
from codat_scenarios.histories.till import Sale, Till
from codat_scenarios.merchants import TRANSACTIONS, Change, Record
from codat_scenarios.stage import MORNING

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Life:
    """Lived step by step, each a minute after the other; it never breaks a rule by itself.

    Sales are corrected, given back and deleted only until their sync; every record is pushed once
    a version, whole; a delete is sparse, and only of what was pushed; everything is pushed before
    the night.

    Attributes:
        now: UTC.
        till: the merchant's system.
        steps: what has happened so far.
    """

    def __init__(self) -> None:
        self.now = MORNING
        self.till = Till()
        self.steps: list[Step] = []
        self._pending: dict[RecordId, Record] = {}
        self._pushed: set[RecordId] = set()
        self._types_pushed: set[DataType] = set()

    def sell(self, pence: int, tip: int = 0, by_card: bool = True) -> None:
        """Sell something."""
        self._record(self.till.sell(self.tick(), pence, tip, by_card=by_card))

    def correct(self, which: int, pence: int) -> None:
        """Correct the price of one of today's sales, if there are any."""
        if sale := self._choose(which):
            self._record(self.till.correct(self.tick(), sale, pence))

    def give_back(self, which: int, pence: int) -> None:
        """Give back money for one of today's sales, if there are any."""
        if sale := self._choose(which):
            self._record(self.till.give_back(self.tick(), sale, pence))

    def delete(self, which: int) -> None:
        """Delete one of today's sales, if there are any."""
        if sale := self._choose(which):
            self._record(self.till.delete(self.tick(), sale))

    def push(self) -> None:
        """Push what is new or changed; of a data type never pushed, at least an empty list."""
        moment = self.tick()
        for data_type in LIST_NAMES:
            records = [self._pending[id_] for id_ in self._pending if id_[0] == data_type]
            if records or data_type not in self._types_pushed:
                self.steps.append(Pushed(moment, data_type, records))
                self._types_pushed.add(data_type)
        self._pushed |= {id_ for id_, record in self._pending.items() if record.keys() != {"id"}}
        self._pending.clear()

    def push_rest(self) -> None:
        """Push what is new or changed, if anything is."""
        if self._pending:
            self.push()

    def night(self) -> None:
        """Push what is left, and let the night pass with its sync."""
        self.push_rest()
        self.till.close()
        self.now = self.now.replace(hour=MORNING.hour, minute=0) + DAY
        self.steps.append(Night(self.now))

    def history(self, breaks: str | None = None) -> History:
        """The history up to the next morning.

        Args:
            breaks: the code of the rule that one of the steps breaks.
        """
        self.night()
        return History(tuple(self.steps), dict(self.till.due), breaks)

    def tick(self) -> datetime:
        """Let a minute pass."""
        self.now += MINUTE
        return self.now

    def take_pending(self, data_type: DataType) -> list[Record]:
        """Take what is to be pushed of a data type, for a push that is made otherwise."""
        taken = [id_ for id_ in self._pending if id_[0] == data_type]
        self._pushed |= set(taken)
        self._types_pushed.add(data_type)
        return [self._pending.pop(id_) for id_ in taken]

    def _choose(self, which: int) -> Sale | None:
        sales = self.till.open_sales()
        return sales[which % len(sales)] if sales else None

    def _record(self, changes: list[Change]) -> None:
        self.steps += changes
        for change in changes:
            if change.record.keys() == {"id"}:
                self._forget(change.data_type, change.record)
            else:
                self._pending[change.data_type, key_of(change)] = change.record

    def _forget(self, data_type: DataType, delete: Record) -> None:
        """Push no version of a deleted record any more, and its delete only if it was pushed."""
        keys = [id_ for id_ in {*self._pending, *self._pushed} if is_of(id_, data_type, delete)]
        for id_ in keys:
            self._pending.pop(id_, None)
        if self._pushed.intersection(keys):
            self._pending[data_type, delete["id"]] = delete
        self._pushed.difference_update(keys)


def key_of(change: Change) -> str:
    """What identifies a record: its id, for a transaction its id and type."""
    record = change.record
    return f"{record['id']}/{record['type']}" if change.data_type == TRANSACTIONS else record["id"]


def is_of(id_: RecordId, data_type: DataType, delete: Record) -> bool:
    """Whether a delete is for that record; of transactions, for all with its id."""
    return id_[0] == data_type and id_[1].partition("/")[0] == delete["id"]
