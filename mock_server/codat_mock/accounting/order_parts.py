"""The parts of a document: sales, tips, gift cards and rounding, each with its tax."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from msgspec import Struct, field

from codat_mock.accounting.money import ZERO, minor_unit, rounded, tax_within

SALES: Final = "sales"
GRATUITY: Final = "gratuity"
PREPAID: Final = "prepaid"
OVERPAYMENT: Final = "overpayment"
ROUNDING: Final = "rounding"
UNALLOCATED: Final = "unallocated"


class Part(NamedTuple):
    """What a line of a document is for.

    Args:
        purpose: the purpose of its account: one of the constants above, or `category-` and the id
            of a product category.
        percentage: the tax percentage; None where no tax rate applies, or none is known.
    """

    purpose: str
    percentage: Decimal | None = None


class Taxed(Struct, gc=False):
    """A gross amount, and the tax in it."""

    gross: Decimal = ZERO
    tax: Decimal = ZERO


Amounts = dict[Part, Taxed]


def add_amount(into: Amounts, part: Part, gross: Decimal, tax: Decimal = ZERO) -> None:
    """Add an amount to a part; a part without amounts does not stay.

    Args:
        into: changed in place.
        part: what the amount is for.
        gross: with tax; below zero to take it off.
        tax: in `gross`.
    """
    total = into.get(part)
    if total is None:
        if gross or tax:
            into[part] = Taxed(ZERO + gross, ZERO + tax)  # without the sign of a zero
        return
    total.gross += gross
    total.tax += tax
    if not total.gross and not total.tax:
        del into[part]


def add_amounts(into: Amounts, amounts: Amounts, sign: int = 1) -> None:
    """Add other amounts to parts, or take them off.

    Args:
        into: changed in place.
        amounts: by their parts.
        sign: -1 to take them off.
    """
    for part, amount in amounts.items():
        if sign > 0:
            add_amount(into, part, amount.gross, amount.tax)
        else:
            add_amount(into, part, -amount.gross, -amount.tax)


def total_of(amounts: Amounts) -> Decimal:
    """The gross total of all parts."""
    return sum([each.gross for each in amounts.values()], ZERO) if amounts else ZERO


class OrderParts(Struct):
    """An order, or a day of orders: what was sold, and what was refunded (above zero).

    Neither total is below zero; a single part may be, such as a voucher in `sold`.
    """

    sold: Amounts = field(default_factory=dict)
    refunded: Amounts = field(default_factory=dict)

    @property
    def balance(self) -> Decimal:
        """What customers pay in all, gratuity included."""
        return total_of(self.sold) - total_of(self.refunded)

    def add(self, other: OrderParts) -> None:
        """Add another order."""
        for into, more in ((self.sold, other.sold), (self.refunded, other.refunded)):
            add_amounts(into, more)

    def round_by(self, difference: Decimal, purpose: str = ROUNDING) -> None:
        """Add a difference to the sale, or to the refund where there is no sale."""
        if self.sold or not self.refunded:
            add_amount(self.sold, Part(purpose), difference)
        else:
            add_amount(self.refunded, Part(purpose), -difference)

    def keep_positive(self) -> None:
        """Move what is below zero in total to the other side."""
        for side, other in ((self.sold, self.refunded), (self.refunded, self.sold)):
            if total_of(side) < 0:
                add_amounts(other, side, sign=-1)
                side.clear()


def remaining_of(parts: OrderParts) -> Amounts:
    """What was sold and is not refunded yet."""
    remaining: Amounts = {}
    for amounts, sign in ((parts.sold, 1), (parts.refunded, -1)):
        add_amounts(remaining, amounts, sign)
    return remaining


def take_from(remaining: Amounts, amount: Decimal, currency: str) -> Amounts:
    """Take an amount out of what remains of an order, from each part by its value.

    Args:
        remaining: what was sold and is not refunded; changed in place.
        amount: above zero, at most what remains.
        currency: ISO 4217 code.
    """
    parts = [part for part, each in remaining.items() if each.gross > 0]
    values = [remaining[part].gross for part in parts]
    taken: Amounts = {}
    covered = min(amount, sum(values, ZERO))
    shares = spread(covered, values, currency) if covered else [ZERO for _ in parts]
    for part, share in zip(parts, shares, strict=True):
        whole = remaining[part]
        if share == whole.gross:
            tax = whole.tax
        elif part.percentage is None:
            tax = rounded(whole.tax * share / whole.gross, currency)
        else:
            tax = min(tax_within(share, part.percentage, currency), whole.tax)
        if share:
            add_amount(taken, part, share, tax)
            add_amount(remaining, part, -share, -tax)
    return taken


def spread(amount: Decimal, values: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Spread an amount in proportion to values, in whole smallest units, by largest remainders.

    Args:
        amount: zero or more, a whole number of smallest units.
        values: above zero.
        currency: ISO 4217 code.
    """
    unit, total = minor_unit(currency), sum(values, ZERO)
    exact = [amount * value / total for value in values]
    shares = [each.quantize(unit, rounding=ROUND_DOWN) for each in exact]
    left = int((amount - sum(shares, ZERO)) / unit)
    by_remainder = sorted(range(len(values)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left]:
        shares[place] += unit
    return shares
