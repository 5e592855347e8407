"""How an integration behaves from request to request: what the rules of talking need to know.

Kept in memory: a server that is started again has seen nothing. Time that passes is the sandbox's
or the machine's, whichever is more: a client that really waits is right under a frozen clock too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from threading import Lock
from typing import Final, Generic, TypeVar

from msgspec import Struct

from codat_mock.models.request_log import LoggedRequest
from codat_mock.rules.contexts import ExchangeContext, Poll, Repeat, Request, Wait

REMEMBERED: Final = 1000
TRIES: Final = 20  # of one failing request that are remembered
DATASET_READS: Final = ("get-dataset", "get-dataset-later")

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Instant(Struct, frozen=True):
    """A moment on both clocks: the machine's in seconds, the sandbox's in UTC."""

    machine: float
    sandbox: datetime

    def until(self, later: Instant) -> float:
        """How many seconds have passed."""
        return max(later.machine - self.machine, (later.sandbox - self.sandbox).total_seconds())


class Exchange(Struct, frozen=True):
    """A request that has just been answered.

    Args:
        arrived: when its first byte came.
        answered: when its answer was ready.
    """

    entry: LoggedRequest
    arrived: Instant
    answered: Instant


class Asked(Struct):
    """A wait that an answer asked for; `company_id` is None where it is for all."""

    asked_by: Request
    seconds: float
    since: Instant
    company_id: str | None


class Failing(Struct, frozen=True):
    """A request that failed the last times it was tried.

    Args:
        gaps: seconds between the tries.
        refused_bytes: how long the body was that was refused; None for a failure of another kind.
    """

    last: Instant
    has_retry_after: bool
    requests: list[Request]
    gaps: list[float]
    refused_bytes: int | None


class Recent(OrderedDict[Key, Value], Generic[Key, Value]):
    """The last things that were put in, and no more."""

    def put(self, key: Key, value: Value) -> None:
        """Put something in, as the newest."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > REMEMBERED:
            self.popitem(last=False)


class ClientBehaviour:
    """What is remembered of the last requests of one sandbox."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: list[Asked] = []
        self._failing: Recent[tuple[str, str], Failing] = Recent()
        self._polls: Recent[str, tuple[Request, Instant]] = Recent()
        self._after_end: Recent[str, int] = Recent()

    def judged(self, exchange: Exchange) -> ExchangeContext:
        """The request beside those before it, and remember it."""
        entry = exchange.entry
        request = Request(entry.number, entry.at, entry.method, entry.path, entry.caller)
        with self._lock:
            waits, has_waited = self._waits(exchange)
            judged = ExchangeContext(
                company_id=entry.company_id or "",
                request=request,
                status=entry.status,
                operation=entry.operation or "",
                nearest=entry.nearest or "",
                is_planned=entry.is_planned,
                waits=waits,
                has_waited=has_waited,
                repeat=self._repeat(exchange, request),
                poll=self._poll(exchange, request),
            )
            if entry.status in (429, 503) and exchange.entry.retry_after is not None:
                company_id = entry.company_id if entry.status == 429 else None
                asked = Asked(request, exchange.entry.retry_after, exchange.answered, company_id)
                self._asked.append(asked)
        return judged

    def _waits(self, exchange: Exchange) -> tuple[list[Wait], bool]:
        """The waits that are not over, and whether one has been kept."""
        waits, kept, has_waited = [], [], False
        for asked in self._asked:
            # 503 is for everybody; 429 is for the worker that sends such requests.
            is_same = asked.asked_by.path == exchange.entry.path
            concerns_it = asked.company_id is None or (
                is_same and asked.company_id == exchange.entry.company_id
            )
            is_before = exchange.arrived.machine < asked.since.machine
            passed = asked.since.until(exchange.arrived)
            if is_before or not concerns_it:
                kept.append(asked)
            elif passed < asked.seconds:
                waits.append(Wait(asked.asked_by, asked.seconds, passed))
                kept.append(asked)
            else:
                has_waited = True
        self._asked = kept[-REMEMBERED:]
        return waits, has_waited

    def _repeat(self, exchange: Exchange, request: Request) -> Repeat | None:
        """The failed tries of the same request before this one."""
        key = (request.method, request.path)
        failing = self._failing.pop(key, None)
        repeat = None
        requests: list[Request] = []
        gaps: list[float] = []
        if failing:
            requests = failing.requests
            gaps = [*failing.gaps, failing.last.until(exchange.arrived)]
            repeat = Repeat(tuple(requests), tuple(gaps), failing.has_retry_after)
        status = exchange.entry.status
        if not (exchange.entry.is_lost or status >= 500 or status in (400, 429)):
            return repeat
        refused_bytes = exchange.entry.sent_bytes if status == 400 else None
        if failing and failing.refused_bytes != refused_bytes:
            # Another body was refused, or the failure is of another kind.
            requests, gaps = [], []
        self._failing.put(
            key,
            Failing(
                last=exchange.answered,
                has_retry_after=exchange.entry.retry_after is not None,
                requests=[*requests, request][-TRIES:],
                # The first one is what the later ones have grown from.
                gaps=[*gaps[:1], *gaps[1:][1 - TRIES :]],
                refused_bytes=refused_bytes,
            ),
        )
        return repeat

    def _poll(self, exchange: Exchange, request: Request) -> Poll | None:
        """The read of the same dataset before this one; after a failed one it does not count."""
        dataset_id = exchange.entry.dataset_id
        if exchange.entry.operation not in DATASET_READS or dataset_id is None:
            return None
        previous = self._polls.pop(dataset_id, None)
        if exchange.entry.status < 400 and not exchange.entry.is_lost:
            self._polls.put(dataset_id, (request, exchange.arrived))
        if previous is None:
            return None
        return Poll(dataset_id, previous[0], previous[1].until(exchange.arrived))

    def count_after_end(self, dataset_id: str) -> int:
        """Count one more read of a dataset whose end had been read before; returns the number."""
        count = self._after_end.get(dataset_id, 0) + 1
        self._after_end.put(dataset_id, count)
        return count
