"""The books as CSV: a row for each line of each document, for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, Final

from msgspec import Struct

from codat_mock.accounting.documents import Line
from codat_mock.models.decoding import decoder
from codat_mock.sandbox.books_view import StoredBooks, StoredDocument

COLUMNS: Final = (
    "companyId", "companyName", "kind", "number", "date", "dueDate", "reference", "currency",
    "location", "contact", "status", "description", "account", "accountCode", "accountName",
    "taxRate", "taxPercentage", "net", "tax", "gross", "appliesTo", "paymentType", "note",
    "syncId", "records", "recordKeys",
)  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class NamedRecord(Struct):
    """A record of a document; no more of it is written."""

    key: str


read_records = decoder(list[NamedRecord])


def to_csv(books: Sequence[StoredBooks]) -> bytes:
    """The books as CSV (RFC 4180), UTF-8 with a byte order mark and a header; a payment is one row.

    `records` counts the merchant's records in a document, `recordKeys` names them. Spreadsheets
    read UTF-8 only with the mark.
    """
    table = StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for company in books:
        for document in company.documents:
            for row in rows_of(document):
                row |= {"companyId": company.company_id, "companyName": company.company_name}
                writer.writerow([cell(row[column]) for column in COLUMNS])
    return table.getvalue().encode("utf-8-sig")


def rows_of(document: StoredDocument) -> Iterator[dict[str, Any]]:
    """A document's rows, each with the columns of the document."""
    keys = [record.key for record in read_records(document.records)]
    head = {
        "kind": document.kind,
        "number": document.number,
        "date": document.date,
        "dueDate": document.due_date,
        "reference": document.reference,
        "currency": document.currency,
        "location": document.location,
        "contact": document.contact,
        "status": document.status,
        "appliesTo": document.applies_to,
        "paymentType": document.payment_type,
        "syncId": document.sync_id,
        "note": document.note,
        "records": len(keys),
        "recordKeys": " ".join(dict.fromkeys(keys)),
    }
    whole = Line(
        description="",
        account_id=document.account or "",
        account_code=document.account_code,
        account_name=document.account_name,
        net=document.net,
        tax=document.tax,
        gross=document.total,
    )
    for line in document.lines or [whole]:
        yield head | {
            "description": line.description,
            "account": line.account_id,
            "accountCode": line.account_code,
            "accountName": line.account_name,
            "taxRate": line.tax_rate_id,
            "taxPercentage": line.tax_percentage,
            "net": line.net,
            "tax": line.tax,
            "gross": line.gross,
        }


def cell(value: Any) -> Any:
    """A value as a cell: text that a spreadsheet would run as a formula stays text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
