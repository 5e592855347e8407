"""Commands with all their processes, as each system has them: POSIX, macOS and Windows."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any


def resolved(command: Sequence[str], search_path: str | None = None) -> list[str]:
    """The command as the system starts it: on Windows `npm` is a file `npm.cmd`.

    Args:
        command: the program and its arguments.
        search_path: where programs are; None for the environment's `PATH`.
    """
    program, *arguments = command
    if sys.platform == "win32":
        program = shutil.which(program, path=search_path) or program
    return [program, *arguments]


def start_options() -> dict[str, Any]:
    """The options of `subprocess.Popen` that give a command a process group of its own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def as_typed(command: Sequence[str]) -> str:
    """A command as it is typed in a shell of the system."""
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def ask_to_end(group: int, number: int) -> None:
    """Ask the processes of a group to end.

    Args:
        group: its id, which is that of its first process.
        number: the signal's; Windows has only Ctrl-Break for a group.
    """
    # macOS refuses permission where only ended processes are left.
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            with suppress(OSError):
                os.kill(group, signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(group, number)


def kill(group: int) -> None:
    """End the processes of a group at once."""
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(group)]
        with suppress(OSError):
            subprocess.run(command, capture_output=True, check=False)  # noqa: S603  (constant)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
