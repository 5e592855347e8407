"""A time limit for a whole blocking call."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a blocking call returns, or raise what it raises.

    A transport's time-outs are per read, so headers that come byte by byte never end by them; the
    call runs in a thread of its own, with the caller's context variables. A call that is given up
    ends by itself later, unnoticed.

    Args:
        seconds: the longest wait.
        call: what to call.

    Raises:
        TimeoutError: it took longer.
    """
    done = Event()
    returned: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(context.run(call))
        except BaseException as error:  # noqa: BLE001  (the caller gets it)
            raised.append(error)
        done.set()

    context = copy_context()
    Thread(target=run, name="codat-push-request", daemon=True).start()
    if not done.wait(seconds):
        raise TimeoutError
    if raised:
        raise raised[0]
    return returned[0]
