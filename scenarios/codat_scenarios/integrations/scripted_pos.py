"""A scripted point of sale: what it sells, changes and voids from a Friday to a Tuesday."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from codat_mock.clock import parse_moment
from codat_scenarios.integrations.environment import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    TUESDAY,
    Environment,
    synced_at,
)
from codat_scenarios.integrations.pos_sale import LISTS, DataType, PosSale, Record

Key = tuple[DataType, str, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a record.

    Args:
        at: when the merchant made the change, UTC.
        record: the whole record; of a deletion, its last version.
        is_deleted: whether the change deletes it.
    """

    at: datetime
    data_type: DataType
    record: Record
    is_deleted: bool = False

    @property
    def key(self) -> Key:
        """What identifies the record: data type, id and, for a transaction, its type."""
        kind = self.record["type"] if self.data_type == "commerce-transactions" else None
        return self.data_type, self.record["id"], kind

    @property
    def created(self) -> datetime:
        """When the record was created, UTC."""
        return parse_moment(self.record["createdDate"])


class ScriptedPos:
    """All changes at one point of sale.

    Args:
        environment: how much it sold before the integration goes live.
        number: which of the platform's points of sale it is, from 1.
    """

    def __init__(self, environment: Environment, number: int = 1) -> None:
        self.changes = sorted(changes(environment.backlog, number), key=lambda change: change.at)

    def between(self, after: datetime | None, until: datetime) -> list[Change]:
        """The changes after one moment (all, if None) until another, in order."""
        return [
            change
            for change in self.changes
            if (after is None or change.at > after) and change.at <= until
        ]

    def truth(self) -> dict[str, list[Record]]:
        """The merchant's records at the end, as `PUT /_mock/…/merchant-records` takes them.

        Changes made after a record's sync are left out: the merchant corrects the books by hand.
        """
        last: dict[Key, Change] = {}
        for change in self.changes:
            if change.at < synced_at(change.created):
                last[change.key] = change
        records: dict[str, list[Any]] = {name: [] for name in LISTS.values()}
        for change in last.values():
            if not change.is_deleted:
                records[LISTS[change.data_type]].append(change.record)
        return records


def changes(backlog: int, number: int) -> Iterator[Change]:
    """Everything that happens at one point of sale.

    On Monday a sale is voided two minutes after it was rung up, another within the hour, and a
    third is corrected; the shop closes early. On Tuesday two of Monday's sales, which are in the
    books by then, are changed and voided; and there is a last sale late in the evening.
    """

    def sale(name: str, at: datetime, pounds: str, **more: Any) -> PosSale:
        return PosSale(f"{number}-{name}", at, Decimal(pounds), **more)

    yield from made(sale("friday", at(FRIDAY, "16:00"), "18.00"))
    pause = timedelta(seconds=8 * 3600 // backlog)
    for place in range(backlog):
        moment = at(SATURDAY, "09:00") + place * pause
        yield from made(sale(f"saturday-{place}", moment, "24.00", by_card=place % 2 == 0))
    named = sale("named", at(MONDAY, "09:20"), "85.00")
    cash = sale("cash", at(MONDAY, "10:15"), "9.50", by_card=False)
    mistaken = sale("mistaken", at(MONDAY, "11:30"), "36.00")
    voided = sale("voided", at(MONDAY, "12:10"), "54.00")
    corrected = sale("corrected", at(MONDAY, "12:20"), "30.00")
    for each in (named, cash, mistaken, voided, corrected):
        yield from made(each)
    yield from deleted(mistaken, at(MONDAY, "11:32"))
    yield from deleted(voided, at(MONDAY, "12:50"))
    yield from changed(corrected, at(MONDAY, "12:45"), price=Decimal("33.00"))
    yield from changed(named, at(TUESDAY, "09:10"), customer="Mrs Jones")
    yield from deleted(cash, at(TUESDAY, "09:15"))
    regular = sale("regular", at(TUESDAY, "13:20"), "18.00", by_card=False)
    yield from made(sale("morning", at(TUESDAY, "10:05"), "42.00"))
    yield from made(regular)
    yield from changed(regular, at(TUESDAY, "18:10"), price=Decimal("20.00"))
    yield from made(sale("tipped", at(TUESDAY, "17:45"), "27.50", tip=Decimal("2.50")))
    yield from made(sale("late", at(TUESDAY, "21:30"), "61.00"))


def made(sale: PosSale) -> Iterator[Change]:
    """A sale is made."""
    for data_type, record in sale.records():
        yield Change(sale.at, data_type, record)


def changed(sale: PosSale, moment: datetime, **properties: Any) -> Iterator[Change]:
    """A sale is changed: those of its records whose content differs.

    Args:
        sale: as it was.
        moment: UTC; becomes its modified date.
        properties: the new values of `PosSale`'s fields.
    """
    after = replace(sale, modified=moment, **properties)
    for (data_type, old), (_, new) in zip(sale.records(), after.records(), strict=True):
        if content(old) != content(new):
            yield Change(moment, data_type, new)


def deleted(sale: PosSale, moment: datetime) -> Iterator[Change]:
    """A sale is voided, and all its records are deleted."""
    for data_type, record in sale.records():
        yield Change(moment, data_type, record, is_deleted=True)


def content(record: Record) -> Record:
    """A record without its stamp."""
    return {**record, "sourceModifiedDate": None}


def at(day: datetime, clock: str) -> datetime:
    """That time, `HH:MM`, of a day."""
    hours, minutes = clock.split(":")
    return day + timedelta(hours=int(hours), minutes=int(minutes))
