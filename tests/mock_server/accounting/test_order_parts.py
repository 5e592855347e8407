"""Parts of documents: how amounts are added, taken out and spread."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codat_mock.accounting.order_parts import (
    ROUNDING,
    SALES,
    UNALLOCATED,
    Amounts,
    OrderParts,
    Part,
    Taxed,
    add_amount,
    add_amounts,
    remaining_of,
    spread,
    take_from,
    total_of,
)

TWENTY, TEN, NONE = Part(SALES, Decimal(20)), Part(SALES, Decimal(10)), Part("prepaid")


def taxed(gross: str, tax: str = "0") -> Taxed:
    return Taxed(Decimal(gross), Decimal(tax))


def amounts(**parts: tuple[str, str]) -> Amounts:
    names = {"twenty": TWENTY, "ten": TEN, "none": NONE}
    return {names[name]: taxed(*each) for name, each in parts.items()}


@pytest.mark.parametrize(
    ("amount", "values", "currency", "shares"),
    [
        ("10.00", ["1", "1", "1"], "GBP", ["3.34", "3.33", "3.33"]),
        ("0.02", ["1", "1", "1"], "GBP", ["0.01", "0.01", "0"]),
        ("0.01", ["1", "2", "1"], "GBP", ["0", "0.01", "0"]),
        ("10.00", ["1", "2", "4"], "GBP", ["1.43", "2.86", "5.71"]),
        ("5.00", ["1", "2", "2"], "GBP", ["1", "2", "2"]),
        ("100", ["1", "2"], "JPY", ["33", "67"]),
        ("0", ["1", "2"], "GBP", ["0", "0"]),
        ("1.000", ["1", "2"], "KWD", ["0.333", "0.667"]),
        ("7.00", ["7"], "GBP", ["7"]),
    ],
)
def test_an_amount_is_spread_by_largest_remainders(
    amount: str, values: list[str], currency: str, shares: list[str]
) -> None:
    found = spread(Decimal(amount), [Decimal(each) for each in values], currency)
    assert found == [Decimal(each) for each in shares]


@pytest.mark.parametrize(
    ("before", "gross", "tax", "after"),
    [
        ({}, "5", "1", {TWENTY: taxed("5", "1")}),
        ({}, "0", "0", {}),
        ({}, "0", "1", {TWENTY: taxed("0", "1")}),
        ({TWENTY: taxed("5", "1")}, "5", "1", {TWENTY: taxed("10", "2")}),
        ({TWENTY: taxed("5", "1")}, "-5", "-1", {}),
        ({TWENTY: taxed("5", "1")}, "-5", "0", {TWENTY: taxed("0", "1")}),
        ({TWENTY: taxed("5", "1")}, "0", "-1", {TWENTY: taxed("5", "0")}),
    ],
)
def test_a_part_without_amounts_does_not_stay(
    before: Amounts, gross: str, tax: str, after: Amounts
) -> None:
    into = {part: Taxed(each.gross, each.tax) for part, each in before.items()}
    add_amount(into, TWENTY, Decimal(gross), Decimal(tax))
    assert into == after


def test_an_amount_of_nothing_has_no_sign() -> None:
    parts = amounts()
    add_amount(parts, TWENTY, Decimal("-0.00"), Decimal("1.00"))
    add_amount(parts, NONE, Decimal("1.00"), Decimal("-0.00"))
    add_amounts(parts, {TEN: taxed("0.00", "2")}, sign=-1)
    shown = [(str(each.gross), str(each.tax)) for each in parts.values()]
    assert shown == [("0.00", "1.00"), ("1.00", "0.00"), ("0.00", "-2")]


def test_parts_are_added_and_taken_off() -> None:
    into = amounts(twenty=("12", "2"))
    add_amounts(into, amounts(twenty=("6", "1"), ten=("11", "1")))
    assert into == amounts(twenty=("18", "3"), ten=("11", "1"))
    add_amounts(into, amounts(twenty=("6", "1"), ten=("11", "1")), sign=-1)
    assert into == amounts(twenty=("12", "2"))
    assert total_of(amounts(twenty=("12", "2"), none=("-5", "0"))) == 7


def test_a_day_has_the_sales_and_refunds_of_its_orders() -> None:
    day = OrderParts(amounts(twenty=("12", "2")))
    day.add(OrderParts(amounts(twenty=("6", "1")), amounts(ten=("11", "1"))))
    assert (day.sold, day.refunded) == (amounts(twenty=("18", "3")), amounts(ten=("11", "1")))
    assert day.balance == 7
    assert remaining_of(day) == amounts(twenty=("18", "3"), ten=("-11", "-1"))


@pytest.mark.parametrize(
    ("sold", "refunded", "side", "value"),
    [
        (amounts(twenty=("12", "2")), {}, "sold", "1"),
        (amounts(twenty=("12", "2")), amounts(ten=("11", "1")), "sold", "1"),
        ({}, amounts(ten=("11", "1")), "refunded", "-1"),
        ({}, {}, "sold", "1"),
    ],
)
@pytest.mark.parametrize("purpose", [ROUNDING, UNALLOCATED])
def test_a_difference_goes_to_the_sale_if_there_is_one(
    sold: Amounts, refunded: Amounts, side: str, value: str, purpose: str
) -> None:
    parts = OrderParts({**sold}, {**refunded})
    parts.round_by(Decimal(1), purpose)
    assert getattr(parts, side)[Part(purpose)] == taxed(value)
    assert parts.balance == total_of(sold) - total_of(refunded) + 1


@pytest.mark.parametrize(
    ("sold", "refunded", "after"),
    [
        (("12", "2"), ("6", "1"), (("12", "2"), ("6", "1"))),
        (("-12", "-2"), ("6", "1"), (None, ("18", "3"))),
        (("12", "2"), ("-6", "-1"), (("18", "3"), None)),
        (("-12", "-2"), None, (None, ("12", "2"))),
    ],
)
def test_no_side_is_below_zero_in_total(
    sold: tuple[str, str], refunded: tuple[str, str] | None, after: tuple[object, object]
) -> None:
    parts = OrderParts(amounts(twenty=sold), amounts(**({"twenty": refunded} if refunded else {})))
    parts.keep_positive()
    shown = tuple(
        (side and (str(side[TWENTY].gross), str(side[TWENTY].tax))) or None
        for side in (parts.sold, parts.refunded)
    )
    assert shown == after


def test_a_side_of_nothing_in_total_stays() -> None:
    even = {"twenty": ("12", "2"), "none": ("-12", "0")}
    parts = OrderParts(amounts(**even), amounts(**even))
    parts.keep_positive()
    assert parts.sold == parts.refunded == amounts(**even)


@pytest.mark.parametrize("gross", ["-0.01", "-1"])
def test_a_side_a_little_below_zero_moves(gross: str) -> None:
    parts = OrderParts(amounts(twenty=(gross, "0")))
    parts.keep_positive()
    assert parts.sold == {}
    assert parts.refunded == amounts(twenty=(gross.removeprefix("-"), "0"))


def test_a_part_below_zero_may_stay_beside_larger_ones() -> None:
    parts = OrderParts(amounts(twenty=("12", "2"), none=("-12", "0")))
    parts.keep_positive()
    assert parts.sold == amounts(twenty=("12", "2"), none=("-12", "0"))
    assert parts.refunded == {}


@pytest.mark.parametrize(
    ("remaining", "amount", "taken"),
    [
        (amounts(twenty=("12", "2")), "12", amounts(twenty=("12", "2"))),
        (amounts(twenty=("12", "2")), "6", amounts(twenty=("6", "1"))),
        (amounts(twenty=("12", "2")), "20", amounts(twenty=("12", "2"))),
        (amounts(twenty=("12", "2")), "0", {}),
        (amounts(twenty=("12", "0.5")), "6", amounts(twenty=("6", "0.5"))),
        (amounts(none=("12", "3")), "4", amounts(none=("4", "1"))),
        (amounts(none=("12", "3")), "5", amounts(none=("5", "1.25"))),
        (amounts(none=("12", "3.33")), "12", amounts(none=("12", "3.33"))),
        (amounts(twenty=("12", "2"), none=("-5", "0")), "12", amounts(twenty=("12", "2"))),
        (amounts(twenty=("12", "2"), ten=("4", "0.36")), "8",
         amounts(twenty=("6", "1"), ten=("2", "0.18"))),
        (amounts(twenty=("12", "2"), none=("0", "1")), "6", amounts(twenty=("6", "1"))),
        ({}, "6", {}),
        (amounts(twenty=("12", "2"), ten=("12", "1.09")), "0.01", amounts(twenty=("0.01", "0"))),
    ],
)  # fmt: skip
def test_an_amount_is_taken_out_of_what_remains(
    remaining: Amounts, amount: str, taken: Amounts
) -> None:
    left = {part: Taxed(each.gross, each.tax) for part, each in remaining.items()}
    assert take_from(left, Decimal(amount), "GBP") == taken
    add_amounts(left, taken)
    assert left == remaining
