"""Polling a dataset until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from codat_push import operations
from codat_push.clock import Clock
from codat_push.errors import RequestError, WaitTimeout
from codat_push.models import Dataset
from codat_push.operations import Flow, Pause

Progress = Callable[[Dataset], object]
FIRST_POLL_SECONDS: Final = 2.0
POLL_GROWTH: Final = 15  # the longest pause is this many times the first


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """How to wait for a dataset.

    Args:
        clock: reads the time.
        first_poll: seconds before the first poll; the pauses grow from there.
        seconds: the longest wait.
        progress: called with the dataset after each poll.
    """

    clock: Clock
    first_poll: float
    seconds: float
    progress: Progress | None = None


def wait(dataset: Dataset, options: WaitOptions) -> Flow[Dataset]:
    """Poll a dataset at growing intervals until it ends, in whatever status.

    Polls with a transient failure are repeated, never sooner than before. Keeps rules T04 to T07.

    Raises:
        WaitTimeout: it did not end in time.
        RequestError: a poll failed for good.
    """
    until = options.clock.monotonic() + options.seconds
    retry_after: float | None = None  # seconds, after a poll that failed
    company, identity, data_type = dataset.company_id, dataset.id, dataset.data_type
    for pause in pauses(options.first_poll):
        if dataset.has_ended:
            break
        left = until - options.clock.monotonic()
        if left <= 0 or (retry_after is not None and max(pause, retry_after) > left):
            message = f"dataset {dataset.id} is still {dataset.status} after {options.seconds:g} s"
            raise WaitTimeout(message)
        yield Pause(max(min(pause, left), retry_after or 0.0))
        try:
            dataset = yield from operations.dataset(company, identity)
        except RequestError as error:
            if not error.is_transient:
                raise
            retry_after = error.retry_after or 0.0
        else:
            dataset = replace(dataset, company_id=company, data_type=data_type)
            retry_after = None
            if options.progress:
                options.progress(dataset)
    return dataset


def next_poll(previous: float | None, first: float = FIRST_POLL_SECONDS) -> float:
    """Seconds until the next poll of a dataset, after a pause of `previous` seconds (None: first).

    Grows by half each time, up to fifteen times the first pause.
    """
    if previous is None:
        return first
    return max(first, min(previous * 1.5, first * POLL_GROWTH))


def pauses(first: float) -> Iterator[float]:
    """The pauses between polls of one dataset, in seconds."""
    pause = None
    while True:
        pause = next_poll(pause, first)
        yield pause
