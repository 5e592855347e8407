"""Keeps Python's garbage collector from stopping every thread during long work.

A full collection looks at all objects: with hundreds of thousands of records in memory it holds
all requests for seconds, and frees nothing, as records refer to each other in no circle.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Collections:
    """Automatic collections, which wait while any long work goes on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._works = 0
        self._is_ours = False  # whether they were on before
        self._is_frozen = False  # by somebody else, such as the server at its start

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let them wait for the end of some work."""
        with self._lock:
            self._works += 1
            if self._works == 1:
                self._is_ours = gc.isenabled()
                gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._works -= 1
                if not self._works and self._is_ours:
                    self._age_all()
                    gc.enable()

    def _age_all(self) -> None:
        """Count all objects as old, so that the next collection looks at none of them.

        Not where somebody has frozen some, which must stay so. Counting those takes as long as
        judging a push, so that they are counted until there are any.
        """
        self._is_frozen = self._is_frozen or gc.get_freeze_count() > 0
        if not self._is_frozen:
            gc.freeze()
            gc.unfreeze()


collections = Collections()
