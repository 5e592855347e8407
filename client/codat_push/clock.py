"""The only module of the client that reads the time and sleeps."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextlib import AbstractContextManager
from threading import Event
from typing import Final, Protocol


class AsyncEvent(Protocol):
    """What a task waits for: an `asyncio.Event` or an event of anyio."""

    def wait(self) -> Awaitable[object]:
        """Suspend the task until the event is set."""


class Clock(Protocol):
    """The clock that the client uses; tests pass one that never sleeps."""

    def now(self) -> float:
        """Seconds since 1970, UTC: for times that are kept across restarts."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back: for time-outs within a process."""

    def sleep(self, seconds: float) -> None:
        """Block for that many seconds."""

    async def sleep_async(self, seconds: float) -> None:
        """Suspend the task for that many seconds."""

    def limit_async(self, seconds: float) -> AbstractContextManager[object]:
        """A context that a task leaves with TimeoutError after that many seconds."""

    def wait(self, event: Event, seconds: float | None) -> None:
        """Return when `event` is set, or after that many seconds (None: no limit)."""

    async def wait_async(self, event: AsyncEvent, seconds: float) -> None:
        """Return when `event` is set, or after that many seconds."""


class MachineClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()  # noqa: TID251  (the client's one place that reads it)

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()  # noqa: TID251  (the client's one place that reads it)

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Suspend this task."""
        import anyio  # a dependency of httpx; imported only by users of the async client

        await anyio.sleep(seconds)

    def limit_async(self, seconds: float) -> AbstractContextManager[object]:
        """A context that this task leaves with TimeoutError after that many seconds."""
        import anyio  # as above

        return anyio.fail_after(seconds)

    def wait(self, event: Event, seconds: float | None) -> None:
        """Block this thread until the event is set or the time is over."""
        event.wait(seconds)

    async def wait_async(self, event: AsyncEvent, seconds: float) -> None:
        """Suspend this task until the event is set or the time is over."""
        import anyio  # as above

        with anyio.move_on_after(seconds):
            await event.wait()


MACHINE: Final = MachineClock()
