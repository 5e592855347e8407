"""What a client remembers from one request to the next, so that no use of its verbs is rude."""

from __future__ import annotations

from typing import Any, Final

import httpx

from codat_push.clock import Clock
from codat_push.errors import NotFound, PushUnderway, RequestError, RetryAfterActive
from codat_push.models import Dataset
from codat_push.operations import Call, Script

LOOK_SECONDS: Final = 1.0


class Throttle:
    """When a request may be sent.

    Args:
        clock: how time is read.
        look_seconds: how long apart two looks at one dataset are at least.
    """

    def __init__(self, clock: Clock, look_seconds: float) -> None:
        self._clock = clock
        self._look_seconds = look_seconds
        self._quiet_until: float | None = None
        self._looks: dict[str, float] = {}  # when each dataset may be looked at again
        self._underway: dict[tuple[str, str], list[str]] = {}

    def check(self, request: httpx.Request) -> None:
        """Send nothing at all before `Retry-After` is over. Keeps rule T04.

        Raises:
            LeftAlone: it is not over.
        """
        if self._quiet_until is not None:
            left = self._quiet_until - self._clock.monotonic()
            if left > 0:
                told = f"not sent: the service asked to be left alone for another {left:.0f} s"
                raise RetryAfterActive(told, request, retry_after=left)
            self._quiet_until = None

    def pause_before(self, call: Call) -> float:
        """Seconds to let pass before a call. Keeps rule T06."""
        if not call.is_look:
            return 0.0
        now = self._clock.monotonic()
        self._looks = {path: due for path, due in self._looks.items() if due > now}
        due = self._looks.get(call.path, now)
        self._looks[call.path] = due + self._look_seconds
        return due - now

    def note_failure(self, error: RequestError) -> None:
        """Learn from a refusal: to keep quiet, or that a dataset is not there any more."""
        if error.retry_after and not isinstance(error, RetryAfterActive):
            until = self._clock.monotonic() + error.retry_after
            self._quiet_until = max(until, self._quiet_until or until)
        if isinstance(error, NotFound):
            self._forget(error.request.url.path.rpartition("/")[2])

    def note_answer(self, answer: Any) -> None:
        """Learn from an answer: that a dataset has ended."""
        if isinstance(answer, Dataset) and answer.has_ended:
            self._forget(answer.id)

    def one_at_a_time(self, company: str, data_type: str, push: Script[Dataset]) -> Script[Dataset]:
        """Push, unless the push before has not ended. Keeps rules S05 and S06.

        Raises:
            PushUnderway: it has not.
        """
        mine: list[str] = []  # the dataset's id, once it is known
        key = company, data_type
        before = self._underway.setdefault(key, mine)
        if before is not mine:
            named = f"dataset {before[0]}" if before else "the push before"
            raise PushUnderway(
                f"{named} of {data_type} has not been seen to end; wait for it, then push the next"
            )
        try:
            dataset = yield from push
        except BaseException:
            del self._underway[key]
            raise
        mine.append(dataset.id)
        return dataset

    def _forget(self, dataset_id: str) -> None:
        ended = [key for key, named in self._underway.items() if dataset_id in named]
        for key in ended:
            del self._underway[key]
