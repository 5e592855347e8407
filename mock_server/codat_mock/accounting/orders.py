"""What one order contributes to the day's invoice and credit note.

Source: contract section 3 (money) and section 6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import UNSET, UnsetType

from codat_mock.accounting.money import ZERO, amount_of, minor_unit, tax_within
from codat_mock.models.commerce import LineItem, Order, ServiceCharge


@dataclass(slots=True)
class Taxed:
    """A gross amount, and the tax within it."""

    gross: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(slots=True)
class Parts:
    """An order, or a day of orders, taken apart; all refunds are above zero.

    Invoice = sold + gratuity + rounding + unallocated; credit note = given back + given back
    without lines. Their difference is the orders' totals with gratuity.

    Args:
        sold: by tax percentage.
        given_back: by tax percentage.
        rounding: cents by which lines and total differ.
        unallocated: more than cents by which they differ.
        given_back_without_lines: refunds that no line tells of.
        has_sale: whether anything but refunds was found.
        has_refund: whether any refund was found.
    """

    sold: dict[Decimal, Taxed] = field(default_factory=dict)
    given_back: dict[Decimal, Taxed] = field(default_factory=dict)
    gratuity: Decimal = ZERO
    rounding: Decimal = ZERO
    unallocated: Decimal = ZERO
    given_back_without_lines: Decimal = ZERO
    has_sale: bool = False
    has_refund: bool = False

    @property
    def balance(self) -> Decimal:
        """What customers paid in all, gratuity included."""
        sold = sum((part.gross for part in self.sold.values()), ZERO)
        given_back = sum((part.gross for part in self.given_back.values()), ZERO)
        extras = self.gratuity + self.rounding + self.unallocated
        return sold + extras - given_back - self.given_back_without_lines

    def add(self, other: Parts) -> None:
        """Take in another order."""
        add_taxed(self.sold, other.sold)
        add_taxed(self.given_back, other.given_back)
        self.gratuity += other.gratuity
        self.rounding += other.rounding
        self.unallocated += other.unallocated
        self.given_back_without_lines += other.given_back_without_lines


def add_taxed(into: dict[Decimal, Taxed], more: dict[Decimal, Taxed]) -> None:
    """Add amounts by tax percentage."""
    for percentage, part in more.items():
        total = into.setdefault(percentage, Taxed())
        total.gross += part.gross
        total.tax += part.tax


def take_apart(order: Order, currency: str) -> Parts:
    """Take an order apart.

    The order's own totals are believed; what its lines do not explain becomes rounding (up to one
    minor unit a line) or stays unallocated. A refund is told by lines of negative quantity, by
    `totalRefund`, or by both; the larger counts.
    """
    items = order.order_line_items or []
    charges = order.service_charges or []
    parts = Parts(gratuity=amount_of(order.total_gratuity))
    for item in items:
        put(parts, item, amount_of(item.total_amount), item.total_tax_amount, currency)
    for charge in charges:
        put(parts, charge, amount_of(charge.total_amount), charge.tax_amount, currency)
    tolerance = minor_unit(currency) * max(1, len(items) + len(charges))
    sold = sum((part.gross for part in parts.sold.values()), ZERO)
    given_back = sum((part.gross for part in parts.given_back.values()), ZERO)
    untold = abs(amount_of(order.total_refund)) - given_back
    if untold > 0 and (not given_back or untold > tolerance):
        parts.given_back_without_lines = untold
        given_back += untold
    if order.total_amount is not UNSET:
        difference = order.total_amount + given_back - sold
        if abs(difference) <= tolerance:
            parts.rounding = difference
        else:
            parts.unallocated = difference
    parts.has_refund = bool(parts.given_back or parts.given_back_without_lines)
    has_more = parts.gratuity or parts.rounding or parts.unallocated
    parts.has_sale = bool(parts.sold or has_more or not parts.has_refund)
    return parts


def put(
    parts: Parts,
    line: LineItem | ServiceCharge,
    gross: Decimal,
    told_tax: Decimal | UnsetType,
    currency: str,
) -> None:
    """Add a line to what was sold or given back, under its tax percentage."""
    percentage = amount_of(line.tax_percentage)
    tax = tax_within(gross, percentage, currency) if told_tax is UNSET else told_tax
    if is_refund(line.quantity, gross):
        total = parts.given_back.setdefault(percentage, Taxed())
        gross, tax = abs(gross), abs(tax)
    else:
        total = parts.sold.setdefault(percentage, Taxed())
    total.gross += gross
    total.tax += tax


def is_refund(quantity: Decimal | int | UnsetType, gross: Decimal) -> bool:
    """Whether a line gives back; its amount decides only where it tells no quantity.

    "A refunded line has a negative quantity and a positive unitPrice" (contract section 3).
    """
    return bool((gross if quantity is UNSET or not quantity else quantity) < 0)


def percentages(order: Order) -> set[Decimal]:
    """The tax percentages that an order's lines and charges name."""
    lines: list[LineItem | ServiceCharge] = [
        *(order.order_line_items or []),
        *(order.service_charges or []),
    ]
    return {amount_of(line.tax_percentage) for line in lines}
