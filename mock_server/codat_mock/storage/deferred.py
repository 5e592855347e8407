"""Rows that are written later, many at a time: what a read leaves need not survive a kill."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
AT_ONCE: Final = 100  # rows that wait; what is written anyway takes them along


class Deferred(Generic[Key, Row]):
    """Rows that wait to be written; they follow the transactions, as if they were written.

    Attributes:
        rows: by what identifies them, in the order they came.
    """

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self._at_begin: dict[Key, Row] = {}
        self._at_checkpoint: dict[Key, Row] = {}

    @property
    def is_full(self) -> bool:
        """Whether so many wait that they are to be written."""
        return len(self.rows) >= AT_ONCE

    def begin(self) -> None:
        """Start a transaction."""
        self._at_begin = self._at_checkpoint = self.rows.copy()

    def checkpoint(self) -> None:
        """Keep what was done until now when the rest is rolled back."""
        self._at_checkpoint = self.rows.copy()

    def roll_back(self) -> None:
        """Undo what was done since the last checkpoint."""
        self.rows = self._at_checkpoint.copy()

    def roll_back_all(self) -> None:
        """Undo what was done in the whole transaction."""
        self.rows = self._at_begin.copy()
