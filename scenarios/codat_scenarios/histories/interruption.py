"""Stops a function in the middle, as a killed process stops."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class Killed(BaseException):
    """The integration was killed; only `finally` and `with` blocks still run."""


def run_and_kill(function: Callable[[], object], file: str, lines: int) -> bool:
    """Call a function, and stop it after a number of executed lines of a source file.

    Args:
        function: called without arguments, in this thread.
        file: the source file whose lines count, as in `code.co_filename`.
        lines: the number of lines to execute; the function ends normally if it executes fewer.

    Returns:
        Whether the function was stopped.
    """
    executed = 0
    is_killed = False

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal executed, is_killed
        if frame.f_code.co_filename != file:
            return None
        if event == "line" and not is_killed:
            executed += 1
            if executed > lines:
                is_killed = True
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except Killed:
        pass
    finally:
        sys.settrace(before)
    return is_killed
