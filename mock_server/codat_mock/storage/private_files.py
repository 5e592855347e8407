"""Files that only their owner may read: what they hold may be secret."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

OWNER_ONLY: Final = 0o600


def restrict_database(path: Path) -> None:
    """Take from others the rights to a SQLite database and its log; the owner's stay."""
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # it is not there, or another's
            mode = each.stat().st_mode
            if stat.S_ISREG(mode):
                each.chmod(stat.S_IMODE(mode) & stat.S_IRWXU)


def open_private(path: Path) -> BinaryIO:
    """Open a file to replace what it holds; only its owner may read it, whoever might before.

    Raises:
        OSError: it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, OWNER_ONLY)
    return os.fdopen(descriptor, "wb")
