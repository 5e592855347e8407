"""Keys in chunks that one statement can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

KEYS_AT_ONCE: Final = 500


def chunked(keys: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Portions of keys, each after the question marks that stand for them in an `IN` list."""
    rest = iter(keys)
    while some := [*islice(rest, KEYS_AT_ONCE)]:
        yield ", ".join("?" * len(some)), some
