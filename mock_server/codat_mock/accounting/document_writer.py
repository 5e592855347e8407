"""Writing documents: what those of one day, currency and contact have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.documents import BookedRecord, Document, Kind, Line, Numbering, Status
from codat_mock.accounting.money import ZERO, padded
from codat_mock.models.commerce import PaymentType


@dataclass(frozen=True, slots=True)
class DocumentWriter:
    """A day's page for one currency and contact.

    Args:
        day: in the merchant's time zone, ISO 8601.
        contact: the customer or supplier, by name.
    """

    terms: BookingContext
    numbering: Numbering
    day: str
    currency: str
    contact: str

    def line(
        self,
        description: str,
        account_id: str,
        gross: Decimal,
        tax: Decimal = ZERO,
        percentage: Decimal | None = None,
    ) -> Line:
        """A line; without a percentage it has no tax rate."""
        return Line(
            description=description,
            account_id=account_id,
            tax_rate_id=None if percentage is None else self.terms.tax_rate(percentage),
            tax_percentage=percentage,
            net=padded(gross - tax, self.currency),
            tax=padded(tax, self.currency),
            gross=padded(gross, self.currency),
        )

    def document(
        self,
        kind: Kind,
        lines: Sequence[Line],
        records: Iterable[BookedRecord],
        *,
        status: Status = "Submitted",
        location: str | None = None,
    ) -> Document:
        """A document that amounts to what its lines do."""
        return self._write(
            kind,
            sum((line.net for line in lines), ZERO),
            sum((line.tax for line in lines), ZERO),
            records,
            lines=lines,
            status=status,
            location=location,
        )

    def payment(
        self,
        kind: Kind,
        total: Decimal,
        records: Iterable[BookedRecord],
        *,
        applies_to: str,
        account: str | None,
        payment_type: PaymentType | None = None,
    ) -> Document:
        """A payment of another document."""
        return self._write(
            kind,
            total,
            ZERO,
            records,
            status="Paid",
            applies_to=applies_to,
            account=account,
            payment_type=payment_type,
        )

    def _write(
        self,
        kind: Kind,
        net: Decimal,
        tax: Decimal,
        records: Iterable[BookedRecord],
        *,
        status: Status,
        lines: Sequence[Line] = (),
        location: str | None = None,
        applies_to: str | None = None,
        account: str | None = None,
        payment_type: PaymentType | None = None,
    ) -> Document:
        return Document(
            kind=kind,
            number=self.numbering.next(kind),
            date=self.day,
            currency=self.currency,
            location=location,
            contact=self.contact,
            platform_key=self.terms.chart.key,
            status=status,
            lines=list(lines),
            net=padded(net, self.currency),
            tax=padded(tax, self.currency),
            total=padded(net + tax, self.currency),
            applies_to=applies_to,
            account=account,
            payment_type=payment_type,
            records=sorted(records, key=lambda record: record.key),
            sync_id=self.terms.sync_id,
        )
