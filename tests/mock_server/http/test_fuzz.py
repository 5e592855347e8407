"""Damaged requests to every operation, and bodies that are nested deeply; see `support/fuzz.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import fuzz
import pytest

from codat_mock.http.operations import operations
from codat_mock.models import pushes

LEVELS = 1000
ARRAYS = b"[" * LEVELS + b"]" * LEVELS
OBJECTS = b'{"a":' * LEVELS + b"1" + b"}" * LEVELS
HERE = "@nested@"
QUERIES = {  # of the control API and the pages
    "path", "status", "limit", "format", "operation", "method", "code", "datasetId", "companyId",
    "search", "span", "until", "flow", "problem", "done", "merchantIdentifier",
}  # fmt: skip


@pytest.mark.long
def test_no_damaged_request_fails_the_mock_or_takes_a_second(is_thorough):
    result = fuzz.main(200_000 if is_thorough else 5_000)
    assert result.failures == []
    assert len(result.operations) > 100


@pytest.fixture(scope="module")
def prepared() -> fuzz.Fuzz:
    made = fuzz.Fuzz(seed=0)
    made.prepare()
    return made


def with_nested_parts(example: object) -> Iterator[object]:
    """An example with something nested in each of its places."""
    yield HERE
    if isinstance(example, dict):
        yield example | {"unknown": HERE}
        for name, value in example.items():
            yield example | {name: HERE}
            if isinstance(value, list) and value:
                yield from (example | {name: [each]} for each in with_nested_parts(value[0]))
    elif isinstance(example, list) and example:
        yield from ([each] for each in with_nested_parts(example[0]))


def nested(example: object, levels: bytes) -> bytes:
    return json.dumps(example, default=str).encode().replace(f'"{HERE}"'.encode(), levels)


@pytest.mark.parametrize("levels", [ARRAYS, OBJECTS], ids=["arrays", "objects"])
def test_a_thousand_levels_are_a_400_anywhere_in_the_body_of_any_operation(prepared, levels):
    for template in prepared.templates:
        if template.body is None or template.body == fuzz.FORM:
            continue
        path = prepared.filled(template.path)
        for part in with_nested_parts(json.loads(template.body)):
            answer = prepared.wsgi.open(
                path, method=template.method, data=nested(part, levels),
                headers=fuzz.KEY | {"Content-Type": "application/json"},
            )  # fmt: skip
            assert answer.status_code == 400, f"{template.method} {path}: {answer.text[:200]}"


def answers_to(prepared: fuzz.Fuzz, part: bytes) -> Iterator[tuple[str, int]]:
    """Each operation with its status, the part in each place of its body."""
    for template in prepared.templates:
        if template.body is None or template.body == fuzz.FORM:
            continue
        for example in with_nested_parts(json.loads(template.body)):
            answer = prepared.wsgi.open(
                prepared.filled(template.path), method=template.method,
                data=nested(example, part),
                headers=fuzz.KEY | {"Content-Type": "application/json"},
            )  # fmt: skip
            yield f"{template.method} {template.path}: {example}", answer.status_code


def test_half_a_character_fails_no_operation(prepared):
    for place, status in answers_to(prepared, rb'"\ud800"'):
        assert status < 500, place


def test_what_is_not_utf_8_is_a_400_anywhere_in_the_body_of_any_operation(prepared):
    for place, status in answers_to(prepared, b'"Caf\xe9"'):
        assert status == 400, place


def test_no_depth_fails_the_mock(prepared):
    texts = "/sync/commerce/config/ui/text"
    push = prepared.filled("/data/companies/{companyId}/sync/commerce-orders")
    for depth in range(20, 1100, 27):
        inner = b"[" * depth + b"]" * depth
        for method, path, body in (
            ("PATCH", texts, b'{"a": %b}' % inner),
            ("POST", push, b'{"orders": [{"id": 5, "x": %b}]}' % inner),
            ("POST", push, b'{"orders": [{"id": "A", "x": %b}]}' % inner),
        ):
            answer = prepared.wsgi.open(
                path, method=method, data=body,
                headers=fuzz.KEY | {"Content-Type": "application/json"},
            )  # fmt: skip
            assert answer.status_code < 500, (depth, answer.text[:200])


def hostile(size: int) -> Iterator[object]:
    """Values that cost much where a cost grows faster than the size."""
    yield "*a" * size
    yield ["x"] * size
    yield [{}] * size
    yield {f"k{number}": number for number in range(size)}


def with_hostile_parts(example: object, size: int) -> Iterator[object]:
    """An example with something large in each of its places."""
    yield from hostile(size)
    if isinstance(example, dict):
        yield {f"k{number}": number for number in range(size)} | example
        for name, value in example.items():
            for part in hostile(size):
                yield example | {name: part}
            if isinstance(value, list) and value:
                yield example | {name: value * (size // 10)}
                yield from (example | {name: [part]} for part in in_object(value[0], size))
    elif isinstance(example, list) and example:
        yield from ([part] for part in in_object(example[0], size))


def in_object(example: object, size: int) -> Iterator[object]:
    for name in example if isinstance(example, dict) else ():
        for part in (["x"] * size, [{}] * size):
            yield {**example, name: part}


@pytest.mark.long
def test_no_part_of_a_request_costs_a_second_however_large_it_is(is_thorough):
    size = 100_000 if is_thorough else 20_000
    fuzzed = fuzz.Fuzz(seed=0)
    result = fuzz.Result()
    names = {each.name for operation in operations() for each in operation.query} | QUERIES
    long = "*a" * 4000
    for template in fuzzed.templates:
        fuzzed.prepare()
        path = fuzzed.filled(template.path)
        large = [
            fuzz.Asked(template.method, fuzzed.filled(template.path, lambda _: long)),
            *(
                fuzz.Asked(template.method, path, "&".join(f"{name}={value}" for name in names))
                for value in (long, "9" * 4000, "name~a||" * 255 + "name~a", "-a," * 2000)
            ),
        ]
        if template.body not in (None, fuzz.FORM):
            parts = with_hostile_parts(json.loads(template.body or b""), size)
            large += [fuzz.Asked(template.method, path, body=fuzz.encoded(part)) for part in parts]
        for asked in large:
            fuzzed.send(template, asked, result)
    print(result, result.slowest_request[:200])
    assert result.failures == []


def test_naming_wrong_values_costs_no_more_than_decoding_a_few_megabytes(prepared):
    push = prepared.filled("/data/companies/{companyId}/sync/commerce-orders")
    prepared.prepare()
    for lines in (["x"] * 100_000, [{"id": 5}] * 100_000):
        result = fuzz.Result()
        template = fuzz.Asked("POST", "/data/companies/{companyId}/sync/commerce-orders")
        body = fuzz.encoded({"orders": [{"id": "A-1", "orderLineItems": lines}]})
        prepared.send(template, fuzz.Asked("POST", push, body=body), result)
        assert result.failures == []
        assert result.statuses == {400: 1}
    answer = prepared.wsgi.open(push, method="POST", data=body, headers=fuzz.KEY)
    assert "At least" in answer.json["error"]


def test_more_records_than_a_push_may_hold_are_refused(prepared, monkeypatch):
    monkeypatch.setattr(pushes, "MAX_RECORDS", 3)
    prepared.prepare()
    push = prepared.filled("/data/companies/{companyId}/sync/commerce-orders")
    for count, status in ((3, 200), (4, 413)):
        body = {"orders": [{"id": f"{number}"} for number in range(count)]}
        assert prepared.wsgi.post(push, json=body, headers=fuzz.KEY).status_code == status


def test_a_number_beyond_all_exponents_is_a_400(prepared):
    push = prepared.filled("/data/companies/{companyId}/sync/commerce-orders")
    for number in (b"9" * 100 + b"e" + b"9" * 100, b"1e999", b"-1e99999999999999999999"):
        body = b'{"orders": [{"id": "A", "totalAmount": %b}]}' % number
        answer = prepared.wsgi.post(
            push, data=body, headers=fuzz.KEY | {"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, number
