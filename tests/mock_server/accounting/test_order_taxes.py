"""How lines, taxes and discounts of an order are read and completed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import judged
import pytest

from codat_mock.accounting.catalogue import NO_PRODUCTS
from codat_mock.accounting.discounts import order_discount, spread_discount, unexplained
from codat_mock.accounting.money import exactly
from codat_mock.accounting.order_entries import Entry, read_entries, total_of_entries
from codat_mock.accounting.order_parts import OVERPAYMENT, SALES
from codat_mock.accounting.order_taxes import (
    adjust_tax,
    fill_taxes,
    match_rate,
    order_tax,
    percentages,
    round_tax,
    spread_tax,
    total_tax,
)
from codat_mock.accounting.orders import take_apart, whole_order

RATES = (Decimal(0), Decimal(5), Decimal(20))
Shown = tuple[Any, ...]


def dec(given: Any) -> Any:
    return None if given is None else Decimal(str(given))


def entry(
    gross: Any, tax: Any = None, rate: Any = None, *, back: bool = False, **more: Any
) -> Entry:
    given = {"purpose": SALES, "is_product": True, **more}
    return Entry(percentage=dec(rate), gross=dec(gross), tax=dec(tax), is_refund=back, **given)


def taxes(entries: Sequence[Entry]) -> list[Any]:
    return [None if each.tax is None else float(each.tax) for each in entries]


def rates(entries: Sequence[Entry]) -> list[Any]:
    return [None if each.percentage is None else float(each.percentage) for each in entries]


def order(total: Any = 85, **properties: Any) -> Any:
    return judged.order(total, **properties)


def item(total: Any, **more: Any) -> dict[str, Any]:
    return {"id": "l", "totalAmount": total, **more}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"orderLineItems": [item(10)]}, [(10, None, None, False)]),
        ({"orderLineItems": [item(10, taxPercentage=20, totalTaxAmount=1.666)]},
         [(10, 1.67, 20, False)]),
        ({"orderLineItems": [item(10.005, quantity=1)]}, [(10.01, None, None, False)]),
        ({"orderLineItems": [item(10, quantity=-1, totalTaxAmount=-2)]}, [(10, 2, None, True)]),
        ({"orderLineItems": [item(-10, quantity=-1, totalTaxAmount=2)]}, [(10, 2, None, True)]),
        ({"orderLineItems": [item(10, quantity=0)]}, [(10, None, None, False)]),
        ({"orderLineItems": [item(10, quantity=-1)]}, [(10, None, None, True)]),
        ({"orderLineItems": [item(-10)]}, [(-10, None, None, False)]),
        ({"orderLineItems": [item(-10)], "totalRefund": 10}, [(10, None, None, True)]),
        ({"orderLineItems": [item(-10)], "totalRefund": -10}, [(10, None, None, True)]),
        ({"orderLineItems": [item(-10)], "totalRefund": 9.99}, [(-10, None, None, False)]),
        ({"orderLineItems": [item(-10, quantity=0)], "totalRefund": 10}, [(10, None, None, True)]),
        ({"orderLineItems": [item(-0.01)], "totalRefund": 0.01}, [(0.01, None, None, True)]),
        ({"orderLineItems": [item(0)], "totalRefund": 1}, [(0, None, None, False)]),
        ({"orderLineItems": [item(-10, quantity=1)], "totalRefund": 10},
         [(-10, None, None, False)]),
        ({"orderLineItems": [item(-6), item(-5), item(-4)], "totalRefund": 10},
         [(6, None, None, True), (-5, None, None, False), (4, None, None, True)]),
        ({"orderLineItems": [item(5, quantity=-1), item(-6)], "totalRefund": 10},
         [(5, None, None, True), (-6, None, None, False)]),
        ({"serviceCharges": [{"totalAmount": 5, "taxAmount": 1, "taxPercentage": 20}]},
         [(5, 1, 20, False)]),
        ({"serviceCharges": [{"totalAmount": 5, "taxAmount": 1, "taxPercentage": 20,
                              "type": "Overpayment"}]}, [(5, 0, None, False)]),
        ({}, []),
    ],
)  # fmt: skip
def test_lines_and_charges_are_read(given: dict[str, Any], read: list[Shown]) -> None:
    found = read_entries(order(**given), "GBP", NO_PRODUCTS)
    assert [
        (float(each.gross), *taxes([each]), *rates([each]), each.is_refund) for each in found
    ] == read
    assert [each.is_product for each in found] == ["orderLineItems" in given] * len(found)
    assert [each.sign for each in found] == [-1 if each.is_refund else 1 for each in found]


def test_whether_a_tax_is_the_order_s_own_is_kept() -> None:
    lines = [item(10, totalTaxAmount=0), item(10)]
    charges = [{"totalAmount": 5, "type": "Overpayment"}, {"totalAmount": 5, "type": "Shipping"}]
    found = read_entries(order(orderLineItems=lines, serviceCharges=charges), "GBP", NO_PRODUCTS)
    assert [each.has_own_tax for each in found] == [True, False, False, False]
    assert [each.purpose for each in found] == [SALES, SALES, OVERPAYMENT, SALES]
    assert total_of_entries([entry(5), entry(3, back=True)], is_refund=True) == 3
    assert total_of_entries([entry(5), entry(3, back=True)], is_refund=False) == 5


@pytest.mark.parametrize(
    ("gross", "tax", "rate"),
    [(120, 20, 20), (120, 20.01, 20), (120, 19.99, 20), (120, 20.02, None), (120, 0, 0),
     (105, 5, 5), (0.05, 0.01, 20), (120, 12, None)],
)  # fmt: skip
def test_a_rate_is_known_by_its_tax_to_the_cent(gross: Any, tax: Any, rate: Any) -> None:
    assert match_rate(dec(gross), dec(tax), RATES, "GBP") == rate
    assert match_rate(dec(gross), dec(tax), (), "GBP") == (0 if tax == 0 else None)


def test_the_nearest_rate_counts() -> None:
    for given in ((Decimal(20), Decimal("20.01")), (Decimal("20.01"), Decimal(20))):
        assert match_rate(dec(120), dec(20), given, "GBP") == 20
    assert match_rate(dec(0.01), dec(0.01), (Decimal(0),), "GBP") is None


@pytest.mark.parametrize(
    ("given", "total", "expected"),
    [
        ([entry(120, rate=20)], None, [20]),
        ([entry(120, 19, 20)], None, [19]),
        ([entry(120, 0, 20)], None, [0]),
        ([entry(120, 0, 20)], 20, [20]),
        ([entry(120, 0), entry(120, 0, 20)], 20, [0, 20]),
        ([entry(120)], None, [0]),
        ([entry(120)], 20, [20]),
        ([entry(120), entry(60)], 30, [20, 10]),
        ([entry(0.6), entry(120)], 20.1, [0.1, 20]),
        ([entry(120), entry(60, rate=20)], 30, [20, 10]),
        ([entry(120), entry(60, 15)], 30, [15, 15]),
        ([entry(120), entry(60, back=True)], 20, [20, 0]),
        ([entry(120), entry(-60)], 20, [20, 0]),
        ([entry(120), entry(60, 40)], 30, [0, 40]),
        ([entry(120, rate=20)], 20.01, [20.01]),
        ([entry(120, rate=20)], 20.02, [20]),
        ([entry(120, rate=20), entry(60, rate=20)], 30.02, [20.02, 10]),
        ([entry(60, rate=20), entry(120, rate=20)], 29.98, [10, 19.98]),
        ([entry(60, rate=20), entry(120, rate=20)], 30.03, [10, 20]),
        ([entry(120, rate=20, back=True), entry(60, rate=20)], -10.02, [20.02, 10]),
        ([entry(120, 20, 20, has_own_tax=True), entry(60, rate=20)], 30.02, [20, 10.02]),
        ([entry(120, rate=0), entry(60, rate=20)], 10.02, [0, 10.02]),
    ],
)
def test_taxes_that_lack_are_completed(
    given: list[Entry], total: Any, expected: list[float]
) -> None:
    fill_taxes(given, dec(total), RATES, "GBP")
    assert taxes(given) == expected


def test_percentages_that_lack_are_completed() -> None:
    given = [
        entry(120, 20), entry(120, 0), entry(120, 12), entry(105, 5, 7),
        entry(5, 0, purpose=OVERPAYMENT),
    ]  # fmt: skip
    fill_taxes(given, None, RATES, "GBP")
    assert rates(given) == [20, 0, None, 7, None]
    bare = [entry(120), entry(60, back=True), entry(-60), entry(60)]
    spread_tax(bare, dec(5), dec(35), RATES, "GBP")
    assert (taxes(bare), rates(bare)) == ([20, 0, 0, 10], [20, None, None, 20])
    nothing = [entry(0), entry(-0.5), entry(120)]
    spread_tax(nothing, dec(0), dec(20), RATES, "GBP")
    assert (taxes(nothing), rates(nothing)) == ([0, 0, 20], [None, None, 20])
    none = [entry(60, back=True)]
    spread_tax(none, dec(5), dec(35), RATES, "GBP")
    assert taxes(none) == [0]


def test_taxes_of_refunds_are_taken_off() -> None:
    given = [entry(120, 20), entry(60, 10, back=True), entry(60)]
    assert total_tax(given) == 10
    adjust_tax(given, dec(10.01), "GBP")
    assert taxes(given) == [20, 10, None]


@pytest.mark.parametrize(
    ("given", "total", "difference", "expected"),
    [
        ([entry(120, 20, 20)], None, 0, [(20, 120)]),
        ([entry(120, 20, 20)], 20, 0, [(20, 120)]),
        ([entry(120, 20, 20)], 20.01, 0, [(20.01, 120)]),
        ([entry(120, 20, 20)], 20.01, 0.01, [(20.01, 120.01)]),
        ([entry(120, 20, 20)], 20.02, 0, [(20, 120)]),
        ([entry(120, 20, 20)], 19.99, -0.01, [(19.99, 119.99)]),
        ([entry(60, 10, 20), entry(120, 20, 20)], 30.02, 0.02, [(10, 60), (20.02, 120.02)]),
        ([entry(60, 10, 20), entry(120, 20, 20, back=True)], -10.02, -0.02,
         [(9.98, 59.98), (20, 120)]),
        ([entry(120, 20, 20, back=True)], -20.01, -0.01, [(20.01, 120)]),
        ([entry(120, 20, 0)], 20.01, 0, [(20, 120)]),
        ([entry(120, 20)], 20.01, 0, [(20, 120)]),
        ([entry(120, None, 20)], 0.01, 0, [(0.01, 120)]),
    ],
)  # fmt: skip
def test_the_tax_of_the_order_counts_where_lines_are_rounded(
    given: list[Entry], total: Any, difference: Any, expected: list[tuple[float, float]]
) -> None:
    round_tax(given, dec(total), dec(difference), "GBP")
    assert [(*taxes([each]), float(each.gross)) for each in given] == expected


def test_a_tax_of_an_order_of_nothing_is_none() -> None:
    assert order_tax(order(), "GBP") is None
    assert order_tax(order(totalTaxAmount=0), "GBP") is None
    assert order_tax(order(totalTaxAmount=0.004), "GBP") is None
    assert order_tax(order(totalTaxAmount=0.005), "GBP") == dec(0.01)


def test_the_percentages_of_an_order() -> None:
    lines = [item(1, taxPercentage=20), item(1, totalTaxAmount=1)]
    charges = [{"taxPercentage": 5}, {"taxAmount": 1}]
    assert percentages([order(orderLineItems=lines, serviceCharges=charges)]) == {20, 5}
    assert percentages([order(orderLineItems=[item(1)])]) == {0}
    assert percentages([order(serviceCharges=[{"taxAmount": 0}])]) == {0}
    assert percentages([order()]) == set()


@pytest.mark.parametrize(
    ("total", "refunded", "expected"), [(85, 0, -15), (85, 10, -5), (None, 10, 0), (100, 0, 0)]
)
def test_what_the_lines_do_not_explain(total: Any, refunded: int, expected: int) -> None:
    entries = [entry(100), entry(7, back=True)]
    assert unexplained(order(total), entries, dec(refunded), "GBP") == expected


@pytest.mark.parametrize(
    ("given", "rate", "difference", "expected"),
    [
        ({"totalDiscount": 10}, 0, -10, 10),
        ({"totalDiscount": -10}, 0, -10, 10),
        ({"totalDiscount": 10}, 0, -10.01, 10),
        ({"totalDiscount": 10}, 0, -9.99, 10),
        ({"totalDiscount": 10}, 0, -9.98, 9.98),
        ({"totalDiscount": 10}, 0, -10.02, 0),
        ({"totalDiscount": 10}, 20, -10.02, 10.02),
        ({"totalDiscount": 10}, 20, -12.01, 12.01),
        ({"totalDiscount": 10}, 20, -12.02, 0),
        ({"totalDiscount": 10}, 0, 10, 0),
        ({"totalDiscount": 10}, 0, 0, 0),
        ({"totalDiscount": 0}, 0, -0.01, 0),
        ({}, 0, -10, 0),
        ({"totalDiscount": 10, "orderLineItems": [item(1, discountAllocations=[
            {"totalAmount": 4}, {"totalAmount": -2}])]}, 0, -4, 4),
        ({"totalDiscount": 10, "orderLineItems": [item(1, discountAllocations=[
            {"totalAmount": 10}])]}, 0, -10, 0),
        ({"totalDiscount": 10, "orderLineItems": [item(1, discountAllocations=[
            {"totalAmount": 10.5}])]}, 0, -0.01, 0),
    ],
)  # fmt: skip
def test_a_discount_is_on_the_order_as_far_as_the_lines_do_not_contain_it(
    given: dict[str, Any], rate: int, difference: float, expected: float
) -> None:
    entries = [entry(100, 0, rate), entry(5, 0)]
    cent = dec(0.01)
    assert order_discount(order(**given), entries, dec(difference), cent, "GBP") == dec(expected)
    assert order_discount(order(**given), [], dec(-99), cent, "GBP") == 0


@pytest.mark.parametrize(
    ("given", "discount", "tax", "expected"),
    [
        ([entry(120, 20, 20)], 12, None, [(108, 18)]),
        ([entry(120, 20, 20), entry(60, 10, 20, is_product=False)], 12, None,
         [(108, 18), (60, 10)]),
        ([entry(120, 20, 20, is_product=False)], 12, None, [(108, 18)]),
        ([entry(120, 20, 20), entry(60, 10, 20, back=True)], 12, None, [(108, 18), (60, 10)]),
        ([entry(120, 20, 20), entry(-5, 0)], 12, None, [(108, 18), (-5, 0)]),
        ([entry(120, 15, 20)], 12, None, [(108, 13.5)]),
        ([entry(120, 30, 20)], 12, None, [(108, 27)]),
        ([entry(1, 0.17, 20)], 0.02, None, [(0.98, 0.16)]),
        ([entry(1, 0.17)], 0.02, None, [(0.98, 0.17)]),
        ([entry(120, 15)], 12, None, [(108, 13.5)]),
        ([entry(120, None)], 12, None, [(108, 0)]),
        ([entry(120, 20, 20)], 120, None, [(0, 0)]),
        ([entry(120, 20, 20)], 121, None, [(120, 20)]),
        ([entry(120, 20, 20), entry(60, 10, 20)], 18, None, [(108, 18), (54, 9)]),
        ([entry(120, 20, 20)], 12, 18, [(108, 18)]),
        ([entry(120, 20, 20)], 12, 18.01, [(108, 18.01)]),
        ([entry(120, 20, 20)], 12, 18.02, [(108, 18)]),
        ([entry(120, 20, 20)], 12, 20, [(108, 20)]),
        ([entry(120, 20, 20)], 12, 19, [(108, 18)]),
        ([entry(120, 20, 20)], 12, 19.02, [(108, 20)]),
        ([entry(60, 10, 20), entry(120, 20, 20)], 18, 27.02, [(54, 9), (108, 18.02)]),
        ([entry(60, 10, 20), entry(120, 20, 20)], 18, 27.01, [(54, 9), (108, 18.01)]),
        ([entry(60, 10, back=True)], 12, None, [(60, 10)]),
    ],
)  # fmt: skip
def test_a_discount_takes_its_share_of_the_taxes(
    given: list[Entry], discount: float, tax: Any, expected: list[tuple[float, float]]
) -> None:
    spread_discount(given, dec(discount), dec(tax), "GBP")
    assert [(float(each.gross), *taxes([each])) for each in given] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (order(120, totalTaxAmount=20), (120, 20, 20, False)),
        (order(120), (120, 0, 0, False)),
        (order(60, totalTaxAmount=10, totalRefund=60), (120, 20, 20, False)),
        (order(60, totalTaxAmount=7, totalRefund=60), (120, 14, None, False)),
        (order(60, totalTaxAmount=7, totalRefund=15), (75, 8.75, None, False)),
        (order(0, totalRefund=60), (60, 0, 0, False)),
        (order(0), None),
        (order(None), None),
        (order(-60, totalTaxAmount=-10), (60, 10, 20, True)),
        (order(-60, totalRefund=60), (60, 0, 0, True)),
        (order(-60, totalTaxAmount=-7), (60, 7, None, True)),
    ],
)
def test_an_order_without_lines_is_one_line(given: Any, expected: Shown | None) -> None:
    lines = whole_order(given, "GBP", RATES)
    found = [(float(each.gross), *taxes([each]), *rates([each]), each.is_refund) for each in lines]
    assert found == ([] if expected is None else [expected])
    assert all(each.is_product for each in lines)
    assert [each.has_own_tax for each in lines] == [line[2] is None for line in found]


def side(amounts: Any) -> dict[str, tuple[float, float]]:
    return {
        f"{part.purpose} {part.percentage}": (float(each.gross), float(each.tax))
        for part, each in amounts.items()
    }


TWO = [item(60, taxPercentage=20), item(40, taxPercentage=0)]


@pytest.mark.parametrize(
    ("given", "sold", "refunded"),
    [
        (order(100, orderLineItems=TWO), {"sales 20": (60, 10), "sales 0": (40, 0)}, {}),
        (order(100.02, orderLineItems=TWO),
         {"sales 20": (60, 10), "sales 0": (40, 0), "rounding None": (0.02, 0)}, {}),
        (order(100.03, orderLineItems=TWO),
         {"sales 20": (60, 10), "sales 0": (40, 0), "unallocated None": (0.03, 0)}, {}),
        (order(99.98, orderLineItems=TWO),
         {"sales 20": (60, 10), "sales 0": (40, 0), "rounding None": (-0.02, 0)}, {}),
        (order(100, orderLineItems=TWO, totalGratuity=5),
         {"sales 20": (60, 10), "sales 0": (40, 0), "gratuity None": (5, 0)}, {}),
        (order(100, orderLineItems=TWO, totalGratuity=-5),
         {"sales 20": (60, 10), "sales 0": (40, 0)}, {"gratuity None": (5, 0)}),
        (order(100, orderLineItems=TWO, totalGratuity=-0.5),
         {"sales 20": (60, 10), "sales 0": (40, 0)}, {"gratuity None": (0.5, 0)}),
        (order(50, orderLineItems=TWO, totalRefund=50),
         {"sales 20": (60, 10), "sales 0": (40, 0)}, {"sales 20": (30, 5), "sales 0": (20, 0)}),
        (order(-10, orderLineItems=[item(10, quantity=-1, taxPercentage=0)]),
         {}, {"sales 0": (10, 0)}),
        (order(60, orderLineItems=[*TWO, item(40, quantity=-1, taxPercentage=0)]),
         {"sales 20": (60, 10), "sales 0": (40, 0)}, {"sales 0": (40, 0)}),
        (order(57, orderLineItems=[*TWO, item(40, quantity=-1, taxPercentage=0)], totalRefund=43),
         {"sales 20": (60, 10), "sales 0": (40, 0)}, {"sales 0": (40, 0), "sales 20": (3, 0.5)}),
        (order(59.97, orderLineItems=[*TWO, item(40, quantity=-1, taxPercentage=0)],
               totalRefund=40.03),
         {"sales 20": (60, 10), "sales 0": (40, 0), "rounding None": (-0.03, 0)},
         {"sales 0": (40, 0)}),
        (order(90, orderLineItems=TWO, totalDiscount=10),
         {"sales 20": (54, 9), "sales 0": (36, 0)}, {}),
        (order(None, orderLineItems=TWO, totalGratuity=5),
         {"sales 20": (60, 10), "sales 0": (40, 0), "gratuity None": (5, 0)}, {}),
        (order(100.01, totalTaxAmount=10.01, orderLineItems=TWO),
         {"sales 20": (60, 10.01), "sales 0": (40, 0), "rounding None": (0.01, 0)}, {}),
        (order(0), {}, {}),
        (order(5), {"sales 0": (5, 0)}, {}),
        (order(0, totalRefund=5), {"sales 0": (5, 0)}, {"sales 0": (5, 0)}),
    ],
)  # fmt: skip
def test_an_order_is_taken_apart(given: Any, sold: Any, refunded: Any) -> None:
    with exactly():
        parts = take_apart(given, "GBP", NO_PRODUCTS, RATES)
    assert (side(parts.sold), side(parts.refunded)) == (sold, refunded)
