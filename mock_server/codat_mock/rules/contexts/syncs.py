"""A sync as the rules judge it: what it took, what came late, and what had ended by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from msgspec import UNSET, Struct

from codat_mock.models.commerce import LINKING, Order, Payment, Record, Transaction
from codat_mock.models.datasets import DatasetStatus, DataType
from codat_mock.rules.contexts.common import Context, Evidence, Request

RecordId = tuple[DataType, str]
ORDERS: DataType = "commerce-orders"
PAYMENTS: DataType = "commerce-payments"
TRANSACTIONS: DataType = "commerce-transactions"
SOURCES: dict[str, DataType] = {"Order": ORDERS, "Payment": PAYMENTS}


class SyncedRecord(Struct, frozen=True):
    """A version of a record, and the push that brought it."""

    data_type: DataType
    key: str
    record: Record
    brought_by: Request


class PlacedRecord(Struct, frozen=True):
    """A record by its key, and the push that brought it."""

    data_type: DataType
    key: str
    brought_by: Request


class EndedDataset(Struct, frozen=True):
    """A dataset that has ended.

    Args:
        pushed_by: the push it came from.
        is_polled: whether it was read at all, by its id.
        is_read: whether its end was read, by its id or in the list.
        is_told: whether an alert of its end was delivered.
        unmended: what it held, where it failed and no later push holds it.
    """

    id: str
    data_type: DataType
    outcome: DatasetStatus
    pushed_by: Request
    is_polled: bool
    is_read: bool
    is_told: bool
    unmended: Sequence[str] = ()

    @property
    def is_failed(self) -> bool:
        """Whether it brought nothing."""
        return self.outcome != "Complete"


class SyncContext(Context, frozen=True, dict=True, kw_only=True):
    """A sync that ran.

    Args:
        sync_id: its id.
        at: when it ran.
        records: what it took, in the order of acceptance.
        others: the latest versions of other records that those name, picked by it or not.
        missing_types: the data types never pushed, where that made it fail.
        late: what was pushed shortly before it, and was not Complete when it ran.
        ended: datasets that ended before it, and were not looked at by an earlier sync.
    """

    sync_id: str
    at: str
    records: Sequence[SyncedRecord] = ()
    others: Mapping[RecordId, Record] = {}
    missing_types: Sequence[DataType] = ()
    late: Sequence[PlacedRecord] = ()
    ended: Sequence[EndedDataset] = ()

    @property
    def place(self) -> str:
        """Which sync it is."""
        return f" (sync of {self.at})"

    @property
    def has_timely(self) -> bool:
        """Whether any record was in time for it, or late."""
        return bool(self.records or self.late)

    @cached_property
    def taken(self) -> dict[RecordId, SyncedRecord]:
        """What it took, by data type and key."""
        return {(each.data_type, each.key): each for each in self.records}

    @cached_property
    def orders(self) -> list[tuple[str, Order]]:
        """The orders it took, by key."""
        return [(each.key, each.record) for each in self.records if isinstance(each.record, Order)]

    @cached_property
    def payments(self) -> list[tuple[str, Payment]]:
        """The paid payments it took, by key."""
        return [
            (each.key, each.record)
            for each in self.records
            if isinstance(each.record, Payment) and each.record.status == "Paid"
        ]

    @cached_property
    def transactions(self) -> list[tuple[str, Transaction]]:
        """The transactions it took, by key."""
        return [
            (each.key, each.record) for each in self.records if isinstance(each.record, Transaction)
        ]

    def find(self, data_type: DataType, key: str) -> Record | None:
        """A record that it took, or that is known besides."""
        taken = self.taken.get((data_type, key))
        return taken.record if taken else self.others.get((data_type, key))

    def transaction_of(self, payment: str) -> Transaction | None:
        """The transaction of a payment: of type Payment, or Refund where money went back."""
        for name in transactions_of(payment):
            found = self.find(*name)
            if isinstance(found, Transaction):
                return found
        return None

    def evidence(
        self, data_type: DataType, key: str, note: str = "", others: Iterable[RecordId] = ()
    ) -> Evidence:
        """Evidence in a record that it took, with the pushes that brought it and others."""
        found = (self.taken.get(name) for name in chain([(data_type, key)], others))
        pushes = [each.brought_by for each in found if each]
        return Evidence(key, note, data_type=data_type, requests=pushes)


def transactions_of(payment: str) -> Iterator[RecordId]:
    """The transactions that a payment may have, the one of type Payment first."""
    for kind in LINKING:
        yield TRANSACTIONS, f"{payment}/{kind}"


def source_of(transaction: Transaction) -> RecordId | None:
    """The order or payment that a transaction belongs to; None where it names neither."""
    source = transaction.transaction_source_ref
    if source is UNSET or source.type is UNSET or source.id is UNSET:
        return None
    kind = SOURCES.get(source.type)
    return (kind, source.id) if kind else None
