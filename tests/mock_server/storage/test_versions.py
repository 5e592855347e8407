"""The versions that a sync looks at are the same, in however many portions they are read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.clock import from_microseconds
from codat_mock.storage import chunked, versions
from codat_mock.storage.schema import TABLES
from codat_mock.storage.versions import Versions

OTHERS = "commerce-payments"
TYPES = ("commerce-orders", OTHERS)
ROW = (
    "SELECT v.data_type, v.key, v.dataset, v.position, v.created, d.ends, v.is_delete, v.synced,"
    " v.deferred FROM versions v JOIN datasets d ON d.number = v.dataset WHERE v.company = 1 AND"
    " (v.data_type, v.key) IN (SELECT data_type, key FROM versions w WHERE company = 1"
    " AND synced IS NULL AND ({})) ORDER BY v.data_type, v.key, v.dataset"
)
BROUGHT = "dataset IN (SELECT number FROM datasets WHERE company = 1 AND ends >= ? AND ends <= ?)"


def stored(rows: dict[tuple[int, str, str, int], tuple[int | None, bool, bool]]) -> Any:
    """A database with versions of two companies; the dataset n of a company ends at n."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(TABLES)
    for company in (1, 2):
        for number in range(5):
            db.execute(
                "INSERT INTO datasets (number, company, id, connection, data_type, requested, ends,"
                " plan, request, body) VALUES (?, ?, ?, 'c', ?, 0, ?, '', '', '')",
                (company * 10 + number, company, f"{number}", TYPES[0], number),
            )
    for (company, data_type, key, number), (created, is_synced, is_deferred) in rows.items():
        db.execute(
            "INSERT INTO versions (company, data_type, key, dataset, position, created, is_delete,"
            " synced, deferred, carrier) VALUES (?, ?, ?, ?, 0, ?, 0, ?, ?, 0)",
            (company, data_type, key, company * 10 + number, created, 9 if is_synced else None,
             is_deferred),
        )  # fmt: skip
    return db


places = st.tuples(
    st.sampled_from([1, 1, 2]), st.sampled_from(TYPES), st.sampled_from("abcdeé"), st.integers(0, 4)
)
values = st.tuples(st.none() | st.integers(0, 4), st.booleans(), st.booleans())


@given(
    st.dictionaries(places, values, max_size=40),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 3),
)
def test_portions_give_what_one_query_gives(
    rows: Any, start: int, finish: int, at_once: int
) -> None:
    pauses: list[None] = []
    moments = [from_microseconds(each) for each in (start, finish, 1, 3)]
    with closing(stored(rows)) as db, pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "ROWS_AT_ONCE", at_once)
        patch.setattr("codat_mock.storage.chunked.KEYS_AT_ONCE", 2)
        table = Versions(db)
        found = table.candidates(1, *moments, lambda: pauses.append(None))
        either = f"created >= ? AND created < ? OR {BROUGHT} OR deferred = 1"
        assert found == db.execute(ROW.format(either), (start, finish, 1, 3)).fetchall()
        early = table.waiting(1, from_microseconds(finish))
        assert early == db.execute(
            ROW.format("created < ? OR created IS NULL"), (finish,)
        ).fetchall()  # fmt: skip
        assert table.deferred(1) == db.execute(ROW.format("deferred = 1")).fetchall()
        keys = {(row[0], row[1]) for row in found}
        assert len(pauses) >= len(keys) // 2


@given(st.sets(places, max_size=40), st.data())
def test_exactly_the_versions_that_a_sync_took_are_marked(
    rows: set[tuple[int, str, str, int]], data: st.DataObject
) -> None:
    own = sorted((kind, key, 10 + number) for company, kind, key, number in rows if company == 1)
    took = data.draw(st.lists(st.sampled_from(own), unique=True)) if own else []
    with (
        closing(stored(dict.fromkeys(rows, (0, False, False)))) as db,
        pytest.MonkeyPatch.context() as at,
    ):
        at.setattr(chunked, "KEYS_AT_ONCE", 2)
        Versions(db).mark_synced(1, 7, took)
        marked = db.execute("SELECT company, synced, data_type, key, dataset FROM versions")
        assert {tuple(row[2:]) for row in marked if row[:2] == (1, 7)} == {*took}
        count = db.execute("SELECT count(*) FROM versions WHERE synced IS NOT NULL").fetchone()
        assert count == (len(took),)


def test_many_names_are_in_their_order_though_sorted_in_portions() -> None:
    names = [(TYPES[number % 2], f"{number * 7919 % 50_000}") for number in range(50_000)]
    ordered = [*versions.in_order(names)]
    assert len(ordered) == len(names)
    assert all(before <= after for before, after in pairwise(ordered))


def test_many_records_of_one_moment_are_read_in_a_time_that_grows_with_their_number() -> None:
    rows = {(1, TYPES[0], f"{number}", 0): (3, False, False) for number in range(40_000)}
    with closing(stored(rows)) as db:
        steps: list[None] = []
        db.set_progress_handler(lambda: steps.append(None), 1000)
        assert len(Versions(db).waiting(1, from_microseconds(4))) == len(rows)
    assert len(steps) < 0.1 * len(rows)  # thousands of the database's instructions


def test_each_portion_is_found_by_an_index() -> None:
    with closing(stored({})) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        table, at = Versions(db), from_microseconds(3)
        table.candidates(1, at, at + timedelta(days=1), from_microseconds(0), at)
        table.waiting(1, at)
        db.set_trace_callback(None)
        for statement in asked:
            found = db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            assert [plan for *_, plan in found if "SCAN" in plan or "TEMP" in plan] == []


@pytest.mark.parametrize(("count", "pauses"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_others_may_go_after_each_full_portion_of_names_and_each_of_versions(
    count: int, pauses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "ROWS_AT_ONCE", 2)
    rows = {(1, TYPES[0], f"{number}", 0): (1, False, True) for number in range(count)}
    paused: list[None] = []
    with closing(stored(rows)) as db:
        found = Versions(db).deferred(1, lambda: paused.append(None))
    assert (len(found), len(paused)) == (count, pauses)
