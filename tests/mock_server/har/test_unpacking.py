"""Compressed bodies and files are unpacked up to a number of bytes, whatever they say."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from codat_mock.cli.main import main
from codat_mock.har import unpacking
from codat_mock.har.exchange import decode_body
from codat_mock.har.reader import BadHar, read_har
from codat_mock.har.unpacking import Budget
from codat_mock.models.decoding import MAX_DEPTH, is_too_deep

MEBIBYTE = 1 << 20
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    """A few kilobytes for each encoding, which unpack to 300 MiB; gzip also within gzip."""
    zeros = bytes(MEBIBYTE)

    def packed(packer: Any) -> bytes:
        return b"".join([packer.compress(zeros) for _ in range(300)] + [packer.flush()])

    class Brotli:
        def __init__(self) -> None:
            self._packer = brotli.Compressor(quality=3)
            self.compress, self.flush = self._packer.process, self._packer.finish

    found = {
        "gzip": packed(zlib.compressobj(9, zlib.DEFLATED, 31)),
        "deflate": packed(zlib.compressobj(9)),
        "br": packed(Brotli()),
        "zstd": packed(zstandard.ZstdCompressor().compressobj()),
    }
    found["gzip, gzip"] = gzip.compress(found["gzip"])
    found["gzip, zstd, br"] = brotli.compress(zstandard.ZstdCompressor().compress(found["gzip"]))
    return found


def entry(body: bytes, encoding: str) -> dict[str, Any]:
    """An entry whose body is compressed, in a HAR file."""
    return {
        "startedDateTime": "2022-03-21T08:00:00Z",
        "time": 1,
        "request": {
            "method": "POST",
            "url": "http://h/data/companies/c/sync/commerce-orders",
            "headers": [{"name": "Content-Encoding", "value": encoding}],
            "postData": {"text": b64encode(body).decode(), "_encoding": "base64"},
        },
        "response": {"status": 200, "headers": [], "content": {"text": "{}"}},
    }


def har(*entries: dict[str, Any]) -> bytes:
    """A HAR file."""
    return json.dumps({"log": {"entries": [*entries]}}).encode()


def peak_of(function: Callable[[], Any]) -> tuple[Any, int]:
    """What a function gives, and how many bytes Python needed for it at most."""
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "gzip, zstd, br"]
)
def test_a_body_that_unpacks_to_very_much_is_not_judged(
    bombs: dict[str, bytes], encoding: str
) -> None:
    headers = (("Content-Encoding", encoding),)
    found, peak = peak_of(lambda: decode_body(bombs[encoding], headers))
    assert found is None
    assert peak < 2 * unpacking.MAX_BODY_BYTES + 40 * MEBIBYTE


def test_many_bodies_share_what_may_be_unpacked_of_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpacking, "MAX_BODY_BYTES", MEBIBYTE)
    packed = gzip.compress(bytes(MEBIBYTE - 1))
    budget = Budget(10 * MEBIBYTE)
    headers = (("Content-Encoding", "gzip"),)
    found = [decode_body(packed, headers, budget) for _ in range(1000)]
    assert sum(body is not None for body in found) == 10
    assert budget.refused == 990
    assert decode_body(packed, (("Content-Encoding", ", gzip" * 10_000),)) is None


def test_a_file_says_how_many_bodies_were_too_large(bombs: dict[str, bytes]) -> None:
    read = read_har(har(entry(bombs["gzip"], "gzip"), entry(gzip.compress(b"{}"), "gzip")))
    assert sorted(each.sent or b"" for each in read.requests) == [b"", b"{}"]
    [oddity] = read.oddities
    assert oddity.startswith("Bodies that unpack to more than 64 MiB")
    assert oddity.endswith(": 1.")


def test_a_compressed_file_that_unpacks_to_very_much_is_refused(bombs: dict[str, bytes]) -> None:
    def read() -> str:
        with pytest.raises(BadHar) as refused:
            read_har(bombs["gzip"])
        return str(refused.value)

    reason, peak = peak_of(read)
    assert reason == "$: gzip that unpacks to more than 256 MiB."
    assert peak < 300 * MEBIBYTE
    with pytest.raises(BadHar):
        read_har(bombs["gzip, gzip"])


def test_the_log_unpacks_no_more_for_its_export(http: Any, bombs: dict[str, bytes]) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for _ in range(3):
        answer = http.post("/meta/companies/sync", content=bombs["gzip"], headers=headers)
        assert answer.status_code == 413
    exported, peak = peak_of(lambda: http.get("/_mock/requests?format=har"))
    assert len(exported.json()["log"]["entries"]) == 3
    assert peak < 2 * unpacking.MAX_BODY_BYTES + 40 * MEBIBYTE


@settings(max_examples=40)
@given(st.binary(max_size=5000), st.lists(st.sampled_from([*PACKERS]), min_size=1, max_size=4))
def test_what_is_packed_is_unpacked(body: bytes, encodings: list[str]) -> None:
    packed = body
    for encoding in encodings:
        packed = PACKERS[encoding](packed)
    assert Budget().unpack(packed, encodings) == body


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=2000), st.sampled_from([*PACKERS]), st.data())
def test_what_is_cut_off_is_not(body: bytes, encoding: str, data: st.DataObject) -> None:
    packed = PACKERS[encoding](body)
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    assert Budget().unpack(cut, [encoding]) is None


json_texts = st.recursive(
    st.none() | st.text('a[]{}"\\\n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"[\\'), inner, max_size=3),
)


def depth_of(value: Any) -> int:
    """How many levels a value has."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(map(depth_of, inner), default=0) + isinstance(value, dict | list)


@given(json_texts, st.integers(MAX_DEPTH - 8, MAX_DEPTH + 1))
def test_the_depth_of_json_is_that_of_its_brackets_outside_of_strings(
    value: Any, around: int
) -> None:
    text = json.dumps(value).encode()
    body = b'{"[":[' * (around // 2) + text + b"]}" * (around // 2)
    assert is_too_deep(body) == (depth_of(value) + around // 2 * 2 > MAX_DEPTH)


@pytest.mark.parametrize("levels", [1000, 100_000])
def test_a_recorded_body_that_is_nested_deeply_is_not_judged(levels: int, tmp_path: Any) -> None:
    deep = b'{"orders":' + b"[" * levels + b"]" * levels + b"}"
    plain = entry(deep, "identity")
    plain["response"]["content"] = {"text": deep.decode()}
    file = tmp_path / "t.har"
    file.write_bytes(har(plain, entry(gzip.compress(deep), "gzip")))
    assert [each.sent for each in read_har(file.read_bytes()).requests] == [None, None]
    for command in ("judge", "drift"):
        ran = CliRunner().invoke(main, [command, str(file)])
        assert not isinstance(ran.exception, RecursionError)
        assert ran.exit_code < 6, ran.output
    file.write_bytes(har(entry(b"{}", "identity") | {"cache": json.loads("[" * 500 + "]" * 500)}))
    with pytest.raises(BadHar, match="nested deeper than 100 levels"):
        read_har(file.read_bytes())
