"""Rows of companies, with their connections and configuration."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.companies import Company
from codat_mock.models.configuration import Configuration
from codat_mock.models.decoding import decoder

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_company = decoder(Company)
decode_configuration = decoder(Configuration)
decode_rates = decoder(set[Decimal])

COLUMNS: Final = "number, company, configuration, rates, due, failures"


class CompanyRow(Struct):
    """A company: what the API shows of it, and what its syncs need.

    Args:
        rates: the tax percentages seen in its orders.
        due: when its next scheduled sync is, None while none is planned.
        failures: how many scheduled syncs in a row have failed until now.
    """

    number: int
    company: Company
    configuration: Configuration | None = None
    rates: set[Decimal] = field(default_factory=set)
    due: datetime | None = None
    failures: int = 0


class Companies:
    """One sandbox's companies."""

    def __init__(self, db: sqlite3.Connection, sandbox: int) -> None:
        self._db = db
        self._sandbox = sandbox

    def add(self, company: Company) -> CompanyRow:
        """Store a new company."""
        added = self._db.execute(
            "INSERT INTO companies (sandbox, id, company) VALUES (?, ?, ?)",
            (self._sandbox, company.id, encode(company)),
        )
        return CompanyRow(added.lastrowid or 0, company)

    def find(self, company_id: str) -> CompanyRow | None:
        """The company of that id."""
        return self._first("id = ?", (company_id,))

    def all(self) -> list[CompanyRow]:
        """All companies, in the order they were made."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM companies WHERE sandbox = ? ORDER BY number",  # noqa: S608  (constant columns)
            (self._sandbox,),
        )
        return [read(row) for row in found]

    def first_due(self, until: datetime) -> int | None:
        """The number of the company whose sync is due first, if one is until then.

        The company made earlier goes before where two are due together.
        """
        found = self._db.execute(
            "SELECT number FROM companies WHERE sandbox = ? AND due <= ?"
            " ORDER BY due, number LIMIT 1",
            (self._sandbox, to_microseconds(until)),
        ).fetchone()
        return found[0] if found else None

    def by_number(self, number: int) -> CompanyRow:
        """The company of that number."""
        found = self._first("number = ?", (number,))
        if found is None:
            raise LookupError(number)
        return found

    def plan(self, row: CompanyRow) -> None:
        """Write when a company's next sync is due, and how many have failed."""
        due = None if row.due is None else to_microseconds(row.due)
        self._db.execute(
            "UPDATE companies SET due = ?, failures = ? WHERE number = ?",
            (due, row.failures, row.number),
        )

    def save(self, row: CompanyRow) -> None:
        """Write a company's every part."""
        configuration = None if row.configuration is None else encode(row.configuration)
        self._db.execute(
            "UPDATE companies SET company = ?, configuration = ?, rates = ? WHERE number = ?",
            (encode(row.company), configuration, encode(sorted(row.rates)), row.number),
        )
        self.plan(row)

    def _first(self, condition: str, values: tuple[object, ...]) -> CompanyRow | None:
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM companies WHERE sandbox = ? AND {condition}",  # noqa: S608  (constant conditions)
            (self._sandbox, *values),
        ).fetchone()
        return read(found) if found else None


def read(row: tuple[int, bytes, bytes | None, bytes, int | None, int]) -> CompanyRow:
    """A row as the database gives it."""
    number, company, configuration, rates, due, failures = row
    return CompanyRow(
        number,
        decode_company(company),
        None if configuration is None else decode_configuration(configuration),
        decode_rates(rates),
        None if due is None else from_microseconds(due),
        failures,
    )
