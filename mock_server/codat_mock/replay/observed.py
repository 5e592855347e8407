"""The state of companies, datasets and syncs that the answers of a recording show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from codat_mock.clock import parse_moment
from codat_mock.har.reader import decode_json
from codat_mock.models.configuration import Schedule
from codat_mock.models.decoding import Decode, decoder
from codat_mock.replay.routes import Call
from codat_mock.sandbox.client_behaviour import DATASET_READS

DATASETS: Final = (*DATASET_READS, "list-datasets")
SYNCS: Final = (
    "get-sync-status", "get-latest-sync", "get-last-successful-sync", "list-syncs", "get-sync",
)  # fmt: skip
MANUAL: Final = ("run-sync", "run-historic-sync")
read_schedule: Final = decoder(Schedule)


class Observed(Struct, rename="camel"):
    """A part of an answer: any property may be absent, and others may be present."""


class ObservedConnection(Observed, rename="camel"):
    """A connection."""

    id: str = ""
    integration_key: str = ""
    source_type: str = ""
    status: str = ""


class ObservedCompany(Observed, rename="camel"):
    """A company."""

    id: str = ""
    name: str = ""
    data_connections: list[ObservedConnection] | None = None


class ObservedDataset(Observed, rename="camel"):
    """A dataset."""

    id: str = ""
    data_type: str = ""
    status: str = ""
    requested: str | None = None
    completed: str | None = None
    is_completed: bool = False
    is_errored: bool = False


class ObservedRange(Observed):
    """A period."""

    start: str = ""
    finish: str = ""


class ObservedSync(Observed, rename="camel"):
    """A sync."""

    company_id: str = ""
    commerce_sync_id: str = ""
    sync_id: str = ""
    sync_status_code: int = 0
    sync_date_range_utc: ObservedRange | None = None

    @property
    def id(self) -> str:
        """The sync's id, which has one of two names or both, by the operation."""
        return self.sync_id or self.commerce_sync_id


class ObservedConfiguration(Observed, rename="camel"):
    """A configuration."""

    configured: bool | None = None
    enabled: bool | None = None
    schedule: Raw = Raw(b"null")


class ObservedPush(Observed, rename="camel"):
    """The answer to a push."""

    dataset_id: str = ""


class ObservedPage(Observed):
    """A page of a list."""

    results: list[Raw] = []


class ObservedTraffic:
    """What the answers of a recording show, with the times of their requests.

    Args:
        calls: the requests, in the order in which they were sent.

    Attributes:
        companies: the companies, by id.
        connections: the connections of each company, by its id.
        datasets: the states of each dataset, by its id.
        configurations: the configurations of each company, by its id.
        syncs: the scheduled syncs of each company by id, by the company's id.
        sync_codes: the status codes of each sync, by its id.
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        self.companies: dict[str, ObservedCompany] = {}
        self.connections: dict[str, list[tuple[datetime, list[ObservedConnection]]]] = defaultdict(
            list
        )
        self.datasets: dict[str, list[tuple[datetime, ObservedDataset]]] = defaultdict(list)
        self.configurations: dict[str, list[tuple[datetime, ObservedConfiguration]]] = defaultdict(
            list
        )
        self.syncs: dict[str, dict[str, ObservedSync]] = defaultdict(dict)
        self.sync_codes: dict[str, list[int]] = defaultdict(list)
        self._manual: set[str] = set()
        for call in calls:
            if call.recorded.is_accepted:
                self._take(call)

    def _take(self, call: Call) -> None:
        started, operation = call.recorded.started, call.operation
        if operation.startswith(("list-companies", "get-company")):
            for company in many(call, ObservedCompany):
                self.companies[company.id] = company
                if company.data_connections is not None:
                    self.connections[company.id].append((started, company.data_connections))
        elif operation.startswith("list-connections"):
            self.connections[call.company_id].append(
                (started, list(many(call, ObservedConnection)))
            )
        elif operation in DATASETS:
            for dataset in many(call, ObservedDataset):
                self.datasets[dataset.id].append((started, dataset))
        elif operation == "get-configuration":
            self._take_configuration(
                call, decode_json(call.recorded.answered, ObservedConfiguration)
            )
        elif operation == "set-configuration":
            sent = decode_json(call.recorded.sent, ObservedConfiguration)
            self._take_configuration(call, sent and replace(sent, configured=True))
        elif operation in MANUAL:
            self._manual.update(sync.id for sync in many(call, ObservedSync))
        elif operation in SYNCS:
            for sync in many(call, ObservedSync):
                self.sync_codes[sync.id].append(sync.sync_status_code)
                if sync.id not in self._manual:
                    shown = self.syncs[call.company_id]
                    # The later generation's answers lack the period that others show.
                    if sync.sync_date_range_utc or sync.id not in shown:
                        shown[sync.id] = sync

    def _take_configuration(self, call: Call, found: ObservedConfiguration | None) -> None:
        if found:
            self.configurations[call.company_id].append((call.recorded.started, found))

    def is_unlinked_after(self, company_id: str, source_type: str, moment: datetime) -> bool:
        """Whether a later answer shows no linked connection of that kind.

        Args:
            company_id: the company's id.
            source_type: Commerce or Accounting.
            moment: UTC.
        """
        later = [found for at, found in self.connections[company_id] if at > moment]
        return bool(later) and all(
            each.status == "PendingAuth" for each in later[0] if each.source_type == source_type
        )

    def is_unconfigured_after(self, company_id: str, moment: datetime) -> bool:
        """Whether a later answer shows that the mapping was not configured yet."""
        later = [found for at, found in self.configurations[company_id] if at > moment]
        return bool(later) and later[0].configured is False

    def schedule(self, company_id: str) -> tuple[Schedule | None, bool]:
        """The first observed schedule with a start date, and whether it is enabled."""
        for _, found in self.configurations[company_id]:
            schedule = read(read_schedule, found.schedule)
            if schedule and schedule.start_date:
                return schedule, found.enabled is not False
        return None, True


def read(decode: Decode, raw: Raw) -> Any:
    """Decode a part of an answer; None if it is of another type."""
    try:
        return decode(raw)
    except (msgspec.DecodeError, ValueError):
        return None


def many(call: Call, kind: Any) -> Iterator[Any]:
    """The objects in an answer: one, a list, or a page of them."""
    body = call.recorded.answered
    listed = decode_json(body, list[Raw])
    if listed is None:
        page = decode_json(body, ObservedPage)
        listed = page.results if page and page.results else ([body] if body else [])
    found = (decode_json(bytes(raw), kind) for raw in listed)
    return (each for each in found if each is not None)


def moment(text: str | None) -> datetime | None:
    """A date-time of an answer; None if it is not one."""
    try:
        return parse_moment(text) if text else None
    except ValueError:
        return None


def all_syncs(observed: ObservedTraffic) -> Iterator[tuple[str, ObservedSync]]:
    """The scheduled syncs, with the ids of their companies."""
    pairs = (
        [(company, sync) for sync in syncs.values()] for company, syncs in observed.syncs.items()
    )
    return chain.from_iterable(pairs)
