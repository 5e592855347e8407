"""The taxes of an order's lines, completed where the order says less than a document needs.

How missing taxes and percentages are completed is assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from msgspec import UNSET

from codat_mock.accounting.money import ZERO, amount_of, minor_unit, rounded, tax_within
from codat_mock.accounting.order_entries import Entry
from codat_mock.accounting.order_parts import OVERPAYMENT, spread
from codat_mock.models.commerce import Order


def order_tax(order: Order, currency: str) -> Decimal | None:
    """The order's tax; None where it has none of its own."""
    if order.total_tax_amount is UNSET:
        return None
    return rounded(order.total_tax_amount, currency) or None


def fill_taxes(
    entries: Sequence[Entry], total: Decimal | None, rates: Collection[Decimal], currency: str
) -> None:
    """Complete the taxes and percentages of lines that lack them.

    Args:
        entries: changed in place.
        total: the order's tax, where it has any. Where no line has tax of its own, it is theirs.
        rates: the percentages that are mapped.
        currency: ISO 4217 code.
    """
    if total and not any(entry.tax for entry in entries):
        for entry in entries:
            entry.tax, entry.has_own_tax = None, False
    for entry in entries:
        if entry.tax is None and entry.percentage is not None:
            entry.tax = tax_within(entry.gross, entry.percentage, currency)
    if bare := [entry for entry in entries if entry.tax is None]:
        spread_tax(bare, total_tax(entries), total or ZERO, rates, currency)
    for entry in entries:
        if entry.percentage is None and entry.purpose != OVERPAYMENT:
            entry.percentage = match_rate(entry.gross, entry.tax or ZERO, rates, currency)
    if total is not None:
        adjust_tax(entries, total, currency)


def spread_tax(
    bare: Sequence[Entry],
    known: Decimal,
    total: Decimal,
    rates: Collection[Decimal],
    currency: str,
) -> None:
    """Spread what is left of the order's tax over the lines without tax and percentage.

    Args:
        bare: the lines without tax and percentage; changed in place.
        known: the tax of the other lines, less that of refunds.
        total: the order's tax.
        rates: the percentages that are mapped.
        currency: ISO 4217 code.
    """
    taxed = [entry for entry in bare if entry.gross > 0 and not entry.is_refund]
    left = total - known
    shares = spread(max(left, ZERO), [each.gross for each in taxed], currency) if taxed else []
    percentage = match_rate(sum((each.gross for each in taxed), ZERO), left, rates, currency)
    for entry in bare:
        entry.tax = ZERO
    for entry, share in zip(taxed, shares, strict=True):
        entry.tax, entry.percentage = share, percentage


def adjust_tax(entries: Sequence[Entry], total: Decimal, currency: str) -> None:
    """Give the difference between calculated taxes and the order's to the largest line.

    Taxes of the lines' own are believed: a contradiction is for the rules to find.

    Args:
        entries: all lines and charges of the order; changed in place.
        total: the order's tax.
        currency: ISO 4217 code.
    """
    calculated = [each for each in entries if not each.has_own_tax and each.percentage]
    if not calculated:
        return
    difference = total - total_tax(entries)
    if abs(difference) <= minor_unit(currency) * len(entries):
        largest = max(calculated, key=lambda each: each.gross)
        largest.tax = (largest.tax or ZERO) + largest.sign * difference


def round_tax(
    entries: Sequence[Entry], total: Decimal | None, difference: Decimal, currency: str
) -> None:
    """Let the order's tax count where it is the tax of the sum, and each line's is rounded.

    What was charged is the order's tax; the largest line takes the difference, of at most a
    smallest unit for each line. A larger one is a contradiction, which is for the rules to find.

    Args:
        entries: all lines and charges of the order; changed in place.
        total: the order's tax; None where it has none.
        difference: as `unexplained` returns it; where it is the same, the line is of so much more.
        currency: ISO 4217 code.
    """
    left = ZERO if total is None else total - total_tax(entries)
    if not left or abs(left) > minor_unit(currency) * len(entries):
        return
    taxed = [each for each in entries if each.percentage]
    if not taxed:
        return
    largest = max(taxed, key=lambda each: (not each.is_refund, each.gross))
    largest.tax = (largest.tax or ZERO) + largest.sign * left
    if left == difference and not largest.is_refund:
        largest.gross += left


def match_rate(
    gross: Decimal, tax: Decimal, rates: Collection[Decimal], currency: str
) -> Decimal | None:
    """The percentage whose tax is nearest, within one smallest unit; None where none is.

    Args:
        gross: with tax.
        tax: in `gross`; zero has the percentage zero.
        rates: the percentages that are mapped.
        currency: ISO 4217 code.
    """
    if not tax:
        return ZERO
    nearest = min(
        ((abs(tax_within(gross, rate, currency) - tax), rate) for rate in rates if rate),
        default=None,
    )
    return nearest[1] if nearest and nearest[0] <= minor_unit(currency) else None


def total_tax(entries: Iterable[Entry]) -> Decimal:
    """The tax of sales without that of refunds."""
    sold = [each.tax for each in entries if each.tax and not each.is_refund]
    refunded = [each.tax for each in entries if each.tax and each.is_refund]
    return sum(sold, ZERO) - sum(refunded, ZERO)


def percentages(orders: Iterable[Order]) -> set[Decimal]:
    """The tax percentages of orders' lines and charges; zero where one has no tax at all."""
    known = [*orders]
    lines = [line for order in known for line in order.order_line_items or ()]
    charges = [charge for order in known for charge in order.service_charges or ()]
    stated = {line.tax_percentage for line in lines} | {each.tax_percentage for each in charges}
    found = {each for each in stated if each is not UNSET}
    if UNSET in stated:
        taxes = [line.total_tax_amount for line in lines if line.tax_percentage is UNSET]
        taxes += [charge.tax_amount for charge in charges if charge.tax_percentage is UNSET]
        if not all(map(amount_of, taxes)):
            found.add(ZERO)
    return found
