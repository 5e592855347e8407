"""The request journal, as verbs of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from itertools import count

from msgspec.structs import replace

from codat_mock.clock import format_moment, machine_seconds
from codat_mock.models.commerce import Wire
from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import CausedFinding, LoggedBodies, LoggedRequest
from codat_mock.sandbox import evaluation
from codat_mock.sandbox.client_behaviour import ClientBehaviour, Exchange, Instant
from codat_mock.sandbox.session import Session
from codat_mock.storage.request_log import pack


class RequestLogPage(Wire, kw_only=True, omit_defaults=False):
    """Requests of the integration.

    Args:
        count: how many were found.
        dropped: how many could not be kept.
        requests: the last of those that were found, by their numbers.
    """

    count: int
    dropped: int
    requests: list[LoggedRequest]


class RequestLog:
    """The verbs of the journal; each is one turn.

    Args:
        begin: begins a turn of the sandbox.
        last: the last number that was given.
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Session]], last: int) -> None:
        self._session = begin
        self._numbers = count(last + 1)
        self._conduct = ClientBehaviour()
        self._is_closed = False

    def close(self) -> None:
        """Keep no more: the sandbox begins anew, and what is under way belongs to the old one."""
        self._is_closed = True

    def number(self) -> int:
        """The number of a request that has come."""
        return next(self._numbers)

    def note(
        self,
        entry: LoggedRequest,
        sent: bytes,
        answer: bytes,
        arrived: float,
        answered: float | None = None,
    ) -> list[CausedFinding]:
        """Keep a request with its answer; gives what it broke.

        Args:
            entry: what is known of it but for the time and the findings.
            sent: its body, empty where that is kept with a dataset.
            answer: the answer's body, empty likewise.
            arrived: when its first byte came, in machine seconds.
            answered: when its answer was there, where it is one that has happened already.
        """
        packed, packed_answer = pack(sent), pack(answer)
        with self._session() as session:
            if self._is_closed:
                return []
            row = session.tables.row
            row.requests = max(row.requests, entry.number)
            end = answered_at(session.now, arrived, answered)
            seconds = round(end.machine - arrived, 3)
            told = replace(entry, at=format_moment(session.now), seconds=seconds)
            exchange = Exchange(entry=told, arrived=Instant(arrived, session.now), answered=end)
            evaluation.take(session, self._conduct.judged(exchange))
            caused = session.caused.pop(entry.number, [])
            told = replace(told, findings=caused)
            session.tables.journal.add(told, packed, packed_answer)
        return caused

    def exchanges(self) -> Iterator[tuple[LoggedRequest, LoggedBodies]]:
        """All requests that are kept, with their bodies."""
        with self._session() as session:
            numbers = [entry.number for entry in session.tables.journal.all()]
        for number in numbers:
            with suppress(NotFound):  # dropped since
                yield self.request(number)

    def requests(self, is_wanted: Callable[[LoggedRequest], bool], most: int) -> RequestLogPage:
        """The requests that are wanted, the last `most` of them told."""
        with self._session() as session:
            found = [entry for entry in session.tables.journal.all() if is_wanted(entry)]
            dropped = session.tables.journal.dropped()
        return RequestLogPage(
            count=len(found), dropped=dropped, requests=found[max(len(found) - most, 0) :]
        )

    def request(self, number: int) -> tuple[LoggedRequest, LoggedBodies]:
        """One request with its bodies.

        Raises:
            Unknown: there is none of that number, or it was dropped.
        """
        with self._session() as session:
            entry = session.tables.journal.find(number)
            if entry is None:
                raise NotFound(f"Request {number} is not in the journal.")
            bodies = session.tables.journal.bodies(number)
            if not bodies.sent and entry.sent_bytes and entry.dataset_id and entry.company_id:
                company = session.company(entry.company_id)
                dataset = session.tables.datasets.find(company.number, entry.dataset_id)
                body = session.tables.datasets.body(dataset.number) if dataset else b""
                answer = b'{"data":%b,"datasetId":"%b"}' % (body, entry.dataset_id.encode())
                bodies = LoggedBodies(body, bodies.answered or answer)
        return entry, bodies


def answered_at(now: datetime, arrived: float, answered: float | None) -> Instant:
    """When an answer was there: now, or so long after its request as was recorded."""
    if answered is None:
        return Instant(machine_seconds(), now)
    return Instant(answered, now + timedelta(seconds=answered - arrived))
