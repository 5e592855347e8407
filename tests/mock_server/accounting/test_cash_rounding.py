"""Cash that is paid to the smallest coin."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import judged
import pytest
from sample_sales import configured

from codat_mock.accounting.booking_context import booking_context
from codat_mock.accounting.cash_rounding import difference_in_cash, round_cash
from codat_mock.accounting.day_of_business import Business, SalesDay
from codat_mock.accounting.order_accounts import OrderAccount, PaidAmount
from codat_mock.accounting.order_parts import ROUNDING, Part
from codat_mock.accounting.reconciliation import BookedOrder

FINISH = datetime(2022, 3, 22, tzinfo=UTC)
DAY = ("2022-03-21", "CHF", "")
PAID_ON = ("2022-03-22", "CHF", "")


def paid(amount: str, kind: str = "Cash", **more: Any) -> PaidAmount:
    given = {"currency": "CHF", "type": kind, "createdDate": "2022-03-22T00:00:00Z", **more}
    return PaidAmount("P", judged.payment(float(amount), **given), Decimal(amount))


@pytest.mark.parametrize(
    ("amounts", "due", "currency", "difference"),
    [
        ([("85.04", "Cash")], "85", "CHF", "0.04"),
        ([("85.05", "Cash")], "85", "CHF", None),
        ([("84.96", "Cash")], "85", "CHF", "-0.04"),
        ([("84.95", "Cash")], "85", "CHF", None),
        ([("85.04", "Card")], "85", "CHF", None),
        ([("85", "Card")], "85", "CHF", "0"),
        ([("50", "Card"), ("35.02", "Cash")], "85", "CHF", "0.02"),
        ([("-5.02", "Cash")], "5", "CHF", "0.02"),
        ([("-4.98", "Cash")], "5", "CHF", "-0.02"),
        ([], "85", "CHF", None),
        ([], "0", "CHF", None),
        ([("85.01", "Cash")], "85", "GBP", None),
    ],
)
def test_less_than_a_coin_is_rounding(
    amounts: list[tuple[str, str]], due: str, currency: str, difference: str | None
) -> None:
    found = difference_in_cash([paid(*each) for each in amounts], Decimal(due), currency)
    assert found == (None if difference is None else Decimal(difference))


def rounded(
    payments: list[PaidAmount], owed: str, back: str, booked: BookedOrder | None = None,
    currency: str = "CHF",
) -> tuple[OrderAccount, Business]:  # fmt: skip
    business = Business()
    if booked is None:
        business.days[DAY] = SalesDay()
    account = OrderAccount(
        currency=currency,
        location="",
        day=None if booked else DAY,
        booked=booked,
        owed=Decimal(owed),
        due_back=Decimal(back),
        overpaid=Decimal(0),
        remaining={},
        place="Shop",
    )
    context = booking_context(configured(), "gbol", "s", FINISH, [])
    round_cash(business, account, payments, context)
    return account, business


def roundings(business: Business, group: Any = DAY) -> tuple[str | None, str | None]:
    parts = business.days[group].parts
    found = [side.get(Part(ROUNDING)) for side in (parts.sold, parts.refunded)]
    up, down = (str(each.gross) if each else None for each in found)
    return up, down


@pytest.mark.parametrize(
    ("payments", "owed", "back", "after", "found"),
    [
        ([paid("85.02")], "85", "0", ("85.02", "0"), ("0.02", None)),
        ([paid("84.98")], "85", "0", ("84.98", "0"), ("-0.02", None)),
        ([paid("85.05")], "85", "0", ("85", "0"), (None, None)),
        ([paid("85.06")], "85", "0", ("85", "0"), (None, None)),
        ([paid("84.94")], "85", "0", ("85", "0"), (None, None)),
        ([paid("85")], "85", "0", ("85", "0"), (None, None)),
        ([paid("85.02", "Card")], "85", "0", ("85", "0"), (None, None)),
        ([paid("50", "Card"), paid("35.02")], "85", "0", ("85.02", "0"), ("0.02", None)),
        ([paid("-5.02")], "0", "5", ("0", "5.02"), (None, "0.02")),
        ([paid("-4.98")], "0", "5", ("0", "4.98"), (None, "-0.02")),
        ([paid("85.02"), paid("-5.03")], "85", "5", ("85.02", "5.03"), ("0.02", "0.03")),
        ([paid("84.52"), paid("0.50"), paid("-4.53"), paid("-0.50")], "85", "5",
         ("85.02", "5.03"), ("0.02", "0.03")),
        ([paid("85"), paid("-5.03")], "85", "5", ("85", "5.03"), (None, "0.03")),
        ([paid("85.02"), paid("-5")], "85", "5", ("85.02", "5"), ("0.02", None)),
        ([paid("80.02")], "85", "5", ("85.02", "5"), ("0.02", None)),
        ([paid("85.02", currency="GBP")], "85", "0", ("85", "0"), (None, None)),
        ([paid("85.02", currency=None)], "85", "0", ("85.02", "0"), ("0.02", None)),
        ([paid("-0.02")], "0.01", "0.01", ("0.01", "0.03"), (None, "0.02")),
        ([paid("0.02")], "0", "0", ("0", "-0.02"), (None, "-0.02")),
    ],
)  # fmt: skip
def test_an_order_of_this_sync_is_rounded_to_what_was_paid(
    payments: list[PaidAmount], owed: str, back: str, after: Any, found: Any
) -> None:
    account, business = rounded(payments, owed, back)
    assert (str(account.owed), str(account.due_back)) == after
    assert roundings(business) == found


def test_a_currency_without_larger_coins_is_not_rounded() -> None:
    account, _ = rounded([paid("85.01", currency="GBP")], "85", "0", currency="GBP")
    assert account.owed == 85


def booked(owed: str, back: str, note: str | None = "CN-1") -> BookedOrder:
    nothing = Decimal(0)
    return BookedOrder("INV-1", note, "CHF", "", Decimal(owed), Decimal(back), nothing, ())


@pytest.mark.parametrize(
    ("payment", "owed", "back", "after", "found"),
    [
        (paid("85.02"), "85", "0", ("85", "0"), ("0.02", None)),
        (paid("84.98"), "85", "0", ("84.98", "0"), (None, "0.02")),
        (paid("-5.02"), "0", "5", ("0", "5"), (None, "0.02")),
        (paid("-4.98"), "0", "5", ("0", "4.98"), ("0.02", None)),
    ],
)
def test_an_order_of_an_earlier_sync_is_rounded_on_the_day_of_its_payment(
    payment: PaidAmount, owed: str, back: str, after: Any, found: Any
) -> None:
    account, business = rounded([payment], owed, back, booked(owed, back))
    assert (str(account.owed), str(account.due_back)) == after
    assert roundings(business, PAID_ON) == found
    day = business.days[PAID_ON]
    assert day.locations == {"Shop"}
    assert [each.key for each in day.sales] == (["P"] if found[0] else [])
    assert [each.key for each in day.refunds] == (["P"] if found[1] else [])
    if after == (owed, back):
        assert (account.rounding_day, account.rounding) == (PAID_ON, Decimal("0.02"))
        assert not day.allocated_earlier
        assert not day.credited_earlier
    else:
        assert (account.rounding_day, account.rounding) == (None, 0)
        assert dict(day.allocated_earlier) == ({"INV-1": Decimal("0.02")} if found[1] else {})
        assert dict(day.credited_earlier) == ({"CN-1": Decimal("0.02")} if found[0] else {})


def test_a_credit_note_without_a_number_of_its_own_has_the_order_s() -> None:
    _, business = rounded([paid("-4.98")], "0", "5", booked("0", "5", note=None))
    assert dict(business.days[PAID_ON].credited_earlier) == {"INV-1": Decimal("0.02")}


@pytest.mark.parametrize(("owed", "back"), [("85", "5"), ("0", "0")])
def test_an_order_that_owes_both_ways_or_neither_is_not_rounded_later(owed: str, back: str) -> None:
    paid_in_all = Decimal(owed) - Decimal(back) + Decimal("0.02")
    _, business = rounded([paid(str(paid_in_all))], owed, back, booked(owed, back))
    assert business.days == {}
