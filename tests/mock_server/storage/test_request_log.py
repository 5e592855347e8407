"""The request log: how bodies are kept, how much it may take, and what is found in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace

from codat_mock.models.request_log import LoggedRequest
from codat_mock.storage import request_log
from codat_mock.storage.request_log import RequestLogTable, SizeMeter, encode, pack, unpack
from codat_mock.storage.schema import TABLES

ENTRY = LoggedRequest(
    number=1, at="", seconds=0, method="GET", path="/", query="", status=200, is_planned=False,
    operation=None, nearest=None, company_id="c", dataset_id=None, sent_bytes=0, answered_bytes=0,
    sent_type="", answered_type="", findings=[],
)  # fmt: skip
LARGEST = 9_223_372_036_854_775_807  # integer of SQLite


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Two sandboxes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(TABLES)
        made.execute(
            "INSERT INTO sandboxes (number, name, clock) VALUES (1, 'a', ''), (2, 'b', '')"
        )
        yield made


def log(db: sqlite3.Connection, limit: int = 1 << 20, sandbox: int = 1) -> RequestLogTable:
    return RequestLogTable(db, sandbox, SizeMeter(db, limit))


def add(table: RequestLogTable, number: int, sent: bytes | None = None, **more: object) -> None:
    table.add(replace(ENTRY, number=number, **more), sent, None)


@pytest.mark.parametrize(
    ("body", "is_deflated"), [(b"x" * 1023, False), (b"x" * 1024, True), (b"x", False)]
)
def test_a_body_of_a_kibibyte_or_more_is_deflated(body, is_deflated):
    packed = pack(body)
    assert packed is not None
    assert unpack(packed) == body
    assert (packed == b"\0" + body) != is_deflated


def test_no_body_is_kept_as_none():
    assert pack(b"") is None
    assert unpack(None) == b""


def test_a_row_takes_its_bytes_and_those_of_its_bodies(db):
    table = log(db)
    table.add(ENTRY, b"123", b"45")
    (size,) = db.execute("SELECT size FROM requests").fetchone()
    assert size == 128 + len(encode(ENTRY)) + 5
    assert table._meter.held == size
    add(table, 2)
    assert [*table.waiting.rows] == [2]
    table.flush()
    assert table._meter.held == size + 128 + len(encode(replace(ENTRY, number=2)))


@pytest.mark.parametrize(("held", "is_near"), [(None, True), (90, False), (91, True)])
def test_a_log_is_near_its_limit_where_more_would_be_beyond_it(db, held, is_near):
    meter = SizeMeter(db, 100)
    meter.held = held
    assert meter.is_near_limit(10) == is_near


def test_what_might_exceed_the_limit_with_a_hundred_like_it_is_written_at_once(db):
    size = 128 + len(encode(ENTRY))
    for limit, waits in ((100 * size, True), (100 * size - 1, False)):
        table = log(db, limit)
        table._meter.held = 0
        add(table, 1)
        assert bool(table.waiting.rows) == waits
        table.waiting.rows.clear()


def test_the_oldest_rows_of_all_sandboxes_go_until_the_rest_fits(db):
    tables = [log(db), log(db, sandbox=2)]
    meter = tables[0]._meter
    tables[1]._meter = meter
    for number in range(6):
        tables[number % 2].add(replace(ENTRY, number=number), None, None)
        tables[number % 2].flush()
    (size,) = db.execute("SELECT max(size) FROM requests").fetchone()
    meter.limit = 3 * size
    meter.add(0)
    assert meter.held == 3 * size
    assert (tables[0].numbers(), tables[1].numbers()) == ([4], [3, 5])
    assert (tables[0].dropped(), tables[1].dropped()) == (2, 1)
    meter.limit = 0
    meter.add(0)
    assert (tables[0].numbers(), tables[1].numbers()) == ([], [5])  # the newest always stays
    assert meter.held == size
    meter.held = None
    meter.add(7)
    assert meter.held == size  # what was counted has the new row already


def test_rows_that_go_may_be_more_than_one_portion(db, monkeypatch):
    monkeypatch.setattr(request_log, "ROWS_AT_ONCE", 2)
    table = log(db)
    for number in range(7):
        add(table, number)
    table.flush()
    table._meter.limit = 0
    table._meter.add(0)
    assert (table.numbers(), table.dropped()) == ([6], 6)


def test_requests_are_found_by_their_numbers(db):
    table, other = log(db), log(db, sandbox=2)
    for number in (1, 2, 3):
        add(table, number, path=f"/{number}")
    assert [b'"path":"/2"' in each for each in table.after(1, 1)] == [True]
    assert len(table.after(1, 9)) == 2
    assert table.after(3, 9) == other.after(0, 9) == []
    found = table.find(2)
    assert found is not None
    assert found.path == "/2"
    assert table.find(4) is table.find(LARGEST) is table.find(LARGEST + 1) is None
    assert other.find(2) is None
    add(table, LARGEST)
    assert table.find(LARGEST) is not None


@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 100])
def test_the_requests_with_bodies_are_read_in_portions_the_latest_first(db, monkeypatch, at_once):
    monkeypatch.setattr(request_log, "ROWS_AT_ONCE", at_once)
    table = log(db)
    for number in range(1, 8):
        add(table, number, b"x" if number % 2 else None)
    add(log(db, sandbox=2), 9, b"x")
    assert [each.number for each in table.with_bodies()] == [7, 5, 3, 1]
    assert [each.number for each in log(db, sandbox=3).with_bodies()] == []


@pytest.mark.parametrize(
    ("status", "is_there"), [(200, True), (299, True), (199, False), (400, False)]
)
def test_a_company_was_there_if_a_request_about_it_was_answered(db, status, is_there):
    table = log(db)
    assert not table.has_answered("c")
    add(table, 1, status=status)
    assert table.has_answered("c") == is_there
    assert not table.has_answered("d")
    assert not log(db, sandbox=2).has_answered("c")


def test_the_bodies_of_a_request_are_unpacked(db):
    table = log(db)
    table.add(ENTRY, pack(b"sent"), pack(b"answered" * 1000))
    table.add(replace(ENTRY, number=2), None, None)
    bodies = table.bodies(1)
    assert (bodies.sent, bodies.answered) == (b"sent", b"answered" * 1000)
    assert (table.bodies(2).sent, table.bodies(2).answered) == (b"", b"")
