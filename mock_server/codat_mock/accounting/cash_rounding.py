"""Cash paid to the smallest coin: the difference goes to the rounding account."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from codat_mock.accounting.booking_context import BookingContext
from codat_mock.accounting.day_of_business import Business, SalesDay, booked_record
from codat_mock.accounting.money import ZERO, amount_of, minor_unit, rounded, smallest_coin
from codat_mock.accounting.order_accounts import OrderAccount, PaidAmount, is_in_currency_of
from codat_mock.accounting.order_parts import ROUNDING, Part, add_amount


def round_cash(
    business: Business,
    account: OrderAccount,
    payments: Sequence[PaidAmount],
    context: BookingContext,
) -> None:
    """Round an order to what was paid in cash, where the difference is less than a coin.

    Where money came in and went back, the sale and the refund are each rounded.

    Args:
        business: changed in place.
        account: the order's.
        payments: what this sync books of its payments.
        context: for the day of a payment of an earlier order.
    """
    coin = smallest_coin(account.currency)
    if coin <= minor_unit(account.currency):
        return
    kept = [each for each in payments if is_in_currency_of(account, each.payment)]
    if not any(each.payment.type == "Cash" for each in kept):
        return
    came_in = [each for each in kept if each.amount > 0]
    went_back = [each for each in kept if each.amount < 0]
    up = difference_in_cash(came_in, account.owed, account.currency)
    down = difference_in_cash(went_back, account.due_back, account.currency)
    if account.day and account.owed and account.due_back and None not in (up, down):
        round_sides(business, account, up or ZERO, down or ZERO)
        return
    paid = sum((rounded(each.amount, account.currency) for each in kept), ZERO)
    difference = paid - (account.owed - account.due_back)
    if not 0 < abs(difference) < coin:
        return
    if account.day is None:
        round_earlier(business, account, difference, payments[-1], context)
    elif account.owed + difference >= 0 and account.owed:
        round_sides(business, account, difference, ZERO)
    else:
        round_sides(business, account, ZERO, -difference)


def difference_in_cash(
    payments: Sequence[PaidAmount], due: Decimal, currency: str
) -> Decimal | None:
    """By how much payments are above what is due; None where no rounding explains it.

    Args:
        payments: all that came in, or all that went back.
        due: what is owed, or what is due back.
        currency: ISO 4217 code.
    """
    paid = sum((rounded(each.amount, currency) for each in payments), ZERO)
    difference = abs(paid) - due
    is_cash = any(each.payment.type == "Cash" for each in payments)
    is_rounded = is_cash and abs(difference) < smallest_coin(currency)
    return difference if is_rounded or (payments and not difference) else None


def round_sides(business: Business, account: OrderAccount, sale: Decimal, refund: Decimal) -> None:
    """Round an order of this sync.

    Args:
        business: changed in place.
        account: the order's.
        sale: what its sale is rounded up by.
        refund: what its refund is rounded up by.
    """
    if account.day is None:
        return
    parts = business.days[account.day].parts
    if sale:
        add_amount(parts.sold, Part(ROUNDING), sale)
    if refund:
        add_amount(parts.refunded, Part(ROUNDING), refund)
    account.owed += sale
    account.due_back += refund


def round_earlier(
    business: Business,
    account: OrderAccount,
    difference: Decimal,
    last: PaidAmount,
    context: BookingContext,
) -> None:
    """Round an invoice or credit note of an earlier sync on the day of its payment.

    The difference has a document of its own: an invoice where more is paid or less paid back,
    a credit note where it is the other way round.

    Args:
        business: changed in place.
        account: the order's.
        difference: what is paid beyond what is owed; below zero where it is less.
        last: the order's last payment.
        context: for its day.
    """
    if account.booked is None or bool(account.owed) == bool(account.due_back):
        return
    key, payment, _ = last
    group = (context.day(payment.created_date), account.currency, account.location)
    day = business.days.setdefault(group, SalesDay())
    day.locations.add(account.place)
    record = booked_record(key, payment, amount_of(payment.amount), context)
    settled = (account.booked.credit_note if account.due_back else None) or account.booked.number
    if difference < 0:
        add_amount(day.parts.refunded, Part(ROUNDING), -difference)
        day.refunds.append(record)
    else:
        add_amount(day.parts.sold, Part(ROUNDING), difference)
        day.sales.append(record)
    if account.owed and difference < 0:
        day.allocated_earlier[settled] -= difference
        account.owed += difference
    elif account.due_back and difference > 0:
        day.credited_earlier[settled] += difference
        account.due_back -= difference
    else:
        account.rounding_day, account.rounding = group, abs(difference)
