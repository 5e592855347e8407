"""Invoices and credit notes: orders gathered by day, currency and, if selected, location.

Source: contract section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import UNSET

from codat_mock.books.documents import BookedRecord, Document, Kind, Line, Numbering
from codat_mock.books.money import ZERO
from codat_mock.books.orders import Parts, Taxed, take_apart
from codat_mock.books.terms import Terms
from codat_mock.records.commerce import Order

Group = tuple[str, str, str]  # day, currency, id of the location or nothing


@dataclass(slots=True)
class Takings:
    """The orders of one group."""

    parts: Parts = field(default_factory=Parts)
    sales: list[BookedRecord] = field(default_factory=list)
    refunds: list[BookedRecord] = field(default_factory=list)
    locations: set[str] = field(default_factory=set)


def gather(orders: Iterable[tuple[str, Order]], terms: Terms) -> dict[Group, Takings]:
    """Gather orders, each with its key, in groups; the groups in order."""
    groups: dict[Group, Takings] = {}
    for key, order in orders:
        currency = terms.currency(order.currency)
        place, name = location_of(order) if terms.is_by_location else ("", "")
        group = (terms.day(order.created_date), currency, place)
        takings = groups.setdefault(group, Takings())
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
    groups: dict[Group, Takings], terms: Terms, numbering: Numbering
) -> Iterator[Document]:
    """The invoice, and where there are refunds the credit note, of each group."""
    for group, takings in groups.items():
        if takings.sales:
            lines = invoice_lines(takings.parts, terms)
            yield document("Invoice", lines, takings.sales, group, takings, terms, numbering)
        if takings.refunds:
            lines = credit_lines(takings.parts, terms)
            yield document("CreditNote", lines, takings.refunds, group, takings, terms, numbering)


def invoice_lines(parts: Parts, terms: Terms) -> list[Line]:
    """A line per tax rate; gratuity, rounding and what is unallocated where there is any."""
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
        *rate_lines("Sales", terms.sales_account("sales"), parts.sold, terms),
        *(untaxed(text, account, amount) for text, account, amount in extras if amount),
    ]


def credit_lines(parts: Parts, terms: Terms) -> list[Line]:
    """A line per tax rate, and one for the refunds that no line tells of."""
    account = terms.sales_account("refund")
    lines = rate_lines("Refunds", account, parts.given_back, terms)
    if parts.given_back_without_lines:
        lines.append(untaxed("Refunds without lines", account, parts.given_back_without_lines))
    return lines


def rate_lines(what: str, account: str, amounts: dict[Decimal, Taxed], terms: Terms) -> list[Line]:
    """A line for each tax percentage, the highest first."""
    return [
        Line(
            description=f"{what} at {percentage.normalize():f}%",
            account_id=account,
            tax_rate_id=terms.tax_rate(percentage),
            tax_percentage=percentage,
            net=part.gross - part.tax,
            tax=part.tax,
            gross=part.gross,
        )
        for percentage, part in sorted(amounts.items(), reverse=True)
    ]


def untaxed(description: str, account: str, amount: Decimal) -> Line:
    """A line without tax."""
    return Line(description=description, account_id=account, net=amount, tax=ZERO, gross=amount)


def document(
    kind: Kind,
    lines: list[Line],
    records: Sequence[BookedRecord],
    group: Group,
    takings: Takings,
    terms: Terms,
    numbering: Numbering,
) -> Document:
    """A sales document of one group."""
    day, currency, _ = group
    net = sum((line.net for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    return Document(
        kind=kind,
        number=numbering.next(kind),
        date=day,
        currency=currency,
        location=min(takings.locations) or None,
        contact=terms.customer,
        platform_key=terms.chart.key,
        status="Draft" if terms.is_draft else "Submitted",
        lines=lines,
        net=net,
        tax=tax,
        total=net + tax,
        records=sorted(records, key=lambda record: record.key),
        sync_id=terms.sync_id,
    )
