"""Comparing natively decoded records spares the exact comparison only where that finds nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codat_mock.models.pushes import exact_record, native_record
from codat_mock.rules.contexts.pushes import content_of, may_lose, says_more_than_stamps
from codat_mock.rules.differences import losses_between
from codat_scenarios.merchants import encode
from codat_scenarios.strategies import orders

ORDERS = "commerce-orders"
AMOUNTS = ("totalAmount", "totalTaxAmount", "totalDiscount", "totalGratuity")


@st.composite
def versions(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """An order and a later version: properties vanish, shrink or change a little."""
    before: dict[str, Any] = draw(orders())
    after = deepcopy(before)
    for name in draw(st.lists(st.sampled_from(sorted(before)), max_size=3, unique=True)):
        if name == "id":
            continue
        match draw(st.sampled_from(["drop", "shorten", "noise", "change", "inside"])):
            case "drop":
                after.pop(name)
            case "shorten" if isinstance(after[name], list):
                after[name] = after[name][:-1]
            case "noise" if name in AMOUNTS:
                after[name] = float(after[name]) + draw(st.sampled_from([1e-13, 1e-7, 1e-5, 1]))
            case "change" if isinstance(after[name], str) and "Date" not in name:
                after[name] += "x"
            case "inside" if isinstance(after[name], dict):
                after[name].pop("id", None)
    if draw(st.booleans()):
        after["modifiedDate"] = "2022-03-21T12:00:00Z"
    return encode(before), encode(after)


@given(versions())
def test_a_record_that_may_not_lose_a_property_loses_none(pair: tuple[bytes, bytes]) -> None:
    natives = [native_record(ORDERS, raw) for raw in pair]
    if not may_lose(*natives):
        old, new = (exact_record(ORDERS, raw) for raw in pair)
        assert losses_between(old, new) == []


@given(versions())
def test_a_record_that_surely_says_more_than_stamps_does(pair: tuple[bytes, bytes]) -> None:
    natives = [native_record(ORDERS, raw) for raw in pair]
    if says_more_than_stamps(*natives):
        old, new = (exact_record(ORDERS, raw) for raw in pair)
        assert content_of(old) != content_of(new)


def test_lines_that_share_an_id_are_not_taken_for_one_another() -> None:
    lines = b'{"id":"A-1","orderLineItems":[{"id":"l"},{"id":"l","quantity":1}],"orderNumber":"%b"}'
    old, new = (exact_record(ORDERS, lines % number) for number in (b"1", b"2"))
    assert losses_between(old, new) == losses_between(new, old) == []
