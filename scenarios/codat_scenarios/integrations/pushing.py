"""What every integration here does; a broken one overrides a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from codat_scenarios.integrations.pos_sale import LISTS, DataType, Record
from codat_scenarios.integrations.scripted_pos import Change, Key
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

TIMES: Final = ("09:30", "12:30", "13:30", "18:30", "22:30")
TRIES: Final = 3


class Integration:
    """Pushes the changes of one point of sale, and keeps the rules.

    Args:
        shop: the merchant's side.
        company_id: the company of the point of sale; the shop's first by default.
        service: calls the service.

    Attributes:
        chunk_size: the most records in one push.
    """

    chunk_size = 1000

    def __init__(self, shop: Shop, company_id: str = "", service: type[Codat] = Codat) -> None:
        self.shop = shop
        self.company_id = company_id or shop.company_id
        self.pos = shop.pos_by_company[self.company_id]
        self.codat = service(shop.base_url, shop.api_key, shop.sleep)
        self.start_date: datetime | None = None
        self.read_until: datetime | None = None
        self.synced_until: datetime | None = None
        self.pushed: set[Key] = set()

    def push_news(self) -> None:
        """Push the changes since the last time."""
        news = self.pos.between(self.read_until, self.shop.now)
        self.read_until = self.shop.now
        self.push(news)

    def push(self, changes: Iterable[Change]) -> None:
        """Push those changes that matter, type by type, until their datasets are Complete."""
        self.synced_until = self.codat.last_sync(self.company_id) or self.synced_until
        relevant = self.still_open(self.since_start_date(changes))
        for data_type in LISTS:
            of_type = [change for change in relevant if change.data_type == data_type]
            self.deliver(data_type, list(self.to_wire(self.newest(of_type))))

    def since_start_date(self, changes: Iterable[Change]) -> list[Change]:
        """The changes of records created on or after the start date."""
        if self.start_date is None:
            self.start_date = self.codat.start_date(self.company_id)
        return [change for change in changes if change.created >= self.start_date]

    def still_open(self, changes: Iterable[Change]) -> list[Change]:
        """The changes of records that are not synced yet; synced ones are corrected by hand."""
        return [change for change in changes if not self.is_synced(change)]

    def is_synced(self, change: Change) -> bool:
        """Whether the period that a record was created in is synced already."""
        return self.synced_until is not None and change.created < self.synced_until

    def newest(self, changes: Iterable[Change]) -> list[Change]:
        """The last change of each record."""
        return list({change.key: change for change in changes}.values())

    def to_wire(self, changes: Iterable[Change]) -> Iterator[Record]:
        """The records as pushed: whole, or the id alone for a deletion."""
        deleted = set()
        for change in changes:
            if not change.is_deleted:
                self.pushed.add(change.key)
                yield self.written(change)
            elif change.key in self.pushed:
                self.pushed.discard(change.key)
                # One delete is for every transaction with that id, whatever its type.
                if change.record["id"] not in deleted:
                    deleted.add(change.record["id"])
                    yield self.deletion(change)

    def written(self, change: Change) -> Record:
        """A new or changed record on the wire."""
        return change.record

    def deletion(self, change: Change) -> Record:
        """A deletion on the wire: the id alone (guide: Rules for deleting data)."""
        return {"id": change.record["id"]}

    def deliver(self, data_type: DataType, records: Sequence[Record]) -> None:
        """Push records in chunks, each after the last one's dataset has ended."""
        for start in range(0, len(records), self.chunk_size):
            self.deliver_chunk(data_type, records[start : start + self.chunk_size])

    def deliver_chunk(self, data_type: DataType, records: Sequence[Record]) -> None:
        """Push records, and push them again if their dataset fails.

        Raises:
            RuntimeError: every dataset failed.
        """
        for _ in range(TRIES):
            dataset_id = self.codat.push(self.company_id, data_type, records)
            outcome = self.outcome(dataset_id)
            if outcome == "Complete":
                return
        raise RuntimeError(f"{data_type} ended in {outcome}, {TRIES} times")

    def outcome(self, dataset_id: str) -> str:
        """Wait until a dataset has ended; returns its last status."""
        return self.codat.outcome(self.company_id, dataset_id)


def through_the_day(shop: Shop, integration: Integration) -> None:
    """Push several times a day, and always before the sync (guide: Rules for sending data)."""
    for _ in shop.times(*TIMES):
        integration.push_news()


def nightly(shop: Shop, integration: Integration) -> None:
    """Push once a day, after the shop has closed."""
    for _ in shop.times("22:30"):
        integration.push_news()
