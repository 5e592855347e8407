"""The books held against what the merchant sold, by sums of its own."""

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
# What each data type amounts to in the books: documents that add to it, and that take from it.
DOCUMENTS: dict[DataType, tuple[str, str]] = {
    ORDERS: ("Invoice", "CreditNote"),
    PAYMENTS: ("Payment", ""),
    TRANSACTIONS: ("BillCreditNote", "Bill"),
}


def differences(due: Mapping[RecordId, Record], books: Json) -> list[str]:
    """Say how the books differ from the records that they must show, in a sentence each.

    Args:
        due: every record that belongs in the books and nothing else, in the version due; one
            currency.
        books: a company's, as `GET /_mock/books` gives them.
    """
    worths = {id_: worth(record) for id_, record in due.items() if is_booked(record)}
    return [
        *compare_records(worths, booked(books["documents"])),
        *compare_totals(worths, books["documents"]),
        *check_balance(books["trialBalance"]),
    ]


def is_booked(record: Record) -> bool:
    """Whether a record stands in the books on its own: orders, paid payments and fees do."""
    if "transactionSourceRef" in record:
        return "Fee" in str(record["type"])
    return str(record.get("status", "Paid")) == "Paid"


def worth(record: Record) -> Decimal:
    """What a record amounts to in the books."""
    amount = record["amount"] if "amount" in record else record["totalAmount"]
    return Decimal(amount) + Decimal(record.get("totalGratuity", 0))


def money(number: float) -> Decimal:
    """An amount of an answer, exact."""
    return Decimal(str(number))


def booked(documents: Iterable[Json]) -> dict[RecordId, list[tuple[str, Decimal]]]:
    """Where each record stands in the books: the syncs that wrote it, with its amount."""
    found: dict[RecordId, dict[str, Decimal]] = defaultdict(dict)
    for document in documents:
        for record in document["records"]:
            of_record = found[record["dataType"], record["key"]]
            of_record[document["syncId"]] = money(record["amount"])
    return {id_: list(syncs.items()) for id_, syncs in found.items()}


def compare_records(
    due: Mapping[RecordId, Decimal], found: Mapping[RecordId, list[tuple[str, Decimal]]]
) -> Iterator[str]:
    """Hold each record against its place in the books."""
    for id_, amount in due.items():
        syncs = found.get(id_, [])
        if not syncs:
            yield f"{name(id_)} is not in the books."
        elif len(syncs) > 1:
            yield f"{name(id_)} was booked by {len(syncs)} syncs."
        elif syncs[0][1] != amount:
            yield f"{name(id_)} is {amount} at the merchant's and {syncs[0][1]} in the books."
    for id_ in found.keys() - due.keys():
        yield f"{name(id_)} is in the books, but not among the merchant's records."


def compare_totals(due: Mapping[RecordId, Decimal], documents: Iterable[Json]) -> Iterator[str]:
    """Hold the documents' totals against the sums of the records."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        totals[document["kind"]] += money(document["total"])
    for data_type, (adding, taking) in DOCUMENTS.items():
        owed = sum((amount for (kind, _), amount in due.items() if kind == data_type), ZERO)
        shown = totals[adding] - totals.get(taking, ZERO)
        if owed != shown:
            yield f"{data_type} amount to {owed} at the merchant's and to {shown} in the books."


def check_balance(balances: Iterable[Json]) -> Iterator[str]:
    """Hold the trial balance's two sides against each other."""
    sides = [(money(balance["debit"]), money(balance["credit"])) for balance in balances]
    debit, credit = (sum(side, ZERO) for side in (zip(*sides, strict=True) if sides else ((), ())))
    if debit != credit:
        yield f"The trial balance shows {debit} of debit and {credit} of credit."


def name(id_: RecordId) -> str:
    """A record as it is named in a sentence."""
    return f"{id_[0]} '{id_[1]}'"
