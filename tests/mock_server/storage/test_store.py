"""Transactions of the store, whom they keep out, and when the log entries of reads are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from copy import copy
from threading import Event, Thread

import pytest

from codat_mock.clock import Clock
from codat_mock.models.faults import Refuse
from codat_mock.sandbox.request_log import LoggedRequest
from codat_mock.storage import SandboxTables, StorageError, Store, store
from codat_mock.storage.deferred import AT_ONCE


def written(registry) -> int:
    return registry._store._db.execute("SELECT count(*) FROM requests").fetchone()[0]


def test_the_log_entries_of_reads_wait_for_a_write(registry, http):
    http.get("/meta/companies")
    before = written(registry)
    for _ in range(3):
        http.get("/meta/companies")
    assert written(registry) == before
    http.post("/meta/companies/sync", json={"name": "Café"}).raise_for_status()
    assert written(registry) == before + 4


def test_the_log_entries_of_many_reads_are_written(registry, http):
    http.post("/meta/companies/sync", json={"name": "Café"}).raise_for_status()
    before = written(registry)
    for _ in range(AT_ONCE - 1):
        http.get("/meta/companies")
    assert written(registry) == before
    http.get("/meta/companies")
    assert written(registry) == before + AT_ONCE


@pytest.fixture
def opened() -> Iterator[Store]:
    made = Store()
    yield made
    made.close()


@pytest.fixture
def tables(opened: Store) -> SandboxTables:
    """A new sandbox's part of a store in memory."""
    with opened.transaction():
        clock = Clock.starting(None, 0)
        made = opened.tables(opened.sandboxes.get_or_add("k", clock))
        made.begin()
        made.save()
    return made


def names(opened: Store) -> list[str]:
    with opened.transaction():
        return opened.sandboxes.names()


def add(opened: Store, name: str) -> None:
    opened.sandboxes.get_or_add(name, Clock.starting(None, 0))


def fail(opened: Store, error: BaseException) -> None:
    """Do something that is to be undone, and fail."""
    opened._meter.held = 99
    add(opened, "lost")
    raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_a_transaction_that_fails_has_done_is_undone_before_others_may_go(opened, error):
    called: list[bool] = []
    with opened.transaction():
        add(opened, "kept")
    with pytest.raises(error), opened.transaction(lambda: called.append(opened._lock.locked())):
        fail(opened, error("failed"))
    assert (called, names(opened)) == ([True], ["kept"])
    with opened.transaction(lambda: called.append(True)):
        add(opened, "kept too")
    assert (called, names(opened)) == ([True], ["kept", "kept too"])


def test_what_the_logs_held_before_a_transaction_that_fails_counts_again(opened):
    opened._meter.held = 7
    with pytest.raises(ValueError, match="failed"), opened.transaction():
        fail(opened, ValueError("failed"))
    assert opened._meter.held == 7


def test_a_transaction_is_open_once_in_a_thread(opened):
    with (
        opened.transaction(),
        pytest.raises(RuntimeError, match="open already"),
        opened.transaction(),
    ):
        pass
    with pytest.raises(RuntimeError, match="no transaction"), opened.interruption():
        pass
    assert names(opened) == []


def test_a_mistake_of_ours_stays_what_it_is_and_the_machines_errors_are_named(opened):
    with pytest.raises(sqlite3.OperationalError, match="syntax"), opened.transaction():
        opened._db.execute("SELECT FROM")
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(StorageError, match="disk full") as caught, opened.transaction():
        raise error
    assert caught.value.__cause__ is error


def in_another_thread(work) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_others_wait_for_a_transaction_and_go_in_its_interruption(opened):
    seen: list[list[str]] = []
    look = lambda: seen.append(names(opened))  # noqa: E731  (a thread's work)
    with opened.transaction():
        add(opened, "one")
        waiting = in_another_thread(look)
        waiting.join(0.02)
        assert seen == []
        with opened.interruption():
            waiting.join(20)
            assert seen == [["one"]]
            assert not opened._lock.locked()
        add(opened, "two")
    assert names(opened) == ["one", "two"]


def test_what_follows_an_interruption_is_undone_by_itself(opened):
    def work() -> None:
        add(opened, "kept")
        with opened.interruption():
            opened._meter.held = 5
        fail(opened, ValueError("failed"))

    with pytest.raises(ValueError, match="failed"), opened.transaction():
        work()
    assert opened._meter.held == 5
    assert names(opened) == ["kept"]


def test_a_store_that_is_closed_in_an_interruption_is_left_alone(opened):
    with (
        pytest.raises(StorageError, match="has been stopped") as caught,
        opened.transaction(),
        opened.interruption(),
    ):
        opened.close()
    assert caught.value.is_passing
    assert not opened._lock.locked()
    with pytest.raises(StorageError, match="has been stopped"):
        names(opened)
    opened.close()


def test_a_store_waits_for_a_transaction_before_it_closes_but_not_for_ever(opened, monkeypatch):
    assert store.CLOSE_SECONDS == 5
    monkeypatch.setattr(store, "CLOSE_SECONDS", 0.01)
    inside, may_end = Event(), Event()

    def work() -> None:
        with opened.transaction():
            inside.set()
            assert may_end.wait(20)
            add(opened, "kept")

    working = in_another_thread(work)
    assert inside.wait(20)
    opened.close()
    may_end.set()
    working.join(20)
    assert names(opened) == ["kept"]  # it was not closed


def test_nothing_is_written_for_what_only_reads(opened, tables):
    opened._db.execute("PRAGMA user_version")
    before = opened._db.total_changes
    with opened.transaction():
        tables.begin()
        tables.row.requests += 1
        tables.save()
    assert opened._db.total_changes == before
    with opened.transaction():
        tables.begin()
        tables.row.minted += 1
        tables.save()
    assert opened._db.total_changes == before + 1
    stored = opened._db.execute("SELECT minted, requests FROM sandboxes").fetchone()
    assert stored == (1, 1)


def entry(number: int) -> LoggedRequest:
    return LoggedRequest(
        number=number, at="", seconds=0, method="GET", path="/", query="", status=200,
        is_planned=False, operation=None, nearest=None, company_id=None, dataset_id=None,
        sent_bytes=0, answered_bytes=0, sent_type="", answered_type="", findings=[],
    )  # fmt: skip


def test_a_write_takes_along_what_waits(opened, tables):
    opened._meter.held = 0
    with opened.transaction():
        tables.begin()
        for number in (1, 2):
            tables.request_log.add(entry(number), None, None)
        tables.save()
        assert [*tables.request_log.waiting.rows] == [1, 2]
        tables.faults.add(Refuse(status=503), tables.row.clock.now())
        tables.save()
        assert [*tables.request_log.waiting.rows] == []
        assert tables.request_log.numbers() == [1, 2]


@pytest.mark.parametrize("is_written_before", [False, True])
def test_what_follows_a_checkpoint_is_undone_in_the_database_and_in_memory(
    opened, tables, is_written_before
):
    opened._meter.held = 0
    with opened.transaction():
        tables.begin()
        if is_written_before:
            tables.preferences.save("before", 1)
        tables.row.minted = 1
        opened._meter.held = 5
        tables.request_log.waiting.rows[1] = (1, 1, b"", None, None, 0)
        tables.checkpoint()
        tables.preferences.save("after", 2)
        tables.row.minted = 9
        tables.remembered["x"] = (1, 2)
        opened._meter.held = 99
        tables.request_log.waiting.rows[2] = (1, 2, b"", None, None, 0)
        tables.roll_back()
        assert (tables.row.minted, opened._meter.held) == (1, 5)
        assert [*tables.request_log.waiting.rows] == [1]
        assert tables.remembered == {}
        assert tables.preferences.find("after", int) is None
        assert tables.preferences.find("before", int) == (1 if is_written_before else None)
        tables.save()
    stored = opened._db.execute("SELECT name FROM preferences").fetchall()
    assert stored == ([("before",)] if is_written_before else [])
    assert opened._db.execute("SELECT minted FROM sandboxes").fetchone() == (1,)


def test_what_is_deleted_goes_in_several_transactions(opened, monkeypatch):
    monkeypatch.setattr(store, "LONGEST_SECONDS", -1.0)
    monkeypatch.setattr("codat_mock.storage.discarded.ROWS_AT_ONCE", 1)
    with opened.transaction():
        made = opened.tables(opened.sandboxes.get_or_add("k", Clock.starting(None, 0)))
        for name in "abc":
            made.preferences.save(name, 1)
        opened.sandboxes.delete("k")
        assert opened.sandboxes.names() == []
        opened._meter.held = 5
    begun: list[None] = []
    monkeypatch.setattr(opened, "_begin", lambda: begun.append(None))
    opened.delete_discarded()
    assert len(begun) == 5  # three rows, the sandbox's own, and a look
    assert opened._meter.held is None
    assert opened._db.execute("SELECT count(*) FROM preferences").fetchone() == (0,)
    opened.delete_discarded()
    assert len(begun) == 5


@pytest.mark.parametrize(("step", "transactions"), [(0.02, 4), (0.025, 6), (0.0251, 6), (9.0, 11)])
def test_a_transaction_that_deletes_takes_as_many_portions_as_there_is_time_for(
    opened, monkeypatch, step, transactions
):
    monkeypatch.setattr("codat_mock.storage.discarded.ROWS_AT_ONCE", 1)
    with opened.transaction():
        made = opened.tables(opened.sandboxes.get_or_add("k", Clock.starting(None, 0)))
        for number in range(9):
            made.preferences.save(f"{number}", 1)
        opened.sandboxes.delete("k")
    asked, begun = [0.0], list[None]()

    def begin() -> None:
        begun.append(None)
        asked[0] = -step  # each transaction is timed from its begin

    def seconds() -> float:
        asked[0] += step
        return asked[0]

    monkeypatch.setattr(store, "machine_seconds", seconds)
    monkeypatch.setattr(opened, "_begin", begin)
    opened.delete_discarded()
    assert len(begun) == transactions  # for nine rows, the sandbox's own, and a look


def test_a_file_of_which_nothing_is_known_is_left_to_sqlite(opened, monkeypatch, tmp_path):
    def unknown(_: object) -> None:
        raise PermissionError("not yours")

    opened._files = {tmp_path: (1, 2)}
    monkeypatch.setattr(store, "identity", unknown)
    assert names(opened) == []


def test_what_was_put_aside_once_is_not_put_aside_again(opened, monkeypatch):
    with opened.transaction():
        add(opened, "left")
    opened.delete_discarded()
    begun: list[None] = []
    monkeypatch.setattr(opened, "_begin", lambda: begun.append(None))
    opened._left_over.add("left")
    opened.delete_discarded()
    assert begun
    begun.clear()
    opened.delete_discarded()
    assert begun == []


def test_an_answer_that_was_lost_is_known_to_the_next_transaction(opened, tables):
    answers = tables.datasets.answers
    answers.expect(1, "d")
    answers.lose(1, "d")
    with opened.transaction():
        tables.begin()
        assert not answers.is_expected("d")


@pytest.mark.parametrize(("count", "is_written"), [(49, False), (50, True)])
def test_fifty_answers_are_written_at_once(opened, tables, count, is_written):
    with opened.transaction():
        tables.begin()
        for number in range(count):
            tables.datasets.answers.confirm(f"{number}")
        tables.save()
    assert bool(tables.datasets.answers._sent) != is_written


def test_what_was_rolled_back_is_written_when_it_is_done_again(opened, tables):
    before = copy(tables.row)

    def work() -> None:
        tables.begin()
        tables.row.minted = 1
        tables.flush()
        raise ValueError("failed")

    with (
        pytest.raises(ValueError, match="failed"),
        opened.transaction(lambda: tables.roll_back_all(before)),
    ):
        work()
    assert tables.row.minted == 0
    with opened.transaction():
        tables.begin()
        tables.row.minted = 1
        tables.save()
    assert opened._db.execute("SELECT minted FROM sandboxes").fetchone() == (1,)
