"""Rows of companies, with their connections and configuration."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct, field

from codat_mock.accounting.catalogue import NO_PRODUCTS, Catalogue
from codat_mock.clock import from_microseconds, to_microseconds
from codat_mock.models.companies import Company
from codat_mock.models.configuration import Configuration
from codat_mock.models.decoding import decoder
from codat_mock.storage.discarded import Discarded

encode = msgspec.json.Encoder(decimal_format="number").encode
decode_company = decoder(Company)
decode_configuration = decoder(Configuration)
decode_rates = decoder(set[Decimal])
decode_catalogue = decoder(Catalogue)

MAX_HELD: Final = 200  # companies in memory when a transaction begins
COLUMNS: Final = "number, company, configuration, rates, catalogue, due, failures"


class CompanyRow(Struct):
    """A company: what the API shows of it, and what its syncs need.

    Args:
        rates: the tax percentages seen in its orders.
        catalogue: its products.
        due: when its next scheduled sync is, None while none is planned.
        failures: how many scheduled syncs in a row have failed until now.
        is_ready: whether accounting was linked, and the mapping is complete; not stored, and None
            until it is computed, once for each state that is saved.
    """

    number: int
    company: Company
    configuration: Configuration | None = None
    rates: set[Decimal] = field(default_factory=set)
    catalogue: Catalogue = NO_PRODUCTS
    due: datetime | None = None
    failures: int = 0
    is_ready: bool | None = None


class Companies:
    """One sandbox's companies.

    Those that were read are held, so that a poll need not decode its company's configuration. Who
    changes one saves it in the same transaction.
    """

    def __init__(self, db: sqlite3.Connection, sandbox: int, discarded: Discarded) -> None:
        self._db = db
        self._sandbox = sandbox
        self._discarded = discarded
        self._rows: dict[int, CompanyRow] = {}
        self._numbers: dict[str, int] = {}  # of those, by their ids
        self._due: tuple[int, int] | None = None  # of the first one due: moment and number
        self._is_due_known = False

    def begin(self) -> None:
        """Start a transaction: where very many companies are held, they are read once more."""
        if len(self._rows) > MAX_HELD:
            self._rows.clear()
            self._numbers.clear()

    def forget(self) -> None:
        """Hold nothing in memory: what was written has been rolled back."""
        self._rows.clear()
        self._numbers.clear()
        self._is_due_known = False

    def add(self, company: Company) -> CompanyRow:
        """Store a new company."""
        added = self._db.execute(
            "INSERT INTO companies (sandbox, id, company) VALUES (?, ?, ?)",
            (self._sandbox, company.id, encode(company)),
        )
        return self._hold(CompanyRow(added.lastrowid or 0, company))

    def find(self, company_id: str) -> CompanyRow | None:
        """The company of that id."""
        number = self._numbers.get(company_id)
        return self._first("id = ?", (company_id,)) if number is None else self._rows[number]

    def all(self) -> list[CompanyRow]:
        """All companies, in the order they were made."""
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM companies WHERE sandbox = ? ORDER BY number",  # noqa: S608  (constant columns)
            (self._sandbox,),
        )
        return [self._row(*row) for row in found]

    def first_due(self, until: datetime) -> int | None:
        """The number of the company whose sync is due first, if one is until then.

        The company made earlier goes before where two are due together.
        """
        if not self._is_due_known:
            self._due = self._db.execute(
                "SELECT due, number FROM companies WHERE sandbox = ? AND due IS NOT NULL"
                " ORDER BY due, number LIMIT 1",
                (self._sandbox,),
            ).fetchone()
            self._is_due_known = True
        if self._due is None or self._due[0] > to_microseconds(until):
            return None
        return self._due[1]

    def by_number(self, number: int) -> CompanyRow:
        """The company of that number."""
        found = self._rows.get(number) or self._first("number = ?", (number,))
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
        self._is_due_known = False

    def save(self, row: CompanyRow) -> None:
        """Write a company's every part."""
        row.is_ready = None
        configuration = None if row.configuration is None else encode(row.configuration)
        self._db.execute(
            "UPDATE companies SET company = ?, configuration = ?, rates = ?, catalogue = ?"
            " WHERE number = ?",
            (
                encode(row.company),
                configuration,
                encode(sorted(row.rates)),
                encode(row.catalogue),
                row.number,
            ),
        )
        self.plan(row)

    def delete(self, row: CompanyRow) -> None:
        """Delete a company with everything that belongs to it; its rows go by the store."""
        self._discarded.put_company(row.number)
        self.forget()

    def _first(self, condition: str, values: tuple[object, ...]) -> CompanyRow | None:
        found = self._db.execute(
            f"SELECT {COLUMNS} FROM companies WHERE sandbox = ? AND {condition}",  # noqa: S608  (constant conditions)
            (self._sandbox, *values),
        ).fetchone()
        return self._row(*found) if found else None

    def _row(
        self,
        number: int,
        company: bytes,
        configuration: bytes | None,
        rates: bytes,
        catalogue: bytes,
        due: int | None,
        failures: int,
    ) -> CompanyRow:
        """The one object of a company, made of its columns at first."""
        return self._rows.get(number) or self._hold(
            CompanyRow(
                number,
                decode_company(company),
                None if configuration is None else decode_configuration(configuration),
                decode_rates(rates),
                decode_catalogue(catalogue),
                None if due is None else from_microseconds(due),
                failures,
            )
        )

    def _hold(self, row: CompanyRow) -> CompanyRow:
        self._rows[row.number] = row
        self._numbers[row.company.id] = row.number
        return row
