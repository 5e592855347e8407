"""Waiting for the end of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from codat_push import operations
from codat_push.backoff import polls
from codat_push.clock import Clock
from codat_push.errors import RequestError, WaitTimeout
from codat_push.models import Dataset
from codat_push.operations import Pause, Script

Progress = Callable[[Dataset], object]


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """How to wait.

    Args:
        clock: how time is read.
        first_poll: seconds before the first look; the pauses grow from there.
        seconds: how long to wait at most.
        progress: called with the dataset after each look at it.
    """

    clock: Clock
    first_poll: float
    seconds: float
    progress: Progress | None = None


def wait(dataset: Dataset, patience: WaitOptions) -> Script[Dataset]:
    """Look at a dataset at growing intervals until it ends, whichever end that is.

    Looks that fail in passing are repeated, never sooner than before. Keeps rules T04 to T07.

    Raises:
        WaitTimeout: it had not ended in time.
        RequestError: it cannot be asked after.
    """
    until = patience.clock.monotonic() + patience.seconds
    asked: float | None = None  # seconds, after a look that failed
    for pause in polls(patience.first_poll):
        if dataset.has_ended:
            break
        left = until - patience.clock.monotonic()
        if left <= 0 or (asked is not None and max(pause, asked) > left):
            told = f"dataset {dataset.id} is still {dataset.status} after {patience.seconds:g} s"
            raise WaitTimeout(told)
        yield Pause(max(min(pause, left), asked or 0.0))
        try:
            dataset = yield from operations.dataset(dataset.company_id, dataset.id)
        except RequestError as error:
            if not error.is_passing:
                raise
            asked = error.retry_after or 0.0
        else:
            asked = None
            if patience.progress:
                patience.progress(dataset)
    return dataset
