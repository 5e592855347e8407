"""Compares the books with the records that they must show, by its own arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from codat_mock.models.datasets import DataType
from codat_scenarios.merchants import ORDERS, PAYMENTS, TRANSACTIONS, Record
from codat_scenarios.sandbox_driver import Json

RecordId = tuple[DataType, str]
"""A record by its data type and key; the key is its id, for a transaction `id/type`."""

ZERO = Decimal(0)
# The documents that add to each data type's total in the books, and those that reduce it.
DOCUMENTS: dict[DataType, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ORDERS: (("Invoice",), ("CreditNote",)),
    PAYMENTS: (("Payment", "Overpayment"), ("Refund",)),
    TRANSACTIONS: (("BillCreditNote", "ReceiveMoney"), ("Bill", "SpendMoney")),
}


def differences(expected: Mapping[RecordId, Record], books: Json) -> list[str]:
    """Describe how the books differ from the expected records, in a sentence each.

    Args:
        expected: exactly the records that belong in the books, in the version to be booked; all
            in one currency.
        books: a company's, as `GET /_mock/books` returns them.
    """
    amounts = {id_: amount_of(record) for id_, record in expected.items() if is_booked(record)}
    return [
        *compare_records(amounts, booked(books["documents"])),
        *compare_totals(amounts, books["documents"]),
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


def booked(documents: Iterable[Json]) -> dict[RecordId, list[tuple[str, Decimal]]]:
    """The syncs that booked each record, with the amount."""
    found: dict[RecordId, dict[str, Decimal]] = defaultdict(dict)
    for document in documents:
        for record in document["records"]:
            of_record = found[record["dataType"], record["key"]]
            of_record[document["syncId"]] = money(record["amount"])
    return {id_: list(syncs.items()) for id_, syncs in found.items()}


def compare_records(
    expected: Mapping[RecordId, Decimal], found: Mapping[RecordId, list[tuple[str, Decimal]]]
) -> Iterator[str]:
    """Compare each record with what is booked for it."""
    for id_, amount in expected.items():
        syncs = found.get(id_, [])
        if not syncs:
            yield f"{name(id_)} is not in the books."
        elif len(syncs) > 1:
            yield f"{name(id_)} was booked by {len(syncs)} syncs."
        elif syncs[0][1] != amount:
            yield f"{name(id_)} is {amount} in the shop and {syncs[0][1]} in the books."
    for id_ in found.keys() - expected.keys():
        yield f"{name(id_)} is in the books but not in the shop."


def compare_totals(
    expected: Mapping[RecordId, Decimal], documents: Iterable[Json]
) -> Iterator[str]:
    """Compare the documents' totals with the sums of the records."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        totals[document["kind"]] += money(document["total"])
    for data_type, (adding, reducing) in DOCUMENTS.items():
        total = sum((amount for (kind, _), amount in expected.items() if kind == data_type), ZERO)
        shown = sum((totals[kind] for kind in adding), ZERO)
        shown -= sum((totals[kind] for kind in reducing), ZERO)
        if total != shown:
            yield f"{data_type} total {total} in the shop and {shown} in the books."


def check_balance(balances: Iterable[Json]) -> Iterator[str]:
    """Compare the two sides of the trial balance."""
    sides = [(money(balance["debit"]), money(balance["credit"])) for balance in balances]
    debit, credit = (sum(side, ZERO) for side in (zip(*sides, strict=True) if sides else ((), ())))
    if debit != credit:
        yield f"The trial balance shows {debit} of debit and {credit} of credit."


def name(id_: RecordId) -> str:
    """A record as a sentence names it."""
    return f"{id_[0]} '{id_[1]}'"
