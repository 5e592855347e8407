"""A till: plain sales, changed and deleted later, as a merchant's system keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from codat_mock.clock import format_moment
from codat_mock.models.datasets import DataType
from codat_scenarios.histories.books_oracle import RecordId
from codat_scenarios.merchants import ORDERS, PAYMENTS, TRANSACTIONS, Change, Record
from codat_scenarios.merchants.money import Amounts, proportion, tax_within

AMOUNTS = Amounts.of("GBP")
TAX = 20_000  # thousandths of a percent
MODIFIED = "sourceModifiedDate"
FEE = 175  # hundredths of a percent


@dataclass(slots=True)
class HistorySale:
    """One sale of one thing, paid at once.

    Args:
        id: its order's.
        created: UTC.
        pence: its price, tax included.
        tip: pence on top.
        given_back: pence of the price that were repaid.
        by_card: else in cash, which costs no fee.
        is_synced: whether its day has been synced, so that it must not be pushed again.
    """

    id: str
    created: datetime
    pence: int
    tip: int
    by_card: bool
    given_back: int = 0
    is_synced: bool = False


class HistoryPos:
    """What a merchant's system records; each verb gives the records that it makes or changes.

    Attributes:
        sales: those that there are, by their order's id.
        records: the newest version of every record, by data type and key.
        due: what the books must show: the records as they were when their day was synced.
    """

    def __init__(self) -> None:
        self.sales: dict[str, HistorySale] = {}
        self.records: dict[RecordId, Record] = {}
        self.due: dict[RecordId, Record] = {}
        self._made = 0

    def open_sales(self) -> list[HistorySale]:
        """The sales that are not synced yet, in the order they were made."""
        return [sale for sale in self.sales.values() if not sale.is_synced]

    def synced_sales(self) -> list[HistorySale]:
        """The sales that are synced, in the order they were made."""
        return [sale for sale in self.sales.values() if sale.is_synced]

    def sell(
        self, now: datetime, pence: int, tip: int = 0, *, by_card: bool = True
    ) -> list[Change]:
        """Sell something."""
        self._made += 1
        sale = HistorySale(f"sale-{self._made}", now, pence, tip, by_card)
        self.sales[sale.id] = sale
        return self._tell(sale, now)

    def correct(self, now: datetime, sale: HistorySale, pence: int) -> list[Change]:
        """Correct a sale's price."""
        sale.pence = max(pence, sale.given_back)
        return self._tell(sale, now)

    def give_back(self, now: datetime, sale: HistorySale, pence: int) -> list[Change]:
        """Give back a part of what was paid for a sale, or all of it."""
        sale.given_back = min(sale.given_back + pence, sale.pence)
        return self._tell(sale, now)

    def delete(self, now: datetime, sale: HistorySale) -> list[Change]:
        """Delete a sale with all its records."""
        del self.sales[sale.id]
        gone = {(kind, key): self.records.pop((kind, key)) for kind, key, _ in sale_to_wire(sale)}
        ids = dict.fromkeys((kind, record["id"]) for (kind, _), record in gone.items())
        return [Change(now, data_type, {"id": id_}) for data_type, id_ in ids]

    def close(self) -> None:
        """Note that every sale there is has been synced as it is."""
        for sale in self.open_sales():
            sale.is_synced = True
            self.due |= {
                (kind, key): self.records[kind, key] for kind, key, _ in sale_to_wire(sale)
            }

    def _tell(self, sale: HistorySale, now: datetime) -> list[Change]:
        changes = []
        for data_type, key, record in sale_to_wire(sale):
            known = self.records.get((data_type, key), {})
            if known == record | {MODIFIED: known.get(MODIFIED)}:
                continue
            record[MODIFIED] = format_moment(now)
            self.records[data_type, key] = record
            changes.append(Change(now, data_type, record))
        return changes


def sale_to_wire(sale: HistorySale) -> Iterator[tuple[DataType, str, Record]]:
    """Tell a sale's records with their data types and keys, without when they were modified.

    Source: contract section 3.
    """
    base = {"currency": "GBP", "createdDate": format_moment(sale.created)}
    order = {"id": sale.id, **base, **totals(sale)}
    paid = [("paid", sale.pence + sale.tip, "Payment")]
    if sale.given_back:
        paid.append(("repaid", -sale.given_back, "Refund"))
    yield ORDERS, sale.id, order
    for what, pence, moved in paid:
        id_ = f"{sale.id}-{what}"
        kind = "Card" if sale.by_card else "Cash"
        payment = {"id": id_, **base, "amount": AMOUNTS[pence], "type": kind, "status": "Paid"}
        yield PAYMENTS, id_, payment
        yield TRANSACTIONS, f"{id_}/{moved}", transaction(id_, pence, moved, base, sale.id, "Order")
    if sale.by_card:
        id_ = f"{sale.id}-paid"
        fee = transaction(id_, -fee_of(sale), "PaymentFee", base, id_, "Payment")
        yield TRANSACTIONS, f"{id_}/PaymentFee", fee


def totals(sale: HistorySale) -> Record:
    """Tell an order's totals and lines."""
    lines = [line(f"{sale.id}-1", 1, sale.pence)]
    if sale.given_back:
        lines.append(line(f"{sale.id}-2", -1, sale.given_back))
    return {
        "totalAmount": AMOUNTS[sale.pence - sale.given_back],
        "totalRefund": AMOUNTS[-sale.given_back],
        "totalTaxAmount": sum(each["totalTaxAmount"] for each in lines),
        "totalGratuity": AMOUNTS[sale.tip],
        "orderLineItems": lines,
    }


def line(id_: str, quantity: int, pence: int) -> Record:
    """Tell a line of an order."""
    return {
        "id": id_,
        "quantity": quantity,
        "taxPercentage": 20,
        "totalAmount": AMOUNTS[quantity * pence],
        "totalTaxAmount": AMOUNTS[tax_within(quantity * pence, TAX)],
        "unitPrice": AMOUNTS[pence],
    }


def transaction(
    id_: str, pence: int, kind: str, base: Record, source: str, source_kind: str
) -> Record:
    """Tell what moved at the payment provider."""
    return {
        "id": id_,
        **base,
        "totalAmount": AMOUNTS[pence],
        "type": kind,
        "transactionSourceRef": {"id": source, "type": source_kind},
    }


def fee_of(sale: HistorySale) -> int:
    """The provider's fee in pence: never nothing, so that no correction makes one vanish."""
    return 1 + proportion(sale.pence + sale.tip, FEE, 10_000)
