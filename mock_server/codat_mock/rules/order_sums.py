"""What the lines, charges and totals of an order come to, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import LineItem, Order, ServiceCharge
from codat_mock.models.currencies import minor_unit

MAX_SHOWN: Final = 5  # lines of a sum in a message
ZERO: Final = Decimal(0)


def owed(order: Order) -> Decimal:
    """What an order owes: its total, or that of its lines, and gratuity, without overpayments."""
    if order.total_amount is not UNSET:
        total = order.total_amount
    else:
        values = [value(part) for part in parts_of(order)]
        total = sum(values, ZERO) + given_back(order) - refunded(order)
    for charge in order.service_charges or ():
        if charge.type == "Overpayment":
            total -= value(charge)
    return total + amount(order.total_gratuity)


def refunded(order: Order) -> Decimal:
    """What an order refunds, by its lines or by its total."""
    return max(abs(amount(order.total_refund)), given_back(order))


def given_back(order: Order) -> Decimal:
    """What the refunded lines of an order come to."""
    return -sum([value(part) for part in parts_of(order) if is_back(part)], ZERO)


def misfit(order: Order) -> str:
    """What does not add up in an order; empty if all does, or if the order has no total."""
    if order.total_amount is UNSET:
        return ""
    parts = parts_of(order)
    if parts:
        signed = [value(part) for part in parts]
        given_back = -sum([each for each in signed if each < 0], ZERO)
        refund = max(abs(amount(order.total_refund)), given_back) - given_back
        total = sum(signed, ZERO) - refund
        difference = total - order.total_amount
        if abs(difference) > tolerance(order) and not is_discount(order, difference, parts):
            return f"{shown_sum(signed, refund)} = {total}, its total is {order.total_amount}"
    paid = [amount(each.amount) for each in order.payments or () if each.status == "Paid"]
    if not paid:
        return ""
    due = order.total_amount + amount(order.total_gratuity)
    if sum(paid, ZERO) - due > tolerance(order):
        return f"its payments add up to {sum(paid, ZERO)}, total and gratuity to {due}"
    return ""


def is_discount(
    order: Order, difference: Decimal, parts: Sequence[LineItem | ServiceCharge]
) -> bool:
    """Whether a discount on the order, before or after tax, is what its lines exceed the total by.

    Args:
        order: its `totalDiscount` may have either sign.
        difference: of the lines to the total.
        parts: the lines and charges; the lines contain their own discounts.
    """
    allocated = sum(
        (
            abs(amount(each.total_amount))
            for item in order.order_line_items or []
            for each in item.discount_allocations or []
        ),
        ZERO,
    )
    discount = abs(amount(order.total_discount)) - allocated
    highest = max(amount(part.tax_percentage) for part in parts)
    most = discount * (100 + max(highest, ZERO)) / 100
    return (
        discount > 0
        and -tolerance(order) <= difference - discount
        and (difference - most <= tolerance(order))
    )


def shown_sum(parts: list[Decimal], refund: Decimal) -> str:
    """The sum of an order's lines as it is made, shortened."""
    shown = [f"{part}" for part in parts[:MAX_SHOWN]]
    if len(parts) > MAX_SHOWN:
        shown.append("…")
    if refund:
        shown.append(f"{-refund} refunded")
    return f"its lines are {' + '.join(shown)}".replace("+ -", "- ")


def tax_misfit(order: Order) -> str:
    """What is wrong with the tax of an order; empty if nothing is, or if too little is known."""
    unit = minor_unit(code_of(order.currency))
    parts = parts_of(order)
    values = [value(part) for part in parts]
    taxes, are_all_taxed = ZERO, True
    for part, signed in zip(parts, values, strict=True):
        rate, tax = part.tax_percentage, tax_of(part)
        are_all_taxed = are_all_taxed and tax is not UNSET
        if rate is UNSET:
            continue
        if 0 < rate < 1:
            return f"a tax rate of {rate} percent"
        if tax is UNSET:
            continue
        size, whole = abs(tax), abs(100 + rate)
        # Multiplied by the whole, as a division takes longer than all the rest.
        if abs(size * whole - abs(signed * rate)) > unit * whole:
            gross = amount(part.total)
            within = gross * rate / (100 + rate)
            return f"a tax of {tax}, but {within.quantize(unit)} within {gross} at {rate} %"
        taxes += -size if signed < 0 else tax
    if order.total_tax_amount is UNSET or not parts or not are_all_taxed:
        return ""
    allowed = unit * len(parts)
    least, most = reduced_taxes(order, taxes, parts, values)
    if not least - allowed <= order.total_tax_amount <= most + allowed:
        return f"a tax of {order.total_tax_amount}, but {taxes.quantize(unit)} in its lines"
    return ""


def reduced_taxes(
    order: Order,
    taxes: Decimal,
    parts: Sequence[LineItem | ServiceCharge],
    values: Sequence[Decimal],
) -> tuple[Decimal, Decimal]:
    """The least and the most that the tax of an order may be.

    What its lines exceed its total by is a discount on the order, or a refund without lines. It may
    be of any line, and takes the tax in it off; a refund's tax may also still be contained.

    Args:
        order: the order.
        taxes: of its lines, less that of refunded lines.
        parts: its lines and charges.
        values: what each adds to the total.
    """
    is_reduced = order.total_discount is not UNSET or bool(amount(order.total_refund))
    if order.total_amount is UNSET or not is_reduced:
        return taxes, taxes
    off = sum(values, ZERO) - order.total_amount
    if off <= 0:
        return taxes, taxes
    sold = [part for part, signed in zip(parts, values, strict=True) if signed > 0]
    rates = [part.tax_percentage or ZERO for part in sold]
    if not rates:
        return taxes, taxes
    within = [off * rate / (100 + rate) for rate in rates]
    return taxes - max(within), taxes - min(within) if not order.total_refund else taxes


def parts_of(order: Order) -> list[LineItem | ServiceCharge]:
    """An order's lines, then its charges."""
    lines, charges = order.order_line_items or [], order.service_charges
    return [*lines, *charges] if charges else [*lines]


def value(part: LineItem | ServiceCharge) -> Decimal:
    """What a line adds to the total: negative if it is refunded."""
    total, quantity = part.total, part.quantity
    if total is UNSET:
        return ZERO
    return -abs(total) if quantity is not UNSET and quantity < 0 else total


def tax_of(part: LineItem | ServiceCharge) -> Decimal | UnsetType:
    """The tax in a line, which the two kinds name differently."""
    return part.total_tax_amount if isinstance(part, LineItem) else part.tax_amount


def is_back(part: LineItem | ServiceCharge) -> bool:
    """Whether a line is refunded."""
    return part.quantity is not UNSET and part.quantity < 0


def tolerance(order: Order) -> Decimal:
    """The difference allowed in an order: its currency's smallest unit for each line."""
    lines = len(order.order_line_items or []) + len(order.service_charges or [])
    return minor_unit(code_of(order.currency)) * max(1, lines)


def amount(given: Decimal | UnsetType | None) -> Decimal:
    """An amount; zero if absent."""
    return given if isinstance(given, Decimal) else ZERO


@lru_cache(maxsize=256)
def code_of(currency: str | UnsetType | None) -> str:
    """A currency for comparison: trimmed, in capitals; empty if absent."""
    return (currency or "").strip().upper()
