"""The limits that a client keeps between requests: Retry-After, poll rate, one push at a time."""

from __future__ import annotations

from typing import Any, Final

import httpx

from codat_push.clock import Clock
from codat_push.errors import NotFound, PushUnderway, RequestError, RetryAfterActive
from codat_push.models import Dataset
from codat_push.operations import Call, Flow

MIN_POLL_SECONDS: Final = 1.0


class Throttle:
    """Decides when a request may be sent.

    Args:
        clock: reads the time.
        min_poll_seconds: the least seconds between two polls of one dataset.
    """

    def __init__(self, clock: Clock, min_poll_seconds: float) -> None:
        self._clock = clock
        self._look_seconds = min_poll_seconds
        self._suspended_until: dict[str, float] = {}  # by company; empty: of every company
        self._polls: dict[str, float] = {}  # when each dataset may be polled again
        self._underway: dict[tuple[str, str], list[str]] = {}

    def check(self, company: str, request: httpx.Request) -> None:
        """Send nothing for a company before its `Retry-After` has passed. Keeps rule T04.

        Raises:
            RetryAfterActive: it has not.
        """
        now = self._clock.monotonic()
        lasting = {key: until for key, until in self._suspended_until.items() if until > now}
        self._suspended_until = lasting
        left = max(lasting.get(company, now), lasting.get("", now)) - now
        if left > 0:
            message = f"not sent; Retry-After: {left:.0f} s left"
            raise RetryAfterActive(message, request, retry_after=left)

    def pause_before(self, call: Call) -> float:
        """Seconds to wait before a call. Keeps rule T06."""
        if not call.is_poll:
            return 0.0
        now = self._clock.monotonic()
        self._polls = {path: due for path, due in self._polls.items() if due > now}
        due = self._polls.get(call.path, now)
        self._polls[call.path] = due + self._look_seconds
        return due - now

    def note_failure(self, company: str, error: RequestError) -> None:
        """Learn from a failure: when to send again, or that a dataset no longer exists."""
        if error.retry_after:
            scope = "" if error.is_outage else company
            until = self._clock.monotonic() + error.retry_after
            self._suspended_until[scope] = max(until, self._suspended_until.get(scope, until))
        if isinstance(error, NotFound):
            self._forget(error.request.url.path.rpartition("/")[2])

    def note_answer(self, answer: Any) -> None:
        """Learn from an answer that a dataset has ended."""
        if isinstance(answer, Dataset) and answer.has_ended:
            self._forget(answer.id)

    def one_at_a_time(self, company: str, data_type: str, push: Flow[Dataset]) -> Flow[Dataset]:
        """Push, unless the previous push has not ended. Keeps rules S05 and S06.

        Args:
            company: its id.
            data_type: of the push.
            push: the flow to run.

        Raises:
            PushUnderway: the previous push has not ended.
        """
        this: list[str] = []  # the dataset's id, once it is known
        key = company, data_type
        previous = self._underway.setdefault(key, this)
        if previous is not this:
            name = f"dataset {previous[0]}" if previous else "the previous push"
            raise PushUnderway(
                f"{name} of {data_type} has not ended yet; wait for it before the next push"
            )
        try:
            dataset = yield from push
        except BaseException:
            del self._underway[key]
            raise
        this.append(dataset.id)
        return dataset

    def _forget(self, dataset_id: str) -> None:
        ended = [key for key, ids in self._underway.items() if dataset_id in ids]
        for key in ended:
            del self._underway[key]
