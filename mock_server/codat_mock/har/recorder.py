"""Records requests: in memory, and in a HAR file that is valid after each of them."""

from __future__ import annotations

import zlib
from pathlib import Path
from threading import Lock
from typing import Final

from msgspec.structs import replace

from codat_mock.har.exchange import Recorded
from codat_mock.har.writer import encode, entry, write_har
from codat_mock.storage.private_files import open_private

LEVEL: Final = 1
END: Final = b"]}}"


class Recording:
    """Recorded requests.

    Args:
        path: a HAR file that they are also written to; an existing file is overwritten.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._kept: list[Recorded] = []
        self._file = open_private(path) if path else None
        if self._file:
            self._file.write(write_har([]))
            self._file.flush()

    def add(self, recorded: Recorded) -> None:
        """Add a request; the file is valid when this returns."""
        compressed = replace(
            recorded, sent=compress(recorded.sent), answered=compress(recorded.answered)
        )
        with self._lock:
            if self._file:
                comma = b"," if self._kept else b""
                self._file.seek(-len(END), 2)
                self._file.write(comma + encode(entry(recorded)) + END)
                self._file.flush()
            self._kept.append(compressed)

    def all(self) -> list[Recorded]:
        """All requests, in the order in which they ended."""
        with self._lock:
            kept = [*self._kept]
        return [
            replace(each, sent=decompress(each.sent), answered=decompress(each.answered))
            for each in kept
        ]

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def compress(body: bytes | None) -> bytes | None:
    """A compressed body."""
    return None if body is None else zlib.compress(body, LEVEL)


def decompress(compressed: bytes | None) -> bytes | None:
    """The body of a compressed one."""
    return None if compressed is None else zlib.decompress(compressed)
