"""Invoices and credit notes: orders gathered by day, currency and, if selected, location.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import UNSET

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.document_writer import DocumentWriter
from codat_mock.accounting.documents import BookedRecord, Document, Line, Numbering, Status
from codat_mock.accounting.orders import Parts, Taxed, take_apart
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import Order

Group = tuple[str, str, str]  # day, currency, id of the location or nothing


@dataclass(slots=True)
class DayTotals:
    """The orders of one group."""

    parts: Parts = field(default_factory=Parts)
    sales: list[BookedRecord] = field(default_factory=list)
    refunds: list[BookedRecord] = field(default_factory=list)
    locations: set[str] = field(default_factory=set)


def gather(orders: Iterable[tuple[str, Order]], terms: BookingContext) -> dict[Group, DayTotals]:
    """Gather orders, each with its key, in groups; the groups in order."""
    groups: dict[Group, DayTotals] = {}
    for key, order in orders:
        currency = terms.currency(order.currency)
        place, name = location_of(order) if terms.is_by_location else ("", "")
        group = (terms.day(order.created_date), currency, place)
        takings = groups.setdefault(group, DayTotals())
        parts = take_apart(order, currency)
        takings.parts.add(parts)
        takings.locations.add(name)
        record = BookedRecord(
            data_type="commerce-orders",
            key=key,
            amount=parts.balance,
            modified=order.source_modified_date or None,
        )
        if parts.has_sale:
            takings.sales.append(record)
        if parts.has_refund:
            takings.refunds.append(record)
    return dict(sorted(groups.items()))


def location_of(order: Order) -> tuple[str, str]:
    """The id and the name of the place where an order was taken, empty where it tells none."""
    place = order.location_ref
    if place is UNSET:
        return "", ""
    name = place.name or ""
    return place.id or name, name or place.id or ""


def sales_documents(
    groups: dict[Group, DayTotals], terms: BookingContext, numbering: Numbering
) -> Iterator[Document]:
    """The invoice, and where there are refunds the credit note, of each group."""
    for (day, currency, _), takings in groups.items():
        page = DocumentWriter(terms, numbering, day, currency, terms.customer)
        status: Status = "Draft" if terms.is_draft else "Submitted"
        location = min(takings.locations) or None
        if takings.sales:
            lines = invoice_lines(takings.parts, page)
            yield page.document("Invoice", lines, takings.sales, status=status, location=location)
        if takings.refunds:
            lines = credit_lines(takings.parts, page)
            yield page.document(
                "CreditNote", lines, takings.refunds, status=status, location=location
            )


def invoice_lines(parts: Parts, page: DocumentWriter) -> list[Line]:
    """A line per tax rate; gratuity, rounding and what is unallocated where there is any."""
    terms = page.terms
    extras = (
        ("Gratuity", terms.sales_account("gratuity"), parts.gratuity),
        ("Rounding", terms.chart.rounding.id, parts.rounding),
        (
            "Unallocated: order totals that their lines do not add up to",
            terms.chart.suspense.id,
            parts.unallocated,
        ),
    )
    return [
        *rate_lines("Sales", terms.sales_account("sales"), parts.sold, page),
        *(page.line(text, account, amount) for text, account, amount in extras if amount),
    ]


def credit_lines(parts: Parts, page: DocumentWriter) -> list[Line]:
    """A line per tax rate, and one for the refunds that no line tells of."""
    account = page.terms.sales_account("refund")
    lines = rate_lines("Refunds", account, parts.given_back, page)
    if parts.given_back_without_lines:
        lines.append(page.line("Refunds without lines", account, parts.given_back_without_lines))
    return lines


def rate_lines(
    what: str, account: str, amounts: dict[Decimal, Taxed], page: DocumentWriter
) -> list[Line]:
    """A line for each tax percentage, the highest first."""
    return [
        page.line(f"{what} at {rate_key(percentage)}%", account, part.gross, part.tax, percentage)
        for percentage, part in sorted(amounts.items(), reverse=True)
    ]
