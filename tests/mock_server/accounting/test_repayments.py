"""Which refunds a repayment is for."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

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
