"""Frees memory in our own processes without keeping anybody waiting."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

FULL_COLLECTIONS: Final = 1 << 30  # of the younger generation before a full one: never by itself
PAUSE_SECONDS: Final = 2.0
MANY_BLOCKS: Final = 1_000_000  # of memory: a full collection among so many takes 0.1 s
MOST_PAUSES: Final = 300  # without a full collection, however many there are


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage while what lives as long as the process is made, such as its modules.

    The collector would find nothing there, in an eighth of the time in which a server starts.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # thawed at once, it counts as old
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()


def collect_between(stopped: Event) -> None:
    """Collect garbage in cycles while no large push is in memory, until the server ends.

    A full collection looks at every object, during which nothing else goes on: with the records of
    a large push that takes seconds, and finds nothing, for they are freed without it.

    Args:
        stopped: ends it.
    """
    gc.freeze()  # what a server consists of stays as long as it does
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_COLLECTIONS)
    at_first = sys.getallocatedblocks()
    pauses = 0
    while not stopped.wait(PAUSE_SECONDS):
        pauses += 1
        if sys.getallocatedblocks() - at_first < MANY_BLOCKS or pauses >= MOST_PAUSES:
            gc.collect()
            pauses = 0
