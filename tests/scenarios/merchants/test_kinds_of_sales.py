"""Generated merchants have every kind of sale that `docs/examples.md` shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from reconciling_sales import after

from codat_scenarios.merchants import KINDS, merchant
from codat_scenarios.merchants.days import Day

pytestmark = pytest.mark.long

FIRST = date(2022, 3, 1)
DAYS = 28
WHOLE_LIST = {
    "cash sale", "card sale with a fee", "tip", "discount on the order", "discount on a line",
    "voucher", "gift card sold", "gift card redeemed", "two payments", "deposit", "unpaid",
    "service charge", "shipping", "refund of the same day", "refund of an earlier day",
    "partial refund", "refund by another type", "exchange", "chargeback", "payout",
    "several rates", "several currencies", "several locations", "overpayment",
}  # fmt: skip


def kinds_of_order(order: dict, gift_cards: set[str], paid_at: dict[str, str]) -> Iterator[str]:
    """The kinds that one order shows."""
    lines, charges = order["orderLineItems"], order["serviceCharges"]
    paid = [each for each in order["payments"] if each["status"] == "Paid"]
    came_in = [each for each in paid if each["amount"] > 0]
    went_back = [each for each in paid if each["amount"] < 0]
    types = {each["type"] for each in came_in}
    back = [line for line in lines if line.get("quantity", 0) < 0]
    due, refund = order["totalAmount"] + order["totalGratuity"], order["totalRefund"]
    allocated = sum(
        share["totalAmount"] for line in lines for share in line.get("discountAllocations", [])
    )
    if types == {"Cash"}:
        yield "cash sale"
    if order["totalGratuity"] > 0:
        yield "tip"
    if order["totalDiscount"] > allocated:
        yield "discount on the order"
    if allocated:
        yield "discount on a line"
    if any("quantity" not in line and line["totalAmount"] < 0 for line in lines):
        yield "voucher"
    if any(line.get("productRef", {}).get("id") in gift_cards for line in lines):
        yield "gift card sold"
    if "Prepaid" in types:
        yield "gift card redeemed"
    if len(came_in) > 1 and not any(paid_at[p["id"]] < order["createdDate"] for p in came_in):
        yield "two payments"
    if any(paid_at[each["id"]] < order["createdDate"] for each in came_in):
        yield "deposit"
    if not paid and due > 0:
        yield "unpaid"
    if not refund and any(each["amount"] > due for each in came_in) and due > 0:
        yield "overpayment"
    yield from ("shipping" if each["type"] == "Shipping" else "service charge" for each in charges)
    if back and came_in:
        yield "refund of the same day"
        if len(back) < len(lines) - len(back):
            yield "partial refund"
        if {each["type"] for each in went_back} - types:
            yield "refund by another type"
    if back and len(back) == len(lines):
        yield "refund of an earlier day"
    if back and not paid and order["totalAmount"] == 0:
        yield "exchange"
    if len({line["taxPercentage"] for line in lines}) > 1:
        yield "several rates"


def kinds_of_day(day: Day, gift_cards: set[str]) -> Iterator[str]:
    """The kinds that a day shows."""
    orders, payments, transactions = after(day)
    paid_at = {payment["id"]: payment["createdDate"] for payment in payments}
    for order in orders:
        yield from kinds_of_order(order, gift_cards, paid_at)
    if len({order["currency"] for order in orders}) > 1:
        yield "several currencies"
    if len({order["locationRef"]["id"] for order in orders}) > 1:
        yield "several locations"
    for moved in transactions:
        if moved["type"] == "Payout":
            yield "payout"
        if moved["type"] == "PaymentFee":
            yield "card sale with a fee"
        if moved["type"] == "Refund" and moved["transactionSourceRef"]["type"] == "Payment":
            yield "chargeback"


@pytest.mark.parametrize("seed", [3, 7])
def test_together_the_merchants_sell_in_every_way_that_the_examples_show(seed: int) -> None:
    found: set[str] = set()
    for kind in KINDS:
        shop = merchant(kind, seed=seed)
        cards = {product["id"] for product in shop.products if product["isGiftCard"]}
        for day in shop.days(DAYS, start=FIRST):
            found |= {*kinds_of_day(day, cards)}
    assert WHOLE_LIST - found == set()
