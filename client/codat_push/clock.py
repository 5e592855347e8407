"""The one seam through which the client reads time and lets it pass."""

from __future__ import annotations

import time
from threading import Event
from typing import Final, Protocol


class Clock(Protocol):
    """What the client needs of time; tests give it one that never sleeps."""

    def now(self) -> float:
        """Seconds since 1970, UTC: for what is kept across restarts."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back: for deadlines within one call."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""

    async def sleep_async(self, seconds: float) -> None:
        """Let that many seconds pass while other tasks go on."""

    def wait(self, event: Event, seconds: float | None) -> None:
        """Return once `event` is set, or after that many seconds (None: however long)."""


class MachineClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()  # noqa: TID251  (this class is the client's seam for it)

    def monotonic(self) -> float:
        """Seconds on the machine's clock that never goes back."""
        return time.monotonic()  # noqa: TID251  (this class is the client's seam for it)

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Suspend this task."""
        import anyio  # httpx brings it; only those who use the async client pay for its import

        await anyio.sleep(seconds)

    def wait(self, event: Event, seconds: float | None) -> None:
        """Block this thread until the event or the end of the time."""
        event.wait(seconds)


MACHINE: Final = MachineClock()
