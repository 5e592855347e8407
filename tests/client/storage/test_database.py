"""The SQLite file, as threads and processes share it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from codat_push import LedgerError
from codat_push.storage.database import Database

ADD = "INSERT INTO company VALUES (?)"


def test_rows_that_a_thread_has_yet_to_read_keep_no_other_from_writing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with closing(Database(file)) as here, closing(Database(file)) as elsewhere:
        for company in "abc":
            here.run(ADD, company)
        rows = here.run("SELECT company FROM company ORDER BY company")
        elsewhere.run(ADD, "d")
        with here.transaction():  # failed: "database is locked", without waiting
            here.run(ADD, "e")
        assert [company for (company,) in rows] == ["a", "b", "c"]


def test_a_file_that_another_process_is_making_is_opened_when_it_is_made(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")  # as a process does that turns WAL on
        timer = Timer(0.1, other.execute, ["ROLLBACK"])
        timer.start()
        with closing(Database(file)) as here:  # failed: "database is locked", without waiting
            here.run(ADD, "a")
        timer.join()


def test_a_file_of_another_program_is_refused_although_it_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA application_id = -5")
        other.execute("PRAGMA user_version = -5")
    with pytest.raises(LedgerError, match="another program"):
        Database(file)
