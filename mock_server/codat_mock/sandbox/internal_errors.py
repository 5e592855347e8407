"""Faults of the mock itself, which are never reported as the integration's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MAX_ERRORS: Final = 100  # a mock that fails at every request would fill the memory with them


class InternalErrors:
    """What went wrong in the mock, in requests, or while nobody asked."""

    def __init__(self) -> None:
        self._errors: list[str] = []

    def note(self, where: str, error: BaseException) -> None:
        """Note an error that nobody expected; only the first of very many are kept."""
        if len(self._errors) < MAX_ERRORS:
            self._errors.append(f"{where}: {type(error).__name__}: {error}")

    def all(self) -> list[str]:
        """What was noted, the earliest first."""
        return [*self._errors]

    @contextmanager
    def watch(self, where: str) -> Iterator[None]:
        """Note what goes wrong here, and let it go on its way."""
        try:
            yield
        except Exception as error:
            self.note(where, error)
            raise
