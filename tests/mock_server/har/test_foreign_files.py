"""HAR files as they are found: of other recorders, edited, sanitized, damaged."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
import zstandard
from har_samples import COMPANY, ORDER, entry, har, push, read_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from codat_mock.har.exchange import Recorded, decode_body
from codat_mock.har.reader import BadHar, read_har
from codat_mock.replay import replay
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

BODY = json.dumps({"orders": [ORDER]}).encode()
GOOD = (push("12:00:00", ORDER), read_dataset("12:05:00"))
NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
JSON = json.loads(har(*GOOD))


def judge(content: bytes) -> Run:
    return replay(read_har(content).requests, Settings())


def codes(run: Run) -> set[str]:
    return {finding.code for finding in run.judgement.findings}


def changed(part: str, **values: Any) -> dict[str, Any]:
    """A push whose entry, request or response differs."""
    written = push("12:00:00", ORDER)
    (written if part == "entry" else written[part]).update(values)
    return written


def only(written: dict[str, Any]) -> Recorded:
    [found] = read_har(har(written)).requests
    return found


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(text.encode("utf-16")),
    ],
    ids=["bom", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gzip", "gzip of utf-16"],
)
def test_a_file_in_another_encoding_is_read(encode: Callable[[str], bytes]) -> None:
    text = json.dumps(JSON, ensure_ascii=False)
    assert read_har(encode(text)) == read_har(text.encode())


def test_a_truncated_gzip_file_is_refused() -> None:
    with pytest.raises(BadHar, match="ends too early"):
        read_har(gzip.compress(har(*GOOD))[:-20])


@pytest.mark.parametrize(
    ("written", "read"),
    [('"time": NaN', 0.0), ('"time": Infinity', 0.0), ('"time": "250.5"', 0.2505),
     ('"time": -1', 0.0), ('"time": null', 0.0), ('"time": 1e400', 0.0), ('"time": []', 0.0)],
)  # fmt: skip
def test_a_duration_of_any_kind_is_read(written: str, read: float) -> None:
    content = har(push("12:00:00", ORDER)).replace(b'"time": 50', written.encode())
    [found] = read_har(content).requests
    assert found.seconds == read
    assert found.sent == BODY


def test_a_duration_is_the_sum_of_the_timings_without_a_time() -> None:
    timings = {"blocked": -1, "send": 10, "wait": "20", "receive": None}
    assert only(changed("entry", time=None, timings=timings)).seconds == 0.03


@pytest.mark.parametrize(
    ("status", "read"),
    [("200", 200), (200.0, 200), ("error", 0), (None, 0), (-1, 0), (True, 1), ({}, 0), (10**6, 0)],
)
def test_a_status_of_any_kind_is_read(status: Any, read: int) -> None:
    assert only(changed("response", status=status)).status == read


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-21T12:00:00Z",
        "2022-03-21T12:00:00.000+0000",
        "2022-03-21T13:00:00+01",
        "2022-03-21 12:00:00",
        "2022-03-21 12:00:00.000 +00:00",
        "Mon, 21 Mar 2022 12:00:00 GMT",
        "Mon Mar 21 2022 12:00:00 GMT+0000 (Coordinated Universal Time)",
        "1647864000",
        1647864000,
        1647864000000,
        1647864000.0,
    ],
)
def test_a_date_in_another_format_is_read(text: Any) -> None:
    assert only(changed("entry", startedDateTime=text)).started == NOON


@pytest.mark.parametrize("text", ["", None, "yesterday", {}, "9999-12-31T23:59:59Z", 1e30])
def test_a_request_without_a_date_takes_that_of_the_entry_before(text: Any) -> None:
    later = read_dataset("12:05:00") | {"startedDateTime": text}
    found = read_har(har(push("12:00:00", ORDER), later))
    assert [each.started for each in found.requests] == [NOON, NOON]
    assert found.oddities == [
        "Entries without a readable date-time, which take that of the entry before: 1."
    ]


def test_a_file_without_any_date_has_no_requests() -> None:
    found = read_har(har(changed("entry", startedDateTime="")))
    assert found.requests == []
    assert found.skipped == ["$.log.entries[0]: it has no date-time."]


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (None, "it has no request."),
        ("text", "it has no request."),
        ({"_type": "error"}, "it has no request."),
        (changed("entry", request=[]), "it has no request."),
        (changed("request", method=None), "its request has no method or no URL."),
        (changed("request", url=5), "its request has no method or no URL."),
        (changed("request", url="http://["), "'http://[' is not a URL."),
    ],
)
def test_an_entry_that_cannot_be_read_is_skipped_and_named(odd: Any, reason: str) -> None:
    found = read_har(har(odd, *GOOD))
    assert len(found.requests) == 2
    assert found.skipped == [f"$.log.entries[0]: {reason}"]


@pytest.mark.parametrize(
    ("post_data", "sent"),
    [
        (BODY.decode(), BODY),
        ("", None),
        ({"text": {"orders": [ORDER]}}, BODY.replace(b", ", b",").replace(b": ", b":")),
        ({"text": b64encode(BODY).decode(), "encoding": "base64"}, BODY),
        ({"text": urlsafe_b64encode(BODY).decode().rstrip("="), "encoding": "BASE64"}, BODY),
        ({"text": "\n".join(b64encode(BODY).decode()), "_encoding": "base64"}, BODY),
        ({"text": "not base64!", "encoding": "base64"}, None),
        ({"text": 5}, None),
        ([], None),
        (5, None),
        ({"text": "[redacted]"}, None),
        ({"text": "*****"}, None),
        ({"text": "(removed by a sanitizer)"}, None),
    ],
)
def test_a_body_of_any_kind_is_read(post_data: Any, sent: bytes | None) -> None:
    assert only(changed("request", postData=post_data, bodySize=len(BODY))).sent == sent


def test_halves_of_characters_and_bad_bytes_are_replaced() -> None:
    content = har(push("12:00:00", ORDER)).replace(b"o-1", b"o-\\ud83d")
    [found] = read_har(content).requests
    assert found.sent == BODY.replace(b"o-1", b"o-?")
    [found] = read_har(har(push("12:00:00", ORDER)).replace(b"o-1", b"o-\xff")).requests
    assert found.sent == BODY.replace(b"o-1", "o-\ufffd".encode())


def test_headers_may_be_an_object() -> None:
    found = only(changed("request", headers={"Accept": "*/*", ":path": "/", "X-Number": 5}))
    assert found.headers == (("Accept", "*/*"), ("X-Number", "5"))


@pytest.mark.parametrize("body", [None, "[redacted]", "***", "", '{"orders": "[REDACTED]"}',
                                  '{"orders": [{"id": "<masked>"}]}', "not JSON"])  # fmt: skip
def test_a_push_whose_body_was_removed_is_not_judged(body: str | None) -> None:
    removed = changed("request", postData={"mimeType": "application/json", "text": body})
    run = judge(har(removed, read_dataset("12:05:00")))
    assert codes(run) == set()
    assert run.is_vacuous
    assert any(re.fullmatch("Pushes not judged, .+: 1[.]", note) for note in run.notes)


def test_a_word_of_the_merchant_is_no_placeholder() -> None:
    written = push("12:00:00", ORDER | {"orderNumber": "removed", "id": "hidden"})
    run = judge(har(written, read_dataset("12:05:00")))
    assert len(run.companies[0].datasets) == 1


def test_a_dataset_id_that_was_removed_is_that_of_the_next_read() -> None:
    written = changed("response", content={"text": "[redacted]"})
    run = judge(har(written, read_dataset("12:05:00", "d-9")))
    assert [each.id for each in run.companies[0].datasets] == ["d-9"]


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
    ],
)
@given(body=st.binary(min_size=1, max_size=2000))
@settings(max_examples=20)
def test_a_compressed_body_is_decoded(
    encoding: str, encode: Callable[[bytes], bytes], body: bytes
) -> None:
    body = b"{" + body
    sent = encode(body)
    headers = (("Content-Encoding", encoding),)
    if sent[:1] not in (b"{", b"[", b'"'):  # a plain body despite its header stays unchanged
        assert decode_body(sent, headers) == body
        assert decode_body(sent[: len(sent) // 2], headers) in (None, sent[: len(sent) // 2])
    assert decode_body(body, headers) == body


def values(draw_from: Any) -> Any:
    """Replace any part of a HAR by another value."""
    odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    odd |= st.just([]) | st.just({}) | st.just([None])
    if isinstance(draw_from, dict):
        return st.fixed_dictionaries({key: values(each) for key, each in draw_from.items()}) | odd
    if isinstance(draw_from, list):
        return st.tuples(*map(values, draw_from)).map(list) | odd
    return st.just(draw_from) | odd


@given(st.tuples(*map(values, JSON["log"]["entries"])).map(list))
@settings(max_examples=150, deadline=None)
def test_entries_of_any_kind_neither_refuse_the_file_nor_hide_the_good_ones(odd: list[Any]) -> None:
    good = push("11:00:00", ORDER), push("11:30:00", ORDER, dataset="d-2")
    content = json.dumps({"log": {"entries": [*good, *odd]}}).encode()
    found = read_har(content)
    assert len(found.requests) + len(found.skipped) == len(odd) + 2
    run = replay(found.requests, Settings())
    assert not run.failures
    assert "S03" in codes(run)
    assert run.companies[0].id == COMPANY


def test_entries_of_other_hosts_are_only_counted() -> None:
    other = entry("12:01:00", "GET", "/logo.gif")
    other["request"]["url"] = "https://cdn.example.com/logo.gif"
    other["response"]["content"] = {"text": "###", "encoding": "base64"}
    found = read_har(har(other, *GOOD))
    assert found.oddities == [
        "Bodies that are not base64, although they say so, which are not judged: 1."
    ]
    run = replay(found.requests, Settings())
    assert run.notes[0] == "2 of 3 recorded requests are to the API."
    assert codes(run) == codes(judge(har(*GOOD)))
