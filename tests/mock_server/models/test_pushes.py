"""Decoding a push: every value of the wrong type is named, and no other."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codat_fixtures import load_bytes
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.models.decoding import MAX_DEPTH, is_too_deep
from codat_mock.models.errors import Malformed
from codat_mock.models.pushes import MAX_PROBLEMS, read_push
from codat_mock.models.values import MAX_NUMBER_CHARACTERS

ORDERS, PAYMENTS, TRANSACTIONS = LIST_NAMES
AT = "2022-03-21T11:02:17.1234567Z"
REF = {"id": "r", "name": "Reference"}
PAYMENT = {
    "id": "p", "amount": 85.00, "currency": "GBP", "type": "Card", "status": "Paid",
    "paymentProvider": "Till", "dueDate": AT, "createdDate": AT, "modifiedDate": AT,
    "sourceModifiedDate": "2022-03-21",
}  # fmt: skip
LINE = {
    "id": "l", "quantity": 2, "taxPercentage": 20, "totalAmount": 60.00, "totalTaxAmount": 10.00,
    "unitPrice": 30.00, "productRef": REF, "productVariantRef": REF,
    "discountAllocations": [{"name": "Regular", "totalAmount": 1.5}, {"totalAmount": 0}],
}  # fmt: skip
CHARGE = {
    "description": "Post", "totalAmount": 5.0, "taxPercentage": 20.0, "taxAmount": 0.83,
    "quantity": 1, "type": "Shipping",
}  # fmt: skip
FULL = {  # a record of each type with every property of contract section 3
    ORDERS: {
        "id": "o", "orderNumber": "o", "country": "GB ", "currency": "GBP", "createdDate": AT,
        "closedDate": AT, "totalAmount": 85.00, "totalRefund": 0, "totalTaxAmount": 14.17,
        "totalDiscount": 1.5, "totalGratuity": 0.0, "orderLineItems": [LINE, LINE],
        "payments": [PAYMENT], "serviceCharges": [CHARGE, CHARGE], "locationRef": REF,
        "customerRef": REF, "modifiedDate": AT, "sourceModifiedDate": AT,
    },
    PAYMENTS: PAYMENT,
    TRANSACTIONS: {
        "id": "t", "totalAmount": -1.49, "currency": "GBP", "type": "PaymentFee", "subType": "x",
        "transactionSourceRef": {"id": "p", "type": "Payment"}, "createdDate": AT,
        "modifiedDate": AT, "sourceModifiedDate": AT,
    },
}  # fmt: skip
MAY_BE_NULL = {  # marked "?" in contract section 3; a null id is well-formed but unusable; and,
    # assumed, every reference
    "locationRef", "customerRef", "productRef", "productVariantRef", "transactionSourceRef",
    "orderNumber", "country", "currency", "closedDate", "orderLineItems", "payments",
    "serviceCharges", "modifiedDate", "sourceModifiedDate", "name", "discountAllocations",
    "description", "paymentProvider", "subType", "id",
}  # fmt: skip
VALUES = {
    "null": st.none(),
    "boolean": st.booleans(),
    "whole": st.integers(),
    "number": st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x % 1),
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=9).map("no {}".format),
    "array": st.lists(st.just({}), max_size=2),
    "object": st.dictionaries(st.sampled_from(["idea", "x"]), st.integers(), max_size=2),
}
DATA_TYPES = st.sampled_from(list(LIST_NAMES))
JUNK = st.recursive(
    st.one_of(*VALUES.values()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


def kinds_allowed(name, value):
    """The kinds of JSON values allowed in place of this one; "text" is no enumeration value."""
    allowed = {"null"} if name in MAY_BE_NULL else set()
    if isinstance(value, dict | list):
        return allowed | {"object" if isinstance(value, dict) else "array"}
    if isinstance(value, str):
        is_free = name not in {"type", "status"} and not name.endswith("Date")
        return allowed | ({"text"} if is_free else set())
    return allowed | {"whole", "number"}


def places(value, path=""):
    """Every place in a record: its container, step, path, and the kinds not allowed there."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        name = step if isinstance(step, str) else ""
        there = f"{path}.{step}" if name else f"{path}[{step}]"
        allowed = kinds_allowed(name, inner)
        if name == "quantity" and ".serviceCharges" in there:
            allowed = {"whole"}
        if name in {"amount", "dueDate", "createdDate"} and there.startswith(".payments["):
            allowed |= {"null"}  # inside an order only: contract part 2, section A6
        yield value, step, there, sorted(VALUES.keys() - allowed)
        if isinstance(inner, dict | list):
            yield from places(inner, there)


def dump(data_type, records):
    body = {LIST_NAMES[data_type]: records}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def copied(record):
    """A deep copy, in which no two places share a value."""
    return json.loads(json.dumps(record))


def problems_in(data_type, body):
    with pytest.raises(Malformed) as refused:
        read_push(data_type, body)
    return refused.value.problems


def draw_record(data, data_type, key):
    """A record with some of its properties, and one that the service does not know."""
    record = copied(FULL[data_type])
    dropped = data.draw(st.sets(st.sampled_from(sorted(record)), max_size=6)) - {"id"}
    kept = {name: value for name, value in record.items() if name not in dropped}
    return kept | {"id": key, "unknownToTheService": data.draw(JUNK)}


def plant(data, record):
    """Put values of the wrong type into a record; returns their paths."""
    known = {name: value for name, value in record.items() if name != "unknownToTheService"}
    numbers = data.draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
    spots, planted = list(places(known)), []
    for number in numbers:
        _, _, path, wrong = spots[number % len(spots)]
        if any(path.startswith(other) or other.startswith(path) for other, _ in planted):
            continue
        planted.append((path, wrong))
    for path, wrong in planted:
        holder, step = next((h, s) for h, s, there, _ in places(record) if there == path)
        holder[step] = data.draw(VALUES[data.draw(st.sampled_from(wrong))])
    return [path for path, _ in planted]


@pytest.mark.parametrize("data_type", LIST_NAMES)
def test_a_record_with_every_property_is_decoded(data_type):
    (read,) = read_push(data_type, dump(data_type, [FULL[data_type]]))
    assert read.record.id == FULL[data_type]["id"]


@given(st.data(), DATA_TYPES)
def test_valid_records_are_decoded_whatever_unknown_properties_they_have(data, data_type):
    records = [
        draw_record(data, data_type, f"key {n}") for n in range(data.draw(st.integers(0, 3)))
    ]
    read = read_push(data_type, dump(data_type, records))
    assert [one.record.id for one in read] == [record["id"] for record in records]
    assert [json.loads(one.raw) for one in read] == records


@settings(max_examples=150)
@given(st.data(), DATA_TYPES, st.integers(1, 5))
def test_exactly_the_wrong_values_are_named_with_their_record(data, data_type, count):
    records = [draw_record(data, data_type, f"key {n}") for n in range(count)]
    position = data.draw(st.integers(0, count - 1))
    planted = plant(data, records[position])
    root = f"$.{LIST_NAMES[data_type]}[{position}]"
    problems = problems_in(data_type, dump(data_type, records))
    assert sorted(problem.path for problem in problems) == sorted(f"{root}{at}" for at in planted)
    key = "" if ".id" in planted else f"key {position}"
    assert {problem.item for problem in problems} == {key}


@settings(max_examples=3)
@given(st.data(), DATA_TYPES)
def test_the_4321st_record_of_5000_is_named(data, data_type):
    records = [FULL[data_type] | {"id": f"key {number}"} for number in range(5000)]
    records[4320] = copied(records[4320])
    planted = plant(data, records[4320])
    problems = problems_in(data_type, dump(data_type, records))
    root = f"$.{LIST_NAMES[data_type]}[4320]"
    assert sorted(problem.path for problem in problems) == sorted(f"{root}{at}" for at in planted)


@pytest.mark.parametrize("wrong", [None, True, 5, 1.5, "text", [], [{"id": "x"}]])
def test_a_record_that_is_not_an_object_is_named(wrong):
    (problem,) = problems_in(ORDERS, dump(ORDERS, [{"id": "a"}, wrong]))
    assert problem.path == "$.orders[1]"


def test_at_most_ten_thousand_problems_are_named():
    body = dump(PAYMENTS, [{"id": 5, "amount": "x"} for _ in range(5001)])
    assert len(problems_in(PAYMENTS, body)) == MAX_PROBLEMS


@pytest.mark.parametrize("body", [b'{"id": 5, "id": "x"}', b'{"id": "x", "id": 5}'])
def test_a_wrong_value_of_a_duplicate_property_is_named(body):
    (problem,) = problems_in(ORDERS, b'{"orders": [%b]}' % body)
    assert problem.path == "$.orders[0].id"


def test_a_wrong_value_inside_a_wrong_value_is_named_by_the_outer_property():
    deep = b'{"id": "x", "totalAmount": {"a": {"b": [1, [0, 1e-999]]}}}'
    (problem,) = problems_in(ORDERS, b'{"orders": [%b]}' % deep)
    assert problem.path == "$.orders[0].totalAmount"


@pytest.mark.parametrize("number", ["1.0", "2.50", "1e2", "1e-3"])
def test_a_whole_number_has_no_point_and_no_exponent(number):
    body = b'{"orders":[{"id":"x","serviceCharges":[{"quantity":%b}]}]}' % number.encode()
    (problem,) = problems_in(ORDERS, body)
    assert problem.path == "$.orders[0].serviceCharges[0].quantity"
    assert problem.message == "Expected a whole number, got a number."


@pytest.mark.parametrize(
    "number",
    ["1e29", "-1e29", "1" + 40 * "0", "1" + 5000 * "0", "1e99999999999999999999", "1e999999"],
)
def test_an_amount_out_of_range_is_named(number):
    body = b'{"orders":[{"id":"x","currency":5,"totalAmount":%b}]}' % number.encode()
    problems = problems_in(ORDERS, body)
    assert [problem.path for problem in problems] == [
        "$.orders[0].currency",
        "$.orders[0].totalAmount",
    ]


@pytest.mark.parametrize("number", ["1" + 5000 * "0", "1e99999999999999999999", "-1e-99999999999"])
@pytest.mark.parametrize("rest", [b"", b',"deleted":true', b',"totalAmount":1'])
def test_an_unknown_property_may_be_any_number(number, rest):
    body = b'{"orders":[{"id":"x","weight":%b%b}]}' % (number.encode(), rest)
    (read,) = read_push(ORDERS, body)
    assert not read.is_delete


@given(
    st.decimals(Decimal("-7e28"), Decimal("7e28"), allow_nan=False).filter(
        lambda amount: len(str(amount)) <= MAX_NUMBER_CHARACTERS
    )
)
def test_amounts_are_exact(amount):
    body = b'{"payments":[{"id":"x","amount":%b}]}' % str(amount).replace("E+", "e").encode()
    (read,) = read_push(PAYMENTS, body)
    assert read.record.amount == amount
    assert isinstance(read.record.amount, Decimal)


def test_amounts_keep_all_their_digits():
    text = "0.1" + 60 * "0" + "1"
    (read,) = read_push(PAYMENTS, b'{"payments":[{"id":"x","amount":%b}]}' % text.encode())
    assert str(read.record.amount) == text


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b"nan", b"+1", b"01", b".5"])
def test_a_number_that_is_not_json_is_refused_with_its_line(word):
    (problem,) = problems_in(PAYMENTS, b'{"payments":[{"id":"x",\n"amount":%b}]}' % word)
    assert "at line 2, column " in problem.message


TEXTS = [load_bytes(f"{LIST_NAMES[ORDERS]}/worked-example"), dump(ORDERS, [FULL[ORDERS]] * 3)]


@given(st.sampled_from(TEXTS), st.integers(0, 10_000), st.sampled_from([b"\x00", b"\x01", b"}]}"]))
def test_broken_json_is_reported_with_line_and_column(text, at, broken):
    at %= len(text)
    body = text[:at] + broken + text[at:]
    try:
        json.loads(body)
    except ValueError:
        (problem,) = problems_in(ORDERS, body)
        assert problem.path == "$"
        assert "at line " in problem.message


@given(st.sampled_from(TEXTS), st.integers(0, 10_000))
def test_a_truncated_body_is_refused(text, at):
    (problem,) = problems_in(ORDERS, text.rstrip()[: at % (len(text.rstrip()) - 1)])
    assert problem.message.startswith("The body is not JSON: ")


def test_columns_are_counted_in_characters():
    (problem,) = problems_in(ORDERS, '{"orders":[{"id":"é£€"}\n,{"id":"é£€"!}]}'.encode())
    assert "at line 2, column 13 (byte 44)" in problem.message


@given(st.sampled_from(TEXTS), st.integers(0, 10_000))
def test_a_byte_that_is_not_utf_8_is_refused_with_its_place(text, at):
    at %= len(text)
    before = text[:at].decode()
    (problem,) = problems_in(ORDERS, text[:at] + b"\xff" + text[at:])
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert problem.message == (
        f"The body is not UTF-8: invalid start byte at line {line}, column {column} (byte {at})."
    )


def test_a_byte_that_is_not_utf_8_is_refused_in_an_unknown_property_too():
    (problem,) = problems_in(ORDERS, b'{"orders":[{"id":"x","note":"caf\xe9"}]}')
    assert "not UTF-8" in problem.message


@pytest.mark.parametrize("wrong", [b"", b',"totalAmount":"x"'])
def test_a_record_nested_as_deeply_as_a_body_may_be_is_decoded(wrong):
    depth = MAX_DEPTH - 3
    nested = depth * b"[" + depth * b"]"
    body = b'{"orders":[{"id":"x"%b,"note":%b}]}' % (wrong, nested)
    assert not is_too_deep(body)
    if wrong:
        (problem,) = problems_in(ORDERS, body)
        assert problem.path == "$.orders[0].totalAmount"
    else:
        (read,) = read_push(ORDERS, body)
        assert not read.is_delete


@pytest.mark.parametrize("body", [b"", b" \n", b"null", b"[]", b"5", b'"orders"', b'{"orders":{}}'])
def test_a_body_that_is_not_a_push_is_refused(body):
    (problem,) = problems_in(ORDERS, body)
    assert problem.path in {"$", "$.orders"}


@pytest.mark.parametrize("body", [b"{}", b'{"orders":null}', b'{"orders":[]}', b'{"x":1}'])
def test_an_absent_null_or_empty_list_is_an_empty_push(body):
    assert read_push(ORDERS, body) == []


@pytest.mark.parametrize(
    ("record", "is_delete"),
    [
        (b'{"id":"x"}', True),
        (b'{ "id" : "x" }', True),
        (b'{"id":"x","note":null}', False),
        (b'{"id":"x","orderNumber":null}', False),
        (b'{"id":"x","totalAmount":0}', False),
        (b"{}", False),
    ],
)
def test_a_record_with_only_an_id_is_a_delete(record, is_delete):
    (read,) = read_push(ORDERS, b'{"orders":[%b]}' % record)
    assert read.is_delete is is_delete


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_contains_the_merchants_id_unchanged(key):
    (order,) = read_push(ORDERS, dump(ORDERS, [{"id": key}]))
    assert order.key == key
    (fee,) = read_push(TRANSACTIONS, dump(TRANSACTIONS, [{"id": key, "type": "PaymentFee"}]))
    assert fee.key == f"{key}/PaymentFee"
