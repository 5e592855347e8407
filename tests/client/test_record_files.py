"""Records from a file: its three forms, and where a mistake in it is."""

from __future__ import annotations

import io
from typing import Any

import pytest

from codat_push.record_files import BadInput, Source, decode

ORDERS = "commerce-orders"
BOM = b"\xef\xbb\xbf"
A, B = b'{"id":"a","totalAmount":1}', b'{"id":"b","totalAmount":1}'


def source(text: bytes, data_type: Any = ORDERS) -> Source:
    return Source(io.BytesIO(text), data_type)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (b"", []), (b"\n \n", []), (A, ["a"]), (A + b"\n" + B, ["a", "b"]),
        (b"\n" + A + b"\n\n" + B + b"\n", ["a", "b"]), (b"[]", []), (b"[" + A + b"]", ["a"]),
        (b"[" + A + b",\n" + B + b"]", ["a", "b"]), (b'{"orders":[' + A + b"]}", ["a"]),
        (b'{"orders":[]}', []), (b'{"orders":\n[' + A + b"," + B + b"]\n}", ["a", "b"]),
        (b'{"id":\n"a","totalAmount":1}', ["a"]), (A + b"\r\n" + B + b"\r\n", ["a", "b"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mark", [b"", BOM])
def test_json_lines_an_array_or_the_body_of_a_push_may_be_given(
    text: bytes, ids: list[str], mark: bytes
) -> None:
    given = source(mark + text)
    for _ in range(2):
        assert given.check() == len(ids)
        assert [record["id"] for record in given.records()] == ids


def test_the_name_of_the_list_is_that_of_the_data_type() -> None:
    body = b'{"payments":[{"id":"p","amount":1}]}'
    assert [each["id"] for each in source(body, "commerce-payments").records()] == ["p"]
    with pytest.raises(BadInput, match=r"^line 1: \$\.id: a record needs an id"):
        source(body).check()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (A + b'\n{"totalAmount":1}', "line 2: $.id"), (b'\n\n{"totalAmount":1}', "line 3: $.id"),
        (A + b'\n{"id":', "line 2: Input data was truncated"),
        (b"[" + A + b',{"totalAmount":1}]', "record 2: $.id"), (b"[7]", "record 1: $: a record"),
        (b"7", "line 1: expected JSON Lines"), (b'{"orders":{}}', "line 1: expected JSON Lines"),
        (b'"a"', "line 1: expected JSON Lines"), (b'[\n"\xff"]', "line "),
        (b'[\n{"id":"a"},\n{"id" 3}]', "line 3: JSON is malformed"),
        (b"[\n\n", "line 1: Input data was truncated"), (b'{"id":\n\n3', "line 3: Input data"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_line_or_its_record(text: bytes, place: str) -> None:
    with pytest.raises(BadInput) as caught:
        source(text).check()
    assert str(caught.value).startswith(place)


def test_a_record_that_cannot_be_sent_is_left_to_the_ledger_if_it_has_an_id() -> None:
    given = source(A + b'\n{"id":"typo","totalAmont":1}\n{"id":"empty"}')
    assert given.check() == 3
    assert [record["id"] for record in given.records()] == ["a", "typo", "empty"]


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [(b'{"a":}', 5, 5), (b'{"a":\n}', 5, 6), (b'\n\n{"a":\n\n}', 1, 5), (b'{"a":\n1\n\n', 2, 3)],
)
def test_the_line_of_a_mistake_is_counted_from_that_of_its_text(
    text: bytes, line: int, shown: int
) -> None:
    with pytest.raises(BadInput, match=f"^line {shown}: "):
        decode(text, line)


@pytest.mark.parametrize("text", [b'"\xff"', b"", b"nothing"])
def test_what_is_no_json_is_no_record(text: bytes) -> None:
    with pytest.raises(BadInput, match=r"^line 4: "):
        decode(text, 4)
