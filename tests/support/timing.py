"""Processor time of work, to be compared within one run: of its thread, whatever others do."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time


def quickest(work: Callable[[], object], times: int = 3) -> float:
    """The least seconds of processor time that a piece of work took.

    Args:
        work: what to measure.
        times: how often it is done.
    """
    return min(seconds_of(work) for _ in range(times))


def takes_less(work: Callable[[], object], limit: float, times: int = 20) -> bool:
    """Whether a piece of work takes less than so many seconds of processor time.

    Args:
        work: what to measure.
        limit: in seconds.
        times: how often it is done at most; it ends with the first that takes less.
    """
    return any(seconds_of(work) < limit for _ in range(times))


def seconds_of(work: Callable[[], object]) -> float:
    """The seconds of processor time that a piece of work takes."""
    began = thread_time()
    work()
    return thread_time() - began
