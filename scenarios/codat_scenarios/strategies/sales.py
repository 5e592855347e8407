"""Strategies for sales that add up: an order, its payments and their transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from codat_mock.models.currencies import CENT, minor_units
from codat_scenarios.merchants import Record
from codat_scenarios.strategies import record_schema
from codat_scenarios.strategies.order_lines import WireLines, charges, few, lines, listed, parts
from codat_scenarios.strategies.values import amounts, ids, moments, moments_of, units

# Created once: strategies are slow to create, and shrinking an example takes thousands of draws.
GOODS = few(lines(), 4)
CHARGES = few(charges(), 2)
TIPS = st.integers(0, 500) | st.integers(0, 10**6)  # minor units
FEES = st.integers(0, 500)  # minor units
IDS = ids()
MOMENTS = moments()
AMOUNTS: Final = frozenset(
    (
        "totalAmount",
        "totalTaxAmount",
        "totalRefund",
        "totalDiscount",
        "totalGratuity",
        "unitPrice",
        "taxAmount",
        "amount",
    )
)
UNPAID = st.sampled_from(("Pending", "Authorized", "Failed", "Cancelled", "Unknown"))
CURRENCIES = st.fixed_dictionaries(
    {}, optional={"currency": st.sampled_from(("GBP", "EUR", "USD", "SEK")) | st.none()}
)
ORDER_EXTRAS = record_schema.extras(
    record_schema.ORDER, "id", "createdDate", "currency", "totalAmount", "totalRefund",
    "totalTaxAmount", "totalDiscount", "totalGratuity", "orderLineItems", "payments",
    "serviceCharges",
)  # fmt: skip
PAYMENT_EXTRAS = record_schema.extras(
    record_schema.PAYMENT, "id", "createdDate", "amount", "currency", "type", "status"
)
DETAILS = st.tuples(IDS, record_schema.PAYMENT_TYPE.valid, PAYMENT_EXTRAS)
# An attempt is drawn with its details, so that shrinking can leave out all of it at once.
ATTEMPTS = st.lists(st.tuples(UNPAID, amounts(), DETAILS), max_size=1)
TRANSACTION_EXTRAS = record_schema.extras(
    record_schema.TRANSACTION, "id", "createdDate", "totalAmount", "currency", "type",
    "transactionSourceRef",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GeneratedSale:
    """A sale as records of the three data types, which reconcile with each other.

    Args:
        order: with its payments inside.
        payments: the same payments as separate records.
        transactions: those of the paid payments, under the payment's id: `Payment` or `Refund`,
            and fees.
    """

    order: Record
    payments: list[Record]
    transactions: list[Record]


def sales(*, on: date | None = None, currency: str | None = None) -> SearchStrategy[GeneratedSale]:
    """Sales that add up and reconcile.

    Line totals and service charges add up to the order's total; the paid payments to that and the
    gratuity; each paid payment has its transaction. They shrink to an order of zero without
    optional properties.

    Args:
        on: the day, UTC, on which they are created; None for any.
        currency: ISO 4217 code; None for any or none.

    Raises:
        ValueError: no money has that code.

    Source: contract section 3.
    """
    created = MOMENTS if on is None else moments_of(on)
    if currency is None:
        return any_sale(created, CURRENCIES)
    smallest = minor_units().get(currency)
    if smallest is None:
        raise ValueError(f"{currency!r} is no currency of ISO 4217.")
    drawn = any_sale(created, st.just({"currency": currency}))
    return drawn if smallest == CENT else drawn.map(partial(in_units, factor=smallest / CENT))


def sale_lists(
    *, on: date | None = None, currency: str | None = None, max_size: int = 10
) -> SearchStrategy[list[GeneratedSale]]:
    """Sales of which no two share an id of an order or a payment.

    Args:
        on: the day, UTC, on which they are created; None for any.
        currency: ISO 4217 code; None for any or none.
        max_size: how many at most.
    """
    return st.lists(sales(on=on, currency=currency), max_size=max_size).map(with_own_ids)


def with_own_ids(drawn: list[GeneratedSale]) -> list[GeneratedSale]:
    """Sales whose ids are lengthened where another sale has them."""
    taken: set[str] = set()
    found = []
    for sale in drawn:
        ids = {sale.order["id"], *(payment["id"] for payment in sale.payments)}
        suffix = ""
        while taken & {f"{id_}{suffix}" for id_ in ids}:
            suffix += "-2"
        taken |= {f"{id_}{suffix}" for id_ in ids}
        longer = {id_: f"{id_}{suffix}" for id_ in ids}
        found.append(changed(sale, partial(renamed, ids=longer)))
    return found


def renamed(name: str, value: Any, *, ids: Mapping[str, str]) -> Any:
    """The id that replaces one, or a value of another property as it is.

    Args:
        name: of the property.
        value: its value.
        ids: the new ids by the old ones.
    """
    return ids.get(value, value) if name == "id" else value


def in_units(sale: GeneratedSale, *, factor: Decimal) -> GeneratedSale:
    """A sale whose amounts are multiplied, so that cents become other smallest units."""
    return changed(sale, lambda name, value: value * factor if name in AMOUNTS else value)


def changed(sale: GeneratedSale, change: Callable[[str, Any], Any]) -> GeneratedSale:
    """A sale of which each property is changed.

    Args:
        sale: the sale.
        change: given the name and the value of a property that is no list or object; gives the
            value it has instead.
    """

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: walk(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        return change(name, value)

    return GeneratedSale(walk(sale.order), walk(sale.payments), walk(sale.transactions))


@st.composite
def any_sale(
    draw: DrawFn, created: SearchStrategy[str], currencies: SearchStrategy[Record]
) -> GeneratedSale:
    """Draw a sale.

    Args:
        draw: draws from a strategy.
        created: its date.
        currencies: the property `currency` of its records.
    """
    goods, charged, tip = draw(GOODS), draw(CHARGES), draw(TIPS)
    base = {"createdDate": draw(created), **draw(currencies)}
    order: Record = {"id": draw(IDS), **base, **totals(draw, goods, charged, tip)}
    returned = sum(line.total for line in goods if line.total < 0)
    taken = sum(each.total for each in (*goods, *charged)) + tip - returned
    payments = payments_of(draw, [*parts(draw, taken), *parts(draw, returned)], base)
    order |= listed(draw, "orderLineItems", [line.record for line in goods])
    order |= listed(draw, "serviceCharges", [charge.record for charge in charged])
    order |= listed(draw, "payments", payments)
    transactions = [
        moved
        for payment in payments
        if payment["status"] == "Paid"
        for moved in transactions_of(draw, payment, order["id"], base)
    ]
    return GeneratedSale(
        order | draw(ORDER_EXTRAS), [dict(each) for each in payments], transactions
    )


def totals(draw: DrawFn, goods: list[WireLines], charged: list[WireLines], tip: int) -> Record:
    """Draw an order's totals; those that are zero may be absent, except `totalAmount`.

    Args:
        draw: draws from a strategy.
        goods: the lines.
        charged: the service charges.
        tip: in minor units.
    """
    lines_and_charges = [*goods, *charged]
    zeroes = draw(st.booleans())
    sums = {
        "totalRefund": sum(line.total for line in goods if line.record["quantity"] < 0),
        "totalTaxAmount": sum(each.tax for each in lines_and_charges),
        "totalDiscount": sum(each.discount for each in lines_and_charges),
        "totalGratuity": tip,
    }
    present = {name: units(total) for name, total in sums.items() if total or zeroes}
    return {"totalAmount": units(sum(each.total for each in lines_and_charges)), **present}


def payments_of(draw: DrawFn, paid: list[int], base: Record) -> list[Record]:
    """Draw the payments of an order: first unpaid attempts, then paid ones.

    Args:
        draw: draws from a strategy.
        paid: the amounts paid, or refunded if negative, in minor units.
        base: the properties that they share with the order.
    """
    payments: dict[str, Record] = {}
    drawn = [*draw(ATTEMPTS), *(("Paid", units(amount), draw(DETAILS)) for amount in paid)]
    for status, amount, (id_, kind, extras) in drawn:
        while id_ in payments:  # lengthened, not drawn again: that shrinks better than unique ids
            id_ += "0"
        payments[id_] = {"id": id_, **base, "amount": amount, "status": status, "type": kind}
        payments[id_] |= extras
    return list(payments.values())


def transactions_of(draw: DrawFn, payment: Record, order: str, base: Record) -> list[Record]:
    """Draw the transactions of a paid payment: the money, and sometimes the provider's fee.

    Args:
        draw: draws from a strategy.
        payment: the payment record.
        order: the id of its order.
        base: the properties that they share with the order.
    """
    returned = payment["amount"] < 0
    kinds = ("Refund", "PaymentFeeRefund") if returned else ("Payment", "PaymentFee")
    moved = [(kinds[0], payment["amount"], {"id": order, "type": "Order"})]
    fee = draw(FEES)
    if fee:
        source = {"id": payment["id"], "type": "Payment"}
        moved.append((kinds[1], units(fee if returned else -fee), source))
    return [
        {"id": payment["id"], **base, "totalAmount": amount, "type": kind}
        | {"transactionSourceRef": source}
        | draw(TRANSACTION_EXTRAS)
        for kind, amount, source in moved
    ]


def orders() -> SearchStrategy[Record]:
    """Orders that add up, with their payments; they shrink to an order of zero."""
    return sales().map(lambda sale: sale.order)
