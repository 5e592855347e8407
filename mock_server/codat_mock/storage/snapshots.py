"""Snapshots: one sandbox with everything in it, as the bytes of a SQLite file of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any, Final

import msgspec

from codat_mock.clock import Clock, machine_seconds
from codat_mock.storage.errors import LASTING, storage_error
from codat_mock.storage.schema import SNAPSHOT_ID, TABLE_NAMES, TABLES, VERSION, UnusableFile
from codat_mock.storage.snapshot_contents import check_contents

encode = msgspec.json.encode
decode_clock = msgspec.json.Decoder(Clock).decode
MAGIC: Final = b"SQLite format 3\x00"
STAGED: Final = "\t"  # starts the names of sandboxes that are still being restored
NUMBERS: Final = count()  # of what is being restored
CODES: Final = "codes"
ROWS_AT_ONCE: Final = 2000
PORTION_SECONDS: Final = 0.02  # in which rows are read, before others may go between
CHECKED_ERRORS: Final = 1  # of a damaged file; one is enough to refuse it
# Columns that hold the key of another table's row.
REFERENCES: Final = {
    "sandbox": "sandboxes",
    "company": "companies",
    "dataset": "datasets",
    "carrier": "datasets",
    "synced": "syncs",
}


def save(
    db: sqlite3.Connection, sandbox: int, now: datetime, give_way: Callable[[], object]
) -> sqlite3.Connection:
    """A sandbox as a database in memory, to be serialized.

    Args:
        db: the server's database, in a transaction.
        sandbox: the sandbox's number.
        now: its time, at which a restored one goes on, UTC.
        give_way: called between portions; the transaction may be another one then.
    """
    file = sqlite3.connect(":memory:", isolation_level=None)
    try:
        file.executescript(
            f"{TABLES} PRAGMA application_id = {SNAPSHOT_ID}; PRAGMA user_version = {VERSION};"
        )
        (name,) = db.execute("SELECT name FROM sandboxes WHERE number = ?", (sandbox,)).fetchone()
        for _ in copy(TABLE_NAMES, db, sandbox, file, name, now):
            give_way()
    except BaseException:
        file.close()
        raise
    return file


class Restoring:
    """The sandbox of a snapshot on its way into a server's database.

    Its rows go there in portions, under a name that no sandbox can have, and it is a sandbox from
    the moment at which it gets a name. What a killed server leaves is deleted.

    Args:
        content: the snapshot.

    Raises:
        UnusableFile: it is no snapshot, is damaged, or of another version.
    """

    def __init__(self, content: bytes) -> None:
        self.name = f"{STAGED}{next(NUMBERS)}"
        self._shifts: dict[str, int] = {}
        self._file = sqlite3.connect(":memory:", isolation_level=None)
        with self._blaming_the_file():
            check(self._file, content)
            (self._number,) = self._file.execute("SELECT number FROM sandboxes").fetchone()

    def copy(self, db: sqlite3.Connection) -> Iterator[None]:
        """Copy the rows; in between, it need not be the same transaction.

        Args:
            db: the server's database, in a transaction.
        """
        tables = [table for table in TABLE_NAMES if table != CODES]
        with self._blaming_the_file():
            yield from copy(tables, self._file, self._number, db, self.name, None, self._shifts)

    def finish(self, db: sqlite3.Connection, name: str) -> None:
        """Give the sandbox its name.

        Args:
            db: the server's database, in a transaction; it has no sandbox of that name.
            name: of the new sandbox.
        """
        with self._blaming_the_file():
            for _ in copy([CODES], self._file, self._number, db, name, None, self._shifts):
                pass
        db.execute("UPDATE sandboxes SET name = ? WHERE name = ?", (name, self.name))

    def close(self) -> None:
        """Forget the snapshot."""
        self._file.close()

    @contextmanager
    def _blaming_the_file(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, msgspec.MsgspecError, TypeError, ValueError) as error:
            if isinstance(error, sqlite3.Error) and storage_error(error):
                is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in LASTING
                if not is_damaged:
                    raise
            raise UnusableFile(f"The snapshot is damaged: {error}.") from error


def check_content(content: bytes) -> None:
    """Make sure that the bytes of a file are a snapshot, in all that it holds.

    Raises:
        UnusableFile: they are none, are damaged, or of another version.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        try:
            check(file, content)
            check_contents(file)
        except sqlite3.DatabaseError as error:
            raise UnusableFile(f"The snapshot is damaged: {error}.") from error


def check(file: sqlite3.Connection, content: bytes) -> None:
    """Load a snapshot into an empty database, and make sure that it is one.

    Raises:
        UnusableFile: it is none, or of another version.
        sqlite3.DatabaseError: it is damaged.
    """
    if not content.startswith(MAGIC):
        raise UnusableFile("This is not a snapshot of codat-mock.")
    file.deserialize(content)
    file.execute("PRAGMA trusted_schema = OFF")
    (application,) = file.execute("PRAGMA application_id").fetchone()
    (version,) = file.execute("PRAGMA user_version").fetchone()
    if application != SNAPSHOT_ID:
        raise UnusableFile("This is not a snapshot of codat-mock.")
    if version != VERSION:
        raise UnusableFile(
            f"The snapshot is of another version of codat-mock (schema {version}, this one needs"
            f" {VERSION}); save it again."
        )
    if definitions(file) != own_definitions():
        raise UnusableFile("The snapshot is damaged: its tables are not those of codat-mock.")
    (found,) = file.execute(f"PRAGMA integrity_check({CHECKED_ERRORS})").fetchone()
    if found != "ok":
        raise UnusableFile(f"The snapshot is damaged: {found}.")
    if misplaced := next(texts_for_numbers(file), None):
        raise UnusableFile(f"The snapshot is damaged: {misplaced} holds what is no number.")
    if file.execute("SELECT count(*) FROM sandboxes").fetchone() != (1,):
        raise UnusableFile("The snapshot is damaged: it is not of one sandbox.")


def texts_for_numbers(file: sqlite3.Connection) -> Iterator[str]:
    """The columns of integers that hold other values, which SQLite lets them."""
    for table in TABLE_NAMES:
        for _, name, kind, *_ in file.execute(f"PRAGMA table_info({table})").fetchall():
            wrong = f"SELECT 1 FROM {table} WHERE typeof({name}) NOT IN ('integer', 'null')"  # noqa: S608  (our own names)
            if kind == "INTEGER" and file.execute(f"{wrong} LIMIT 1").fetchone():
                yield f"{table}.{name}"


@cache
def own_definitions() -> frozenset[tuple[str, str]]:
    """The definitions of our tables and their indices."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        return definitions(db)


def definitions(db: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """The definitions of all that a database has, by name; SQLite's own are left out."""
    return frozenset(
        db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    )


def copy(
    tables: Iterable[str],
    source: sqlite3.Connection,
    sandbox: int,
    target: sqlite3.Connection,
    name: str,
    now: datetime | None,
    shifts: dict[str, int] | None = None,
) -> Iterator[None]:
    """Copy a sandbox with everything in it, in portions; its rows get new keys, in their order.

    The last rows of a table go first, so that whoever adds a row to it in between gets a key beyond
    all of theirs.

    Args:
        tables: their names, those first that others refer to.
        source: the database that it is in.
        sandbox: its number there.
        target: the other database.
        name: its name there.
        now: the time of its clock; None for that at which the clock was saved.
        shifts: what is added to the keys of each table; gets those of these tables.
    """
    shifts = {} if shifts is None else shifts
    for table in tables:
        columns = [each[1] for each in source.execute(f"PRAGMA table_info({table})")]
        key = own_key(source, table)
        if key:
            # From the first key of the sandbox: keys that only grew would overflow in the end.
            statement = f"SELECT min({key}) FROM {table} WHERE {condition(columns)}"  # noqa: S608  (our own names)
            (first,) = source.execute(statement, (sandbox,)).fetchone()
            shifts[table] = next_key(target, table, key) - ((first or 1) - 1)
        marks = ", ".join("?" * len(columns))
        # Codes of links are unique in a server; a clone beside the original has none of them.
        verb = "INSERT OR IGNORE" if table == CODES else "INSERT"
        for rows in portions(source, table, columns, sandbox):
            moved = (shifted(table, columns, key, row, shifts) for row in rows)
            if table == "sandboxes":
                moved = (renamed(columns, row, name, now) for row in moved)
            target.executemany(
                f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                moved,
            )
            yield


def portions(
    db: sqlite3.Connection, table: str, columns: list[str], sandbox: int
) -> Iterator[list[tuple[Any, ...]]]:
    """A sandbox's rows of a table, the last ones first; nothing is open in between.

    Args:
        db: the database.
        table: the table.
        columns: the names of its columns.
        sandbox: the sandbox's number.
    """
    found = db.execute(f"PRAGMA table_info({table})")
    keys = [name for place, name in sorted((each[5], each[1]) for each in found) if place]
    places = [columns.index(key) for key in keys]
    listed, order = ", ".join(columns), ", ".join(f"{key} DESC" for key in keys)
    marks = ", ".join("?" * len(keys))
    beyond, before = "", ()
    while True:
        rows: list[tuple[Any, ...]] = []
        statement = (
            f"SELECT {listed} FROM {table} WHERE {condition(columns)}{beyond}"  # noqa: S608  (our own names)
            f" ORDER BY {order} LIMIT {ROWS_AT_ONCE}"
        )
        until = machine_seconds() + PORTION_SECONDS
        is_whole = True
        with closing(db.execute(statement, (sandbox, *before))) as cursor:
            for row in cursor:
                rows.append(row)
                if machine_seconds() > until:  # rows may be long
                    is_whole = False
                    break
        if rows:
            before = tuple(rows[-1][place] for place in places)
            yield rows
        if is_whole and len(rows) < ROWS_AT_ONCE:
            return
        beyond = f" AND ({', '.join(keys)}) < ({marks})"


def own_key(db: sqlite3.Connection, table: str) -> str | None:
    """The column that numbers the rows of a table in the whole database, if there is one."""
    keys = [
        (name, kind)
        for _, name, kind, _, _, place in db.execute(f"PRAGMA table_info({table})")
        if place
    ]
    return keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else None


def next_key(db: sqlite3.Connection, table: str, key: str) -> int:
    """What is added to keys that begin at 1, so that they follow those there are.

    Args:
        db: the database that rows are added to.
        table: the table.
        key: the column of its keys.
    """
    (last,) = db.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()  # noqa: S608  (our own names)
    used = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(max(last, used[0] if used else 0))


def condition(columns: list[str]) -> str:
    """Which rows of a table are a sandbox's, by the names of its columns.

    An index by sandbox or company is not used, as it would have to sort all rows for each portion.
    """
    if "sandbox" in columns:
        return "+sandbox = ?"
    if "company" in columns:
        return "+company IN (SELECT number FROM companies WHERE sandbox = ?)"
    return "number = ?"


def shifted(
    table: str, columns: list[str], key: str | None, row: tuple[object, ...], shifts: dict[str, int]
) -> tuple[object, ...]:
    """A row with its new key, and the new keys of the rows that it names.

    Args:
        table: the row's.
        columns: the names of its columns.
        key: the column of its own key, if it has one.
        row: the row as it is.
        shifts: what is added to the keys of each table.
    """

    def value_of(column: str, value: object) -> object:
        named = table if column == key else REFERENCES.get(column)
        return value + shifts[named] if named and isinstance(value, int) else value

    return tuple(map(value_of, columns, row))


def renamed(
    columns: list[str], row: tuple[object, ...], name: str, now: datetime | None
) -> tuple[object, ...]:
    """The row of a sandbox with another name, and with its clock set.

    Args:
        columns: the names of the row's columns.
        row: the row as it is.
        name: the new name.
        now: the time of its clock; None for that at which the clock was saved.
    """
    values = dict(zip(columns, row, strict=True))
    clock = decode_clock(values["clock"])  # type: ignore[arg-type]  # SQLite's types are not known
    values |= {"name": name, "clock": encode(clock.moved_to(now or clock.anchor))}
    return tuple(values.values())
