"""The companies of a recording, in the state that the traffic shows or that is assumed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from typing import Final, get_args

from msgspec.structs import replace

from codat_mock.clock import FIRST
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.companies import Connection, ConnectionStatus, SourceKind
from codat_mock.models.configuration import Schedule
from codat_mock.models.errors import ApiError
from codat_mock.replay.observed import ObservedConnection, ObservedTraffic, moment
from codat_mock.replay.routes import Call
from codat_mock.sandbox import companies, connections
from codat_mock.sandbox.session import Session

ACCOUNTING: Final = "gbol"  # if the traffic does not show the platform
PLATFORMS: Final[dict[SourceKind, str]] = {"Commerce": "lqai", "Accounting": ACCOUNTING}


class ReplayedCompanies:
    """The companies of a recording in a sandbox.

    Args:
        observed: what the answers of the recording show.
        created: the ids of the companies that the recording creates.
        oldest: the earliest `createdDate` that each company pushed, by id.

    Attributes:
        assumptions: the assumptions, each with the ids of its companies.
    """

    def __init__(
        self,
        observed: ObservedTraffic,
        created: Iterable[str],
        oldest: dict[str, datetime],
    ) -> None:
        self._observed = observed
        self._created = frozenset(created)
        self._oldest = oldest
        self._known: set[str] = set()
        self._configured: set[str] = set()
        self._connections: dict[str, str] = {}  # ids of the recording, with ours
        self.assumptions: dict[str, set[str]] = defaultdict(set)

    def add(self, session: Session, company_id: str, name: str, *, is_connected: bool) -> None:
        """Create a company.

        Args:
            session: the session.
            company_id: the company's id.
            name: the company's.
            is_connected: whether it has its commerce connection.
        """
        if company_id in self._known:
            return
        name = name.strip() or company_id
        companies.create(session, name, is_connected=is_connected, company_id=company_id)
        self._known.add(company_id)

    def ensure(self, session: Session, company_id: str, at: datetime) -> bool:
        """Whether a company exists; one from before the recording is prepared at first use.

        Args:
            session: the session.
            company_id: the company's id.
            at: when it happened, UTC.
        """
        if company_id in self._known:
            return True
        if not company_id or company_id in self._created:
            return False
        company = self._observed.companies.get(company_id)
        listed = self._observed.connections.get(company_id, [])
        platforms = [each for _, found in listed[:1] for each in found]
        key = next((each.integration_key for each in platforms if is_accounting(each)), ACCOUNTING)
        name = (company.name if company else "").strip() or company_id
        try:
            companies.prepare(session, name, key, company_id)
        except ApiError:
            companies.prepare(session, name, ACCOUNTING, company_id)
        self._known.add(company_id)
        self.configure(session, company_id, at)
        if not listed:
            self.assumptions["linked before the recording begins"].add(company_id)
        return True

    def configure(self, session: Session, company_id: str, at: datetime) -> None:
        """Configure a company: the schedule as observed, the rest as suggested.

        Args:
            session: the session.
            company_id: the company's id.
            at: when it happened, UTC.
        """
        configuration = suggest(companies.configuration(session, company_id))
        observed, configuration.enabled = self._observed.schedule(company_id)
        found = observed or self._schedule_of_syncs(company_id)
        if found is None:
            self.assumptions["configured to sync daily at 3:00, London time"].add(company_id)
        day = datetime.combine(at, time(0), at.tzinfo)
        start = min(self._oldest.get(company_id, day), day)
        schedule = found or Schedule(start_date=max(start, FIRST))
        configuration.schedule = replace(
            configuration.schedule,
            start_date=schedule.start_date,
            **{
                name: value
                for name in ("selected_frequency", "sync_hour_utc", "time_zone")
                if (value := getattr(schedule, name)) is not None
            },
        )
        companies.configure(session, company_id, configuration)
        self._configured.add(company_id)

    def _schedule_of_syncs(self, company_id: str) -> Schedule | None:
        """The schedule that the observed syncs of a company suggest, if there are any."""
        for sync in self._observed.syncs[company_id].values():
            period = sync.sync_date_range_utc
            start = moment(period.start) if period else None
            finish = moment(period.finish) if period else None
            if start and finish:
                assumption = f"configured to sync daily at {finish.hour}:00 UTC, as observed"
                self.assumptions[assumption].add(company_id)
                return Schedule(start_date=start, sync_hour_utc=finish.hour, time_zone="UTC")
        return None

    def remap(self, session: Session, company_id: str) -> None:
        """Map new tax rates, as the merchant is assumed to; syncing stays on or off."""
        if company_id in self._configured:
            known = companies.configuration(session, company_id)
            mapped = replace(suggest(known), enabled=known.enabled)
            companies.configure(session, company_id, mapped)

    def make_ready(self, session: Session, company_id: str, at: datetime) -> None:
        """Do what the merchant must have done before an accepted push, as far as not observed.

        Args:
            session: the session.
            company_id: the company's id.
            at: when it happened, UTC.
        """
        for kind in PLATFORMS:
            known = self._of_kind(session, company_id, kind)
            if any(each.status != "PendingAuth" for each in known):
                continue
            if self._observed.is_unlinked_after(company_id, kind, at):
                continue
            found = known or [connections.connect(session, company_id, PLATFORMS[kind])]
            connections.authorise(session, company_id, found[-1].id)
            self.assumptions[f"{kind.lower()} linked before the first push"].add(company_id)
        if company_id in self._configured:
            self.remap(session, company_id)  # what was configured before accounting was linked
            return
        if not self._observed.is_unconfigured_after(company_id, at):
            self.assumptions["configured before the first push"].add(company_id)
            self.configure(session, company_id, at)

    def connect(
        self, session: Session, call: Call, key: str, seen: ObservedConnection | None
    ) -> None:
        """Add a connection.

        Args:
            session: the session.
            call: the recorded request.
            key: the platform's.
            seen: the connection of its answer; None where that is not recorded.
        """
        try:
            added = connections.connect(session, call.company_id, key)
        except ApiError:
            added = connections.connect(session, call.company_id, ACCOUNTING)
        if seen:
            self._connections[seen.id] = added.id

    def update(self, session: Session, company_id: str, seen: Iterable[ObservedConnection]) -> None:
        """Set the status of connections as observed.

        Args:
            session: the session.
            company_id: the company's id.
            seen: the connections as an answer shows them.
        """
        for each in seen:
            if each.status not in get_args(ConnectionStatus):
                continue
            found = self._ours(session, company_id, each)
            if found and found.status != each.status:
                status: ConnectionStatus = each.status  # type: ignore[assignment]  # looked up above
                connections.update_connection(session, company_id, found.id, status)

    def _ours(
        self, session: Session, company_id: str, seen: ObservedConnection
    ) -> Connection | None:
        """The sandbox's connection for one of the recording."""
        known = companies.company(session, company_id).data_connections
        named = self._connections.get(seen.id)
        taken = set(self._connections.values())
        for each in known:
            is_free = each.id not in taken and each.source_type == seen.source_type
            if each.id == named or (named is None and is_free):
                self._connections[seen.id] = each.id
                return each
        return None

    def _of_kind(self, session: Session, company_id: str, kind: SourceKind) -> list[Connection]:
        found = companies.company(session, company_id).data_connections
        return [each for each in found if each.source_type == kind]

    def notes(self) -> list[str]:
        """The assumptions, a sentence each."""
        return [
            f"Assumed of {', '.join(sorted(ids))}: {assumption}; not shown by the traffic."
            for assumption, ids in self.assumptions.items()
        ]


def is_accounting(connection: ObservedConnection) -> bool:
    """Whether a connection is to an accounting platform."""
    return connection.source_type == "Accounting" and bool(connection.integration_key)
