"""What each order owes, and what is due back to its customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct, field

from codat_mock.accounting.booking_context import named_currency
from codat_mock.accounting.money import ZERO
from codat_mock.accounting.order_parts import Amounts, Part, Taxed
from codat_mock.accounting.reconciliation import BookedCredit, BookedOrder, BookedPart
from codat_mock.models.commerce import Payment

Group = tuple[str, str, str]  # day, currency, id of the location or nothing
NONE: Final[tuple[str, str | None]] = "", None  # documents of a day that an earlier sync wrote


class PaidAmount(NamedTuple):
    """A payment, or the part of it that is for one order.

    Args:
        key: the payment's.
        amount: of the part; below zero where money is paid back.
    """

    key: str
    payment: Payment
    amount: Decimal


class Credit(Struct):
    """What a repayment credited, since no order refunded it yet.

    Args:
        day: the sales day whose credit note has it.
        parts: above zero.
        credit_note: its number, if an earlier sync wrote it.
    """

    day: Group
    parts: Amounts
    credit_note: str | None = None


class OrderAccount(Struct):
    """What one order owes.

    Args:
        day: its sales day in this sync; None for an order of an earlier one.
        booked: as an earlier sync booked it.
        remaining: what was sold and is not refunded.
        rounding_day: the sales day whose invoice, or credit note of a refund, has what cash was
            rounded up by in a later sync.
        rounding: how much that document is not paid yet.
        has_sold: whether it is more than a refund.
        place: the name of its location.
        credits: what was credited of it, and may belong to a refund that is still to come.
    """

    currency: str
    location: str
    day: Group | None
    booked: BookedOrder | None
    owed: Decimal
    due_back: Decimal
    overpaid: Decimal
    remaining: Amounts
    rounding_day: Group | None = None
    rounding: Decimal = ZERO
    has_sold: bool = True
    place: str = ""
    credits: list[Credit] = field(default_factory=list)

    @property
    def sold(self) -> Decimal:
        """What was sold and is not refunded, in all."""
        return sum((each.gross for each in self.remaining.values() if each.gross > 0), ZERO)


def reopen(booked: BookedOrder) -> OrderAccount:
    """The account of an order that an earlier sync booked."""
    return OrderAccount(
        currency=booked.currency,
        location=booked.location,
        day=None,
        booked=booked,
        owed=booked.owed,
        due_back=booked.due_back,
        overpaid=booked.overpaid,
        has_sold=booked.has_sold,
        remaining=amounts_of(booked.sold),
        place=booked.place,
        credits=[
            Credit(
                (each.day, booked.currency, booked.location),
                amounts_of(each.parts),
                each.credit_note,
            )
            for each in booked.credits
        ],
    )


def close(account: OrderAccount, numbers: Mapping[Group, tuple[str, str | None]]) -> BookedOrder:
    """The account of an order as later syncs need it.

    Args:
        account: after this sync's payments.
        numbers: of each sales day, the numbers of its invoice and its credit note.
    """
    earlier = account.booked
    number, credit_note = numbers[account.day] if account.day else ("", None)
    return BookedOrder(
        number=earlier.number if earlier else number,
        credit_note=earlier.credit_note if earlier else credit_note,
        currency=account.currency,
        location=account.location,
        owed=account.owed,
        due_back=account.due_back,
        overpaid=account.overpaid,
        has_sold=account.has_sold,
        sold=booked_parts(account.remaining),
        place=account.place,
        credits=tuple(
            BookedCredit(
                each.credit_note or numbers.get(each.day, NONE)[1],
                each.day[0],
                booked_parts(each.parts),
            )
            for each in account.credits
        ),
        day=account.day[0] if account.day else earlier.day if earlier else "",
    )


def amounts_of(booked: Iterable[BookedPart]) -> Amounts:
    """Parts as an earlier sync booked them."""
    return {Part(each.purpose, each.percentage): Taxed(each.gross, each.tax) for each in booked}


def booked_parts(amounts: Amounts) -> tuple[BookedPart, ...]:
    """Parts as later syncs need them."""
    return tuple(
        BookedPart(part.purpose, part.percentage, amount.gross, amount.tax)
        for part, amount in amounts.items()
    )


def is_in_currency_of(account: OrderAccount, payment: Payment) -> bool:
    """Whether a payment is in its order's currency; one without currency is."""
    return named_currency(payment.currency) in ("", account.currency)
