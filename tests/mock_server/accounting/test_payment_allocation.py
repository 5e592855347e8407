"""How long a repayment is expected to have a refund, and which payments settle what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import judged
import pytest
from msgspec.structs import replace
from sample_sales import configured

from codat_mock.accounting.booking_context import booking_context
from codat_mock.accounting.day_of_business import Business
from codat_mock.accounting.documents import BookedRecord
from codat_mock.accounting.order_accounts import PaidAmount
from codat_mock.accounting.order_parts import Part, Taxed, total_of
from codat_mock.accounting.payment_allocation import PaymentAllocation
from codat_mock.accounting.reconciliation import (
    BookedCredit,
    BookedOrder,
    BookedPart,
    BookedPayment,
    Earlier,
    link,
)

FINISH = datetime(2022, 3, 22, tzinfo=UTC)  # 31 days after 19 February
ZERO = Decimal(0)
PART = BookedPart("sales", Decimal(20), Decimal(12), Decimal(2))


def credited(day: str) -> BookedOrder:
    credit = BookedCredit("CN-1", day, (PART,))
    return BookedOrder("INV-1", None, "GBP", "", ZERO, ZERO, ZERO, (PART,), credits=(credit,))


def allocation(
    orders: dict[str, BookedOrder],
    *refunds: float,
    payments: Mapping[str, str] = MappingProxyType({}),
) -> PaymentAllocation:
    context = booking_context(configured(), "gbol", "s", FINISH, [])
    business = Business()
    lines = [{"id": "l", "totalAmount": 1, "taxPercentage": 20, "quantity": -1}]
    for number, amount in enumerate(refunds):
        lines[0]["totalAmount"] = amount
        given = judged.order(-amount, id=f"R{number}", orderLineItems=lines)
        business.add_orders([(f"R{number}", given)], context)
    booked = {key: BookedPayment(source, "Card") for key, source in payments.items()}
    return PaymentAllocation(business, link((), {}, (), Earlier(orders, booked)), context)


@pytest.mark.parametrize(
    ("day", "is_kept"), [("2022-03-01", True), ("2022-02-19", True), ("2022-02-18", False)]
)
def test_for_31_days_a_refund_of_a_repayment_is_expected(day: str, is_kept: bool) -> None:
    made = allocation({"O": credited(day)}, 12)
    made.complete_credits()
    refund = made.business.orders["R0"]
    assert (refund.due_back, refund.day) == ((0, (day, "GBP", "")) if is_kept else (12, refund.day))
    assert made.account_of("O").credits == []


def test_credits_that_are_too_old_go_and_later_ones_stay() -> None:
    old, late = credited("2022-02-18"), credited("2022-03-01")
    made = allocation({"O": replace(old, credits=old.credits + late.credits)})
    made.complete_credits()
    assert [credit.day[0] for credit in made.account_of("O").credits] == ["2022-03-01"]


@pytest.mark.parametrize(
    ("refunds", "completed"),
    [([12], ["R0"]), ([11.99], []), ([12.01], []), ([5, 7], ["R0", "R1"]), ([5, 12], ["R1"])],
)
def test_a_refund_joins_the_credit_note_of_its_amount(
    refunds: list[float], completed: list[str]
) -> None:
    made = allocation({"O": credited("2022-03-01")}, *refunds)
    made.complete_credits()
    found = [key for key, each in made.business.orders.items() if key != "O" and not each.due_back]
    assert found == completed
    day = made.business.days.get(("2022-03-01", "GBP", ""))
    assert [each.key for each in day.completed] if day else completed == []
    assert (day.credit_note if day else None) == ("CN-1" if completed else None)


@pytest.mark.parametrize(("own", "rest"), [(4, 8), (11.99, 0.01), (12, None)])
def test_a_repayment_by_its_sale_is_for_what_a_refund_has_left_beside_its_own(
    own: float, rest: float | None
) -> None:
    payments = {"to the refund": "R0", "to the sale": "O"}
    made = allocation({"O": credited("2022-03-01")}, 12, payments=payments)
    of_order: dict[str, list[PaidAmount]] = {"R0": [], "O": []}
    for (key, order), amount in zip(payments.items(), (own, rest or 8), strict=True):
        repaid = judged.payment(-amount, id=key)
        of_order[order].append(PaidAmount(key, repaid, Decimal(str(-amount))))
    came_in = PaidAmount("came in", judged.payment(0.5, id="came in"), Decimal("0.5"))
    of_order["O"].append(came_in)
    made.share_repayments(of_order)
    found = [(each.key, float(each.amount)) for each in of_order["R0"]]
    assert found == [("to the refund", -own), *([("to the sale", -rest)] if rest else [])]
    assert [each.key for each in of_order["O"]] == [*([] if rest else ["to the sale"]), "came in"]


def test_what_is_credited_on_one_day_is_one_credit() -> None:
    made = allocation({}, 12)
    account = made.business.orders["R0"]
    account.remaining = {Part("sales", Decimal(20)): Taxed(Decimal(12), Decimal(2))}
    record = BookedRecord(data_type="commerce-payments", key="P", amount=Decimal(-3))
    for day in ("2022-03-21", "2022-03-22", "2022-03-21"):
        made.credit(account, day, Decimal(3), record)
    found = [(credit.day[0], total_of(credit.parts)) for credit in account.credits]
    assert found == [("2022-03-21", 6), ("2022-03-22", 3)]


@pytest.mark.parametrize(
    ("given", "due_back", "rounding", "overpaid"),
    [
        ("5", "7", "0.05", "1"),
        ("12", "0", "0.05", "1"),
        ("12.02", "0", "0.03", "1"),
        ("12.05", "0", "0", "1"),
        ("12.25", "0", "0", "0.8"),
        ("13.05", "0", "0", "0"),
    ],
)
def test_money_paid_back_is_for_the_refund_then_for_rounding_then_for_what_was_overpaid(
    given: str, due_back: str, rounding: str, overpaid: str
) -> None:
    made = allocation({}, 12)
    account = made.business.orders["R0"]
    account.rounding, account.rounding_day = Decimal("0.05"), account.day
    account.overpaid = Decimal(1)
    amount = -Decimal(given)
    made.settle(account, PaidAmount("P", judged.payment(float(amount), id="P"), amount))
    left = (account.due_back, account.rounding, account.overpaid)
    assert left == (Decimal(due_back), Decimal(rounding), Decimal(overpaid))
    assert sum(total.amount for total in made.business.settlements.values()) == Decimal(given)


@pytest.mark.parametrize(("repaid", "left"), [("0", "12"), ("4", "8"), ("12", "0"), ("13", "0")])
def test_a_repayment_is_for_what_others_leave_of_its_own_order(repaid: str, left: str) -> None:
    made = allocation({}, 12)
    given = PaidAmount("P", judged.payment(-5, id="P"), Decimal(-5))
    found = made.repayment("R0", made.business.orders["R0"], given, Decimal(repaid))
    assert (found.amount, found.due_back) == (5, Decimal(left))


@pytest.mark.parametrize(
    ("credited", "amount", "left"),
    [
        ([3, 6], 6, [("2022-03-01", 3)]),
        ([6, 3], 3, [("2022-03-01", 6)]),
        ([3, 6], 7, [("2022-03-02", 2)]),
        ([3, 6], 9, []),
        ([3, 6], 10, []),
    ],
)
def test_what_is_paid_again_sells_again_what_was_credited_of_that_amount(
    credited: list[int], amount: int, left: list[tuple[str, int]]
) -> None:
    made = allocation({}, 12)
    account = made.business.orders["R0"]
    account.remaining = {Part("sales", Decimal(20)): Taxed(Decimal(12), Decimal(2))}
    record = BookedRecord(data_type="commerce-payments", key="P", amount=Decimal(amount))
    for number, each in enumerate(credited, 1):
        made.credit(account, f"2022-03-0{number}", Decimal(each), record)
    again, _ = made.sell_again(account, "2022-03-21", Decimal(amount), record)
    assert again == min(amount, 9)
    assert [(each.day[0], total_of(each.parts)) for each in account.credits] == left
    assert total_of(account.remaining) == 12 - sum(credited) + again
