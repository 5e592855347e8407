"""The lines and charges of an order, with amounts above zero for refunds.

Source: contract section 3 (money).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from codat_mock.accounting.catalogue import Catalogue
from codat_mock.accounting.money import ZERO, amount_of, rounded
from codat_mock.accounting.order_parts import OVERPAYMENT, SALES
from codat_mock.models.commerce import LineItem, Order, ServiceCharge


class Entry(Struct, gc=False):
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
    if min([entry.gross for entry in entries], default=ZERO) < 0:
        find_refunds(order, entries, currency)
    return entries


def find_refunds(order: Order, entries: Sequence[Entry], currency: str) -> None:
    """Make lines below zero without a quantity refunds, as far as `totalRefund` says so.

    Args:
        order: the record.
        entries: its lines and charges; changed in place.
        currency: ISO 4217 code.
    """
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
        gross=rounded(amount_of(line.total), currency),
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


def total_of_entries(entries: Iterable[Entry], *, is_refund: bool) -> Decimal:
    """What was sold, or refunded."""
    return sum([each.gross for each in entries if each.is_refund is is_refund], ZERO)
