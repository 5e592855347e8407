"""What a record says: the digests that ledgers hold, and values at and beside each limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from sys import float_info
from typing import Any

import pytest
from client_mock import NOON
from hypothesis import given
from hypothesis import strategies as st

from codat_push.content import (
    EPOCH,
    _number,
    _shown,
    microseconds,
    parse_moment,
    read,
    read_plain,
    rounded,
)
from codat_push.earlier_digests import first_digest, is_same, second_digest
from codat_push.encoding import read_json, to_wire, write_json
from codat_push.errors import BadRecord
from codat_push.schema import SHAPES
from codat_push.versions import make_version

ORDERS, PAYMENTS, TRANSACTIONS = SHAPES
Record = dict[str, Any]
LINES = [
    {"id": "2", "quantity": 2, "unitPrice": Decimal("0.10"), "productRef": {"id": "p"},
     "discountAllocations": [{"name": "b", "totalAmount": 1}, {"name": "a", "totalAmount": 2}]},
    {"id": "1", "quantity": 1},
]  # fmt: skip
PAYMENT = {"id": "p", "amount": 1, "createdDate": "2022-03-21T12:00:00+01:00"}


# By the package's three versions, the newest first; then the bits of the properties, and the
# fingerprint. They are in the files of ledgers: with others, everything would be sent again.
KEPT: list[tuple[Any, Record, list[str], int, str]] = [
    (
        ORDERS,
        {"id": "a", "totalAmount": Decimal("12.10"), "currency": "GBP",
         "createdDate": "2022-03-21T12:00:00Z", "sourceModifiedDate": "2022-03-21T13:00:00Z"},
        ["1805baa7d6fb5f6bedb4a4fe428c1e9b34b74b4e78155a77",
         "4cc351ba645d7ab75360f495b40059d645d7c642", "07c4c0bf65d09a25ab7a1d5a1530974e"],
        4633,
        "bae195b7b581c6cb53089da268f94d3fe3b48b5a",
    ),
    (
        ORDERS,
        {"id": "a", "country": "é", "orderLineItems": LINES, "payments": [PAYMENT],
         "customerRef": None},
        ["e430383259e66a08710ea94e7d5cbca5312334412dac58b6",
         "db101a5ec9c3bf8d9bc7ba3d6c4e52c7771fada1", "8d6758842c714251bf8b36af8396416c"],
        155653,
        "c6f5b271f9a397ca7fd7eef545939db09be11eef",
    ),
    (
        PAYMENTS,
        {"id": "p", "amount": Decimal("-0.0"), "dueDate": "2022-03-21", "status": "Paid"},
        ["dd592d74e02c57773c0c1344cce0cae56a55f735760215d5",
         "adb8b81d2d7987305679c20326faa54efeee76b8", "518bbf02c7ca463eb2e61b41cc03ee3d"],
        83,
        "c24b9d1055e6ebadc790a602228daa31694ed6a2",
    ),
    (
        TRANSACTIONS,
        {"id": "t", "type": "Payment", "totalAmount": Decimal("1234567890123456.789"),
         "transactionSourceRef": {"id": "p", "type": "Payment"}},
        ["0066e82e13201d1c6775c1668b3c2fbb9ac1b76269591a7d",
         "c2138c4c40e6be319b9a8b9173b21ed49842ca31", "d514b2ec31004111698f4db3f823733e"],
        267,
        "03d9f3c0ef4d1b810029a8d6995bc6a4c32b0263",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "record", "digests", "bits", "source"), KEPT)
def test_what_the_files_of_ledgers_hold_of_a_record_never_changes(
    kind: Any, record: Record, digests: list[str], bits: int, source: str
) -> None:
    version = make_version(kind, record)
    wire = read_json(version.body)
    found = [version.digest, second_digest(kind, wire), first_digest(kind, wire)]
    assert [each.hex() for each in found] == digests
    assert version.properties == bits
    assert version.source is not None
    assert version.source.hex() == source
    for known in found:
        assert is_same(kind, version.body, version.digest, known)
        assert not is_same(kind, version.body, version.digest, known[:-1] + b"?")
    assert not is_same(kind, version.body, version.digest, None)


def test_the_dates_of_a_record_are_in_microseconds() -> None:
    moment = NOON + timedelta(microseconds=7)
    record = {"id": "a", "createdDate": moment.isoformat(), "totalAmount": 1}
    version = make_version(ORDERS, record)
    assert (version.created, version.modified) == (1647864000000007, None)
    record = {"id": "a", "sourceModifiedDate": "1969-12-31T23:59:59Z", "totalAmount": 1}
    version = make_version(ORDERS, record)
    assert (version.created, version.modified) == (None, -1_000_000)
    last = "9999-12-31T23:59:59.999999Z"
    for dates in ({"createdDate": last}, {"sourceModifiedDate": last}):
        version = make_version(ORDERS, {"id": "a", "totalAmount": 1} | dates)
        assert (version.created or version.modified) == 253402300799_999999
    assert microseconds(last) == 253402300799_999999


def both(record: Record, kind: Any = ORDERS) -> list[Any]:
    """What a record says, read as a plain one if it is, and as any other."""
    plain = read_plain(kind, record, write_json(record))
    found = read(kind, to_wire(record), "$")
    return [found] if plain is None else [plain, found]


@pytest.mark.parametrize(
    "more",
    [
        {}, {"createdDate": NOON}, {"createdDate": "2022-03-21T12:00:00"},
        {"createdDate": "2022-03-21T12:00:00Z"}, {"closedDate": None},
        {"createdDate": "2022-03-21T12:00:00+01:00"}, {"country": "1234567890123456"},
        {"createdDate": "2022-03-21T12:00:00.123456Z"}, {"totalTaxAmount": 12345678901234},
        {"totalTaxAmount": Decimal("-1234567890.123")}, {"payments": [PAYMENT, {"id": "q"}]},
        {"orderLineItems": LINES}, {"payments": []}, {"totalTaxAmount": 0.0},
    ],
)  # fmt: skip
def test_a_usual_record_is_read_as_a_plain_one(more: Record) -> None:
    plain, found = both({"id": "a", "totalAmount": 1} | more)
    assert plain == found


@pytest.mark.parametrize(
    "more",
    [
        {"createdDate": "2022-03-21"},
        {"createdDate": "2022-03-21T12:00:00.1234567Z"}, {"totalTaxAmount": -0.0},
        {"totalTaxAmount": 1234567890123456}, {"totalTaxAmount": Decimal("1234567890.123456")},
        {"totalTaxAmount": -1234567890123456}, {"totalTaxAmount": 12345678901234567},
        {"payments": [{"id": "p", "amount": 0.1 + 0.2}]},
        {"payments": [{"id": "p", "createdDate": "2022-03-21"}, PAYMENT]},
        {"createdDate": NOON.astimezone(timezone(timedelta(hours=1)))},
    ],
)  # fmt: skip
def test_an_unusual_record_is_not_but_says_the_same_however_it_is_written(more: Record) -> None:
    [found] = both({"id": "a", "totalAmount": 1} | more)
    assert found == read(ORDERS, to_wire({"totalAmount": Decimal("1.00"), "id": "a"} | more), "$")


NUMBERS = st.builds(
    lambda digits, places, sign: Decimal((sign, tuple(digits), -places)),
    st.lists(st.integers(0, 9), min_size=13, max_size=19), st.integers(0, 19), st.integers(0, 1),
)  # fmt: skip
FRACTIONS = st.from_regex(r"2022-03-21T\d{1,2}:00:00(\.\d{5,8})?(Z|\+01:00|)", fullmatch=True)


@given(NUMBERS, FRACTIONS, st.booleans())
def test_a_record_that_is_read_as_a_plain_one_says_the_same_as_read_closely(
    number: Decimal, moment: str, is_nested: bool
) -> None:
    values = {"createdDate": moment if parse_moment(moment) else None}
    record = {"id": "a", "totalAmount": number, **values}
    if is_nested:
        items = [{"id": "q"}, {"id": "p", "amount": number, **values}]
        record = {"id": "a", "totalAmount": 1, "payments": items}
    found = both(record)
    assert found[0] == found[-1]


@pytest.mark.parametrize("name", ["payments", "orderLineItems"])
def test_the_order_of_a_list_says_nothing_nor_does_that_of_a_list_inside(name: str) -> None:
    items = {"payments": [PAYMENT, {"id": "q"}, {"id": "b"}], "orderLineItems": LINES}[name]
    other = [
        each | {"discountAllocations": each["discountAllocations"][::-1]}
        if "discountAllocations" in each
        else each
        for each in reversed(items)  # type: ignore[call-overload]
    ]
    found = [both({"id": "a", name: each})[0].digest for each in (items, other)]
    assert found[0] == found[1]
    assert both({"id": "a", name: items[1:]})[0].digest != found[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (1, 1.0), (Decimal("1.50"), 1.5), (0, 0.0), (True, None), ("1", None), (None, None),
        (123456789012345, 123456789012345.0), (1234567890123456, 1234567890120000.0),
        (Decimal("123456.789012345"), 123456.789012345),
        (Decimal("123456.7890123456"), 123456.789012), (Decimal("0.1234567890123456"), 0.123456789),
        (0.1 + 0.2, 0.3), (0.1 + 0.2 - 0.3, 0.0), (0.3 - 0.1 - 0.2, 0.0), (-0.0, 0.0),
        (Decimal("-0"), 0.0), (10**40 + 1, 1e40), (float_info.max, 1.79769313486e308),
        (Decimal(float_info.max), 1.79769313486e308), (Decimal("1.7976931348623158E308"), None),
        (Decimal("-1.7976931348623158E308"), None),
        (Decimal("1e308"), 1e308), (Decimal("1e309"), None),
    ],
)  # fmt: skip
def test_a_number_is_read_to_the_digits_that_a_float_carries(
    value: Any, read_as: float | None
) -> None:
    found = _number(value)
    assert found == read_as
    assert not str(found).startswith("-")


@pytest.mark.parametrize(
    ("number", "short"),
    [("99999999999.96", "100000000000"), ("999999999999.4", "999999999999"),
     ("1234567890124.9", "1234567890120"), ("0.0000000005", "0"), ("0.00000000051", "1E-9")],
)  # fmt: skip
def test_a_number_is_rounded_to_twelve_digits_and_nine_places(number: str, short: str) -> None:
    assert rounded(Decimal(number)) == Decimal(short)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-03-21T12:00:00Z", NOON), ("2022-03-21T13:00:00+01:00", NOON),
        ("2022-03-21T12:00:00", NOON), ("2022-03-21", NOON.replace(hour=0)),
        ("2022-03-21T12:00:00.0000019Z", NOON + timedelta(microseconds=1)),
        ("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None), ("9999-12-31T23:30:00-01:00", None),
        ("soon", None), ("", None), (None, None), (5, None),
    ],
)  # fmt: skip
def test_a_moment_is_read_as_the_service_reads_it(text: Any, moment: datetime | None) -> None:
    assert parse_moment(text) == moment
    expected = None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)
    assert microseconds(text) == expected


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"country": 7}, "$.country", "expected a text, not 7"),
        ({"totalAmount": "7"}, "$.totalAmount", "expected a number, not '7'"),
        ({"totalAmount": True}, "$.totalAmount", "expected a number, not True"),
        ({"createdDate": "soon"}, "$.createdDate", "expected a date-time, not 'soon'"),
        ({"payments": {}}, "$.payments", "expected a list, not {}"),
        ({"payments": [{"id": "p"}, 7]}, "$.payments[1]", "expected an object, not 7"),
        ({"payments": [None]}, "$.payments[0]", "expected an object, not None"),
        ({"payments": [{"amount": []}]}, "$.payments[0].amount", "expected a number, not []"),
        ({"customerRef": []}, "$.customerRef", "expected an object, not []"),
        ({"country": "\ud800"}, "$.country", "'\\ud800' is not valid Unicode"),
        ({"customerRef": {"odd": 1}}, "$.customerRef.odd",
         "unknown property, which the service would ignore; remove it"),
        ({"totalAmount": 10**5000}, "$.totalAmount",
         "expected a number, not a number of thousands of digits"),
    ],
)  # fmt: skip
def test_a_value_that_the_service_cannot_read_is_named_by_its_path(
    more: Record, path: str, reason: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        read(ORDERS, {"id": "a"} | more, "$")
    assert (caught.value.path, caught.value.reason) == (path, reason)


def test_a_long_value_is_cut_in_a_message() -> None:
    assert _shown("x" * 58) == "'" + "x" * 58 + "'"
    assert _shown("x" * 59) == "'" + "x" * 56 + "…"
