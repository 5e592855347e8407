"""When an outbox takes the next step for each company and data type; kept across restarts.

This keeps `Retry-After` (rule T04), growing pauses (T05) and the pause between polls of a dataset
(T06) when the process is killed and started again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from codat_push.clock import Clock
from codat_push.http_messages import MAX_RETRY_AFTER_SECONDS
from codat_push.storage.database import Database


class Entry(NamedTuple):
    """The next step of one stream.

    Args:
        due: when it may be taken, seconds since 1970.
        since: when that was decided.
        poll_pause: seconds before the last poll of its dataset, None before the first.
        retry_pause: seconds after the last failure, None after a success.
        max_records: the limit of its next chunk, None for the usual limit.
        error: the last failure, None after a success.
    """

    due: float = 0.0
    since: float = 0.0
    poll_pause: float | None = None
    retry_pause: float | None = None
    max_records: int | None = None
    error: str | None = None


NOTHING: Final = Entry()


class RetrySchedule:
    """The entries of all streams, in the ledger's file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def entry(self, stream: int) -> Entry:
        """The entry of a stream."""
        row = self._database.run(
            "SELECT due, since, poll_pause, retry_pause, max_records, error"
            " FROM retry_schedule WHERE stream = ?",
            stream,
        ).first()
        return Entry(*row) if row else NOTHING

    def plan(self, stream: int, entry: Entry, pause: float) -> None:
        """Schedule the next step of a stream in `pause` seconds.

        Args:
            stream: the company and data type.
            entry: its pauses, limit and last failure; `due` and `since` are set here.
            pause: seconds from now.
        """
        now = self._clock.now()
        self._database.run(
            "INSERT OR REPLACE INTO retry_schedule VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(stream, *entry._replace(due=now + pause, since=now)),
        )

    def seconds_left(self, stream: int) -> float:
        """Seconds until the next step of a stream; 0 when it is due."""
        due = max(self.entry(stream).due, self._suspended_until(stream))
        return max(0.0, due - self._clock.now())

    def suspend(self, company: str, seconds: float) -> None:
        """Take no step for a company, or for any (""), for that many seconds (`Retry-After`)."""
        now = self._clock.now()
        self._database.run(
            "INSERT INTO retry_after VALUES (?, ?, ?) ON CONFLICT (company) DO UPDATE SET"
            " until = max(until, excluded.until), since = excluded.since",
            *(company, now + seconds, now),
        )

    def follow_clock(self) -> None:
        """If the clock was set back, move the schedule back with it; bound every pause to a day.

        An earlier version kept a `Retry-After` of any length.
        """
        now = self._clock.now()
        for table, moment in (("retry_schedule", "due"), ("retry_after", "until")):
            self._database.run(
                f"UPDATE {table} SET {moment} = {moment} - (since - ?), since = ?"  # noqa: S608  (constant names)
                " WHERE since > ?",
                *(now, now, now),
            )
            self._database.run(
                f"UPDATE {table} SET {moment} = since + ? WHERE {moment} > since + ?",  # noqa: S608  (as above)
                *(MAX_RETRY_AFTER_SECONDS, MAX_RETRY_AFTER_SECONDS),
            )

    def last_error(self) -> str | None:
        """The last failure that no success has followed."""
        row = self._database.run(
            "SELECT error FROM retry_schedule WHERE error IS NOT NULL ORDER BY since DESC LIMIT 1"
        ).first()
        return row and str(row[0])

    def _suspended_until(self, stream: int) -> float:
        (until,) = self._database.run(
            "SELECT max(until) FROM retry_after WHERE company = ''"
            " OR company = (SELECT company FROM stream WHERE stream = ?)",
            stream,
        ).first()
        return float(until or 0.0)
