"""When an outbox does the next thing for each company and data type; kept over restarts.

Only so are `Retry-After` (rule T04), growing pauses (T05) and the pause between looks at a dataset
(T06) kept when the process is killed and started again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from codat_push.clock import Clock
from codat_push.storage.database import Database


class Entry(NamedTuple):
    """What is planned for one stream.

    Args:
        due: when the next thing may be done, seconds since 1970.
        since: when that was decided.
        poll_pause: seconds before the last look at its dataset, None before the first.
        retry_pause: seconds after the last failure, None where none came since the last success.
        most_records: records in its next chunk at most, None for no bound of its own.
        error: what went wrong last, None where nothing did since the last success.
    """

    due: float = 0.0
    since: float = 0.0
    poll_pause: float | None = None
    retry_pause: float | None = None
    most_records: int | None = None
    error: str | None = None


NOTHING: Final = Entry()


class RetrySchedule:
    """The entries of all streams, in the ledger's file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def entry(self, stream: int) -> Entry:
        """What is planned for a stream."""
        row = self._database.run(
            "SELECT due, since, poll_pause, retry_pause, most_records, error"
            " FROM agenda WHERE stream = ?",
            stream,
        ).fetchone()
        return Entry(*row) if row else NOTHING

    def plan(self, stream: int, entry: Entry, pause: float) -> None:
        """Do the next thing for a stream after that many seconds."""
        now = self._clock.now()
        self._database.run(
            "INSERT OR REPLACE INTO agenda VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(stream, *entry._replace(due=now + pause, since=now)),
        )

    def seconds_left(self, stream: int) -> float:
        """Seconds until something may be done for a stream; 0 where it is due."""
        return max(0.0, self.entry(stream).due - self._clock.now(), self._quiet())

    def keep_quiet(self, seconds: float) -> None:
        """Do nothing for any stream for that many seconds, as the service asked."""
        now = self._clock.now()
        self._database.run("INSERT OR REPLACE INTO quiet VALUES (1, ?, ?)", now + seconds, now)

    def follow_clock(self) -> None:
        """Where the clock was set back, move what was planned by it back too."""
        now = self._clock.now()
        for table, moment in (("agenda", "due"), ("quiet", "until")):
            self._database.run(
                f"UPDATE {table} SET {moment} = {moment} - (since - ?), since = ?"  # noqa: S608  (constant names)
                " WHERE since > ?",
                *(now, now, now),
            )

    def last_error(self) -> str | None:
        """What went wrong last and has not come right since."""
        row = self._database.run(
            "SELECT error FROM agenda WHERE error IS NOT NULL ORDER BY since DESC LIMIT 1"
        ).fetchone()
        return row and str(row[0])

    def _quiet(self) -> float:
        row = self._database.run("SELECT until FROM quiet").fetchone()
        return row[0] - self._clock.now() if row else 0.0
