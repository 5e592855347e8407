"""The worked example, records made in a line, and short views of what was booked of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from sample_sales import configured

from codat_mock.accounting.documents import Document
from codat_mock.accounting.selection import Picked
from codat_mock.models.commerce import LineItem, Order, Payment, SourceRef, Transaction
from codat_mock.models.pushes import RECORDS

NOON = datetime(2022, 2, 14, 12, tzinfo=UTC)
DAY = date(2022, 2, 14)

WORKED_EXAMPLE = {
    "commerce-orders": [
        b'{"id": "O", "orderNumber": "O", "country": "GB ", "currency": "GBP",'
        b' "createdDate": "2022-02-14T15:46:18Z", "closedDate": "2022-02-14T15:46:18Z",'
        b' "totalAmount": 85, "totalRefund": 0, "totalTaxAmount": 0, "totalDiscount": 0,'
        b' "totalGratuity": 0, "orderLineItems": [{"id": "L", "quantity": 1, "taxPercentage": 0,'
        b' "totalAmount": 85, "totalTaxAmount": 0, "unitPrice": 85}],'
        b' "payments": [{"id": "P", "amount": 85, "status": "Paid", "type": "Card"}]}'
    ],
    "commerce-payments": [
        b'{"id": "P", "amount": 85, "currency": "GBP", "type": "Card", "status": "Paid",'
        b' "createdDate": "2022-02-14T15:46:18Z"}'
    ],
    "commerce-transactions": [
        b'{"id": "P", "totalAmount": 85, "currency": "GBP", "type": "Payment",'
        b' "transactionSourceRef": {"id": "O", "type": "Order"},'
        b' "createdDate": "2022-02-14T15:46:18Z"}',
        b'{"id": "P", "totalAmount": -1.49, "currency": "GBP", "type": "PaymentFee",'
        b' "transactionSourceRef": {"id": "P", "type": "Payment"},'
        b' "createdDate": "2022-02-14T15:46:18Z"}',
    ],
}


def worked_example() -> list[Picked]:
    picked = []
    for data_type, raws in WORKED_EXAMPLE.items():
        for raw in raws:
            record = RECORDS[data_type](raw)
            kind = f"/{record.type}" if data_type == "commerce-transactions" else ""
            picked.append(Picked(data_type, f"{record.id}{kind}", record))
    return picked


def pounds(text: str) -> Decimal:
    return Decimal(text)


def order(**properties: Any) -> Order:
    given = {"id": "O", "currency": "GBP", "created_date": NOON, **properties}
    return Order(**{name: value for name, value in given.items() if value is not UNSET})


def line(gross: str, rate: str = "20", **properties: Any) -> LineItem:
    return LineItem(
        quantity=Decimal(1),
        total_amount=pounds(gross),
        tax_percentage=pounds(rate),
        **properties,
    )


def payment(amount: str = "85", **properties: Any) -> Payment:
    given = {"id": "P", "currency": "GBP", "type": "Card", "status": "Paid", **properties}
    return Payment(amount=pounds(amount), created_date=given.pop("created_date", NOON), **given)


def transaction(kind: str, amount: str, source: tuple[str, str], **properties: Any) -> Transaction:
    given = {"id": "P", "currency": "GBP", "created_date": NOON, **properties}
    return Transaction(
        type=kind,
        total_amount=pounds(amount),
        transaction_source_ref=SourceRef(id=source[0], type=source[1]),
        **given,
    )


def shown(documents: tuple[Document, ...]) -> list[tuple[str, str, str]]:
    return [(found.number, str(found.total), found.status) for found in documents]


def only(documents: tuple[Document, ...], kind: str) -> Document:
    (found,) = [document for document in documents if document.kind == kind]
    return found


def lines_of(document: Document) -> list[tuple[str, str, str]]:
    return [(found.description, str(found.gross), str(found.tax)) for found in document.lines]


def replace_record(pick: Picked, **properties: Any) -> Picked:
    return Picked(pick.data_type, pick.key, replace(pick.record, **properties))


def without(section: str, **switches: Any) -> Any:
    configuration = configured()
    mapping = configuration.configuration
    changed = replace(getattr(mapping, section), **switches)
    return replace(configuration, configuration=replace(mapping, **{section: changed}))
