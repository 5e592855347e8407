"""The pushes in flight, by the machine's clock: what rule S05 needs to know."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from codat_mock.clock import machine_seconds
from codat_mock.models.datasets import DataType
from codat_mock.rules.contexts import Request

REMEMBERED: Final = 64


class InFlightPush:
    """A push from the arrival of its first byte until its answer is ready.

    Attributes:
        request: which request it is; None until it is judged.
    """

    def __init__(self, arrived: float) -> None:
        self.arrived = arrived
        self.answered = float("inf")
        self.request: Request | None = None


class InFlightPushes:
    """The pushes in flight, and the last ones that ended, by company and data type."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pushes: dict[tuple[str, DataType], deque[InFlightPush]] = defaultdict(
            lambda: deque(maxlen=REMEMBERED)
        )

    @contextmanager
    def enter(
        self, company_id: str, data_type: DataType, arrived: float, answered: float | None = None
    ) -> Iterator[InFlightPush]:
        """Count a push as in flight.

        Args:
            company_id: the company it is for.
            data_type: the type of its records.
            arrived: when its first byte came, in seconds of `machine_seconds`.
            answered: when it was answered, on the same scale; None for the end of the context.
        """
        push = InFlightPush(arrived)
        with self._lock:
            self._pushes[company_id, data_type].append(push)
        try:
            yield push
        finally:
            push.answered = machine_seconds() if answered is None else answered

    def overlaps(
        self, push: InFlightPush, company_id: str, data_type: DataType, request: Request
    ) -> list[Request]:
        """The pushes, judged before this one, that had not been answered when it arrived.

        Of two that overlap, only the one judged second gets the other.

        Args:
            push: this one.
            company_id: the company's id.
            data_type: what it holds.
            request: as findings refer to it.
        """
        with self._lock:
            push.request = request
            return [
                other.request
                for other in self._pushes[company_id, data_type]
                if other is not push and other.request and other.answered > push.arrived
            ]
