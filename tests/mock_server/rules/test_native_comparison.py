"""Comparing natively decoded records spares the exact comparison only where that finds nothing."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError
from msgspec.structs import fields

from codat_mock.models.commerce import Order
from codat_mock.models.decoding import parts
from codat_mock.models.native_records import is_documented
from codat_mock.models.pushes import (
    NATIVE_RECORDS,
    PushedRecord,
    exact_record,
    native_record,
    pushed_record,
)
from codat_mock.rules.contexts import KnownVersion, RecordContext, Request
from codat_mock.rules.contexts.pushes import NOISE, content_of
from codat_mock.rules.delete_marks import FLAGS, MOMENTS, is_fat_delete, may_be_delete
from codat_mock.rules.differences import losses_between, lost
from codat_mock.rules.native_comparison import Differing, differ_surely, differing, may_lose
from codat_mock.rules.native_comparison import says_more_than_stamps as says_more
from codat_scenarios.merchants import encode
from codat_scenarios.strategies import orders

ORDERS = "commerce-orders"
REQUEST = Request(1, "", "POST", "/")
AMOUNTS = ("totalAmount", "totalTaxAmount", "totalDiscount", "totalGratuity")


def compared(old: bytes, new: bytes) -> Differing | None:
    """The properties in which the outlines of two orders differ."""
    return differing(*map(NATIVE_RECORDS[ORDERS].outline, (old, new)))


def says_more_than_stamps(old: bytes, new: bytes) -> bool:
    """Whether two orders surely differ in more than stamps and float noise."""
    return says_more(compared(old, new) or [], float(NOISE))


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
    for each in (before, after):
        if draw(st.booleans()):
            each["colour"] = "red"  # which is not documented
    return encode(before), encode(after)


@given(versions())
def test_a_record_that_may_not_lose_a_property_loses_none(pair: tuple[bytes, bytes]) -> None:
    found = compared(*pair)
    if found is not None and not may_lose(found):
        old, new = (exact_record(ORDERS, raw) for raw in pair)
        assert losses_between(old, new) == []


@given(versions())
def test_a_record_that_surely_says_more_than_stamps_does(pair: tuple[bytes, bytes]) -> None:
    if says_more_than_stamps(*pair):
        old, new = (exact_record(ORDERS, raw) for raw in pair)
        assert content_of(old) != content_of(new)


@pytest.mark.parametrize(
    ("currency", "amount", "is_equal"),
    [
        ("GBP", "1.2300000001", True),
        ("GBP", "1.23001", False),
        ("gbp ", "1.2300000001", True),
        ("KWD", "1.2310000001", True),
        ("JPY", "1.0000000001", True),
        ("", "1.2300000001", True),
    ],
)
def test_float_noise_beyond_a_currency_s_smallest_unit_is_no_content(
    currency: str, amount: str, is_equal: bool
) -> None:
    exact = amount.replace("0000001", "") if is_equal else "1.23"
    noisy, clean = (
        exact_record(ORDERS, f'{{"currency": "{currency}", "totalAmount": {each}}}'.encode())
        for each in (amount, exact)
    )
    assert (content_of(noisy) == content_of(clean)) == is_equal


def test_lines_that_share_an_id_are_not_taken_for_one_another() -> None:
    lines = b'{"id":"A-1","orderLineItems":[{"id":"l"},{"id":"l","quantity":1}],"orderNumber":"%b"}'
    old, new = (exact_record(ORDERS, lines % number) for number in (b"1", b"2"))
    assert losses_between(old, new) == losses_between(new, old) == []


@given(versions())
def test_records_that_surely_differ_do(pair: tuple[bytes, bytes]) -> None:
    if differ_surely(compared(*pair) or []):
        old, new = (exact_record(ORDERS, raw) for raw in pair)
        assert old != new


EMPTY = st.sampled_from([None, "", 0, 0.0, [], {}])
MARKS = st.sampled_from([*FLAGS, *MOMENTS, "isActive", "state", "orderStatus", "status", "note"])
VALUES = st.sampled_from([True, False, "true", "Deleted", "void", "2022-03-21T10:00:00Z", 1, None])


@st.composite
def odd_orders(draw: st.DrawFn) -> bytes:
    """An order, or its id with properties that say nothing, perhaps with some that mark deletes."""
    order: dict[str, Any] = draw(orders())
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(sorted(order.keys() - {"id", "createdDate"}))))
        order = {"id": order["id"]} | dict.fromkeys(names, None)
        order |= {name: draw(EMPTY) for name in ("note", "extra") if draw(st.booleans())}
    for name in draw(st.lists(MARKS, max_size=2)):
        order[draw(st.sampled_from([name, name.upper(), name.title()]))] = draw(VALUES)
    return encode(order)


@pytest.mark.parametrize(
    ("rest", "may_be"),
    [
        ("", True),
        ('"orderNumber": ""', True),
        ('"country": null', True),
        ('"totalAmount": 0', True),
        ('"orderLineItems": []', True),
        ('"locationRef": {}', True),  # it may hold something that is not documented
        ('"sourceModifiedDate": "2022-03-21T12:00:00Z"', True),
        ('"createdDate": "2022-03-21T12:00:00Z"', False),
        ('"orderNumber": "1"', False),
        ('"totalAmount": -1', False),
        ('"totalAmount": 1, "isVoided": true', True),
        ('"totalAmount": 1, "colour": "red"', False),
    ],
)
def test_a_record_may_be_a_delete_if_nothing_in_it_says_more(rest: str, may_be: bool) -> None:
    raw = f'{{"id": "A-1"{rest and ", "}{rest}}}'.encode()
    assert may_be_delete(pushed_record(ORDERS, 0, raw)) is may_be


@pytest.mark.parametrize("stamp", ["modifiedDate", "sourceModifiedDate"])
def test_what_changes_beside_a_stamp_is_seen_before_and_after_it(stamp: str) -> None:
    old, new = {"id": "A-1", stamp: "2022-03-21"}, {"id": "A-1", stamp: "2022-03-22"}
    for name in ("orderNumber", "country", "currency"):
        texts = [each | {name: value} for each, value in ((old, "GB"), (new, "FR"))]
        assert says_more_than_stamps(*map(encode, texts))
    assert not says_more_than_stamps(encode(old), encode(new))


def test_only_records_that_decode_natively_are_compared_by_their_outlines() -> None:
    plain, beyond = b'{"id":"A","totalAmount":1}', b'{"id":"A","totalAmount":%b}' % (b"9" * 400)
    found = [*map(NATIVE_RECORDS[ORDERS].outline, (plain, beyond, plain))]
    assert [each is None for each in found] == [False, True, False]
    assert differing(*found[:2]) is differing(*found[1:]) is None
    assert differing(found[0], found[2]) == []


@pytest.mark.parametrize(
    ("old", "new", "names", "is_sure"),
    [
        ('"createdDate":"2022-03-21T10:00:00Z"', '"createdDate":"2022-03-21T10:00:00"', [], False),
        ('"createdDate":"2022-03-21"', '"createdDate":"2022-03-22"', ["created_date"], True),
        ('"closedDate":null', '"closedDate":"2022-03-22"', ["closed_date"], True),
        ('"totalAmount":1', '"totalAmount":1.0', [], False),
        ('"totalAmount":1', "", ["total_amount"], True),
        ('"payments":[]', '"payments":[ ]', ["payments"], False),
        ('"payments":[]', '"colour":"red"', ["payments"], True),
        ('"payments":[],"country":"GB"', '"payments":null', ["country", "payments"], True),
        ('"locationRef":{"id":"1"}', '"locationRef":{"id":"1","x":2}', [], False),
    ],
)
def test_what_differs_in_outlines_does_so_surely_but_for_lists(
    old: str, new: str, names: list[str], is_sure: bool
) -> None:
    found = compared(f"{{{old}}}".encode(), f"{{{new}}}".encode())
    assert found is not None
    assert [name for name, _, _ in found] == names
    assert differ_surely(found) is is_sure


@pytest.mark.parametrize(
    "rest", ['"sourceModifiedDate":"2022-03-21"', '"country":"GB"', '"totalAmount":9e999']
)
def test_a_moment_of_the_known_version_is_known_however_it_is_compared(rest: str) -> None:
    old, later = b'{"id":"A","sourceModifiedDate":"2022-03-20"}', f'{{"id":"A",{rest}}}'.encode()
    for raw in (later, old):
        known = KnownVersion(ORDERS, {0: old}, 0, False, REQUEST, True, False)
        pushed = PushedRecord(ORDERS, "A", 0, native_record(ORDERS, old), {0: raw}, False)
        moment = RecordContext(pushed, known).known_moment("source_modified_date")
        assert moment == datetime(2022, 3, 20, tzinfo=UTC)
    assert RecordContext(pushed, None).known_moment("source_modified_date") is None


@pytest.mark.parametrize(
    ("old", "new", "loses"),
    [
        ("", '"orderLineItems": []', False),
        ('"orderLineItems": []', "", True),
        ('"country": "GB"', "", True),
        ('"country": "GB"', '"country": "FR"', False),
        ('"country": null', "", False),
        ("", '"country": "GB"', False),
        ('"orderLineItems": [{"id": "1"}]', '"orderLineItems": []', True),
        ('"orderLineItems": []', '"orderLineItems": []', False),
        ('"locationRef": {"id": "1"}', '"locationRef": null', True),
        ('"locationRef": {"id": "1", "name": "Shop"}', '"locationRef": {"id": "1"}', True),
        ('"locationRef": {"id": "1"}', '"locationRef": {"id": "2"}', False),
    ],
)
def test_what_a_later_version_may_have_lost(old: str, new: str, loses: bool) -> None:
    found = compared(*(f"{{{each}}}".encode() for each in (old, new)))
    assert may_lose(found or []) is loses


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1}, None), ({"a": 1}, []), ({"a": 1}, "a"), ([{"id": 1}], None),
        ([{"id": 1}], {"id": 1}), ("a", {"a": 1}), (None, {"a": 1}),
    ],
)  # fmt: skip
def test_values_of_different_kinds_have_nothing_to_lose(old: Any, new: Any) -> None:
    assert [*lost("$", old, new)] == []


@pytest.mark.parametrize(
    ("before", "after", "says_more"),
    [
        ("1", "1.0000015", False),
        ("1", "1.0000025", True),
        ("1", "2", True),
        ("2", "1", True),
        ("10000000", "10000000.000008", False),
        ("10000000", "10000000.00002", True),
    ],
)
def test_an_amount_says_more_beyond_the_noise_of_floats(
    before: str, after: str, says_more: bool
) -> None:
    old, new = (f'{{"totalAmount": {each}}}'.encode() for each in (before, after))
    assert says_more_than_stamps(old, new) is says_more


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(
    ("value", "is_mark"),
    [
        ("true", True), ("1", True), ('"true"', True), ('"True"', True), ('"1"', True),
        ('"yes"', True), ("2", False), ("false", False), ("0", False), ('"no"', False),
        ("null", False),
    ],
)  # fmt: skip
def test_a_flag_that_is_set_marks_a_delete(name: str, value: str, is_mark: bool) -> None:
    raw = f'{{"id": "A-1", "orderNumber": "1", "{name}": {value}}}'.encode()
    assert is_fat_delete(raw, ORDERS) is is_mark


@pytest.mark.parametrize("name", ["isActive", "active"])
@pytest.mark.parametrize(
    ("value", "is_mark"),
    [
        ("false", True), ("0", True), ('"false"', True), ('"False"', True), ('"0"', True),
        ('"no"', True), ("true", False), ("1", False), ("2", False), ("null", False),
    ],
)  # fmt: skip
def test_what_is_not_active_is_marked_as_deleted(name: str, value: str, is_mark: bool) -> None:
    raw = f'{{"id": "A-1", "orderNumber": "1", "{name}": {value}}}'.encode()
    assert is_fat_delete(raw, ORDERS) is is_mark


@given(odd_orders())
def test_what_looks_like_a_delete_may_be_one(raw: bytes) -> None:
    try:
        pushed = pushed_record(ORDERS, 0, raw)
    except ValidationError:  # null where it may not stand
        return
    if is_fat_delete(raw, ORDERS):
        assert may_be_delete(pushed)


@given(odd_orders())
def test_a_record_is_documented_that_has_none_but_documented_properties(raw: bytes) -> None:
    try:
        native = native_record(ORDERS, raw)
    except ValidationError:
        return
    documented = {each.encode_name for each in fields(Order)}
    assert is_documented(native) == (parts(raw).keys() <= documented)
