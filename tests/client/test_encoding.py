"""What a record looks like on the wire, and when two versions of one are the same."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_push import BadRecord
from codat_push.content import parse_moment
from codat_push.encoding import read_json, to_wire, write_json
from codat_push.versions import make_version

ORDERS = "commerce-orders"
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))


class Status(enum.Enum):
    PAID = "Paid"


class Payment(msgspec.Struct, rename="camel"):
    id: str
    created_date: datetime
    status: Status
    amount: Decimal | msgspec.UnsetType = msgspec.UNSET


@dataclass
class Order:
    id: str
    total_amount: Decimal
    created_date: datetime
    payments: list[Payment] = field(default_factory=list)


def test_a_dataclass_holding_structs_becomes_camel_case() -> None:
    payment = Payment("p", NOON, Status.PAID)
    order = Order("a", Decimal("85.00"), NOON.astimezone(BERLIN), [payment])
    assert write_json(to_wire(order)) == (
        b'{"id":"a","totalAmount":85.00,"createdDate":"2022-03-21T12:00:00Z",'
        b'"payments":[{"id":"p","createdDate":"2022-03-21T12:00:00Z","status":"Paid"}]}'
    )


def test_mappings_dates_and_raw_json_are_accepted() -> None:
    assert to_wire(MappingProxyType({"dueDate": date(2022, 3, 21)})) == {"dueDate": "2022-03-21"}
    assert to_wire(msgspec.Raw(b'{"amount":1.10}')) == {"amount": Decimal("1.10")}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"payments": [{"createdDate": datetime(2022, 3, 21)}]}, r"\$\.payments\[0\]\.createdDate"),  # noqa: DTZ001  (the mistake)
        ({"totalAmount": Decimal("NaN")}, r"\$\.totalAmount: NaN is not a finite number"),
        ({"totalAmount": float("inf")}, r"\$\.totalAmount: inf is not a finite number"),
        ({"totalAmount": {1}}, r"\$\.totalAmount: a value of type set cannot be encoded as JSON"),
        ({1: "x"}, r"\$: property names must be text, not 1"),
    ],
)
def test_a_value_that_cannot_be_encoded_is_named_by_its_path(value: Any, message: str) -> None:
    with pytest.raises(BadRecord, match=message):
        to_wire(value)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_encoded_exactly(value: Decimal) -> None:
    text = write_json(to_wire({"amount": value}))
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["amount"] == value


@given(st.datetimes(timezones=st.timezones()))
def test_a_datetime_is_encoded_in_utc_without_trailing_zeros(moment: datetime) -> None:
    try:
        text = to_wire(moment)
    except BadRecord as error:
        assert "outside the years 1 to 9999" in error.reason  # noqa: PT017  (either is right)
        return
    assert parse_moment(text) == moment.astimezone(UTC)
    assert text.endswith("Z")
    assert not text.endswith("0Z") or "." not in text


@pytest.mark.parametrize(
    "record",
    [
        {"id": "a"},
        {"id": "a", "totalAmount": None, "payments": []},
        {"id": "a", "totalAmount": 1, "isDeleted": True},
        {"id": "a", "totalAmount": 1, "status": "Deleted"},
    ],
)
def test_a_record_that_looks_like_a_delete_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match="looks like a delete"):
        make_version(ORDERS, record)


def test_a_transaction_and_its_fee_differ_by_type() -> None:
    versions = [
        make_version("commerce-transactions", {"id": "p", "type": kind, "totalAmount": 1})
        for kind in ("Payment", "PaymentFee")
    ]
    assert [(version.id, version.kind) for version in versions] == [
        ("p", "Payment"),
        ("p", "PaymentFee"),
    ]


amounts = st.decimals(-10_000, 10_000, places=2)


@given(amounts, st.integers(0, 3), st.integers(-12, 12))
def test_other_notations_of_the_same_values_are_the_same_version(
    amount: Decimal, zeros: int, hours: int
) -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=hours)))
    plain = {"id": "a", "totalAmount": amount, "createdDate": NOON}
    other = {"id": "a", "totalAmount": Decimal(f"{amount}{'0' * zeros}")}
    other |= {"createdDate": moment.isoformat()}
    assert make_version(ORDERS, plain).digest == make_version(ORDERS, other).digest


@given(amounts, amounts)
def test_other_values_are_other_versions(one: Decimal, two: Decimal) -> None:
    digests = {make_version(ORDERS, {"id": "a", "totalAmount": n}).digest for n in (one, two)}
    assert len(digests) == (1 if one == two else 2)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"currency": None}, {}),
        ({"country": "GB "}, {"country": "GB"}),
        ({"payments": []}, {"payments": [{"id": "p"}]}),
    ],
)
def test_types_absence_blanks_and_nested_values_make_other_versions(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    base = {"id": "a", "totalTaxAmount": 1}
    assert make_version(ORDERS, base | one).digest != make_version(ORDERS, base | two).digest


def test_decoding_and_encoding_keep_every_digit() -> None:
    text = b'{"totalAmount":12345678901234567890.10}'
    assert write_json(to_wire(read_json(text))) == text


def test_invalid_unicode_and_recursive_records_are_bad_records() -> None:
    endless: dict[str, Any] = {"id": "a"}
    endless["again"] = endless
    for record in ({"id": "\ud800", "totalAmount": 1}, {"id": "a", "country": "\ud800"}, endless):
        with pytest.raises(BadRecord, match=r"^\$(\.id|\.country)?: "):
            make_version("commerce-orders", record)


@attrs.define
class AttrsPayment:
    id: str
    created_date: datetime
    amount: Decimal


class PydanticRef(pydantic.BaseModel):
    id: str


class PydanticOrder(pydantic.BaseModel):
    id: str
    created_date: datetime
    totalAmount: Decimal  # noqa: N815  (as some name theirs)
    place: PydanticRef = pydantic.Field(alias="locationRef")


class Scalar:
    """Like a scalar of numpy, which is a number but no int."""

    def __init__(self, value: int) -> None:
        self.value = value

    def item(self) -> int:
        return self.value


Integral.register(Scalar)


def test_objects_of_attrs_and_pydantic_become_camel_case() -> None:
    payment = AttrsPayment("p", NOON, Decimal("1.50"))
    assert to_wire(payment) == {
        "id": "p",
        "createdDate": "2022-03-21T12:00:00Z",
        "amount": Decimal("1.50"),
    }
    order = PydanticOrder(
        id="o", created_date=NOON, totalAmount=Decimal(2), locationRef=PydanticRef(id="l")
    )
    assert to_wire(order) == {
        "id": "o",
        "createdDate": "2022-03-21T12:00:00Z",
        "totalAmount": Decimal(2),
        "locationRef": {"id": "l"},
    }


class PydanticLine(pydantic.BaseModel):
    unit_price: Decimal
    note: str = pydantic.Field("for us", exclude=True)

    @pydantic.field_serializer("unit_price")
    def round_price(self, price: Decimal) -> Decimal:
        return round(price, 2)


class PydanticShopOrder(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    id: str
    order_line_items: list[PydanticLine]

    @pydantic.computed_field
    def total_amount(self) -> Decimal:
        return sum((line.unit_price for line in self.order_line_items), Decimal(0))


def test_objects_of_pydantic_are_sent_as_pydantic_dumps_them() -> None:
    line = PydanticLine(unit_price=Decimal("1.2345"))
    order = PydanticShopOrder(id="o", order_line_items=[line], createdDate=NOON)
    assert to_wire(order) == {
        "id": "o",
        "orderLineItems": [{"unitPrice": Decimal("1.23")}],
        "createdDate": "2022-03-21T12:00:00Z",
        "totalAmount": Decimal("1.2345"),
    }


@attrs.define
class AttrsSecret:
    id: str
    _key: str


def test_a_private_attribute_is_refused_by_its_own_name() -> None:
    with pytest.raises(BadRecord, match=r"\$\._key: unknown property"):
        make_version("commerce-orders", AttrsSecret("a", "secret"))


class Float32:
    """Like a short float of numpy, whose nearest float has another text."""

    def item(self) -> float:
        return 0.10000000149011612

    def __str__(self) -> str:
        return "0.1"


Real.register(Float32)


def test_a_short_float_of_numpy_keeps_its_digits() -> None:
    assert to_wire({"totalAmount": Float32()}) == {"totalAmount": 0.1}


def test_numbers_of_numpy_are_encoded_as_pythons() -> None:
    class Float64(float):
        """A subclass of float, as numpy's is."""

    assert to_wire([Scalar(3), Float64(2.5)]) == [3, 2.5]
    assert write_json(to_wire([Scalar(3), Float64(2.5)])) == b"[3,2.5]"


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"id": "a", "totalAmont": 1}, r"\$\.totalAmont"),
        ({"id": "a", "orderLineItems": [{}, {"price": 1}]}, r"\$\.orderLineItems\[1\]\.price"),
        ({"id": "a", "locationRef": {"Id": "l"}}, r"\$\.locationRef\.Id"),
    ],
)
def test_an_unknown_property_is_refused_by_its_path(record: dict[str, Any], path: str) -> None:
    with pytest.raises(BadRecord, match=f"{path}: unknown property"):
        make_version("commerce-orders", record | {"createdDate": NOON})


class Nowhere(tzinfo):
    """A time zone that does not know its offset."""

    def utcoffset(self, _moment: datetime | None) -> None:
        return None


class Kind(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (None, None), (True, True), (0, 0), ("", ""), (1.5, 1.5),
        (Decimal("1.50"), Decimal("1.50")),
        ((1, [2]), [1, [2]]), (date(2022, 3, 21), "2022-03-21"), (Status.PAID, "Paid"),
        (Kind.ONE, 1), (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (msgspec.Raw(b'{"a":1.10}'), {"a": Decimal("1.10")}),
        (NOON.replace(microsecond=100_000), "2022-03-21T12:00:00.1Z"),
        (NOON.replace(microsecond=1), "2022-03-21T12:00:00.000001Z"),
        (NOON.replace(hour=10), "2022-03-21T10:00:00Z"), (datetime.max.replace(tzinfo=UTC),
         "9999-12-31T23:59:59.999999Z"),
    ],
)  # fmt: skip
def test_each_value_has_its_form_on_the_wire(value: Any, wire: Any) -> None:
    assert to_wire(value) == wire
    assert type(to_wire(value)) is type(wire)
    assert to_wire({"a": [value]}) == {"a": [wire]}


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"a": [1, {"b": math.nan}]}, "$.a[1].b", "nan is not a finite number"),
        ([math.inf], "$[0]", "inf is not a finite number"),
        (Decimal("NaN"), "$", "NaN is not a finite number"),
        (Decimal("-Infinity"), "$", "-Infinity is not a finite number"),
        ({1: 2}, "$", "property names must be text, not 1"),
        ({"a": {None: 2}}, "$.a", "property names must be text, not None"),
        (object, "$", "a value of type type cannot be encoded as JSON"),
        (Order, "$", "a value of type type cannot be encoded as JSON"),
        ({"a": {1, 2}}, "$.a", "a value of type set cannot be encoded as JSON"),
        (datetime.min.replace(tzinfo=BERLIN), "$",
         "0001-01-01T00:00:00+01:00 is not in the years 1 to 9999 UTC"),
        *((moment, "$", "2022-03-21T12:00:00 has no time zone; use an aware datetime, "
           "such as datetime(…, tzinfo=UTC)")
          for moment in (NOON.replace(tzinfo=None), NOON.replace(tzinfo=Nowhere()))),
    ],
)  # fmt: skip
def test_what_has_no_form_is_named_by_its_path(value: Any, path: str, reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        to_wire(value)
    assert (caught.value.path, caught.value.reason) == (path, reason)


@pytest.mark.parametrize(
    ("name", "camel"),
    [("id", "id"), ("total_amount", "totalAmount"), ("order_line_items", "orderLineItems"),
     ("_private", "_private"), ("totalAmount", "totalAmount"), ("a__b", "aB"), ("a_", "a"),
     ("a_bC", "aBC")],
)  # fmt: skip
def test_the_name_of_an_attribute_becomes_camel_case(name: str, camel: str) -> None:
    kind = make_dataclass("Record", [name])
    assert to_wire(kind(1)) == {camel: 1}


def test_an_attribute_that_is_unset_is_left_out_and_one_that_is_none_is_null() -> None:
    kind = make_dataclass("Record", ["a", "b"])
    assert to_wire(kind(msgspec.UNSET, None)) == {"b": None}
