"""Companies in the database, and what is held of them in memory."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from codat_mock.models.companies import Company
from codat_mock.models.configuration import Configuration
from codat_mock.storage.companies import Companies, CompanyRow
from codat_mock.storage.discarded import Discarded

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
STEP = timedelta(microseconds=1)


@pytest.fixture
def companies(db: sqlite3.Connection) -> Companies:
    db.execute("INSERT INTO sandboxes (number, name, clock) VALUES (1, 'a', '')")
    return Companies(db, 1, Discarded(db))


def add(companies: Companies, name: str) -> CompanyRow:
    return companies.add(Company(id=name, name=name, platform="", redirect="", created=""))


def test_a_company_is_one_object_however_it_is_found(companies, db):
    row = add(companies, "a")
    assert companies.find("a") is row is companies.by_number(row.number) is companies.all()[0]
    assert companies.find("b") is None
    with pytest.raises(LookupError):
        companies.by_number(99)
    other = Companies(db, 1, Discarded(db))
    read = other.find("a")
    assert read is other.find("a") is other.by_number(row.number)
    assert (read, read is row) == (row, False)
    assert Companies(db, 2, Discarded(db)).find("a") is None
    companies.forget()
    assert companies.find("a") is not row


@pytest.mark.parametrize(("count", "is_held"), [(200, True), (201, False)])
def test_very_many_companies_are_not_held_from_transaction_to_transaction(
    companies, count, is_held
):
    rows = [add(companies, f"{number}") for number in range(count)]
    companies.begin()
    assert (companies.find("0") is rows[0]) == is_held
    assert (companies.by_number(rows[1].number) is rows[1]) == is_held


@pytest.mark.parametrize("configuration", [None, Configuration(enabled=False)])
@pytest.mark.parametrize("due", [None, NOON])
def test_every_part_of_a_company_is_kept(companies, db, configuration, due):
    row = add(companies, "a")
    row.configuration, row.due, row.failures = configuration, due, 3
    row.rates = {Decimal("5"), Decimal("12.5")}
    row.is_ready = True
    companies.save(row)
    assert row.is_ready is None
    read = Companies(db, 1, Discarded(db)).find("a")
    assert read == row


def test_the_first_company_that_is_due_is_looked_up_again_after_each_change(companies, db):
    rows = [add(companies, name) for name in "abc"]
    assert companies.first_due(NOON) is None
    for row, due in zip(rows, (NOON + STEP, NOON, NOON), strict=True):
        row.due = due
        companies.plan(row)
    assert companies.first_due(NOON - STEP) is None
    assert companies.first_due(NOON) == companies.first_due(NOON + STEP) == rows[1].number
    companies.delete(rows[1])
    assert companies.first_due(NOON) == rows[2].number
    db.execute("UPDATE companies SET due = NULL WHERE number = ?", (rows[2].number,))
    assert companies.first_due(NOON) == rows[2].number  # held, as nobody else writes
    companies.forget()
    assert companies.first_due(NOON) is None
    assert companies.first_due(NOON + STEP) == rows[0].number
