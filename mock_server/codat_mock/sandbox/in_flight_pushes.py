"""Which pushes are under way, by the machine's clock: what rule S05 needs to know."""

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
    """A push under way: from the arrival of its first byte until its answer is ready."""

    def __init__(self, request: Request, arrived: float) -> None:
        self.request = request
        self.arrived = arrived
        self.answered = float("inf")
        self.is_judged = False


class InFlightPushes:
    """The pushes under way, and the last ones that ended, by company and data type."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._passages: dict[tuple[str, DataType], deque[InFlightPush]] = defaultdict(
            lambda: deque(maxlen=REMEMBERED)
        )

    @contextmanager
    def passage(
        self,
        company_id: str,
        data_type: DataType,
        request: Request,
        arrived: float,
        answered: float | None = None,
    ) -> Iterator[InFlightPush]:
        """Count a push as under way, between moments in seconds of the machine's clock.

        Without `answered` it ends with the context.
        """
        passage = InFlightPush(request, arrived)
        with self._lock:
            self._passages[company_id, data_type].append(passage)
        try:
            yield passage
        finally:
            passage.answered = machine_seconds() if answered is None else answered

    def overlaps(
        self, passage: InFlightPush, company_id: str, data_type: DataType
    ) -> list[Request]:
        """The pushes, judged before this one, that had not been answered when it arrived.

        Of two that overlap, the one judged second is told of the first, and never both ways.
        """
        with self._lock:
            passage.is_judged = True
            return [
                other.request
                for other in self._passages[company_id, data_type]
                if other is not passage and other.is_judged and other.answered > passage.arrived
            ]
