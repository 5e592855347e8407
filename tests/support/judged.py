"""Subjects of the rules made by hand, and what one rule finds in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from codat_mock.models.commerce import Record, Transaction
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import exact_record, pushed_record
from codat_mock.rules.contexts import (
    Context,
    KnownVersion,
    PushContext,
    RecordContext,
    Request,
    SyncContext,
    SyncedRecord,
)
from codat_mock.rules.registry import RULES, rules_on

ORDERS: DataType = "commerce-orders"
PAYMENTS: DataType = "commerce-payments"
TRANSACTIONS: DataType = "commerce-transactions"
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
REQUEST = Request(9, "2022-03-21T12:00:00Z", "POST", "/data")


def look(code: str, subject: Context) -> list[tuple[str, str]] | None:
    """The records in which a rule is broken, with the notes; None if it does not apply."""
    rule = RULES[code]
    assert rule in rules_on(type(subject))
    if not rule.applies(subject):
        return None
    return [(each.record, each.note) for each in rule.look(subject)]


def of(data_type: DataType, **properties: Any) -> Record:
    """A record by its properties in JSON, in pounds."""
    given = {"id": "O", "currency": "GBP", **properties}
    return exact_record(data_type, msgspec.json.encode(given))


def order(total: float | None = 85, **properties: Any) -> Record:
    """An order of this total."""
    named = {} if total is None else {"totalAmount": total}
    return of(ORDERS, **named, **properties)


def payment(amount: float | None = 85, id_: str = "P", **properties: Any) -> Record:
    """A paid payment by card."""
    named = {} if amount is None else {"amount": amount}
    given = {"id": id_, "type": "Card", "status": "Paid", **named, **properties}
    return of(PAYMENTS, **given)


def transaction(
    amount: float | None = 85,
    source: tuple[str, str] | None = ("O", "Order"),
    kind: str = "Payment",
    id_: str = "P",
    **properties: Any,
) -> Record:
    """A transaction of this amount, source and type."""
    named: dict[str, Any] = {} if amount is None else {"totalAmount": amount}
    if source:
        named["transactionSourceRef"] = {"id": source[0], "type": source[1]}
    given = {"id": id_, "type": kind, **named, **properties}
    return of(TRANSACTIONS, **given)


def name_of(record: Record) -> tuple[DataType, str]:
    """A record's data type and key."""
    kinds: dict[str, DataType] = {"Order": ORDERS, "Payment": PAYMENTS}
    data_type = kinds.get(type(record).__name__, TRANSACTIONS)
    kind = f"/{record.type}" if isinstance(record, Transaction) else ""
    return data_type, f"{record.id}{kind}"


def synced(records: Sequence[Record]) -> list[SyncedRecord]:
    """Records as a sync has picked them, each from a request of its own, by number from 1."""
    return [
        SyncedRecord(*name_of(record), record, Request(number, "", "POST", "/data"))
        for number, record in enumerate(records, start=1)
    ]


def sync(*records: Record, others: Sequence[Record] = (), **more: Any) -> SyncContext:
    """A sync that picked records."""
    known: Mapping[Any, Record] = {name_of(each): each for each in others}
    return SyncContext(sync_id="s", at="now", records=synced(records), others=known, **more)


def version(data_type: DataType = ORDERS, number: int = 1, **properties: Any) -> KnownVersion:
    """A version accepted and answered before; flags of it are given by their names."""
    names = ("is_delete", "is_answered", "is_synced")
    flags = {name: properties.pop(name, name == "is_answered") for name in names}
    raw = msgspec.json.encode({"id": "O", **properties})
    return KnownVersion(
        data_type, {0: raw}, 0, accepted_by=Request(number, "", "POST", "/data"), **flags
    )


def pushed(
    data_type: DataType = ORDERS, context: Mapping[str, Any] | None = None, **properties: Any
) -> RecordContext:
    """A pushed record by its properties in JSON.

    Args:
        data_type: its own.
        context: what was known of it.
        properties: in JSON; the id is O.
    """
    raw = msgspec.json.encode({"id": "O", **properties})
    return RecordContext(pushed_record(data_type, 0, raw), **{"known": None, **(context or {})})


def push(*records: RecordContext, **more: Any) -> PushContext:
    """A push of records at noon."""
    data_type = records[0].pushed.data_type if records else ORDERS
    given = {"data_type": data_type, "at": NOON, "request": REQUEST, **more}
    return PushContext(records=records, **given)
