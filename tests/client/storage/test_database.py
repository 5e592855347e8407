"""The SQLite file, as threads and processes share it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from codat_push import LedgerError
from codat_push.clock import MACHINE
from codat_push.storage import database
from codat_push.storage.database import PAGE, Database

ADD = "INSERT INTO company VALUES (?)"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def here(file: Path) -> Iterator[Database]:
    with closing(Database(file)) as opened:
        yield opened


def kept(file: Path) -> str:
    """The companies in the file, as another process reads it."""
    with closing(sqlite3.connect(file)) as other:
        rows = other.execute("SELECT company FROM company ORDER BY company").fetchall()
    return "".join(company for (company,) in rows)


class Mistake(BaseException):
    """What a caller may raise, also one that is not caught as an Exception."""


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


def test_the_marks_and_tables_of_a_file_are_read_at_one_moment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    read = database.read_version

    def noted(connection: sqlite3.Connection) -> int | None:
        seen.append(connection.in_transaction)
        return read(connection)

    monkeypatch.setattr(database, "read_version", noted)
    Database(file).close()
    assert seen == [True]


def test_a_file_that_cannot_be_prepared_is_left_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (made)")
        raise LedgerError("the disk is full")

    monkeypatch.setattr(database, "prepare", prepare)
    with pytest.raises(LedgerError, match=r"cannot be used as a ledger: the disk is full$"):
        Database(file)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_file_of_another_program_is_refused_although_it_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA application_id = -5")
        other.execute("PRAGMA user_version = -5")
    with pytest.raises(LedgerError, match="another program"):
        Database(file)


def test_nobody_else_may_read_a_file_that_is_made(here: Database, file: Path) -> None:
    here.run(ADD, "a")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_keeps_its_rights_and_its_time(file: Path) -> None:
    Database(file).close()
    file.chmod(0o640)
    before = file.stat().st_mtime_ns
    Database(file).close()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.stat().st_mtime_ns == before


def test_a_database_in_memory_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Database(":memory:")) as here:
        here.run(ADD, "a")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"), ("synchronous", 2), ("cache_size", -16_000),
        ("journal_size_limit", 16_000_000), ("wal_autocheckpoint", 2_000), ("secure_delete", 2),
        ("busy_timeout", 0),
    ],
)  # fmt: skip
def test_a_file_is_safe_and_its_log_and_memory_are_bounded(
    here: Database, pragma: str, value: str | int
) -> None:
    assert here.run(f"PRAGMA {pragma}").first() == (value,)


def test_a_transaction_is_kept_at_its_end_and_not_before(here: Database, file: Path) -> None:
    with here.transaction():
        here.run(ADD, "a")
        assert kept(file) == ""
        with here.transaction():
            here.run(ADD, "b")
        assert kept(file) == ""
    assert kept(file) == "ab"


def test_a_transaction_that_fails_is_undone_whole(here: Database, file: Path) -> None:
    with suppress(Mistake), here.transaction():
        here.run(ADD, "a")
        with here.transaction():
            here.run(ADD, "b")
        raise Mistake
    here.run(ADD, "c")
    assert kept(file) == "c"


def test_what_fails_inside_another_transaction_is_left_to_that(here: Database, file: Path) -> None:
    with here.transaction():
        here.run(ADD, "a")
        with suppress(Mistake), here.transaction():
            raise Mistake
        here.run(ADD, "b")
    here.run(ADD, "c")
    assert kept(file) == "abc"


def test_a_transaction_that_sqlite_has_undone_itself_is_not_undone_again(
    here: Database, file: Path
) -> None:
    with suppress(Mistake), here.transaction():
        here.run("ROLLBACK")  # as on a full disk
        raise Mistake
    here.run(ADD, "a")
    assert kept(file) == "a"


def test_a_dry_run_is_undone_whole_however_it_ends(here: Database, file: Path) -> None:
    with here.dry_run(), here.transaction():
        here.run(ADD, "a")
    with suppress(Mistake), here.dry_run():
        here.run(ADD, "b")
        raise Mistake
    here.run(ADD, "c")
    assert kept(file) == "c"


def test_a_dry_run_cannot_begin_inside_a_transaction_which_goes_on(
    here: Database, file: Path
) -> None:
    with here.transaction():
        here.run(ADD, "a")
        with pytest.raises(LedgerError, match="inside a transaction"), here.dry_run():
            pass
    assert kept(file) == "a"


@pytest.mark.parametrize("how", ["transaction", "dry_run", "temporary"])
def test_another_thread_waits_for_the_end_of_a_transaction(
    here: Database, file: Path, how: str
) -> None:
    began, done = Event(), Event()

    def add() -> None:
        began.set()
        here.run(ADD, "b")
        done.set()

    thread = Thread(target=add)
    with getattr(here, how)():
        thread.start()
        began.wait(10)
        assert not done.wait(0.02)
    thread.join(10)
    assert kept(file) == "b"


def test_another_process_waits_for_the_end_of_a_transaction_that_has_not_written_yet(
    here: Database, file: Path
) -> None:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
        with here.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        with here.temporary():
            here.run("SELECT company FROM company")
            other.execute(ADD, ("a",))
            assert not here.run("SELECT company FROM company")  # all of one moment
        assert here.run("SELECT company FROM company") == [("a",)]


@pytest.mark.parametrize(
    ("counts", "pauses"), [([0], 0), ([PAGE - 1], 0), ([PAGE, 0], 1), ([PAGE, PAGE, 7], 2)]
)
@pytest.mark.parametrize("is_repeatable", [False, True])
def test_pages_are_changed_in_transactions_with_pauses_until_one_is_not_full(
    here: Database,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    counts: list[int],
    pauses: int,
    is_repeatable: bool,
) -> None:
    paused: list[str] = []
    monkeypatch.setattr(MACHINE, "sleep", lambda _: paused.append(kept(file)), raising=False)
    left = list(counts)

    def change() -> int:
        here.run(ADD, "abc"[len(counts) - len(left)])
        return left.pop(0)

    here.in_pages(change, is_repeatable=is_repeatable)
    assert not left
    assert paused == ["a", "ab"][:pauses]
    assert kept(file) == "abc"[: len(counts)]


def test_pages_inside_a_transaction_belong_to_it_and_nobody_is_let_in(
    here: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MACHINE, "sleep", pytest.fail, raising=False)
    counts = [PAGE, PAGE, 0]

    def change() -> int:
        here.run(ADD, str(len(counts)))
        return counts.pop(0)

    with suppress(Mistake), here.transaction():
        here.in_pages(change, is_repeatable=True)
        raise Mistake
    assert not counts
    assert kept(file) == ""


def synchronous(here: Database) -> int:
    return int(here.run("PRAGMA synchronous").first()[0])


NORMAL, FULL = 1, 2


@pytest.mark.parametrize(
    ("how", "during"),
    [({}, FULL), ({"is_repeatable": False}, FULL), ({"is_repeatable": True}, NORMAL)],
)
@pytest.mark.parametrize("fails", [False, True])
def test_only_what_is_done_again_may_reach_the_disk_later(
    here: Database, how: dict[str, bool], during: int, fails: bool
) -> None:
    seen: list[int] = []

    def change() -> int:
        seen.append(synchronous(here))
        if fails:
            raise Mistake
        return 0

    assert synchronous(here) == FULL
    with suppress(Mistake):
        here.in_pages(change, **how)
    assert seen == [during]
    assert synchronous(here) == FULL


def test_a_locked_file_is_waited_for_but_not_inside_a_transaction(
    here: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waits = iter(["", "ROLLBACK"])
        monkeypatch.setattr(MACHINE, "sleep", lambda _: other.execute(next(waits)), raising=False)
        here.run(ADD, "a")
        assert not [*waits]
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"), here.temporary():
            here.run(ADD, "b")
    assert kept(file) == "a"


@pytest.mark.parametrize(("seconds", "waits"), [(29, 2), (30, 2), (30.001, 1)])
def test_a_locked_file_is_waited_for_30_seconds(
    here: Database, file: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, waits: int
) -> None:
    """Each of the pauses is so long."""
    now = [1000.0]
    paused: list[float] = []

    def sleep(pause: float) -> None:
        paused.append(pause)
        now[0] += seconds

    monkeypatch.setattr(MACHINE, "monotonic", lambda: now[0], raising=False)
    monkeypatch.setattr(MACHINE, "sleep", sleep, raising=False)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"cannot be used now: database is locked$"):
            here.run(ADD, "a")
    assert len(paused) == waits
    assert paused[0] == database.BRIEF_SECONDS
    assert 0 < paused[0] < 0.01


@pytest.mark.parametrize(
    ("code", "is_waited_for", "hint"),
    [
        (sqlite3.SQLITE_BUSY, True, ""), (sqlite3.SQLITE_BUSY_SNAPSHOT, True, ""),
        (sqlite3.SQLITE_LOCKED, False, ""), (sqlite3.SQLITE_NOMEM, False, ""),
        (sqlite3.SQLITE_IOERR, False, "; is the disk full?"),
        (sqlite3.SQLITE_IOERR_WRITE, False, "; is the disk full?"),
        (sqlite3.SQLITE_CORRUPT, False, ""), (sqlite3.SQLITE_FULL, False, ""),
        (sqlite3.SQLITE_READONLY, False, ""), (None, False, ""), (0, False, ""),
    ],
)  # fmt: skip
def test_only_a_busy_file_is_waited_for_and_a_failing_disk_gets_a_hint(
    here: Database,
    monkeypatch: pytest.MonkeyPatch,
    code: int | None,
    is_waited_for: bool,
    hint: str,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(MACHINE, "sleep", waits.append, raising=False)
    failures = [sqlite3.OperationalError("failed") for _ in range(2)]
    for each in failures:
        each.sqlite_errorcode = code  # type: ignore[assignment]

    def execute(_statement: str, _values: object) -> list[str]:
        if failures:
            raise failures.pop()
        return ["row"]

    if is_waited_for:
        assert here._patiently(execute, "", ()) == ["row"]
    else:
        with pytest.raises(LedgerError) as caught:
            here._patiently(execute, "", ())
        assert str(caught.value).endswith(f"ledger.db cannot be used now: failed{hint}")
    assert len(waits) == 2 * is_waited_for


def test_a_mistake_in_a_statement_is_not_waited_for(
    here: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MACHINE, "sleep", pytest.fail, raising=False)
    with pytest.raises(LedgerError, match=r"no such table: absent$"):
        here.run("SELECT * FROM absent")


def test_one_row_of_many_that_fails_is_an_error_of_the_file(here: Database, file: Path) -> None:
    with pytest.raises(LedgerError, match="UNIQUE"), here.transaction():
        here.run_many(ADD, [("a",), ("a",)])
    here.run_many(ADD, [("b",), ("c",)])
    assert kept(file) == "bc"


def test_the_first_row_of_none_is_none(here: Database) -> None:
    assert here.run("SELECT company FROM company").first() is None
    assert here.run("SELECT 1 UNION SELECT 2").first() == (1,)


def test_what_was_not_committed_is_undone_when_the_file_is_closed(file: Path) -> None:
    here = Database(file)
    here.run(ADD, "a")
    here.run("BEGIN IMMEDIATE")
    here.run(ADD, "b")
    here.close()
    assert kept(file) == "a"
    with pytest.raises(LedgerError, match="closed"):
        here.run(ADD, "c")
