"""Compares the books with the records that they must show, by its own arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from codat_mock.models.datasets import DataType
from codat_scenarios.merchants import ORDERS, PAYMENTS, TRANSACTIONS, Record
from codat_scenarios.sandbox_driver import Json

RecordId = tuple[DataType, str]
"""A record by its data type and key; the key is its id, for a transaction `id/type`."""

ZERO = Decimal(0)


class Money(NamedTuple):
    """An amount with its currency, an ISO 4217 code."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


# The documents that add to each data type's total in the books, and those that reduce it.
DOCUMENTS: dict[DataType, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ORDERS: (("Invoice",), ("CreditNote",)),
    PAYMENTS: (("Payment", "Overpayment"), ("Refund",)),
    TRANSACTIONS: (("BillCreditNote", "ReceiveMoney"), ("Bill", "SpendMoney")),
}


def differences(expected: Mapping[RecordId, Record], books: Json) -> list[str]:
    """Describe how the books differ from the expected records, in a sentence each.

    Args:
        expected: exactly the records that belong in the books, in the version to be booked.
        books: a company's, as `GET /_mock/books` returns them.
    """
    worth = {
        id_: Money(amount_of(record), record["currency"])
        for id_, record in expected.items()
        if is_booked(record)
    }
    return [
        *compare_records(worth, booked(books["documents"])),
        *compare_totals(worth, books["documents"]),
        *check_balance(books["trialBalance"]),
    ]


def is_booked(record: Record) -> bool:
    """Whether a record is booked by itself: orders, paid payments and fees are."""
    if "transactionSourceRef" in record:
        return "Fee" in str(record["type"])
    return str(record.get("status", "Paid")) == "Paid"


def amount_of(record: Record) -> Decimal:
    """The amount that a record has in the books."""
    amount = record["amount"] if "amount" in record else record["totalAmount"]
    return Decimal(amount) + Decimal(record.get("totalGratuity", 0))


def money(number: float) -> Decimal:
    """A number of a JSON response as an exact decimal."""
    return Decimal(str(number))


def booked(documents: Iterable[Json]) -> dict[RecordId, list[Money]]:
    """What each sync booked for each record."""
    found: dict[RecordId, dict[str, Money]] = defaultdict(dict)
    for document in documents:
        for record in document["records"]:
            of_record = found[record["dataType"], record["key"]]
            of_record[record["syncId"]] = Money(money(record["amount"]), document["currency"])
    return {id_: list(syncs.values()) for id_, syncs in found.items()}


def compare_records(
    expected: Mapping[RecordId, Money], found: Mapping[RecordId, list[Money]]
) -> Iterator[str]:
    """Compare each record with what is booked for it."""
    for id_, worth in expected.items():
        syncs = found.get(id_, [])
        if not syncs:
            yield f"{name(id_)} is not in the books."
        elif len(syncs) > 1:
            yield f"{name(id_)} was booked by {len(syncs)} syncs."
        elif syncs[0] != worth:
            yield f"{name(id_)} is {worth} in the shop and {syncs[0]} in the books."
    for id_ in found.keys() - expected.keys():
        yield f"{name(id_)} is in the books but not in the shop."


def compare_totals(expected: Mapping[RecordId, Money], documents: Iterable[Json]) -> Iterator[str]:
    """Compare the documents' totals in each currency with the sums of the records."""
    sums: dict[tuple[DataType, str], Decimal] = defaultdict(Decimal)
    for (data_type, _), worth in expected.items():
        sums[data_type, worth.currency] += worth.amount
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for document in documents:
        totals[document["kind"], document["currency"]] += money(document["total"])
    currencies = sorted({currency for _, currency in [*sums, *totals]})
    for data_type, (adding, reducing) in DOCUMENTS.items():
        for currency in currencies:
            total = sums[data_type, currency]
            shown = sum((totals[kind, currency] for kind in adding), ZERO)
            shown -= sum((totals[kind, currency] for kind in reducing), ZERO)
            if total != shown:
                yield f"{data_type} total {total} {currency} in the shop and {shown} in the books."


def check_balance(balances: Iterable[Json]) -> Iterator[str]:
    """Compare the two sides of the trial balance in each currency."""
    sides: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for balance in balances:
        sides[balance["currency"]][0] += money(balance["debit"])
        sides[balance["currency"]][1] += money(balance["credit"])
    for currency, (debit, credit) in sides.items():
        if debit != credit:
            yield f"The trial balance in {currency} shows {debit} of debit and {credit} of credit."


def name(id_: RecordId) -> str:
    """A record as a sentence names it."""
    return f"{id_[0]} '{id_[1]}'"
