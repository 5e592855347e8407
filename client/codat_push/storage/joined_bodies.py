"""The JSON of records that are put into a push as they are given, of many in one value.

SQLite writes a page of small rows again while they are deleted, but not the pages of a large value.
So a first push writes a quarter less. In place of its JSON, a row of the queue then holds where
that is: an integer, its start times 2^31 plus its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from codat_push.encoding import write_json
from codat_push.storage.database import Database

MAX_BYTES: Final = 200_000  # joined: to read one of them means to read them all
SIZE_BITS: Final = 31  # more than SQLite allows a value
SIZE: Final = (1 << SIZE_BITS) - 1
# The JSON of a row of the queue; null for a delete.
BODY: Final = (
    "CASE typeof(queue.body) WHEN 'integer' THEN"
    f" (SELECT substr(j.bodies, (queue.body >> {SIZE_BITS}) + 1, queue.body & {SIZE})"
    " FROM joined j WHERE j.push = queue.push AND j.last >= queue.place ORDER BY j.last LIMIT 1)"
    " ELSE queue.body END"
)


class JoinedBodies:
    """The joined bodies of each push. They go with it, so its rows get their own to stay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, push: int, bodies: Sequence[bytes]) -> None:
        """Keep the bodies of the rows that the transaction's last statement has added."""
        add = "INSERT INTO joined VALUES (?, last_insert_rowid(), ?)"
        self._database.run(add, push, b"".join(bodies))

    def read(self, stream: int, push: int) -> Iterator[bytes]:
        """The JSON of each record of a push; a delete is an object with only an id (rule D01)."""
        rows = self._database.run(
            "SELECT place, id, body FROM queue WHERE stream = ? AND push = ? ORDER BY place",
            *(stream, push),
        )
        find = "SELECT last, bodies FROM joined WHERE push = ? ORDER BY last"
        joined = iter(self._database.run(find, push))
        last, bodies = 0, b""
        for place, identity, body in rows:
            if isinstance(body, bytes):
                yield body
            elif body is None:
                yield write_json({"id": identity})
            else:
                while last < place:
                    last, bodies = next(joined)
                start = body >> SIZE_BITS
                yield bodies[start : start + (body & SIZE)]

    def forget(self, push: int) -> None:
        """Forget the bodies of a push."""
        self._database.run("DELETE FROM joined WHERE push = ?", push)


def positions(bodies: Sequence[bytes]) -> list[int]:
    """Where each body is among them, as a row of the queue holds it."""
    sizes = [len(body) for body in bodies]
    return [
        start << SIZE_BITS | size
        for start, size in zip(accumulate(sizes, initial=0), sizes, strict=False)
    ]
