"""A sale, and its records on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from codat_mock.clock import format_moment

Record = dict[str, Any]
DataType = Literal["commerce-orders", "commerce-payments", "commerce-transactions"]

ORDERS: Final[DataType] = "commerce-orders"
PAYMENTS: Final[DataType] = "commerce-payments"
TRANSACTIONS: Final[DataType] = "commerce-transactions"
LISTS: Final[dict[DataType, str]] = {
    ORDERS: "orders",
    PAYMENTS: "payments",
    TRANSACTIONS: "transactions",
}

PENNY: Final = Decimal("0.01")
FEE_SHARE: Final = Decimal("0.0175")
NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class PosSale:
    """A sale of one item, paid at once.

    Args:
        receipt: its number.
        at: when it was made, UTC.
        price: pounds, including 20 percent tax.
        tip: pounds on top.
        by_card: whether paid by card; cash has no fee.
        customer: who bought it.
        modified: when it was last changed, UTC; None if never.
    """

    receipt: str
    at: datetime
    price: Decimal
    tip: Decimal = NONE
    by_card: bool = True
    customer: str = "Passer-by"
    modified: datetime | None = None

    def records(self) -> Iterator[tuple[DataType, Record]]:
        """The order, its payment, and the transactions that link them."""
        yield ORDERS, self._stamped(self._order())
        yield PAYMENTS, self._stamped(self._payment())
        order = {"id": self.receipt, "type": "Order"}
        yield TRANSACTIONS, self._transaction("Payment", self.price + self.tip, order)
        if self.by_card:
            fee = -((self.price + self.tip) * FEE_SHARE).quantize(PENNY)
            payment = {"id": self._payment_id, "type": "Payment"}
            yield TRANSACTIONS, self._transaction("PaymentFee", fee, payment)

    @property
    def _payment_id(self) -> str:
        return f"P-{self.receipt}"

    def _order(self) -> Record:
        tax = (self.price / 6).quantize(PENNY)
        return {
            "id": self.receipt,
            "orderNumber": self.receipt,
            "country": "GB",
            "closedDate": format_moment(self.at),
            "totalAmount": self.price,
            "totalTaxAmount": tax,
            "totalRefund": 0,
            "totalDiscount": 0,
            "totalGratuity": self.tip,
            "orderLineItems": [
                {
                    "id": f"{self.receipt}-1",
                    "quantity": 1,
                    "unitPrice": self.price,
                    "taxPercentage": 20,
                    "totalAmount": self.price,
                    "totalTaxAmount": tax,
                    "productRef": {"id": "gift", "name": "Gift"},
                }
            ],
            "locationRef": {"id": "high-street", "name": "High Street"},
            "customerRef": {"id": self.customer.casefold(), "name": self.customer},
        }

    def _payment(self) -> Record:
        return {
            "id": self._payment_id,
            "amount": self.price + self.tip,
            "type": "Card" if self.by_card else "Cash",
            "status": "Paid",
            "dueDate": format_moment(self.at),
        }

    def _transaction(self, kind: str, amount: Decimal, source: dict[str, str]) -> Record:
        return self._stamped(
            {
                "id": self._payment_id,
                "type": kind,
                "totalAmount": amount,
                "transactionSourceRef": source,
            }
        )

    def _stamped(self, record: Record) -> Record:
        return {
            **record,
            "currency": "GBP",
            "createdDate": format_moment(self.at),
            "sourceModifiedDate": format_moment(self.modified or self.at),
        }
