"""A terminal of 80 columns for a command, and what it shows there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

COLUMNS = 80
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


def shown(arguments: Sequence[str], folder: Path | None = None) -> str:
    """Everything that `codat-mock` prints on a terminal, without colours."""
    return run([str(Path(sys.executable).with_name("codat-mock")), *arguments], folder)[0]


def run(command: Sequence[str], folder: Path | None = None) -> tuple[str, int]:
    """Run a command on a terminal; gives what it shows there, and its exit code.

    Args:
        command: the program and its arguments.
        folder: where it runs; None for the current folder.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"COLUMNS": str(COLUMNS), "TERM": "xterm"}
    written = b""
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    ) as process:
        os.close(theirs)
        with suppress(OSError):  # which Linux raises at the end
            while part := os.read(ours, 65536):
                written += part
    os.close(ours)
    return CODES.sub("", written.decode()).replace("\r\n", "\n"), process.returncode
