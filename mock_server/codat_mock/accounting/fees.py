"""Fees and payouts of the payment provider.

Source: contract part 2, section B (fees, fee refunds); that payouts are booked is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from codat_mock.accounting.booking_context import BookingContext, named_currency
from codat_mock.accounting.day_of_business import Business, FeeGroup, PayoutGroup, booked_record
from codat_mock.accounting.money import amount_of, rounded
from codat_mock.accounting.reconciliation import FEES, PAYOUTS, TRANSACTIONS, Links, Unjoined
from codat_mock.models.commerce import Transaction

FEE_PURPOSES: Final = {"PaymentFee": "paymentFee", "PaymentFeeRefund": "paymentFeeRefund"}


def add_fees(
    business: Business,
    transactions: Iterable[tuple[str, Transaction]],
    links: Links,
    context: BookingContext,
) -> None:
    """Add fees, by the account of the payment's type.

    Money that goes out is below zero in transactions: a fee above zero is reversed.

    Source: contract part 2, section B (fees, fee refunds).

    Args:
        business: changed in place.
        transactions: each with its key; types other than fees are passed over.
        links: what each fee belongs to, which decides the account that pays it.
        context: for their accounts, days and currencies.
    """
    for key, fee in transactions:
        if fee.type not in FEES:
            continue
        purpose = FEE_PURPOSES[fee.type]
        try:
            if context.account("fees", purpose) is None:
                raise Unjoined(f"no account is selected for {purpose}")
            links.check_source(fee)
        except Unjoined as unjoined:
            business.defer(TRANSACTIONS, key, fee, unjoined, context)
            continue
        currency = currency_of(fee, business, links, context)
        amount = rounded(amount_of(fee.total_amount), currency)
        account = context.payment_account(links.payment_type(fee)) or context.suspense
        if amount:
            at = FeeGroup(context.day(fee.created_date), currency, purpose, account)
            record = booked_record(key, fee, amount_of(fee.total_amount), context)
            business.fees[at].add(amount, record)


def add_payouts(
    business: Business,
    transactions: Iterable[tuple[str, Transaction]],
    links: Links,
    context: BookingContext,
) -> None:
    """Add payouts and transfers into the bank, whichever sign they have (assumed).

    Args:
        business: changed in place.
        transactions: each with its key; types other than payouts and transfers are passed over.
        links: what each payout belongs to, which decides its clearing account.
        context: for their accounts, days and currencies.
    """
    bank = context.account("payments", "payout")
    for key, payout in transactions:
        if payout.type not in PAYOUTS:
            continue
        if bank is None:
            reason = Unjoined(f"no payout account is selected, so that no {payout.type} is booked")
            business.defer(TRANSACTIONS, key, payout, reason, context)
            continue
        currency = currency_of(payout, business, links, context)
        amount = abs(rounded(amount_of(payout.total_amount), currency))
        account = context.payment_account(links.payment_type(payout)) or context.suspense
        if amount and account != bank:
            is_failed = payout.type == "FailedPayout"
            at = PayoutGroup(context.day(payout.created_date), currency, account, is_failed)
            record = booked_record(key, payout, amount_of(payout.total_amount), context)
            business.payouts[at].add(-amount if is_failed else amount, record)


def currency_of(
    moved: Transaction, business: Business, links: Links, context: BookingContext
) -> str:
    """The currency of a fee or payout; one without has that of its payment, or order (assumed).

    Args:
        moved: the fee or payout.
        business: the orders of this sync.
        links: what it belongs to.
        context: for the usual currency.
    """
    if own := named_currency(moved.currency):
        return own
    for key in links.payment_keys(moved):
        if key in links.payments and (paid := named_currency(links.payments[key].currency)):
            return paid
    order = links.order_of_money(moved)
    if order in business.orders:
        return business.orders[order].currency
    if order in links.earlier.orders:
        return links.earlier.orders[order].currency
    return context.usual_currency
