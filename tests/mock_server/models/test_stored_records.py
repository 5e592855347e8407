"""What is stored is decoded as exactly as what is pushed, and in less time."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from odd_orders import AMOUNTS, TINY_AMOUNTS, odd_orders
from timing import quickest, takes_less

from codat_mock.models.commerce import LineItem, Order
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import exact_record
from codat_mock.models.stored_records import stored_record
from codat_scenarios.merchants import KINDS, encode, merchant

ORDERS: DataType = "commerce-orders"
SATURDAY = date(2022, 3, 26)


def shown(record: Any) -> str:
    """A record with all its values, their decimals too."""
    return repr(record).replace("Fast", "")


@given(odd_orders())
def test_a_stored_record_is_decoded_as_it_was_when_it_was_accepted(raw: bytes) -> None:
    try:
        accepted = exact_record(ORDERS, raw)
    except msgspec.ValidationError:
        assume(False)
    assert shown(stored_record(ORDERS, raw)) == shown(accepted)


@pytest.mark.parametrize("amount", [*AMOUNTS, *TINY_AMOUNTS])
@pytest.mark.parametrize("end", [b"}", b"\n}", b"\r\n}", b"\t}", b' , "id": "1"}'])
def test_each_odd_amount_is_decoded_as_it_was_when_it_was_accepted(amount: str, end: bytes) -> None:
    raw = b'{"totalAmount":%b%b' % (amount.encode(), end)
    try:
        accepted = exact_record(ORDERS, raw)
    except msgspec.ValidationError:
        return
    assert shown(stored_record(ORDERS, raw)) == shown(accepted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_of_a_merchant_is_decoded_as_it_was_when_it_was_accepted(kind: str) -> None:
    day = next(merchant(kind, seed=7).days(1, start=SATURDAY))
    assert day.orders
    for data_type, records in day.records.items():
        for raw in map(encode, records):
            assert shown(stored_record(data_type, raw)) == shown(exact_record(data_type, raw))


def test_a_stored_record_and_its_parts_are_of_the_types_of_the_contract() -> None:
    raw = {"orderLineItems": [{"quantity": 2, "unitPrice": 1.5}], "payments": [{"amount": None}]}
    order = stored_record(ORDERS, json.dumps(raw).encode())
    assert isinstance(order, Order)
    [line] = order.order_line_items or []
    assert isinstance(line, LineItem)
    assert line.total == 3


def test_a_stored_record_takes_less_time_than_to_find_mistakes_in_it() -> None:
    raw = encode(next(merchant("cafe", seed=7).days(1, start=SATURDAY)).orders[0])

    def decode_each(decode: Any) -> None:
        for _ in range(1000):
            decode(ORDERS, raw)

    patient = quickest(lambda: decode_each(exact_record))
    assert takes_less(lambda: decode_each(stored_record), 0.8 * patient)
