"""HTTP archives: read as their recorders write them, and written without secrets."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from har_samples import ORDER, entry, har, push
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from codat_fixtures import load_bytes
from codat_mock.domain.redaction import clean_url
from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import BadHar, read_har
from codat_mock.har.writer import write_har

BODY = json.dumps({"orders": [ORDER]}).encode()


def only(**changes: Any) -> Recorded:
    """What a push is read as whose request or answer a recorder wrote otherwise."""
    written = push("12:00:00", ORDER)
    for name, value in changes.items():
        part, _, property_name = name.partition("_")
        target = written if part == "entry" else written[part]
        target[property_name] = value
    [found] = read_har(har(written)).requests
    return found


def test_a_push_is_read_as_chromium_writes_it() -> None:
    pseudo = [{"name": ":path", "value": "/x"}, {"name": "accept", "value": "*/*"}]
    found = only(request_headers=pseudo, request_httpVersion="http/2.0", entry__priority="High")
    assert found.started == datetime(2022, 3, 21, 12, tzinfo=UTC)
    assert (found.seconds, found.status, found.sent) == (0.05, 200, BODY)
    assert found.headers == (("accept", "*/*"),)


def test_a_time_with_an_offset_is_converted_to_utc() -> None:
    assert only(entry_startedDateTime="2022-03-21T13:00:00.000+01:00").started.hour == 12


def test_a_base64_body_is_decoded() -> None:
    text = b64encode(b'{"datasetId":"d-2"}').decode()
    found = only(response_content={"text": text, "encoding": "base64", "mimeType": "x"})
    assert found.answered == b'{"datasetId":"d-2"}'


@pytest.mark.parametrize("is_unpacked", [True, False])
def test_a_compressed_body_is_decoded_unless_the_recorder_has_done_so(is_unpacked: bool) -> None:
    sent = BODY if is_unpacked else gzip.compress(BODY)
    headers = [{"name": "Content-Encoding", "value": "gzip"}]
    data = {"text": b64encode(sent).decode(), "encoding": "base64"}
    assert only(request_headers=headers, request_postData=data).sent == BODY


def test_a_body_that_cannot_be_decoded_counts_as_not_recorded() -> None:
    headers = [{"name": "content-encoding", "value": "br"}]
    data = {"text": b64encode(b"\x0b\x02").decode(), "encoding": "base64"}
    assert only(request_headers=headers, request_postData=data).sent is None


def test_a_body_that_was_not_recorded_is_not_empty() -> None:
    written = entry("12:00:00", "POST", "/companies")
    assert read_har(har(written)).requests[0].sent is None
    written["request"]["bodySize"] = 0
    assert read_har(har(written)).requests[0].sent == b""


def test_a_request_without_an_answer_has_status_0() -> None:
    assert only(entry_response=None).status == 0
    assert only(response_status=None).status == 0


def test_requests_are_sorted_by_time() -> None:
    found = read_har(har(push("12:00:01"), push("11:00:00"))).requests
    assert [each.started.hour for each in found] == [11, 12]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "$: the file is empty."),
        (b"[]", "$: expected an object."),
        (b'{"log": 5}', "$.log: expected an object."),
        (b'{"log": {}}', "$.log.entries: expected a list."),
        (har(push("12:00:00"), push("12:00:01"))[:-60], "$.log.entries[1].response"),
        (b'{"log": {"entries": [}}', "$.log.entries[0]: invalid JSON, at byte 21."),
        (b'{"log": {"entries": [{"a', "$.log.entries[0]: the file ends too early, at byte 24."),
    ],
)
def test_an_invalid_har_is_refused_with_a_json_path(content: bytes, message: str) -> None:
    with pytest.raises(BadHar) as wrong:
        read_har(content)
    assert message in str(wrong.value)
    assert "\n" not in str(wrong.value)


@given(st.integers(0, 2000))
def test_a_har_truncated_anywhere_is_refused(length: int) -> None:
    whole = load_bytes("traffic/worked-example")
    with pytest.raises(BadHar):
        read_har(whole[:length])


def test_a_written_har_is_read_back_unchanged() -> None:
    recorded = read_har(load_bytes("traffic/worked-example")).requests
    for before, after in zip(recorded, read_har(write_har(recorded)).requests, strict=True):
        assert ("authorization", "removed") in after.headers
        assert replace(after, headers=before.headers) == before


def test_binary_bodies_survive_writing_and_reading() -> None:
    body = b"\xff\x00"
    kept = Recorded(
        started=datetime(2022, 3, 21, tzinfo=UTC), seconds=1.5, method="POST", url="http://h/",
        status=200, sent=body, answered=body,
    )  # fmt: skip
    [found] = read_har(write_har([kept])).requests
    assert (found.sent, found.answered, found.seconds) == (body, body, 1.5)


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://h/p?apiKey=s3&page=2", "https://h/p?apiKey=removed&page=2"),
        ("https://h/p?access_token=s3", "https://h/p?access_token=removed"),
        ("https://me:s3@h:8/p?monkey=1&author=x", "https://h:8/p?monkey=1&author=x"),
        ("https://h/p", "https://h/p"),
    ],
)
def test_only_secrets_are_removed_from_a_url(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-Csrf-Token", "Ocp-Subscription-Key"],
)
def test_the_value_of_a_secret_header_is_removed(name: str) -> None:
    kept = Recorded(
        started=datetime(2022, 3, 21, tzinfo=UTC), seconds=0, method="GET", url="http://h/",
        status=200, headers=((name, "s3cret"),), answered_headers=((name, "s3cret"),),
    )  # fmt: skip
    written = write_har([kept])
    assert b"s3cret" not in written
    assert written.count(name.encode()) == 2
