"""The SQLite file, as threads and processes share it."""

from contextlib import closing
from pathlib import Path

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
