"""A merchant's day written by hand: orders, payments and transactions in few words."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


class Day:
    """The records of one day.

    Args:
        date: ISO 8601.
        currency: of every record that names no other.
    """

    def __init__(self, date: str = "2022-03-21", currency: str = "GBP") -> None:
        self.date, self.currency = date, currency
        self.records: dict[str, Any] = {
            "date": date, "orders": [], "payments": [], "transactions": [],
        }  # fmt: skip

    def common(self, at: str, currency: str | None = "") -> Record:
        """The date and the currency; `None` for a record without currency."""
        moment = at if "T" in at else f"{self.date}T{at}Z"
        named = {} if currency is None else {"currency": currency or self.currency}
        return {"createdDate": moment} | named

    def order(
        self,
        key: str,
        total: float,
        *lines: Record,
        tax: float | None = 0,
        refund: float = 0,
        tip: float = 0,
        at: str = "10:00:00",
        **more: Any,
    ) -> Day:
        """An order; of `tax` None it says nothing."""
        order = self.common(at, more.pop("currency", "")) | {
            "id": key, "totalAmount": total, "totalRefund": -refund, "totalGratuity": tip,
            "orderLineItems": [{"id": f"{key}-{place}"} | line for place, line in enumerate(lines)],
        }  # fmt: skip
        self.records["orders"].append(
            order | ({} if tax is None else {"totalTaxAmount": tax}) | more
        )
        return self

    def pay(
        self,
        key: str,
        amount: float,
        source: str,
        kind: str = "Card",
        *,
        of: str = "Order",
        at: str = "10:00:00",
        status: str = "Paid",
        currency: str | None = "",
        fee: float = 0,
    ) -> Day:
        """A payment, or below zero a repayment, with its transaction; with `fee`, that, too."""
        common = self.common(at, currency)
        self.records["payments"].append(
            common | {"id": key, "amount": amount, "type": kind, "status": status}
        )
        self.move(key, "Refund" if amount < 0 else "Payment", amount, source, of,
                  at=at, currency=currency)  # fmt: skip
        if fee:
            self.move(key, "PaymentFee", -fee, key, "Payment", at=at, currency=currency)
        return self

    def move(
        self,
        key: str,
        kind: str,
        amount: float,
        source: str,
        of: str,
        *,
        at: str = "10:00:00",
        currency: str | None = "",
    ) -> Day:
        """A transaction alone."""
        self.records["transactions"].append(
            self.common(at, currency) | {
                "id": key, "type": kind, "totalAmount": amount,
                "transactionSourceRef": {"id": source, "type": of},
            }
        )  # fmt: skip
        return self


def line(
    gross: float,
    rate: float | None = 20,
    tax: float | None = None,
    quantity: float | None = 1,
    **more: Any,
) -> Record:
    """A line of a product; of a rate, a tax or a quantity that is None it says nothing."""
    found: Record = {"totalAmount": gross}
    if quantity is not None:
        found |= {"quantity": quantity, "unitPrice": abs(gross)}
    if rate is not None:
        found["taxPercentage"] = rate
    if tax is not None:
        found["totalTaxAmount"] = tax
    return found | more


def back(gross: float, rate: float | None, tax: float, **more: Any) -> Record:
    """A line that comes back."""
    return line(-gross, rate, -tax, quantity=-1, **more)


def gift(gross: float, **more: Any) -> Record:
    """A gift card."""
    return line(gross, 0, 0, productRef={"id": "gift"}, **more)


def charge(gross: float, rate: float, tax: float, kind: str = "Generic") -> Record:
    """A service charge."""
    return {"description": kind, "type": kind, "quantity": 1, "totalAmount": gross,
            "taxPercentage": rate, "taxAmount": tax}  # fmt: skip
