"""Keeping requests as they come: in memory, and in a HAR that is whole after each of them."""

from __future__ import annotations

import zlib
from pathlib import Path
from threading import Lock
from typing import Final

from msgspec.structs import replace

from codat_mock.har.exchange import Recorded
from codat_mock.har.writer import encode, entry, write_har

LEVEL: Final = 1
END: Final = b"]}}"


class Recording:
    """Requests as they come.

    Args:
        path: a HAR that they are written to, too; it is made anew.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._kept: list[Recorded] = []
        self._file = path.open("wb") if path else None
        if self._file:
            self._file.write(write_har([]))
            self._file.flush()

    def add(self, recorded: Recorded) -> None:
        """Keep a request; the file is whole again when this returns."""
        packed = replace(recorded, sent=pack(recorded.sent), answered=pack(recorded.answered))
        with self._lock:
            if self._file:
                comma = b"," if self._kept else b""
                self._file.seek(-len(END), 2)
                self._file.write(comma + encode(entry(recorded)) + END)
                self._file.flush()
            self._kept.append(packed)

    def all(self) -> list[Recorded]:
        """What has been kept, in the order it ended."""
        with self._lock:
            kept = [*self._kept]
        return [
            replace(each, sent=unpack(each.sent), answered=unpack(each.answered)) for each in kept
        ]

    def close(self) -> None:
        """Write no more."""
        if self._file:
            self._file.close()


def pack(body: bytes | None) -> bytes | None:
    """A body as it is kept."""
    return None if body is None else zlib.compress(body, LEVEL)


def unpack(packed: bytes | None) -> bytes | None:
    """A body as it was."""
    return None if packed is None else zlib.decompress(packed)
