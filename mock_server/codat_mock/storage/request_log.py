"""Rows of the request log, bounded over all sandboxes of a server.

The body of a push that was accepted is kept with its dataset, and only there.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from codat_mock.models.request_log import LoggedBodies, LoggedRequest
from codat_mock.storage.deferred import AT_ONCE, Deferred

encode = msgspec.json.encode
LogRow = tuple[int, int, bytes, bytes | None, bytes | None, int]
decode_entry = msgspec.json.Decoder(LoggedRequest).decode

LEVEL: Final = 1  # of compression: a body of JSON shrinks to a tenth, and quickly
LEAST_DEFLATED: Final = 1024  # bytes
PLAIN: Final = b"\0"
OVERHEAD_BYTES: Final = 128  # of a row and its entry in the index
ROWS_AT_ONCE: Final = 100
LARGEST: Final = 2**63 - 1  # integer of SQLite
DEFAULT_LIMIT_BYTES: Final = 256 << 20


def pack(body: bytes) -> bytes | None:
    """A body as it is kept; None for none.

    A short one is kept as it is, behind a byte that no deflated one begins with: deflating it would
    take as long as all the rest of its log entry.
    """
    if len(body) < LEAST_DEFLATED:
        return PLAIN + body if body else None
    return zlib.compress(body, LEVEL)


def unpack(packed: bytes | None) -> bytes:
    """A body of which this was kept."""
    if packed is None:
        return b""
    return packed[1:] if packed.startswith(PLAIN) else zlib.decompress(packed)


class SizeMeter:
    """How many bytes the request logs of a server take.

    Args:
        limit: how many they may take.

    Attributes:
        held: how many they take; None until that is counted.
    """

    def __init__(self, db: sqlite3.Connection, limit: int) -> None:
        self._db = db
        self.limit = limit
        self.held: int | None = None

    def add(self, size: int) -> None:
        """Count a new row, and drop the oldest ones where there are too many bytes."""
        if self.held is None:
            (self.held,) = self._db.execute("SELECT total(size) FROM requests").fetchone()
        else:
            self.held += size
        while self.held > self.limit and self._drop():
            pass

    def is_near_limit(self, size: int) -> bool:
        """Whether so many bytes more may be too many."""
        return self.held is None or self.held + size > self.limit

    def _drop(self) -> bool:
        """Drop some of the oldest rows, but never the newest; whether there were any."""
        oldest = self._db.execute(
            "SELECT place, sandbox, size FROM requests"
            " WHERE place < (SELECT max(place) FROM requests) ORDER BY place LIMIT ?",
            (ROWS_AT_ONCE,),
        ).fetchall()
        for place, sandbox, size in oldest:
            if (self.held or 0) <= self.limit:
                break
            self._db.execute("DELETE FROM requests WHERE place = ?", (place,))
            self._db.execute(
                "UPDATE sandboxes SET dropped = dropped + 1 WHERE number = ?", (sandbox,)
            )
            self.held = (self.held or 0) - size
        return bool(oldest)


class RequestLogTable:
    """The requests of one sandbox.

    Attributes:
        waiting: rows that are still to be written, by the requests' numbers.
    """

    def __init__(self, db: sqlite3.Connection, sandbox: int, meter: SizeMeter) -> None:
        self._db = db
        self._sandbox = sandbox
        self._meter = meter
        self.waiting: Deferred[int, LogRow] = Deferred()

    def add(self, entry: LoggedRequest, sent: bytes | None, answered: bytes | None) -> None:
        """Store a request with its packed bodies; it is written by `flush`.

        Args:
            entry: the request; its number must be new.
            sent: the request's body, as `pack` gives it; None where none is kept.
            answered: the answer's body, likewise.
        """
        row = encode(entry)
        size = OVERHEAD_BYTES + len(row) + len(sent or b"") + len(answered or b"")
        self.waiting.rows[entry.number] = (
            self._sandbox,
            entry.number,
            row,
            sent,
            answered,
            size,
        )
        if self._meter.is_near_limit(AT_ONCE * size):  # the oldest ones are dropped first
            self.flush()

    def flush(self) -> None:
        """Write the requests that wait."""
        if not self.waiting.rows:
            return
        rows = [*self.waiting.rows.values()]
        self.waiting.rows.clear()
        self._db.executemany(
            "INSERT INTO requests (sandbox, number, entry, sent, answered, size)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._meter.add(sum(row[-1] for row in rows))

    def after(self, number: int, count: int) -> list[bytes]:
        """The stored entries of the next requests after a number, not decoded yet."""
        self.flush()
        found = self._db.execute(
            "SELECT entry FROM requests WHERE sandbox = ? AND number > ? ORDER BY number LIMIT ?",
            (self._sandbox, number, count),
        )
        return [entry for (entry,) in found]

    def numbers(self) -> list[int]:
        """The numbers of the requests that are kept, in their order."""
        self.flush()
        found = self._db.execute(
            "SELECT number FROM requests WHERE sandbox = ? ORDER BY number", (self._sandbox,)
        )
        return [number for (number,) in found]

    def find(self, number: int) -> LoggedRequest | None:
        """The request of that number."""
        if number > LARGEST:
            return None
        self.flush()
        found = self._db.execute(
            "SELECT entry FROM requests WHERE sandbox = ? AND number = ?", (self._sandbox, number)
        ).fetchone()
        return decode_entry(found[0]) if found else None

    def with_bodies(self) -> Iterator[LoggedRequest]:
        """The requests whose own bodies are kept here, the latest first.

        Those of accepted pushes are not.
        """
        self.flush()
        number = LARGEST
        while True:
            found = self._db.execute(
                "SELECT number, entry FROM requests"
                " WHERE sandbox = ? AND sent IS NOT NULL AND number < ?"
                " ORDER BY number DESC LIMIT ?",
                (self._sandbox, number, ROWS_AT_ONCE),
            ).fetchall()
            for number, entry in found:  # noqa: B007  (the last one is where to go on)
                yield decode_entry(entry)
            if len(found) < ROWS_AT_ONCE:
                return

    def has_answered(self, company_id: str) -> bool:
        """Whether a request about a company was answered without an error."""
        self.flush()
        found = self._db.execute(
            "SELECT 1 FROM requests WHERE sandbox = ? AND instr(entry, ?) AND instr(entry, ?)",
            (self._sandbox, b'"companyId":%b,' % encode(company_id), b'"status":2'),
        )
        return found.fetchone() is not None

    def bodies(self, number: int) -> LoggedBodies:
        """The bodies of the request of that number, as far as they are kept here."""
        self.flush()
        sent, answered = self._db.execute(
            "SELECT sent, answered FROM requests WHERE sandbox = ? AND number = ?",
            (self._sandbox, number),
        ).fetchone()
        return LoggedBodies(unpack(sent), unpack(answered))

    def dropped(self) -> int:
        """How many requests could not be kept."""
        self.flush()
        (dropped,) = self._db.execute(
            "SELECT dropped FROM sandboxes WHERE number = ?", (self._sandbox,)
        ).fetchone()
        return int(dropped)
