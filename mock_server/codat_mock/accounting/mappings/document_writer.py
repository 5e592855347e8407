"""What every way to write a day of business into documents shares.

Source: contract part 2, section B.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.day_of_business import OVERPAID, Business, SalesDay
from codat_mock.accounting.documents import (
    BookedRecord,
    Document,
    Kind,
    Line,
)
from codat_mock.accounting.money import ZERO, padded
from codat_mock.accounting.open_documents import OpenDocuments
from codat_mock.accounting.order_accounts import Group
from codat_mock.accounting.order_parts import (
    GRATUITY,
    OVERPAYMENT,
    PREPAID,
    ROUNDING,
    SALES,
    Amounts,
    Part,
)
from codat_mock.configuration.account_purposes import CATEGORY
from codat_mock.configuration.rates import rate_key

NAMES = {
    GRATUITY: "Gratuity",
    PREPAID: "Gift cards",
    OVERPAYMENT: "Overpayments",
    ROUNDING: "Rounding",
}
UNEXPLAINED = "Unallocated: order totals that their lines do not add up to"
ORDER = (SALES, CATEGORY, PREPAID, GRATUITY, OVERPAYMENT, ROUNDING)

Numbers = dict[Group, tuple[str, str | None]]


@dataclass(slots=True)
class DocumentWriter(ABC):
    """Writes the documents of one sync.

    Args:
        numbers: of each sales day, the numbers of its invoice (or journal entry) and its credit
            note.
    """

    context: BookingContext
    documents: OpenDocuments
    numbers: Numbers = field(default_factory=dict)

    @abstractmethod
    def write(self, business: Business) -> Iterator[Document]:
        """Write everything that a sync books."""

    def document(
        self,
        kind: Kind,
        day: str,
        currency: str,
        records: Iterable[BookedRecord],
        *,
        lines: Sequence[Line] = (),
        total: Decimal | None = None,
        **properties: Any,
    ) -> Document:
        """A document with its number, amounts and accounts; an earlier one of its day is extended.

        Args:
            kind: of the document.
            day: in the merchant's time zone, ISO 8601.
            currency: ISO 4217 code.
            records: that it contains; each is listed once.
            lines: whose sum it is.
            total: where it has no lines.
            properties: any other of `Document`.
        """
        net = sum((line.net for line in lines), ZERO) if total is None else total
        tax = sum((line.tax for line in lines), ZERO)
        account = self.context.account_details(properties.get("account"))
        listed = {(each.data_type, each.key): each for each in records}
        written = Document(
            kind=kind,
            date=day,
            currency=currency,
            platform_key=self.context.chart.key,
            lines=list(lines),
            net=padded(net, currency),
            tax=padded(tax, currency),
            total=padded(net + tax, currency),
            account_code=account.nominal_code if account else "",
            account_name=account.name if account else "",
            records=[listed[name] for name in sorted(listed)],
            sync_id=self.context.sync_id,
            **{
                "number": "",
                "contact": self.context.customer,
                "status": "Submitted",
                **properties,
            },
        )
        return self.documents.place(written)

    def line(
        self,
        description: str,
        account_id: str,
        currency: str,
        gross: Decimal,
        *,
        tax: Decimal = ZERO,
        percentage: Decimal | None = None,
    ) -> Line:
        """A line; without a percentage it has no tax rate.

        Args:
            description: as the platform shows it.
            account_id: its account.
            currency: ISO 4217 code.
            gross: with tax.
            tax: in `gross`.
            percentage: the merchant's tax percentage.
        """
        account = self.context.account_details(account_id)
        return Line(
            description=description,
            account_id=account_id,
            account_code=account.nominal_code if account else "",
            account_name=account.name if account else "",
            tax_rate_id=None if percentage is None else self.context.tax_rate(percentage),
            tax_percentage=percentage,
            net=padded(gross - tax, currency),
            tax=padded(tax, currency),
            gross=padded(gross, currency),
        )

    def note_of(self, sales: SalesDay) -> str | None:
        """Why somebody should look at a day's sales: a charge says that more is paid (assumed)."""
        return OVERPAID if Part(OVERPAYMENT) in sales.parts.sold else None

    def describe(self, part: Part, *, is_refund: bool) -> str:
        """What a line says."""
        sales = "Refunds" if is_refund else "Sales"
        if part.purpose == SALES or part.purpose.startswith(CATEGORY):
            if part.percentage is None:
                return f"{sales}, tax rate not known"
            category = self.context.category_name(part.purpose)
            name = f"{sales}: {category}" if category else sales
            return f"{name} at {rate_key(part.percentage)}%"
        return NAMES.get(part.purpose, UNEXPLAINED)


def by_part(amounts: Amounts) -> list[Part]:
    """The parts of a document in the order of its lines; of each purpose the highest rate first."""

    def place(part: Part) -> tuple[int, str, Decimal]:
        purpose = CATEGORY if part.purpose.startswith(CATEGORY) else part.purpose
        found = ORDER.index(purpose) if purpose in ORDER else len(ORDER)
        return found, part.purpose, -(part.percentage or ZERO)

    return sorted(amounts, key=place)
