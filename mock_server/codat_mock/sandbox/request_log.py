"""The log of the integration's requests: every one with its answer and what it broke."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from codat_mock.clock import format_moment, machine_seconds
from codat_mock.models.commerce import Wire
from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import CausedFinding, LoggedBodies, LoggedRequest
from codat_mock.sandbox import evaluation
from codat_mock.sandbox.client_behaviour import Exchange, Instant
from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.session import Session
from codat_mock.storage.request_log import decode_entry, pack

REQUESTS_AT_ONCE: Final = 1000


class RequestLogPage(Wire, kw_only=True, omit_defaults=False):
    """Requests of the integration.

    Args:
        count: how many were found.
        dropped: how many could not be kept.
        requests: the last ones found, by their numbers.
    """

    count: int
    dropped: int
    requests: list[LoggedRequest]


def record(
    session: Session,
    entry: LoggedRequest,
    bodies: LoggedBodies,
    arrived: float,
    answered: float | None = None,
) -> list[CausedFinding]:
    """Judge a request beside the earlier ones, and append it to the log.

    Args:
        session: the one in which the request was carried out.
        entry: the request; its time and findings are filled in.
        bodies: what was sent and answered, empty where the dataset keeps them.
        arrived: when its first byte came, in seconds of `machine_seconds`.
        answered: when it was answered, on the same scale; None for now.

    Returns:
        What the request broke.
    """
    row = session.tables.row
    row.requests = max(row.requests, entry.number)
    end = answered_at(session.now, arrived, answered)
    entry.at, entry.seconds = format_moment(session.now), round(end.machine - arrived, 3)
    exchange = Exchange(entry=entry, arrived=Instant(arrived, session.now), answered=end)
    judged = session.client_behaviour.judged(exchange)
    if judged.poll and entry.dataset_id in session.ended_datasets and not entry.is_lost:
        count = session.client_behaviour.count_after_end(judged.poll.dataset_id)
        judged = replace(judged, poll=replace(judged.poll, reads_after_end=count))
    evaluation.take(session, judged)
    entry.findings = [*session.caused]
    session.tables.request_log.add(entry, pack(bodies.sent), pack(bodies.answered))
    return entry.findings


def find(sandbox: Sandbox, is_match: Callable[[LoggedRequest], bool], limit: int) -> RequestLogPage:
    """The requests that match, with the last `limit` of them in full.

    They are read in chunks, and compared between sessions: there may be very many.

    Args:
        sandbox: whose log it is.
        is_match: whether to take a request.
        limit: how many are given in full.
    """
    count, last = 0, 0
    found: deque[LoggedRequest] = deque(maxlen=limit)
    while True:
        with sandbox.session() as session:
            stored = session.tables.request_log.after(last, REQUESTS_AT_ONCE)
            dropped = session.tables.request_log.dropped()
        for entry in map(decode_entry, stored):
            last = entry.number
            if is_match(entry):
                count += 1
                found.append(entry)
        if len(stored) < REQUESTS_AT_ONCE:
            return RequestLogPage(count=count, dropped=dropped, requests=[*found])


def get(session: Session, number: int) -> tuple[LoggedRequest, LoggedBodies]:
    """One request with its bodies.

    Raises:
        NotFound: there is none of that number, or it was dropped.
    """
    entry = session.tables.request_log.find(number)
    if entry is None:
        raise NotFound(f"Request {number} is not in the log.")
    bodies = session.tables.request_log.bodies(number)
    if not bodies.sent and entry.sent_bytes and entry.dataset_id and entry.company_id:
        company = session.company(entry.company_id)
        dataset = session.tables.datasets.find(company.number, entry.dataset_id)
        if dataset:  # else it was deleted with its connection
            body = session.tables.datasets.body(dataset.number)
            answer = b'{"data":%b,"datasetId":"%b"}' % (body, entry.dataset_id.encode())
            bodies = LoggedBodies(body, bodies.answered or answer)
    return entry, bodies


def exchanges(sandbox: Sandbox) -> Iterator[tuple[LoggedRequest, LoggedBodies]]:
    """All requests with their bodies, each read in a session of its own: they may be large."""
    with sandbox.session() as session:
        numbers = session.tables.request_log.numbers()
    for number in numbers:
        try:
            with sandbox.session() as session:
                found = get(session, number)
        except NotFound:  # dropped since
            continue
        yield found


def answered_at(now: datetime, arrived: float, answered: float | None) -> Instant:
    """When a request was answered: now, or as long after its arrival as was recorded.

    Args:
        now: the sandbox's time, UTC.
        arrived: in seconds of the machine's clock.
        answered: likewise; None for now.
    """
    if answered is None:
        return Instant(machine_seconds(), now)
    return Instant(answered, now + timedelta(seconds=answered - arrived))
