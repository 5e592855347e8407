"""Frees memory in a server's own process without keeping requests waiting."""

from __future__ import annotations

import gc
import sys
from threading import Event
from typing import Final

FULL_COLLECTIONS: Final = 1 << 30  # of the younger generation before a full one: never by itself
PAUSE_SECONDS: Final = 2.0
MANY_BLOCKS: Final = 1_000_000  # of memory: a full collection among so many takes 0.1 s
MOST_PAUSES: Final = 300  # without a full collection, however many there are


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
