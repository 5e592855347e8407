"""What one order contributes to the day's invoice and credit note.

Source: contract section 3 (money) and part 2, section B. How refunds without lines are spread is
assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from msgspec import UNSET

from codat_mock.accounting.catalogue import NO_PRODUCTS, Catalogue
from codat_mock.accounting.discounts import order_discount, spread_discount, unexplained
from codat_mock.accounting.money import ZERO, amount_of, minor_unit, rounded, tax_within
from codat_mock.accounting.order_entries import (
    Entry,
    read_entries,
    total_of_entries,
    turn_into_refund,
)
from codat_mock.accounting.order_parts import (
    GRATUITY,
    ROUNDING,
    SALES,
    UNALLOCATED,
    OrderParts,
    Part,
    add_amount,
    remaining_of,
    take_from,
    total_of,
)
from codat_mock.accounting.order_taxes import fill_taxes, match_rate, order_tax, round_tax
from codat_mock.models.commerce import Order


def take_apart(
    order: Order,
    currency: str,
    catalogue: Catalogue = NO_PRODUCTS,
    rates: Collection[Decimal] = (),
) -> OrderParts:
    """Take an order apart, `exactly`; amounts are rounded to the currency's smallest unit.

    The order's own totals are believed: `balance` is `totalAmount` + `totalGratuity`. What its
    lines do not explain is, in this order, a discount on the order (spread over the lines by
    value, before tax), rounding (up to one smallest unit a line) or unallocated.

    Args:
        order: the record.
        currency: ISO 4217 code.
        catalogue: which products are gift cards or have a category.
        rates: the percentages that are mapped; a tax without a percentage is matched to them.
    """
    entries = read_entries(order, currency, catalogue)
    tolerance = minor_unit(currency) * max(1, len(entries))
    if not entries:
        entries = whole_order(order, currency, rates)
    tax = order_tax(order, currency)
    fill_taxes(entries, tax, rates, currency)
    by_lines = total_of_entries(entries, is_refund=True)
    by_total = rounded(abs(amount_of(order.total_refund)), currency)
    refunded = max(by_lines, by_total)
    difference = unexplained(order, entries, refunded, currency)
    if discount := order_discount(order, entries, difference, tolerance, currency):
        spread_discount(entries, discount, tax, currency)
    elif refunded == by_lines:
        round_tax(entries, tax, difference, currency)
    parts = parts_of(entries)
    if by_total:
        refund_without_lines(parts, by_total, tolerance, currency)
    gratuity = rounded(amount_of(order.total_gratuity), currency)
    if gratuity:
        side = parts.sold if gratuity > 0 else parts.refunded
        add_amount(side, Part(GRATUITY), abs(gratuity))
    if order.total_amount is not UNSET:
        total = rounded(order.total_amount, currency) + gratuity
        left = total - parts.balance
        if left:
            parts.round_by(left, ROUNDING if abs(left) <= tolerance else UNALLOCATED)
    parts.keep_positive()
    return parts


def whole_order(order: Order, currency: str, rates: Collection[Decimal]) -> list[Entry]:
    """An order without lines as one line, before its refund.

    Its tax is of what is left after the refund, so that the percentage is found first.

    Args:
        order: one without lines and charges.
        currency: ISO 4217 code.
        rates: the percentages that are mapped.

    Returns:
        One entry; none where the order is of nothing.
    """
    left = rounded(amount_of(order.total_amount), currency)
    gross = left + rounded(abs(amount_of(order.total_refund)), currency)
    tax = order_tax(order, currency) or ZERO
    if not gross and not left:
        return []
    if not gross:  # nothing is sold, all is refunded
        gross = left
    percentage = match_rate(left, tax, rates, currency) if left else ZERO
    if percentage is not None:
        tax = tax_within(gross, percentage, currency)
    elif left:
        tax = rounded(tax * gross / left, currency)
    entry = Entry(SALES, percentage, gross, tax, is_refund=False, is_product=True)
    entry.has_own_tax = percentage is None
    if gross < 0:
        turn_into_refund(entry)
    return [entry]


def parts_of(entries: Iterable[Entry]) -> OrderParts:
    """Lines and charges gathered by purpose and percentage."""
    parts = OrderParts()
    for entry in entries:
        side = parts.refunded if entry.is_refund else parts.sold
        add_amount(side, Part(entry.purpose, entry.percentage), entry.gross, entry.tax or ZERO)
    return parts


def refund_without_lines(
    parts: OrderParts, total: Decimal, tolerance: Decimal, currency: str
) -> None:
    """Spread what `totalRefund` has beyond the refunded lines over what was sold.

    Args:
        parts: the order's, without gratuity yet; changed in place.
        total: the order's `totalRefund`, above zero.
        tolerance: beside refunded lines, a difference up to it is rounding.
        currency: ISO 4217 code.
    """
    refunded = total_of(parts.refunded)
    left = total - refunded
    if left > 0 and (not refunded or left > tolerance):
        remaining = remaining_of(parts)
        left = min(left, sum((each.gross for each in remaining.values() if each.gross > 0), ZERO))
        for part, amount in take_from(remaining, left, currency).items():
            add_amount(parts.refunded, part, amount.gross, amount.tax)
