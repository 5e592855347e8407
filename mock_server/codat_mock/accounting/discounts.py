"""Discounts on an order, spread over its lines by value (assumed)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import UNSET

from codat_mock.accounting.money import HUNDRED, ZERO, amount_of, minor_unit, rounded, tax_within
from codat_mock.accounting.order_entries import Entry, total_of_entries
from codat_mock.accounting.order_parts import spread
from codat_mock.accounting.order_taxes import total_tax
from codat_mock.models.commerce import Order


def unexplained(
    order: Order, entries: Sequence[Entry], refunded: Decimal, currency: str
) -> Decimal:
    """By how much the order's total is above what its lines come to.

    Args:
        order: the record, whose `totalAmount` excludes gratuity and is net of refunds.
        entries: its lines and charges.
        refunded: what the order refunds in all, above zero.
        currency: ISO 4217 code.

    Returns:
        Below zero where the lines come to more; zero where the order has no total.
    """
    if order.total_amount is UNSET:
        return ZERO
    total = rounded(order.total_amount, currency)
    return total + refunded - total_of_entries(entries, is_refund=False)


def order_discount(
    order: Order,
    entries: Sequence[Entry],
    difference: Decimal,
    tolerance: Decimal,
    currency: str,
) -> Decimal:
    """The discount on the order that its lines do not contain yet; zero where there is none.

    The lines contain their own `discountAllocations`. A discount may be given before tax, so that
    it may grow by the highest percentage.

    Args:
        order: the record, whose `totalDiscount` may have either sign.
        entries: its lines and charges.
        difference: as `unexplained` returns it.
        tolerance: what rounding may explain: a smallest unit for each line.
        currency: ISO 4217 code.
    """
    if difference >= 0:
        return ZERO
    allocated = sum(
        (
            abs(amount_of(part.total_amount))
            for item in order.order_line_items or []
            for part in item.discount_allocations or []
        ),
        ZERO,
    )
    discount = rounded(abs(amount_of(order.total_discount)) - allocated, currency)
    highest = max((entry.percentage or ZERO for entry in entries), default=ZERO)
    most = discount * (HUNDRED + highest) / HUNDRED + tolerance
    if discount <= 0 or -difference > most:
        return ZERO
    return discount if abs(-difference - discount) <= tolerance else -difference


def spread_discount(
    entries: Sequence[Entry], discount: Decimal, tax: Decimal | None, currency: str
) -> None:
    """Take a discount off the products sold, or off the charges where there are none.

    Each line's tax shrinks with it, unless the lines' taxes are the order's already.

    Args:
        entries: all lines and charges of the order; changed in place.
        discount: above zero; nothing happens where it is more than what was sold.
        tax: the order's own, after the discount; None where it has none.
        currency: ISO 4217 code.
    """
    sold = [each for each in entries if each.gross > 0 and not each.is_refund]
    reduced = [each for each in sold if each.is_product] or sold
    values = [each.gross for each in reduced]
    if not reduced or discount > sum(values):
        return
    before = [each.tax or ZERO for each in reduced]
    own_total = total_tax(entries)
    for entry, share in zip(reduced, spread(discount, values, currency), strict=True):
        gross = entry.gross - share
        rate = entry.percentage
        is_of_rate = rate is not None and entry.tax == tax_within(entry.gross, rate, currency)
        if rate is not None and is_of_rate:
            entry.tax = tax_within(gross, rate, currency)
        else:
            entry.tax = rounded((entry.tax or ZERO) * gross / entry.gross, currency)
        entry.gross = gross
    if tax is None:
        return
    if abs(own_total - tax) < abs(total_tax(entries) - tax):
        for entry, kept in zip(reduced, before, strict=True):
            entry.tax = kept
    left = tax - total_tax(entries)
    if left and abs(left) <= minor_unit(currency) * len(entries):
        largest = max(reduced, key=lambda each: each.gross)
        largest.tax = (largest.tax or ZERO) + left
