"""A point of sale for histories: simple sales that are later corrected, refunded and deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from codat_mock.clock import format_moment, parse_moment
from codat_mock.models.datasets import DataType
from codat_scenarios.histories.books_oracle import RecordId
from codat_scenarios.merchants import ORDERS, PAYMENTS, TRANSACTIONS, Change, Record
from codat_scenarios.merchants.money import Amounts, proportion, tax_within

TAX = 20_000  # thousandths of a percent
MODIFIED = "sourceModifiedDate"
FEE = 175  # hundredths of a percent


@dataclass(frozen=True, slots=True)
class SaleDetails:
    """What is sold, and how it is paid.

    Args:
        units: the price, tax included, in the currency's smallest units.
        tip: in smallest units.
        by_card: whether it is paid by card; cash costs no fee.
        lines: the number of lines that the price is split into.
        customer: the customer's name; empty if unknown.
        currency: ISO 4217 code.
        id_suffix: any text that the ids of the sale's records contain.
    """

    units: int = 1
    tip: int = 0
    by_card: bool = False
    lines: int = 1
    customer: str = ""
    currency: str = "GBP"
    id_suffix: str = ""


@dataclass(slots=True)
class HistorySale:
    """One sale of one product, paid at once.

    Args:
        id: the order's id.
        created: UTC.
        details: as it was made.
        refunded: smallest units of the price that were refunded.
        is_synced: whether its day has been synced; then it must not be pushed again.
        is_half_synced: whether a part of its records may have been synced; then it is not changed
            before its next sync, as no answer says which.

    Attributes:
        units: the price after corrections, in smallest units.
    """

    id: str
    created: datetime
    details: SaleDetails
    refunded: int = 0
    is_synced: bool = False
    is_half_synced: bool = False
    units: int = field(init=False)

    def __post_init__(self) -> None:
        self.units = self.details.units

    @property
    def amounts(self) -> Amounts:
        """The amounts of its currency by smallest units."""
        return amounts_of(self.details.currency)

    @property
    def paid(self) -> int:
        """The price and the tip, in smallest units."""
        return self.units + self.details.tip


class HistoryPos:
    """A merchant's point of sale; each method returns the records that it creates or changes.

    Attributes:
        sales: the sales that are not deleted, by order id.
        records: the newest version of every record, by data type and key.
        expected_records: what the books must show: each record as it was when its day was synced.
    """

    def __init__(self) -> None:
        self.sales: dict[str, HistorySale] = {}
        self.records: dict[RecordId, Record] = {}
        self.expected_records: dict[RecordId, Record] = {}
        self._versions: dict[RecordId, list[Record]] = defaultdict(list)  # without their dates
        self._sale_count = 0

    def open_sales(self) -> list[HistorySale]:
        """The sales of which nothing is synced yet, in the order they were made."""
        return [sale for sale in self.sales.values() if not (sale.is_synced or sale.is_half_synced)]

    def synced_sales(self) -> list[HistorySale]:
        """The sales that are synced, in the order they were made."""
        return [sale for sale in self.sales.values() if sale.is_synced]

    def sell(self, now: datetime, details: SaleDetails) -> list[Change]:
        """Record a sale.

        Args:
            now: UTC.
            details: what is sold.
        """
        self._sale_count += 1
        sale = HistorySale(f"sale-{self._sale_count}{details.id_suffix}", now, details)
        self.sales[sale.id] = sale
        return self._changed_records(sale, now)

    def correct(self, now: datetime, sale: HistorySale, units: int) -> list[Change]:
        """Correct a sale's price, unless that brings an earlier version of a record back.

        Args:
            now: UTC.
            sale: one that is not synced.
            units: the new price in smallest units, tax included; at least what was refunded.
        """
        return self._change(sale, now, max(units, sale.refunded), sale.refunded)

    def refund(self, now: datetime, sale: HistorySale, units: int) -> list[Change]:
        """Refund part of a sale's price, or all of it.

        Args:
            now: UTC.
            sale: one that is not synced.
            units: smallest units, added to what was refunded before, up to the price.
        """
        return self._change(sale, now, sale.units, min(sale.refunded + units, sale.units))

    def _change(self, sale: HistorySale, now: datetime, units: int, refunded: int) -> list[Change]:
        """Change a sale, unless a record becomes what it was before an edit.

        If the edit was not pushed, only the stamp would differ from what was (rule S03).
        """
        before = sale.units, sale.refunded
        sale.units, sale.refunded = units, refunded
        for data_type, key, record in sale_to_wire(sale):
            versions = self._versions[data_type, key]
            if record in versions[:-1] and record != versions[-1]:
                sale.units, sale.refunded = before
                return []
        return self._changed_records(sale, now)

    def delete(self, now: datetime, sale: HistorySale) -> list[Change]:
        """Delete a sale with all its records."""
        del self.sales[sale.id]
        deleted = {
            (kind, key): self.records.pop((kind, key)) for kind, key, _ in sale_to_wire(sale)
        }
        ids = dict.fromkeys((kind, record["id"]) for (kind, _), record in deleted.items())
        return [Change(now, data_type, {"id": id_}) for data_type, id_ in ids]

    def mark_synced(self) -> None:
        """Mark every sale as synced in its current version."""
        for sale in self.sales.values():
            if sale.is_synced:
                continue
            sale.is_synced = True
            self.expected_records |= {
                (kind, key): self.records[kind, key] for kind, key, _ in sale_to_wire(sale)
            }

    def mark_half_synced(self) -> None:
        """Mark every sale that is not synced as one that may be synced in part."""
        for sale in self.open_sales():
            sale.is_half_synced = True

    def _changed_records(self, sale: HistorySale, now: datetime) -> list[Change]:
        changes = []
        for data_type, key, record in sale_to_wire(sale):
            known = self.records.get((data_type, key), {})
            if known == record | {MODIFIED: known.get(MODIFIED)}:
                continue
            self._versions[data_type, key].append(dict(record))
            # Of two edits at one moment the second is later: a version never keeps its date.
            modified = now
            if known and parse_moment(known[MODIFIED]) >= now:
                modified = parse_moment(known[MODIFIED]) + timedelta(milliseconds=1)
            record[MODIFIED] = format_moment(modified)
            self.records[data_type, key] = record
            changes.append(Change(now, data_type, record))
        return changes


def sale_to_wire(sale: HistorySale) -> Iterator[tuple[DataType, str, Record]]:
    """Yield a sale's records with their data types and keys, without `sourceModifiedDate`.

    Source: contract section 3.
    """
    amounts, by_card = sale.amounts, sale.details.by_card
    base = {"currency": sale.details.currency, "createdDate": format_moment(sale.created)}
    order = {"id": sale.id, **base, **totals(sale)}
    paid = [("paid", sale.paid, "Payment")]
    if sale.refunded:
        paid.append(("repaid", -sale.refunded, "Refund"))
    yield ORDERS, sale.id, order
    for suffix, units, transaction_type in paid:
        id_ = f"{sale.id}-{suffix}"
        kind = "Card" if by_card else "Cash"
        payment = {"id": id_, **base, "amount": amounts[units], "type": kind, "status": "Paid"}
        yield PAYMENTS, id_, payment
        moved = transaction(id_, amounts[units], transaction_type, base, sale.id, "Order")
        yield TRANSACTIONS, f"{id_}/{transaction_type}", moved
    if by_card:
        id_ = f"{sale.id}-paid"
        fee = transaction(id_, amounts[-fee_of(sale)], "PaymentFee", base, id_, "Payment")
        yield TRANSACTIONS, f"{id_}/PaymentFee", fee


def totals(sale: HistorySale) -> Record:
    """An order's totals and lines."""
    details, amounts = sale.details, sale.amounts
    share, rest = divmod(sale.units, details.lines)
    prices = [share + rest, *[share] * (details.lines - 1)]
    lines = [
        line(f"{sale.id}-{number}", 1, units, amounts) for number, units in enumerate(prices, 1)
    ]
    if sale.refunded:
        lines.append(line(f"{sale.id}-refund", -1, sale.refunded, amounts))
    name = details.customer
    customer = {"customerRef": {"id": "customer", "name": name}} if name else {}
    return customer | {
        "totalAmount": amounts[sale.units - sale.refunded],
        "totalRefund": amounts[-sale.refunded],
        "totalTaxAmount": sum(each["totalTaxAmount"] for each in lines),
        "totalGratuity": amounts[details.tip],
        "orderLineItems": lines,
    }


def line(id_: str, quantity: int, units: int, amounts: Amounts) -> Record:
    """A line of an order.

    Args:
        id_: of the line.
        quantity: pieces; negative for what is returned.
        units: the price of a piece in smallest units, tax included.
        amounts: of the currency.
    """
    return {
        "id": id_,
        "quantity": quantity,
        "taxPercentage": 20,
        "totalAmount": amounts[quantity * units],
        "totalTaxAmount": amounts[tax_within(quantity * units, TAX)],
        "unitPrice": amounts[units],
    }


def transaction(
    id_: str, amount: Decimal, kind: str, base: Record, source: str, source_kind: str
) -> Record:
    """A transaction of the payment provider.

    Args:
        id_: the payment's id.
        amount: fees and refunds are negative.
        kind: the transaction type.
        base: currency and creation date, shared with the order.
        source: the id of the source.
        source_kind: `Order` or `Payment`.
    """
    return {
        "id": id_,
        **base,
        "totalAmount": amount,
        "type": kind,
        "transactionSourceRef": {"id": source, "type": source_kind},
    }


def fee_of(sale: HistorySale) -> int:
    """The provider's fee in smallest units: never zero, so that no correction removes it."""
    return 1 + proportion(sale.paid, FEE, 10_000)


@cache
def amounts_of(currency: str) -> Amounts:
    """The amounts of a currency, by its ISO 4217 code."""
    return Amounts.of(currency)
