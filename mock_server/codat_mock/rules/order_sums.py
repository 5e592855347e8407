"""What the lines, charges and totals of an order come to, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import LineItem, Order, ServiceCharge
from codat_mock.models.currencies import minor_unit

MAX_SHOWN: Final = 5  # lines of a sum in a message


def owed(order: Order) -> Decimal:
    """What an order owes: its total, or that of its lines, and gratuity, without overpayments."""
    parts = parts_of(order)
    beyond = sum(
        (value(each) for each in order.service_charges or [] if each.type == "Overpayment"),
        Decimal(0),
    )
    total = amount(order.total_amount)
    if order.total_amount is UNSET:
        by_lines = sum((-value(part) for part in parts if is_back(part)), Decimal(0))
        total = sum((value(part) for part in parts), Decimal(0)) - refunded(order) + by_lines
    return total - beyond + amount(order.total_gratuity)


def refunded(order: Order) -> Decimal:
    """What an order refunds, by its lines or by its total."""
    parts = parts_of(order)
    by_lines = sum((-value(part) for part in parts if is_back(part)), Decimal(0))
    return max(abs(amount(order.total_refund)), by_lines)


def misfit(order: Order) -> str:
    """What does not add up in an order; empty if all does, or if the order has no total."""
    if order.total_amount is UNSET:
        return ""
    parts = parts_of(order)
    if parts:
        signed = [value(part) for part in parts]
        given_back = -sum((each for each in signed if each < 0), Decimal(0))
        refund = max(abs(amount(order.total_refund)), given_back) - given_back
        total = sum(signed, Decimal(0)) - refund
        difference = total - order.total_amount
        if abs(difference) > tolerance(order) and not is_discount(order, difference, parts):
            return f"{shown_sum(signed, refund)} = {total}, its total is {order.total_amount}"
    paid = [amount(each.amount) for each in order.payments or [] if each.status == "Paid"]
    due = order.total_amount + amount(order.total_gratuity)
    if paid and sum(paid, Decimal(0)) - due > tolerance(order):
        return f"its payments add up to {sum(paid, Decimal(0))}, total and gratuity to {due}"
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
        Decimal(0),
    )
    discount = abs(amount(order.total_discount)) - allocated
    highest = max(amount(part.tax_percentage) for part in parts)
    most = discount * (100 + max(highest, Decimal(0))) / 100
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
    parts: list[tuple[LineItem | ServiceCharge, Decimal | UnsetType]] = [
        *((each, each.total_tax_amount) for each in order.order_line_items or []),
        *((each, each.tax_amount) for each in order.service_charges or []),
    ]
    taxes = Decimal(0)
    for part, tax in parts:
        if part.tax_percentage is not UNSET and 0 < part.tax_percentage < 1:
            return f"a tax rate of {part.tax_percentage} percent"
        if tax is UNSET or part.tax_percentage is UNSET:
            continue
        gross, rate = amount(part.total), part.tax_percentage
        within = gross * rate / (100 + rate)
        if abs(abs(tax) - abs(within)) > unit:
            return f"a tax of {tax}, but {within.quantize(unit)} within {gross} at {rate} %"
        taxes += -abs(tax) if value(part) < 0 else tax
    if order.total_tax_amount is UNSET or any(tax is UNSET for _, tax in parts) or not parts:
        return ""
    allowed = unit * len(parts)
    least, most = reduced_taxes(order, taxes, [part for part, _ in parts])
    if not least - allowed <= order.total_tax_amount <= most + allowed:
        return f"a tax of {order.total_tax_amount}, but {taxes.quantize(unit)} in its lines"
    return ""


def reduced_taxes(
    order: Order, taxes: Decimal, parts: Sequence[LineItem | ServiceCharge]
) -> tuple[Decimal, Decimal]:
    """The least and the most that the tax of an order may be.

    What its lines exceed its total by is a discount on the order, or a refund without lines. It may
    be of any line, and takes the tax in it off; a refund's tax may also still be contained.

    Args:
        order: the order.
        taxes: of its lines, less that of refunded lines.
        parts: its lines and charges.
    """
    off = sum((value(part) for part in parts), Decimal(0)) - amount(order.total_amount)
    is_reduced = order.total_discount is not UNSET or bool(amount(order.total_refund))
    rates = [part.tax_percentage or Decimal(0) for part in parts if value(part) > 0]
    if order.total_amount is UNSET or off <= 0 or not is_reduced or not rates:
        return taxes, taxes
    within = [off * rate / (100 + rate) for rate in rates]
    return taxes - max(within), taxes - min(within) if not order.total_refund else taxes


def parts_of(order: Order) -> list[LineItem | ServiceCharge]:
    """An order's lines, then its charges."""
    return [*(order.order_line_items or []), *(order.service_charges or [])]


def value(part: LineItem | ServiceCharge) -> Decimal:
    """What a line adds to the total: negative if it is refunded."""
    total = amount(part.total)
    return -abs(total) if is_back(part) else total


def is_back(part: LineItem | ServiceCharge) -> bool:
    """Whether a line is refunded."""
    return part.quantity is not UNSET and part.quantity < 0


def tolerance(order: Order) -> Decimal:
    """The difference allowed in an order: its currency's smallest unit for each line."""
    lines = len(order.order_line_items or []) + len(order.service_charges or [])
    return minor_unit(code_of(order.currency)) * max(1, lines)


def amount(given: Decimal | UnsetType | None) -> Decimal:
    """An amount; zero if absent."""
    return given if isinstance(given, Decimal) else Decimal(0)


def code_of(currency: str | UnsetType | None) -> str:
    """A currency for comparison: trimmed, in capitals; empty if absent."""
    return (currency or "").strip().upper()
