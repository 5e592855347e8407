"""Processor time of work, to be compared within one run."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time


def quickest(work: Callable[[], object], times: int = 3) -> float:
    """The least seconds of processor time that a piece of work took.

    Args:
        work: what to measure.
        times: how often it is done.
    """
    taken = []
    for _ in range(times):
        began = process_time()
        work()
        taken.append(process_time() - began)
    return min(taken)
