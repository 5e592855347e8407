"""A sale in whole numbers of the currency's smallest unit, and moments in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from codat_scenarios.merchants.money import proportion
from codat_scenarios.merchants.profile import Method
from codat_scenarios.merchants.shop import Item, Ref


@dataclass(slots=True)
class Line:
    """An item sold, or (all three numbers negative) returned.

    Args:
        item: the product.
        variant: its variant, where it has some.
        quantity: pieces, or grams of what is sold by weight.
        gross: before the discount, in smallest units including tax.
        discount: the part of the order's discount that falls on it, in smallest units.
    """

    item: Item
    variant: Ref | None
    quantity: int
    gross: int
    discount: int = 0

    @property
    def total(self) -> int:
        """Its price after the discount, in smallest units including tax."""
        return self.gross - self.discount

    def returned(self) -> Line:
        """The line that reverses this one."""
        return Line(self.item, self.variant, -self.quantity, -self.gross, -self.discount)

    @property
    def is_returnable(self) -> bool:
        """Whether it can come back days later: it was sold at its full price, for good."""
        return self.gross > 0 and not self.discount and not self.item.product.gift_card


@dataclass(slots=True)
class Paid:
    """A payment, or (with a negative amount) a repayment; `modified` dates its latest version."""

    id: str
    method: Method
    amount: int
    created: int
    modified: int
    failed: bool = False


@dataclass(slots=True)
class Sale:
    """An order and its payments; `modified` dates the latest version.

    Args:
        voucher: what a line without a quantity takes off the dearest line, in smallest units.
        percent_off: a discount on the order that no line contains.
    """

    id: str
    number: str
    created: int
    closed: int
    modified: int
    lines: list[Line]
    payments: list[Paid]
    location: Ref
    customer: Ref | None
    discount_name: str = ""
    charge: int = 0
    tip: int = 0
    voucher: int = 0
    percent_off: int = 0

    @property
    def dearest(self) -> Line:
        """The line of the highest price."""
        return max(self.lines, key=lambda line: line.total)

    def off(self, line: Line) -> int:
        """A line's part of the discount on the order, in smallest units."""
        return proportion(line.total, self.percent_off, 100) if self.percent_off else 0

    @property
    def due(self) -> int:
        """The order's total: lines and charge, without the tip, in smallest units."""
        lines = sum(line.total - self.off(line) for line in self.lines)
        return lines + self.charge - self.voucher
