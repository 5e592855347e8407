"""How long to pause after a failure."""

from __future__ import annotations

from random import Random
from typing import Final

FIRST_RETRY_SECONDS: Final = 2.0
MAX_RETRY_SECONDS: Final = 900.0


def next_retry(previous: float | None, rng: Random, retry_after: float | None = None) -> float:
    """Seconds until the next try, after a pause of `previous` seconds (None: first failure).

    The pause grows by a random factor around two, so that many clients do not return at once,
    and never shrinks on the way to its maximum. Keeps rules T04 and T05.

    Args:
        previous: the last pause, in seconds.
        rng: draws the factor.
        retry_after: seconds that the service asks for, which are always kept.
    """
    if previous is None:
        grown = FIRST_RETRY_SECONDS * rng.uniform(1.0, 2.0)
    else:
        grown = previous * rng.uniform(1.5, 2.5)
    return max(min(grown, MAX_RETRY_SECONDS), retry_after or 0.0)
