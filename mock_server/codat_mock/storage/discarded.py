"""Deletes sandboxes and companies in portions, so that other requests go between.

What is to be deleted is put aside at once, under a name that no sandbox can have; its rows go one
portion after the other. A server that is killed meanwhile deletes the rest when it starts.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cache
from typing import Final

from codat_mock.storage.schema import TABLES

IS_NONE: Final = "substr(name, 1, 1) IN (char(9), char(10))"  # put aside, or being restored
MARK: Final = "\n"  # starts the names of sandboxes that were put aside
IS_DISCARDED: Final = "substr(name, 1, 1) = char(10)"
ROWS_AT_ONCE: Final = 500  # some milliseconds, unless their bodies are large


class Discarded:
    """What was put aside in a database, and is to be deleted.

    Attributes:
        may_be_there: whether there may be any: true from the start, as the last server may have
            left some, until a look finds none.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.may_be_there = True

    def put_sandbox(self, name: str) -> None:
        """Put a sandbox aside; its codes, which are unique in the server, are deleted at once."""
        self.may_be_there = True
        self._db.execute(
            "DELETE FROM codes WHERE sandbox IN (SELECT number FROM sandboxes WHERE name = ?)",
            (name,),
        )
        self._db.execute("UPDATE sandboxes SET name = ? || number WHERE name = ?", (MARK, name))

    def put_company(self, number: int) -> None:
        """Put the company of that number aside."""
        self.may_be_there = True
        made = self._db.execute(
            "INSERT INTO sandboxes (name, clock) VALUES (?, x'')", (f"{MARK}c{number}",)
        )
        self._db.execute(
            "UPDATE companies SET sandbox = ? WHERE number = ?", (made.lastrowid, number)
        )

    def put_unfinished(self) -> None:
        """Put aside what an earlier server was restoring."""
        self._db.execute(
            "UPDATE sandboxes SET name = ? || number WHERE substr(name, 1, 1) = char(9)", (MARK,)
        )

    def delete_portion(self) -> bool:
        """Delete some rows of what was put aside; whether there was anything."""
        self.may_be_there = delete_portion(self._db)
        return self.may_be_there


def delete_portion(db: sqlite3.Connection) -> bool:
    """Delete some rows of what was put aside; whether there was anything."""
    found = db.execute(
        f"SELECT number FROM sandboxes WHERE {IS_DISCARDED} LIMIT 1"  # noqa: S608  (constant)
    ).fetchone()
    if found is None:
        return False
    for statement in statements():
        if db.execute(statement, (found[0], ROWS_AT_ONCE)).rowcount:
            return True
    db.execute("DELETE FROM sandboxes WHERE number = ?", found)
    return True


@cache
def statements() -> list[str]:
    """A statement for each table, those first that refer to others."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        found = []
        for table in reversed(re.findall(r"CREATE TABLE (\w+)", TABLES)):
            columns = db.execute(f"PRAGMA table_info({table})").fetchall()
            names = {name for _, name, *_ in columns}
            keys = ", ".join(name for _, name, *_, place in columns if place)
            if "sandbox" in names:
                where = "sandbox = ?"
            elif "company" in names:
                where = "company IN (SELECT number FROM companies WHERE sandbox = ?)"
            else:
                continue
            found.append(
                f"DELETE FROM {table} WHERE ({keys}) IN"  # noqa: S608  (our own tables)
                f" (SELECT {keys} FROM {table} WHERE {where} LIMIT ?)"
            )
    return found
