"""Syncs as subjects of the rules: their records, late records, and what they could not book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import cached_property
from itertools import chain

from msgspec import Struct

from codat_mock.models.commerce import LINKING, Order, Payment, Record, Transaction
from codat_mock.models.datasets import DatasetStatus, DataType
from codat_mock.rules.contexts.common import Context, Evidence, Request

RecordId = tuple[DataType, str]
ORDERS: DataType = "commerce-orders"
PAYMENTS: DataType = "commerce-payments"
TRANSACTIONS: DataType = "commerce-transactions"
FEES = ("PaymentFee", "PaymentFeeRefund")
SOURCES: dict[str, DataType] = {"Order": ORDERS, "Payment": PAYMENTS}


class SyncedRecord(Struct, frozen=True, gc=False):
    """A version of a record, and the push that held it."""

    data_type: DataType
    key: str
    record: Record
    pushed_by: Request


class PlacedRecord(Struct, frozen=True):
    """A record by its key, and the push that held it."""

    data_type: DataType
    key: str
    pushed_by: Request


class EndedDataset(Struct, frozen=True):
    """A dataset that has ended.

    Args:
        pushed_by: its push.
        is_polled: whether it was read by its id at all.
        is_read: whether its outcome was read, by its id or in the list.
        is_alerted: whether an alert about its outcome was delivered.
        unresolved: the records that it held, if it failed and no later push holds them.
    """

    id: str
    data_type: DataType
    outcome: DatasetStatus
    pushed_by: Request
    is_polled: bool
    is_read: bool
    is_alerted: bool
    unresolved: Sequence[str] = ()

    @property
    def is_failed(self) -> bool:
        """Whether it ended without being Complete."""
        return self.outcome != "Complete"


class FailedPush(Struct, frozen=True):
    """A push that was answered with an error, or not at all.

    Args:
        why: how it failed, such as `request 12 was answered 503`.
        unresolved: the records that it held, and no later push does.
    """

    data_type: DataType
    request: Request
    why: str
    unresolved: Sequence[str]


class RecordsContext(Context, frozen=True, dict=True, kw_only=True):
    """Records of a company, beside others that they belong to.

    Args:
        records: in the order of acceptance.
        others: the latest versions of other records that those refer to.
        deleted: those of them that were deleted.
        deferred: those of `records` that could not be booked yet. Whether what they belong to is
            missing is judged with the books: it may still come.
    """

    records: Sequence[SyncedRecord] = ()
    others: Mapping[RecordId, Record] = {}
    deleted: Set[RecordId] = frozenset()
    deferred: Set[RecordId] = frozenset()

    @property
    def size(self) -> int:
        """The number of records in it, on which the time of its rules depends."""
        return len(self.records)

    @cached_property
    def picked(self) -> dict[RecordId, SyncedRecord]:
        """The records that it picked, by data type and key."""
        return {(each.data_type, each.key): each for each in self.records}

    def is_deferred(self, data_type: DataType, key: str) -> bool:
        """Whether a record could not be booked yet."""
        return (data_type, key) in self.deferred

    @cached_property
    def orders(self) -> list[tuple[str, Order]]:
        """The orders that it picked, with their keys."""
        return [(each.key, each.record) for each in self.records if isinstance(each.record, Order)]

    @cached_property
    def payments(self) -> list[tuple[str, Payment]]:
        """The paid payments that it picked, with their keys."""
        return [
            (each.key, each.record)
            for each in self.records
            if isinstance(each.record, Payment) and each.record.status == "Paid"
        ]

    @cached_property
    def transactions(self) -> list[tuple[str, Transaction]]:
        """The transactions that it picked, with their keys."""
        return [
            (each.key, each.record) for each in self.records if isinstance(each.record, Transaction)
        ]

    @cached_property
    def fees(self) -> set[tuple[str, RecordId | None, bool]]:
        """The types and sources of the fees that it picked, and whether they are below zero."""
        return {
            (str(each.type), source_of(each), each.total_amount < 0)
            for _, each in self.transactions
            if each.type in FEES and each.total_amount
        }

    @cached_property
    def _by_key(self) -> dict[DataType, dict[str, Record]]:
        """The records that it picked of each data type: they are looked up very often."""
        found: dict[DataType, dict[str, Record]] = {ORDERS: {}, PAYMENTS: {}, TRANSACTIONS: {}}
        for each in self.records:
            found[each.data_type][each.key] = each.record
        return found

    def find(self, data_type: DataType, key: str) -> Record | None:
        """A record that it picked, or another known one."""
        return self._by_key[data_type].get(key) or self.others.get((data_type, key))

    def transaction_of(self, payment: str) -> Transaction | None:
        """The transaction of a payment: of type Payment, or Refund for money paid back."""
        for kind in LINKING:
            found = self.find(TRANSACTIONS, f"{payment}/{kind}")
            if isinstance(found, Transaction):
                return found
        return None

    def evidence(
        self, data_type: DataType, key: str, note: str = "", others: Iterable[RecordId] = ()
    ) -> Evidence:
        """Evidence in a record that it picked, with the pushes of it and of the others.

        Args:
            data_type: the records'.
            key: the record's.
            note: what the message adds about it.
            others: records whose pushes are named, too.
        """
        found = (self.picked.get(name) for name in chain([(data_type, key)], others))
        pushes = [each.pushed_by for each in found if each]
        return Evidence(key, note, data_type=data_type, requests=pushes)


class SyncContext(RecordsContext, frozen=True, dict=True, kw_only=True):
    """A sync that ran, with the records that it picked.

    Args:
        sync_id: its id.
        at: when it ran.
        missing_types: the data types never pushed, if that made it fail.
        late: records pushed shortly before it whose dataset was not Complete when it ran.
        late_deletes: those of its records whose delete was pushed as late.
        ended: datasets that ended before it, and were not judged at an earlier sync.
        failed: pushes that failed at once before it, and were not judged at an earlier sync.
        failure: why it failed, if the records or the mapping made it fail; else empty.
        blamed: the records that made it fail.
    """

    sync_id: str
    at: str
    missing_types: Sequence[DataType] = ()
    late: Sequence[PlacedRecord] = ()
    late_deletes: Sequence[PlacedRecord] = ()
    ended: Sequence[EndedDataset] = ()
    failed: Sequence[FailedPush] = ()
    failure: str = ""
    blamed: Sequence[RecordId] = ()

    @property
    def place(self) -> str:
        """The sync."""
        return f" (sync of {self.at})"

    @property
    def has_timely(self) -> bool:
        """Whether it has any record, in time or late."""
        return bool(self.records or self.late)

    @property
    def has_known_deletes(self) -> bool:
        """Whether a delete of one of its records came late."""
        return bool(self.late_deletes)


class OpenRecordsContext(RecordsContext, frozen=True, dict=True, kw_only=True):
    """The records of a company that are in no books at this moment.

    Args:
        records: those that a sync has picked, and none could book.
        unbooked: those of `others` that are not in the books either.
        unreconciled: why records could not be booked, by record.
        start_date: the configured start date, UTC.
        early: records created before it.
        is_all_early: whether every record was.
    """

    unbooked: Set[RecordId] = frozenset()
    unreconciled: Mapping[RecordId, str] = {}
    start_date: datetime | None = None
    early: Sequence[PlacedRecord] = ()
    is_all_early: bool = False


def transactions_of(payment: str) -> Iterator[RecordId]:
    """The ids that a payment's transaction may have, of type Payment first."""
    for kind in LINKING:
        yield TRANSACTIONS, f"{payment}/{kind}"


def source_of(transaction: Transaction) -> RecordId | None:
    """The order or payment that a transaction belongs to; None if it names neither."""
    source = transaction.transaction_source_ref
    if not source or not source.type or not source.id:
        return None
    kind = SOURCES.get(source.type)
    return (kind, source.id) if kind else None
