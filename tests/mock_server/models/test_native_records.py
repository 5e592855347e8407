"""Native decoding accepts what exact decoding accepts, and never calls equal records different."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from codat_mock.models.datasets import DataType
from codat_mock.models.errors import Malformed
from codat_mock.models.native_records import exact_amount, is_documented
from codat_mock.models.pushes import (
    NATIVE_RECORDS,
    PushedRecord,
    exact_record,
    native_record,
    read_one_by_one,
    read_push,
    split_push,
)

PAYMENTS: DataType = "commerce-payments"
ORDERS: DataType = "commerce-orders"
DATES = [
    "2022-03-21",
    "2022-03-21T00:00:00Z",
    "2022-03-21T00:00:00",
    "2022-03-21T01:00:00+01:00",
    "2022-03-21T00:00:00.0000000Z",
    "2022-03-21T00:00:00.0000009Z",
    "2022-03-21T00:00:00.000001Z",
    "2022-03-20T23:59:59.9999999Z",
    "2022-03-21 00:00:00Z",
    "2022-03-21t00:00:00z",
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:59.9999999Z",
    "2022-W12-1",
    "yesterday",
]
AMOUNTS = [
    "1", "1.0", "1.00", "1e0", "0.1", "0.10", "1e-70", "0", "-0", "0.1" + 70 * "0" + "1",
    "0.30000000000000004", "0.3", "12345678901234567890.5", "12345678901234567890.6", "7.9e28",
    "7.8e28", "1e400", '"1"', "null", "true",
]  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """An order whose dates and amounts, its payment's too, are any of the above or absent."""
    dates, amounts = st.sampled_from(DATES).map(json.dumps), st.sampled_from(AMOUNTS)

    def some(names: dict[str, st.SearchStrategy[str]]) -> str:
        chosen = draw(st.fixed_dictionaries({}, optional=names))
        return ", ".join(f'"{name}": {value}' for name, value in chosen.items())

    payment = some({"amount": amounts, "dueDate": dates | st.just("null")})
    order = some(
        {
            "id": st.just('"A-1"'),
            "createdDate": dates,
            "sourceModifiedDate": dates | st.just("null"),
            "totalAmount": amounts,
            "payments": st.just(f"[{{{payment}}}]"),
        }
    )
    return f"{{{order}}}".encode()


def decoded(decode: Any, raw: bytes) -> Any:
    """What a decoder makes of a record; None where it refuses it."""
    try:
        return decode(ORDERS, raw)
    except msgspec.ValidationError:
        return None


def decoded_push(read: Callable[[], list[PushedRecord]]) -> list[PushedRecord] | Any:
    """The records of a push; where it is refused, what is wrong with it."""
    try:
        return read()
    except Malformed as error:
        return str(error), error.problems


@given(bodies())
def test_native_decoding_accepts_exactly_the_valid_records(raw: bytes) -> None:
    exact, native = decoded(exact_record, raw), decoded(native_record, raw)
    assert (exact is None) == (native is None)
    if exact is not None:
        assert native.created_date == exact.created_date
        assert native.source_modified_date == exact.source_modified_date


@given(st.lists(bodies() | st.just(b'{"id": "A-2", "colour": "red"}'), max_size=3))
def test_a_push_is_decoded_at_once_as_record_by_record(raws: list[bytes]) -> None:
    body = b'{"orders": [%b]}' % b", ".join(raws)
    at_once = decoded_push(lambda: read_push(ORDERS, body))
    one_by_one = decoded_push(lambda: read_one_by_one(ORDERS, split_push(ORDERS, body), body))
    if not isinstance(at_once, list) or not isinstance(one_by_one, list):
        assert at_once == one_by_one
        return
    assert len(at_once) == len(one_by_one) == len(raws)
    for one, other in zip(at_once, one_by_one, strict=True):
        assert (one.key, one.position, one.raw, one.is_delete) == (
            other.key, other.position, other.raw, other.is_delete,
        )  # fmt: skip
        assert one.record == other.record
        assert astuple(one.native) == astuple(other.native)
        assert not is_documented(one.native) or is_documented(other.native)


@given(bodies(), bodies())
def test_native_records_that_differ_are_not_equal_exactly(raw: bytes, other: bytes) -> None:
    natives = decoded(native_record, raw), decoded(native_record, other)
    if None in natives or natives[0].__class__ is not natives[1].__class__:
        return
    if natives[0] != natives[1]:
        assert exact_record(ORDERS, raw) != exact_record(ORDERS, other)


@pytest.mark.parametrize("number", ["1e-61", "-1e-99999999999", "1e-99999999999999999999999"])
def test_an_amount_next_to_zero_is_zero(number: str) -> None:
    body = b'{"payments":[{"id":"x","amount":%b}]}' % number.encode()
    (read,) = read_push(PAYMENTS, body)
    assert read.record.amount == 0


def test_an_amount_of_very_many_digits_is_rounded() -> None:
    body = b'{"payments":[{"id":"x","amount":0.%b}]}' % (5000 * b"3")
    (read,) = read_push(PAYMENTS, body)
    assert read.record.amount == Decimal("0." + 40 * "3")


@given(st.decimals(-10_000_000_000, 10_000_000_000, places=4))
def test_an_amount_of_fifteen_digits_is_exact_from_its_float(amount: Decimal) -> None:
    raw = f'{{"id": "x", "amount": {amount}}}'.encode()
    assert exact_amount(NATIVE_RECORDS[PAYMENTS](raw).amount) == amount
