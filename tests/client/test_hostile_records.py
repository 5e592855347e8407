"""Odd values in records: each is sent rightly, or refused by its path, and the others go on."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from client_mock import NOON
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_answers import COMPANY, dataset

from codat_push import BadRecord, Ledger, Outbox, PushClient
from codat_push.encoding import read_json
from codat_push.versions import make_version

ORDERS = "commerce-orders"
Json = dict[str, Any]


def sale(identity: str = "odd", **more: Any) -> Json:
    return {"id": identity, "totalAmount": 1, "createdDate": NOON} | more


def nested(depth: int, kind: type = list) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind is list else {"id": value}
    return value


def endless() -> Json:
    record = sale()
    record["locationRef"] = record
    return record


class Raising:
    """An object of the caller's that fails when it is read."""

    __attrs_attrs__ = (attrs.fields(attrs.make_class("A", ["id"])).id,)

    @property
    def id(self) -> str:
        raise RuntimeError("the database is gone")


class RaisingMapping(Mapping[str, Any]):
    """A mapping whose values cannot be read."""

    def __getitem__(self, name: str) -> Any:
        raise RuntimeError("the database is gone")

    def __iter__(self) -> Iterator[str]:
        return iter(["id", "totalAmount"])

    def __len__(self) -> int:
        return 2


# Each with the path that its refusal names.
REFUSED: list[tuple[Any, str]] = [
    (sale(totalAmount=float("nan")), "$[1].totalAmount"),
    (sale(totalAmount=float("-inf")), "$[1].totalAmount"),
    (sale(totalAmount=Decimal("NaN")), "$[1].totalAmount"),
    (sale(totalAmount=Decimal("sNaN")), "$[1].totalAmount"),
    (sale(totalAmount=Decimal("1E+400")), "$[1].totalAmount"),
    (sale(totalAmount=10**400), "$[1].totalAmount"),
    (sale(totalAmount=10**5_000), "$[1].totalAmount"),
    (sale(totalAmount=1 + 2j), "$[1].totalAmount"),
    (sale(totalAmount=Fraction(1, 3)), "$[1].totalAmount"),
    (sale(totalAmount="12.50"), "$[1].totalAmount"),
    (sale(totalAmount=True), "$[1].totalAmount"),
    (sale(totalAmount=[1]), "$[1].totalAmount"),
    (sale(country="\ud800"), "$[1].country"),
    (sale(country=b"GB"), "$[1].country"),
    (sale(country=bytearray(b"GB")), "$[1].country"),
    (sale(country=memoryview(b"GB")), "$[1].country"),
    (sale(country=5), "$[1].country"),
    (sale(country={"GB"}), "$[1].country"),
    (sale(country=lambda: "GB"), "$[1].country"),
    (sale(country=object()), "$[1].country"),
    (sale(country=time(12)), "$[1].country"),
    (sale(country=timedelta(1)), "$[1].country"),
    (sale(createdDate=datetime(2022, 3, 21)), "$[1].createdDate"),  # noqa: DTZ001  (the mistake)
    (sale(createdDate=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))), "$[1].createdDate"),
    (sale(createdDate=1647864000), "$[1].createdDate"),
    (sale(createdDate="yesterday"), "$[1].createdDate"),
    (sale(createdDate=""), "$[1].createdDate"),
    (sale(payments=[{"id": "p", "amount": float("nan")}]), "$[1].payments[0].amount"),
    (sale(payments=[None, 1]), "$[1].payments[0]"),
    (sale(payments={"id": "p"}), "$[1].payments"),
    (sale(payments="none"), "$[1].payments"),
    (sale(payments=(each for each in [])), "$[1].payments"),
    (sale(orderLineItems=[{"discountAllocations": [{"name": 1}]}]), "$[1].orderLineItems[0]"),
    (sale(locationRef=["l"]), "$[1].locationRef"),
    (sale(locationRef={"id": b"l"}), "$[1].locationRef.id"),
    (sale(locationRef={"ident": "l"}), "$[1].locationRef.ident"),
    (sale(totalAmont=1), "$[1].totalAmont"),
    (sale(**{"\ud800": 1}), "$[1]."),
    (sale() | {5: 1}, "$[1]"),
    (sale() | {None: 1}, "$[1]"),
    (sale() | {b"country": "GB"}, "$[1]"),
    (sale(payments=nested(1_000)), "$[1]"),
    (sale(locationRef=nested(1_000, dict)), "$[1]"),
    (endless(), "$[1]"),
    (sale(identity=""), "$[1].id"),
    (sale(identity="\udfff"), "$[1].id"),
    (sale() | {"id": None}, "$[1].id"),
    (sale() | {"id": 7}, "$[1].id"),
    (sale() | {"id": ["a"]}, "$[1].id"),
    (sale() | {"id": b"a"}, "$[1].id"),
    ({"totalAmount": 1}, "$[1].id"),
    ({}, "$[1].id"),
    (None, "$[1]"),
    (7, "$[1]"),
    ("odd", "$[1]"),
    (["odd"], "$[1]"),
    (Raising(), "$[1]"),
    (RaisingMapping(), "$[1]"),
    (sale(customerRef=Raising()), "$[1]"),
    (dict, "$[1]"),
]


class Country(str):
    """A text of a class of the caller's."""


class Cents(int):
    """A number of a class of the caller's."""


class Ref(pydantic.BaseModel):
    id: str
    name: str | None = None


@dataclass
class DataOrder:
    id: str
    total_amount: Decimal
    created_date: datetime
    location_ref: Ref


@attrs.define
class AttrsOrder:
    id: str
    total_amount: float
    created_date: datetime


class StructOrder(msgspec.Struct, rename="camel"):
    id: str
    total_amount: Decimal
    created_date: datetime
    country: str | msgspec.UnsetType = msgspec.UNSET


# Each with what the service reads.
SENT: list[tuple[Any, Json]] = [
    (sale(totalAmount=Decimal("12345678901234567890.1")), {"totalAmount": 12345678901234567890.1}),
    (sale(totalAmount=2**70), {"totalAmount": 2**70}),
    (sale(totalAmount=-0.0), {"totalAmount": 0}),
    (sale(totalAmount=1e-300), {"totalAmount": 1e-300}),
    (sale(totalAmount=Cents(5)), {"totalAmount": 5}),
    (sale(country=Country("GB")), {"country": "GB"}),
    (sale(country="-0.0"), {"country": "-0.0"}),
    (sale(country="12345678901234567890"), {"country": "12345678901234567890"}),
    (sale(country="\x00\x7f…\U0001f600"), {"country": "\x00\x7f…\U0001f600"}),
    (sale(orderNumber=UUID(int=7)), {"orderNumber": str(UUID(int=7))}),
    (sale(createdDate=date(2022, 3, 21)), {"createdDate": "2022-03-21"}),
    (sale(closedDate="2022-03-21T12:00"), {"closedDate": "2022-03-21T12:00"}),
    (sale(closedDate="2022-03-21T12:00:00.1234567Z"), {}),
    (sale(payments=()), {"payments": []}),
    (OrderedDict(sale()), {"totalAmount": 1}),
    (DataOrder("odd", Decimal("1.50"), NOON, Ref(id="l")), {"totalAmount": 1.5}),
    (AttrsOrder("odd", 1.5, NOON), {"totalAmount": 1.5}),
    (StructOrder("odd", Decimal("1.50"), NOON), {"totalAmount": 1.5}),
]  # fmt: skip


def pushed(ledger: Ledger, records: list[Any]) -> list[Json]:
    found: list[Json] = []
    for chunk in ledger.changes(COMPANY, ORDERS, records):
        found += map(json.loads, ledger.bodies(chunk))
        ledger.settle(chunk, dataset())
    return found


@pytest.mark.parametrize(("record", "path"), REFUSED, ids=[path for _, path in REFUSED])
def test_a_record_that_cannot_be_sent_is_named_and_the_others_go_on(record: Any, path: str) -> None:
    with Ledger(":memory:") as ledger:
        records = [sale("first"), record, sale("last")]
        assert [each["id"] for each in pushed(ledger, records)] == ["first", "last"]
        (refusal,) = ledger.refusals()
        assert refusal.reason == "invalid"
        assert refusal.detail.startswith(path)
        assert refusal.id in ("odd", "$[1]")


@pytest.mark.parametrize(("record", "path"), REFUSED, ids=[path for _, path in REFUSED])
def test_an_outbox_refuses_it_when_it_is_given(record: Any, path: str, tmp_path: Path) -> None:
    del path
    with (
        PushClient("key", "http://127.0.0.1:9") as client,
        Outbox(tmp_path / "o", client) as outbox,
    ):
        with pytest.raises(BadRecord) as caught:
            outbox.record(COMPANY, ORDERS, record)
        assert str(caught.value).startswith("$")
        outbox.record(COMPANY, ORDERS, sale())
        assert outbox.status().depth == 1


@pytest.mark.parametrize(("record", "expected"), SENT, ids=[str(each)[:30] for _, each in SENT])
def test_an_odd_value_that_has_a_meaning_is_sent(record: Any, expected: Json) -> None:
    with Ledger(":memory:") as ledger:
        (body,) = pushed(ledger, [record])
        assert {name: body[name] for name in expected} == expected
        assert ledger.refusals() == []
        assert pushed(ledger, [record]) == []


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(st.characters(codec=None), max_size=3)
    | st.binary(max_size=2)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "amount"]), inner)
    ),
    max_leaves=4,
)
names = st.sampled_from(
    [
        "id",
        "country",
        "totalAmount",
        "createdDate",
        "payments",
        "orderLineItems",
        "locationRef",
        "x",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(names, values, max_size=4) | values, max_size=5))
def test_whatever_is_given_each_record_is_sent_as_it_is_or_refused(records: list[Any]) -> None:
    bad = sum(not is_sendable(record) for record in records)
    with Ledger(":memory:") as ledger:
        sent = pushed(ledger, [sale("first"), *records, sale("last")])
        assert {"first", "last"} <= {each["id"] for each in sent}
        assert bool(ledger.refusals()) == bool(bad)
        for body in sent:
            assert make_version(ORDERS, body).id == body["id"]


def is_sendable(record: Any) -> bool:
    try:
        version = make_version(ORDERS, record)
    except BadRecord:
        return False
    assert read_json(version.body)["id"] == record["id"]
    return True
