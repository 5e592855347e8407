"""What one order contributes to the books."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from sample_records import line, order, pounds

from codat_mock.accounting.money import exactly, minor_unit
from codat_mock.accounting.order_parts import OrderParts, spread, total_of
from codat_mock.accounting.orders import take_apart
from codat_mock.models.commerce import LineItem, ServiceCharge

RATES = (Decimal(0), Decimal(5), Decimal(20), Decimal("8.875"))


def parts_of(sample, currency: str = "GBP") -> OrderParts:
    with exactly():
        return take_apart(sample, currency, rates=RATES)


def sides(parts: OrderParts) -> dict[str, list[tuple[str, str, str, str]]]:
    return {
        name: [
            (part.purpose, str(part.percentage), f"{amount.gross:.2f}", f"{amount.tax:.2f}")
            for part, amount in getattr(parts, name).items()
        ]
        for name in ("sold", "refunded")
        if getattr(parts, name)
    }


def test_a_discount_before_tax_is_spread_at_an_american_rate():
    # 100.00 net at 8.875 % is 108.88; 10 % off leaves 90.00 + 7.99.
    sample = order(
        total_amount=pounds("97.99"), total_discount=pounds("10"), total_tax_amount=pounds("7.99"),
        order_line_items=[line("108.88", "8.875", total_tax_amount=pounds("8.88"))],
    )  # fmt: skip
    assert sides(parts_of(sample)) == {"sold": [("sales", "8.875", "97.99", "7.99")]}


def test_taxes_of_lines_that_are_after_the_discount_already_are_kept():
    sample = order(
        total_amount=pounds("108"), total_discount=pounds("12"), total_tax_amount=pounds("18"),
        order_line_items=[line("120", total_tax_amount=pounds("18"))],
    )  # fmt: skip
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "108.00", "18.00")]}


def test_what_a_discount_leaves_within_a_unit_a_line_is_rounding():
    sample = order(
        total_amount=pounds("8.99"), total_discount=pounds("1"),
        order_line_items=[line("10", "0")],
    )  # fmt: skip
    assert sides(parts_of(sample)) == {
        "sold": [("sales", "0", "9.00", "0.00"), ("rounding", "None", "-0.01", "0.00")]
    }


def test_a_difference_that_no_discount_explains_is_unallocated():
    sample = order(
        total_amount=pounds("5"), total_discount=pounds("1"), order_line_items=[line("10", "0")]
    )
    assert sides(parts_of(sample))["sold"][1][:3] == ("unallocated", "None", "-5.00")


def test_a_refund_without_lines_is_spread_over_all_rates():
    # 30.00 of 120.00 is a quarter: 15.00 at 20 % with 2.50, 15.00 at 0 %.
    sample = order(
        total_amount=pounds("90"), total_refund=pounds("-30"),
        order_line_items=[line("60"), line("60", "0")],
    )  # fmt: skip
    assert sides(parts_of(sample))["refunded"] == [
        ("sales", "20", "15.00", "2.50"), ("sales", "0", "15.00", "0.00"),
    ]  # fmt: skip


def test_an_order_without_lines_has_its_own_tax():
    sample = order(total_amount=pounds("12"), total_tax_amount=pounds("2"))
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "12.00", "2.00")]}
    refunded = order(
        total_amount=pounds("6"), total_refund=pounds("-6"), total_tax_amount=pounds("1")
    )
    assert sides(parts_of(refunded)) == {
        "sold": [("sales", "20", "12.00", "2.00")],
        "refunded": [("sales", "20", "6.00", "1.00")],
    }


def test_lines_without_taxes_share_the_tax_of_the_order():
    bare = [LineItem(quantity=Decimal(1), total_amount=pounds(gross)) for gross in ("8", "4")]
    sample = order(total_amount=pounds("12"), total_tax_amount=pounds("2"), order_line_items=bare)
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "12.00", "2.00")]}
    zeros = [line("8", total_tax_amount=pounds("0")), line("4", total_tax_amount=pounds("0"))]
    sample = order(total_amount=pounds("12"), total_tax_amount=pounds("2"), order_line_items=zeros)
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "12.00", "2.00")]}


def test_a_line_with_tax_but_no_percentage_is_not_zero_rated():
    taxed = LineItem(quantity=Decimal(1), total_amount=pounds("12"), total_tax_amount=pounds("2"))
    sample = order(total_amount=pounds("12"), order_line_items=[taxed])
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "12.00", "2.00")]}
    odd = order(
        total_amount=pounds("12"),
        order_line_items=[
            LineItem(quantity=Decimal(1), total_amount=pounds("12"), total_tax_amount=pounds("3"))
        ],
    )
    assert sides(parts_of(odd)) == {"sold": [("sales", "None", "12.00", "3.00")]}


def test_rounded_taxes_of_lines_are_summed_not_calculated_of_the_sum():
    # Three times 0.10 at 20 %: 0.02 each is 0.06; of 0.30 it would be 0.05.
    lines = [line("0.10", total_tax_amount=pounds("0.02")) for _ in range(3)]
    sample = order(total_amount=pounds("0.30"), order_line_items=lines)
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "0.30", "0.06")]}


def test_calculated_taxes_follow_the_tax_of_the_order():
    lines = [line("0.10") for _ in range(3)]
    sample = order(
        total_amount=pounds("0.30"), total_tax_amount=pounds("0.05"), order_line_items=lines
    )
    assert sides(parts_of(sample)) == {"sold": [("sales", "20", "0.30", "0.05")]}


def test_a_tip_that_is_refunded_goes_onto_the_credit_note():
    sample = order(
        total_amount=pounds("-12"), total_refund=pounds("-12"), total_gratuity=pounds("-2"),
        order_line_items=[LineItem(
            quantity=Decimal(-1), total_amount=pounds("-12"), tax_percentage=Decimal(20),
        )],
    )  # fmt: skip
    assert sides(parts_of(sample)) == {
        "refunded": [("sales", "20", "12.00", "2.00"), ("gratuity", "None", "2.00", "0.00")]
    }


def test_rounding_of_a_refund_goes_onto_the_credit_note():
    sample = order(
        total_amount=pounds("-5.99"), total_refund=pounds("-6"),
        order_line_items=[LineItem(
            quantity=Decimal(-1), total_amount=pounds("-6"), tax_percentage=Decimal(0),
        )],
    )  # fmt: skip
    assert sides(parts_of(sample)) == {
        "refunded": [("sales", "0", "6.00", "0.00"), ("rounding", "None", "-0.01", "0.00")]
    }


def test_an_overpayment_is_a_liability_without_tax():
    charge = ServiceCharge(
        total_amount=pounds("5"), quantity=1, type="Overpayment", tax_percentage=Decimal(20)
    )
    sample = order(
        total_amount=pounds("17"), order_line_items=[line("12")], service_charges=[charge]
    )
    assert sides(parts_of(sample))["sold"] == [
        ("sales", "20", "12.00", "2.00"), ("overpayment", "None", "5.00", "0.00"),
    ]  # fmt: skip


@pytest.mark.parametrize("quantity", [UNSET, Decimal(0)])
def test_a_negative_line_without_quantity_is_a_refund_as_far_as_the_order_says_so(quantity):
    lines = [line("10", "0"), LineItem(quantity=quantity, total_amount=pounds("-4"))]
    voucher = order(total_amount=pounds("6"), order_line_items=lines)
    assert sides(parts_of(voucher)) == {"sold": [("sales", "0", "6.00", "0.00")]}
    refund = order(total_amount=pounds("6"), total_refund=pounds("-4"), order_line_items=lines)
    assert sides(parts_of(refund))["refunded"] == [("sales", "0", "4.00", "0.00")]


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 10_000), min_size=1, max_size=8),
    st.sampled_from(["GBP", "JPY", "KWD"]),
)
def test_a_spread_amount_is_complete_and_proportional_to_a_unit(units, values, currency):
    unit = minor_unit(currency)
    shares = spread(units * unit, [value * unit for value in values], currency)
    assert sum(shares) == units * unit
    for share, value in zip(shares, values, strict=True):
        assert share % unit == 0
        assert abs(share - units * unit * value / sum(values)) < unit


lines = st.builds(
    LineItem,
    quantity=st.sampled_from([Decimal(1), Decimal(-1), Decimal(0)]),
    total_amount=st.decimals(-1_000, 1_000, places=2),
    tax_percentage=st.sampled_from([*RATES, UNSET]),
    total_tax_amount=st.decimals(-200, 200, places=2) | st.just(UNSET),
)


@given(
    st.builds(
        order,
        total_amount=st.decimals(-2_000, 2_000, places=2) | st.just(UNSET),
        total_refund=st.decimals(-1_000, 0, places=2),
        total_discount=st.decimals(0, 500, places=2),
        total_tax_amount=st.decimals(-200, 200, places=2) | st.just(UNSET),
        total_gratuity=st.decimals(-50, 50, places=2),
        order_line_items=st.lists(lines, max_size=4),
    )
)
def test_no_side_of_an_order_is_below_zero_and_totals_are_believed(sample):
    parts = parts_of(sample)
    assert total_of(parts.sold) >= 0
    assert total_of(parts.refunded) >= 0
    if sample.total_amount is not UNSET:
        assert parts.balance == sample.total_amount + sample.total_gratuity
