"""Native decoding accepts what exact decoding accepts, and never calls equal records different."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins
from odd_orders import AMOUNTS, odd_orders

from codat_mock.models import pushes
from codat_mock.models.datasets import DataType
from codat_mock.models.decoding import MAX_DEPTH
from codat_mock.models.errors import Malformed, TooDeep
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


@given(odd_orders())
def test_native_decoding_accepts_exactly_the_valid_records(raw: bytes) -> None:
    exact, native = decoded(exact_record, raw), decoded(native_record, raw)
    assert (exact is None) == (native is None)
    if exact is not None:
        assert native.created_date == exact.created_date
        assert native.source_modified_date == exact.source_modified_date


UNDOCUMENTED = [
    b'{"id": "A-2", "colour": "red"}',
    b'{"id": "A-2", "payments": [{"id": "P-1", "colour": "red"}]}',
    b'{"id": "A-2", "orderLineItems": [{"productRef": {"id": "1", "colour": "red"}}]}',
]


@given(st.lists(odd_orders() | st.sampled_from(UNDOCUMENTED), max_size=3))
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
        assert to_builtins(one.native) == to_builtins(other.native)
        assert not is_documented(one.native) or is_documented(other.native)


@pytest.mark.parametrize("raw", UNDOCUMENTED)
def test_a_record_is_documented_if_its_parts_are_too(raw: bytes) -> None:
    assert not is_documented(native_record(ORDERS, raw))
    known, _, rest = raw.partition(b', "colour": "red"')
    assert is_documented(native_record(ORDERS, known + rest))


@pytest.mark.parametrize("most", [0, 1 << 20])
@pytest.mark.parametrize("rest", [b"", b', "contractVersion": "1"', b', "x": 1'])
def test_a_push_of_any_size_is_documented_if_each_record_is(
    monkeypatch: pytest.MonkeyPatch, most: int, rest: bytes
) -> None:
    monkeypatch.setattr(pushes, "MAX_BYTES_AT_ONCE", most)
    body = b'{"orders": [%b, {"id": "B"}]%b}' % (b'{"id": "A", "country": "GB"}', rest)
    read = read_push(ORDERS, body)
    assert [(each.key, each.is_delete) for each in read] == [("A", False), ("B", True)]
    assert [is_documented(each.native) for each in read] == 2 * [rest != b', "x": 1']


@pytest.mark.parametrize("place", [b'"note": %b', b'"payments": [{"note": %b}]', b'"id": %b'])
def test_how_deeply_a_push_is_nested_is_found_out_where_it_is_not_known(place: bytes) -> None:
    levels = 3 + place.count(b"[") + place.count(b"{")
    for depth in (MAX_DEPTH - levels, MAX_DEPTH - levels + 1, 50_000):
        body = b'{"orders": [{%b}]}' % (place % (depth * b"[" + depth * b"]"))
        is_too_deep = depth + levels > MAX_DEPTH
        error: Any = TooDeep if is_too_deep else Malformed if place.startswith(b'"id"') else None
        with pytest.raises(error) if error else nullcontext():
            read_push(ORDERS, body, is_checked=False)


@given(odd_orders(AMOUNTS), odd_orders(AMOUNTS))
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
