"""How long to pause: between looks at a dataset, and after a failure."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

FIRST_POLL_SECONDS: Final = 2.0
POLL_GROWTH: Final = 15  # times the first pause, at most
FIRST_RETRY_SECONDS: Final = 2.0
MOST_RETRY_SECONDS: Final = 900.0


def next_poll(previous: float | None, first: float = FIRST_POLL_SECONDS) -> float:
    """Seconds until the next look at a dataset, after a pause of `previous` seconds (None: first).

    Grows by half each time, from the first pause to fifteen times as long.
    """
    if previous is None:
        return first
    return max(first, min(previous * 1.5, first * POLL_GROWTH))


def polls(first: float) -> Iterator[float]:
    """All the pauses between looks at one dataset, in seconds."""
    pause = None
    while True:
        pause = next_poll(pause, first)
        yield pause


def next_retry(previous: float | None, chance: Random, asked: float | None = None) -> float:
    """Seconds until the next try, after a pause of `previous` seconds (None: first failure).

    The pause grows by a random factor around two, so that many clients do not come back at once,
    and never shrinks on the way to its maximum. Keeps rules T04 and T05.

    Args:
        previous: seconds of the pause before.
        chance: where the factor comes from.
        asked: seconds that the service asked for (`Retry-After`), which are always kept.
    """
    if previous is None:
        grown = FIRST_RETRY_SECONDS * chance.uniform(1.0, 2.0)
    else:
        grown = previous * chance.uniform(1.5, 2.5)
    return max(min(grown, MOST_RETRY_SECONDS), asked or 0.0)
