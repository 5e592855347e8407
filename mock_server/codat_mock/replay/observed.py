"""What the answers in a recording show of companies, datasets and syncs, and when."""

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
from codat_mock.har.reader import decoded
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
    """What answers are read as: any of their properties may be absent, and more may be there."""


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
    sync_id: str = ""
    sync_status_code: int = 0
    sync_date_range_utc: ObservedRange | None = None


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
    """What the answers of a recording show, each with the moment its request was sent.

    Args:
        calls: in the order they were sent.

    Attributes:
        companies: by id.
        connections: of each company.
        datasets: by id.
        configurations: of each company, its own and those that it sent.
        syncs: of each company, those that fell due, each once.
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
        self._asked_for: set[str] = set()
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
            self._take_configuration(call, decoded(call.recorded.answered, ObservedConfiguration))
        elif operation == "set-configuration":
            sent = decoded(call.recorded.sent, ObservedConfiguration)
            self._take_configuration(call, sent and replace(sent, configured=True))
        elif operation in MANUAL:
            self._asked_for.update(sync.sync_id for sync in many(call, ObservedSync))
        elif operation in SYNCS:
            for sync in many(call, ObservedSync):
                if sync.sync_id not in self._asked_for:
                    self.syncs[call.company_id][sync.sync_id] = sync

    def _take_configuration(self, call: Call, found: ObservedConfiguration | None) -> None:
        if found:
            self.configurations[call.company_id].append((call.recorded.started, found))

    def is_unlinked_after(self, company_id: str, source_type: str, moment: datetime) -> bool:
        """Whether a later answer shows that a company had no linked connection of that kind yet."""
        later = [found for at, found in self.connections[company_id] if at > moment]
        return bool(later) and all(
            each.status == "PendingAuth" for each in later[0] if each.source_type == source_type
        )

    def is_unconfigured_after(self, company_id: str, moment: datetime) -> bool:
        """Whether a later answer shows that a company's mapping was still to be configured."""
        later = [found for at, found in self.configurations[company_id] if at > moment]
        return bool(later) and later[0].configured is False

    def schedule(self, company_id: str) -> tuple[Schedule | None, bool]:
        """The first schedule with a start date that a company shows, and whether it is enabled."""
        for _, found in self.configurations[company_id]:
            schedule = read(read_schedule, found.schedule)
            if schedule and schedule.start_date:
                return schedule, found.enabled is not False
        return None, True


def read(decode: Decode, raw: Raw) -> Any:
    """What was decoded; None where it is of another form."""
    try:
        return decode(raw)
    except (msgspec.DecodeError, ValueError):
        return None


def many(call: Call, kind: Any) -> Iterator[Any]:
    """What an answer tells of: one thing, a list of them, or a page."""
    body = call.recorded.answered
    listed = decoded(body, list[Raw])
    if listed is None:
        page = decoded(body, ObservedPage)
        listed = page.results if page and page.results else ([body] if body else [])
    found = (decoded(bytes(raw), kind) for raw in listed)
    return (each for each in found if each is not None)


def moment(text: str | None) -> datetime | None:
    """A date-time of an answer; None where it is none."""
    try:
        return parse_moment(text) if text else None
    except ValueError:
        return None


def all_syncs(shown: ObservedTraffic) -> Iterator[tuple[str, ObservedSync]]:
    """The syncs that fell due, with their companies."""
    pairs = ([(company, sync) for sync in syncs.values()] for company, syncs in shown.syncs.items())
    return chain.from_iterable(pairs)
