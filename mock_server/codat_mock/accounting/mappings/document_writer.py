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
from codat_mock.accounting.day_of_business import (
    Business,
    Group,
)
from codat_mock.accounting.documents import (
    BookedRecord,
    Document,
    Kind,
    Line,
    Numbering,
)
from codat_mock.accounting.money import ZERO, padded
from codat_mock.accounting.orders import (
    CATEGORY,
    GRATUITY,
    OVERPAYMENT,
    PREPAID,
    ROUNDING,
    SALES,
    Amounts,
    Part,
)
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
    numbering: Numbering
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
        """A document with its number, amounts and accounts.

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
        return Document(
            kind=kind,
            number=self.numbering.next(kind),
            date=day,
            currency=currency,
            platform_key=self.context.chart.key,
            lines=list(lines),
            net=padded(net, currency),
            tax=padded(tax, currency),
            total=padded(net + tax, currency),
            account_code=account.nominal_code if account else "",
            account_name=account.name if account else "",
            records=[each for _, each in sorted(listed.items(), key=lambda each: each[0])],
            sync_id=self.context.sync_id,
            **{"contact": self.context.customer, "status": "Submitted", **properties},
        )

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
