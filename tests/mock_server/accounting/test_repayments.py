"""Which refunds a repayment is for."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.accounting.repayments import OpenRefund, Repayment, match_repayments

amounts = st.integers(1, 12).map(Decimal)


def repayment(
    key: str, amount: int | Decimal, *, due_back: int | Decimal = 0, overpaid: int = 0
) -> Repayment:
    return Repayment(
        key=key, order="O", currency="GBP", amount=Decimal(amount), is_cash=False,
        sold=Decimal(20), due_back=Decimal(due_back), overpaid=Decimal(overpaid),
    )  # fmt: skip


def matched(repayments: list[Repayment], **refunds: int) -> dict[str, dict[str, int]]:
    open_refunds = {key: OpenRefund("GBP", Decimal(due)) for key, due in refunds.items()}
    found = match_repayments(repayments, open_refunds)
    return {
        key: {share.order: int(share.amount) for share in shares} for key, shares in found.items()
    }


@pytest.mark.parametrize(
    ("repaid", "own", "refunds", "expected"),
    [
        pytest.param([6], 0, {"R": 6}, {"P0": {"R": 6}}, id="the same amount"),
        pytest.param([6], 6, {"R": 6}, {}, id="its own order first"),
        pytest.param([6, 6], 6, {"R": 6}, {"P1": {"R": 6}}, id="its own, then another"),
        pytest.param([10], 4, {"R": 6}, {"P0": {"O": 4, "R": 6}}, id="both in one sum"),
        pytest.param([9], 0, {"Q": 4, "R": 5}, {"P0": {"Q": 4, "R": 5}}, id="two others"),
        pytest.param([2, 4], 0, {"R": 6}, {"P0": {"R": 2}, "P1": {"R": 4}}, id="in two parts"),
        pytest.param([4], 0, {"R": 6}, {"P0": {"R": 4}}, id="a part of the only one"),
        pytest.param([4], 0, {"Q": 6, "R": 7}, {}, id="a part of either"),
        pytest.param([4], 5, {"R": 6}, {}, id="a part of its own"),
        pytest.param([4], 0, {"R": 30}, {}, id="more than was sold"),
    ],
)
def test_amounts_decide(
    repaid: list[int], own: int, refunds: dict[str, int], expected: dict[str, dict[str, int]]
) -> None:
    given_back = [repayment(f"P{place}", each, due_back=own) for place, each in enumerate(repaid)]
    assert matched(given_back, **refunds) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param(26, {"P": {"O": 6, "R": 20}}, id="a refund and what was overpaid"),
        pytest.param(20, {"P": {"R": 20}}, id="the refund"),
        pytest.param(5, {}, id="a part of what was overpaid"),
    ],
)
def test_what_was_overpaid_goes_back_beside_a_refund(
    amount: int, expected: dict[str, dict[str, int]]
) -> None:
    assert matched([repayment("P", amount, overpaid=6)], R=20) == expected


@given(
    repaid=st.lists(amounts, min_size=1, max_size=4),
    own=st.integers(0, 12),
    due=st.lists(amounts, max_size=6),
)
def test_shares_add_up_and_repay_no_refund_twice(
    repaid: list[Decimal], own: int, due: list[Decimal]
) -> None:
    refunds = {f"R{place}": OpenRefund("GBP", each) for place, each in enumerate(due)}
    given_back = [repayment(f"P{place}", each, due_back=own) for place, each in enumerate(repaid)]
    found = match_repayments(given_back, refunds)
    paid: Counter[str] = Counter()
    for key, shares in found.items():
        assert sum(share.amount for share in shares) == repaid[int(key[1:])]
        assert all(share.amount > 0 for share in shares)
        for share in shares:
            paid[share.order] += share.amount
    assert paid["O"] <= own
    assert all(paid[key] <= refund.due_back for key, refund in refunds.items())


def cash(amount: str, *, sold: int = 20, currency: str = "CHF", **own: int) -> Repayment:
    given = {"due_back": Decimal(0), "overpaid": Decimal(0)}
    given |= {name: Decimal(each) for name, each in own.items()}
    return Repayment(
        key="P", order="O", currency=currency, amount=Decimal(amount), is_cash=True,
        sold=Decimal(sold), **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "own", "refunds", "expected"),
    [
        ("5.96", {"due_back": 6}, {"R": 7}, None),
        ("6.04", {"due_back": 6}, {"R": 7}, None),
        ("6.05", {"due_back": 6}, {"R": 7}, [("O", "6"), ("R", "0.05")]),
        ("6.04", {}, {"R": 6}, [("R", "6.04")]),
        ("5.96", {}, {"R": 6}, [("R", "5.96")]),
        ("6.05", {}, {"R": 6}, None),
        ("9.04", {}, {"Q": 4, "R": 5}, [("Q", "4"), ("R", "5.04")]),
        ("4", {"overpaid": 4}, {"R": 6}, [("O", "4")]),
        ("4", {"overpaid": 5}, {"R": 6}, None),
        ("4", {"due_back": 5}, {"R": 6}, None),
        ("4", {"sold": 6}, {"R": 6}, [("R", "4")]),
        ("4", {"sold": 5}, {"R": 6}, None),
        ("6", {"due_back": 2}, {"R": 5}, [("O", "2"), ("R", "4")]),
        ("6", {}, {"R": 7, "Q": 30}, [("R", "6")]),
    ],
)
def test_cash_comes_to_a_refund_by_less_than_a_coin(
    amount: str, own: dict[str, int], refunds: dict[str, int], expected: Any
) -> None:
    given_back = cash(amount, **own)
    open_refunds = {key: OpenRefund("CHF", Decimal(due)) for key, due in refunds.items()}
    found = match_repayments([given_back], open_refunds)
    shown = [(share.order, str(share.amount)) for share in found.get("P", [])]
    assert shown == (expected or [])


def test_only_refunds_of_the_currency_are_repaid() -> None:
    refunds = {"Q": OpenRefund("GBP", Decimal(6)), "R": OpenRefund("CHF", Decimal(6))}
    assert [each.order for each in match_repayments([cash("6")], refunds)["P"]] == ["R"]
    assert match_repayments([cash("4")], {"Q": refunds["Q"]}) == {}


@pytest.mark.parametrize(("refunds", "is_found"), [(5, True), (6, True), (7, False)])
def test_sums_of_the_first_six_refunds_are_tried(refunds: int, is_found: bool) -> None:
    due = {f"R{place}": 100 + 2**place for place in range(refunds)}
    last = [*due][-3:]
    total = sum(due[key] for key in last)
    found = matched([repayment("P", total)], **due)
    assert found == ({"P": {key: due[key] for key in last}} if is_found else {})


def test_no_more_than_three_refunds_are_repaid_in_one_sum() -> None:
    due = {f"R{place}": 100 + 2**place for place in range(4)}
    assert matched([repayment("P", sum(due.values()))], **due) == {}


def test_what_is_left_of_a_repayment_is_less_than_the_refund_that_it_is_for() -> None:
    small = {f"R{place}": 1 for place in range(5)}
    assert matched([repayment("P", 10, due_back=4)], **small, S=6) == {}
    assert matched([repayment("P", 10, due_back=4)], **small, S=7) == {"P": {"O": 4, "S": 6}}


def test_repayments_are_shared_out_in_order() -> None:
    given_back = [repayment("P0", 3), repayment("P1", 4), repayment("P2", 6)]
    assert matched(given_back, Q=5, R=8) == {
        "P0": {"Q": 3},
        "P1": {"Q": 2, "R": 2},
        "P2": {"R": 6},
    }
