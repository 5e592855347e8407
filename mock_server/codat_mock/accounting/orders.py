"""What one order contributes to the day's invoice and credit note.

Source: contract section 3 (money) and part 2, section B. How discounts and refunds without lines
are spread, and how missing taxes and percentages are completed, is assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from msgspec import UNSET, Struct, UnsetType
from msgspec import field as struct_field

from codat_mock.accounting.money import (
    HUNDRED,
    ZERO,
    amount_of,
    exactly,
    minor_unit,
    rounded,
    tax_within,
)
from codat_mock.models.commerce import LineItem, Order, ServiceCharge
from codat_mock.models.partner_data import TaxComponent

SALES: Final = "sales"
GRATUITY: Final = "gratuity"
PREPAID: Final = "prepaid"
OVERPAYMENT: Final = "overpayment"
ROUNDING: Final = "rounding"
UNALLOCATED: Final = "unallocated"
CATEGORY: Final = "category-"


class Part(NamedTuple):
    """What a line of a document is for.

    Args:
        purpose: the purpose of its account: one of the constants above, or `category-` and the id
            of a product category.
        percentage: the tax percentage; None where no tax rate applies, or none is known.
    """

    purpose: str
    percentage: Decimal | None = None


@dataclass(slots=True)
class Taxed:
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
    total = into.setdefault(part, Taxed())
    total.gross += gross
    total.tax += tax
    if not total.gross and not total.tax:
        del into[part]


def total_of(amounts: Amounts) -> Decimal:
    """The gross total of all parts."""
    return sum((each.gross for each in amounts.values()), ZERO)


@dataclass(slots=True)
class OrderParts:
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
            for part, amount in more.items():
                add_amount(into, part, amount.gross, amount.tax)

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
                for part, amount in side.items():
                    add_amount(other, part, -amount.gross, -amount.tax)
                side.clear()


class Catalogue(Struct, frozen=True):
    """A merchant's products, as far as they decide where a line is booked.

    Source: contract part 2, sections B and H; that a line's `productRef` decides is assumed.

    Args:
        gift_cards: ids of the products that are gift cards.
        categories: the category of each product that has one, by the product's id.
        names: the names of the categories, by their ids; others count as no category.
        tax_components: the merchant's own tax rates.
    """

    gift_cards: frozenset[str] = frozenset()
    categories: dict[str, str] = struct_field(default_factory=dict)
    names: dict[str, str] = struct_field(default_factory=dict)
    tax_components: tuple[TaxComponent, ...] = ()

    def purpose_of(self, item: LineItem) -> str:
        """The purpose of the account that a line is sold to."""
        product = item.product_ref.id if item.product_ref else None
        if not isinstance(product, str):
            return SALES
        if product in self.gift_cards:
            return PREPAID
        category = self.categories.get(product)
        return f"{CATEGORY}{category}" if category in self.names else SALES


NO_PRODUCTS: Final = Catalogue()


@dataclass(slots=True)
class Entry:
    """A line or charge; `percentage` and `tax` are None where the order has none.

    Args:
        is_refund: whether it is refunded; its amounts are above zero then.
        has_own_tax: whether the tax is the order's own, not calculated.
    """

    purpose: str
    percentage: Decimal | None
    gross: Decimal
    tax: Decimal | None
    is_refund: bool
    is_product: bool
    has_own_tax: bool = False

    @property
    def sign(self) -> int:
        """-1 for a refund."""
        return -1 if self.is_refund else 1


def take_apart(
    order: Order,
    currency: str,
    catalogue: Catalogue = NO_PRODUCTS,
    rates: Collection[Decimal] = (),
) -> OrderParts:
    """Take an order apart; amounts are rounded to the currency's smallest unit.

    The order's own totals are believed: `balance` is `totalAmount` + `totalGratuity`. What its
    lines do not explain is, in this order, a discount on the order (spread over the lines by
    value, before tax), rounding (up to one smallest unit a line) or unallocated.

    Args:
        order: the record.
        currency: ISO 4217 code.
        catalogue: which products are gift cards or have a category.
        rates: the percentages that are mapped; a tax without a percentage is matched to them.
    """
    with exactly():
        entries = read_entries(order, currency, catalogue)
        tolerance = minor_unit(currency) * max(1, len(entries))
        if not entries:
            entries = whole_order(order, currency, rates)
        fill_taxes(entries, order_tax(order, currency), rates, currency)
        refunded = max(
            total_of_entries(entries, is_refund=True),
            rounded(abs(amount_of(order.total_refund)), currency),
        )
        difference = unexplained(order, entries, refunded, currency)
        if discount := order_discount(order, entries, difference, tolerance, currency):
            spread_discount(entries, discount, order_tax(order, currency), currency)
        parts = parts_of(entries)
        refund_without_lines(parts, order, tolerance, currency)
        gratuity = rounded(amount_of(order.total_gratuity), currency)
        add_amount(parts.sold if gratuity > 0 else parts.refunded, Part(GRATUITY), abs(gratuity))
        if order.total_amount is not UNSET:
            total = rounded(order.total_amount, currency) + gratuity
            left = total - parts.balance
            if left:
                parts.round_by(left, ROUNDING if abs(left) <= tolerance else UNALLOCATED)
        parts.keep_positive()
    return parts


def read_entries(order: Order, currency: str, catalogue: Catalogue) -> list[Entry]:
    """The lines and charges of an order.

    "A refunded line has a negative quantity and a positive unitPrice" (contract section 3). A line
    below zero without a quantity is refunded as far as `totalRefund` says so; else it reduces the
    sale, such as a voucher.

    Args:
        order: the record.
        currency: ISO 4217 code.
        catalogue: which products are gift cards or have a category.

    Returns:
        First the lines, then the charges; amounts of refunds are above zero.
    """
    entries = [
        read_entry(item, item.total_tax_amount, catalogue.purpose_of(item), currency)
        for item in order.order_line_items or []
    ]
    for charge in order.service_charges or []:
        purpose = OVERPAYMENT if charge.type == "Overpayment" else SALES
        entry = read_entry(charge, charge.tax_amount, purpose, currency)
        if purpose == OVERPAYMENT:  # money of the customer's, which is not taxed
            entry.percentage, entry.tax = None, ZERO
        entries.append(entry)
    left = rounded(abs(amount_of(order.total_refund)), currency)
    left -= total_of_entries(entries, is_refund=True)
    lines: list[LineItem | ServiceCharge] = [
        *(order.order_line_items or []),
        *(order.service_charges or []),
    ]
    for line, entry in zip(lines, entries, strict=True):
        if entry.gross < 0 and not (line.quantity or 0) and -entry.gross <= left:
            left += entry.gross
            turn_into_refund(entry)
    return entries


def read_entry(
    line: LineItem | ServiceCharge, tax: Decimal | UnsetType, purpose: str, currency: str
) -> Entry:
    """One line or charge, its amounts rounded to the currency's smallest unit.

    Args:
        line: the line or charge.
        tax: the line's own; `UNSET` where it has none.
        purpose: the purpose of its account.
        currency: ISO 4217 code.
    """
    entry = Entry(
        purpose=purpose,
        percentage=None if line.tax_percentage is UNSET else line.tax_percentage,
        gross=rounded(amount_of(line.total_amount), currency),
        tax=None if tax is UNSET else rounded(tax, currency),
        is_refund=False,
        is_product=isinstance(line, LineItem),
        has_own_tax=tax is not UNSET,
    )
    if line.quantity is not UNSET and line.quantity < 0:
        turn_into_refund(entry)
    return entry


def turn_into_refund(entry: Entry) -> None:
    """Make a line a refund, whose amounts are above zero."""
    entry.is_refund = True
    entry.gross = abs(entry.gross)
    entry.tax = None if entry.tax is None else abs(entry.tax)


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
    if not gross:
        return []
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
    bare = [entry for entry in entries if entry.tax is None]
    if bare:
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
    difference = total - total_tax(entries)
    if calculated and abs(difference) <= minor_unit(currency) * len(entries):
        largest = max(calculated, key=lambda each: each.gross)
        largest.tax = (largest.tax or ZERO) + largest.sign * difference


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
    return sum((entry.sign * (entry.tax or ZERO) for entry in entries), ZERO)


def total_of_entries(entries: Iterable[Entry], *, is_refund: bool) -> Decimal:
    """What was sold, or refunded."""
    return sum((each.gross for each in entries if each.is_refund == is_refund), ZERO)


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
    if discount <= 0 or not 0 < -difference <= most:
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


def parts_of(entries: Iterable[Entry]) -> OrderParts:
    """Lines and charges gathered by purpose and percentage."""
    parts = OrderParts()
    for entry in entries:
        side = parts.refunded if entry.is_refund else parts.sold
        add_amount(side, Part(entry.purpose, entry.percentage), entry.gross, entry.tax or ZERO)
    return parts


def refund_without_lines(
    parts: OrderParts, order: Order, tolerance: Decimal, currency: str
) -> None:
    """Spread what `totalRefund` has beyond the refunded lines over what was sold.

    Args:
        parts: the order's, without gratuity yet; changed in place.
        order: the record.
        tolerance: beside refunded lines, a difference up to it is rounding.
        currency: ISO 4217 code.
    """
    refunded = total_of(parts.refunded)
    left = rounded(abs(amount_of(order.total_refund)), currency) - refunded
    if left > 0 and (not refunded or left > tolerance):
        remaining = remaining_of(parts)
        left = min(left, sum((each.gross for each in remaining.values() if each.gross > 0), ZERO))
        for part, amount in take_from(remaining, left, currency).items():
            add_amount(parts.refunded, part, amount.gross, amount.tax)


def remaining_of(parts: OrderParts) -> Amounts:
    """What was sold and is not refunded yet."""
    remaining: Amounts = {}
    for amounts, sign in ((parts.sold, 1), (parts.refunded, -1)):
        for part, amount in amounts.items():
            add_amount(remaining, part, sign * amount.gross, sign * amount.tax)
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


def percentages(order: Order) -> set[Decimal]:
    """The tax percentages of an order's lines and charges; zero where a line has no tax at all."""
    lines: list[tuple[LineItem | ServiceCharge, Decimal | UnsetType]] = [
        *((item, item.total_tax_amount) for item in order.order_line_items or []),
        *((charge, charge.tax_amount) for charge in order.service_charges or []),
    ]
    return {
        amount_of(line.tax_percentage)
        for line, tax in lines
        if line.tax_percentage is not UNSET or not amount_of(tax)
    }
