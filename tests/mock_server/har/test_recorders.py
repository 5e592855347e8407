"""The habits of the programs that write HAR files: the same traffic is judged alike from each."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from har_samples import ORDER, entry, har, push, read_dataset

from codat_mock.har.reader import read_har
from codat_mock.replay import replay
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

Entry = dict[str, Any]
Habit = Callable[[Entry], Any]
TRAFFIC = (
    push("12:00:00", ORDER),
    read_dataset("12:05:00"),
    push("12:10:00", ORDER, dataset="d-2"),  # without a change: S03
    read_dataset("12:15:00", "d-2"),
)


def judge(content: bytes) -> Run:
    return replay(read_har(content).requests, Settings())


def verdict(run: Run) -> list[tuple[str, int]]:
    return sorted((each.code, each.count) for each in run.judgement.findings)


def in_base64(body: dict[str, Any]) -> None:
    body["text"] = b64encode(body["text"].encode()).decode()
    body["encoding"] = "base64"


def with_own_properties(written: Entry) -> None:
    written["_initiator"] = {"type": "script"}
    written["_resourceType"] = "fetch"
    written["time"] = 50.123999999761581
    written["request"]["headers"].append({"name": ":authority", "value": "api.codat.io"})


def with_the_local_offset(written: Entry) -> None:
    hour, rest = written["startedDateTime"][11:13], written["startedDateTime"][13:-1]
    written["startedDateTime"] = f"2022-03-21T{int(hour) + 1}{rest}.000+01:00"


def with_empty_lists(written: Entry) -> None:
    written["request"] |= {"cookies": [], "queryString": []}
    written["request"].setdefault("postData", {"mimeType": ""})["params"] = []


def with_microseconds(written: Entry) -> None:
    written["startedDateTime"] = written["startedDateTime"][:-1] + ".000000+00:00"


def with_parameters_of_the_body(written: Entry) -> None:
    if post := written["request"].get("postData"):
        post["params"] = [{"name": post["text"], "value": ""}]


def with_bodies_in_base64(written: Entry) -> None:
    in_base64(written["response"]["content"])


def with_compressed_bodies(written: Entry) -> None:
    content = written["response"]["content"]
    packed = gzip.compress(content["text"].encode(), mtime=0)
    content |= {"text": b64encode(packed).decode(), "encoding": "base64"}
    written["response"]["headers"].append({"name": "Content-Encoding", "value": "gzip"})


def with_no_timings(written: Entry) -> None:
    written |= {"time": -1, "timings": {"send": -1, "wait": -1, "receive": -1}}


def with_seven_digits(written: Entry) -> None:
    written["startedDateTime"] = written["startedDateTime"][:-1] + ".0000000+00:00"


def with_the_port(written: Entry) -> None:
    request = written["request"]
    request["url"] = request["url"].replace("api.codat.io", "api.codat.io:443")


def with_nulls(written: Entry) -> None:
    written["request"].setdefault("postData", None)
    written |= {"pageref": None, "cache": None, "comment": None}


def with_little(written: Entry) -> None:
    del written["time"]
    written["request"].pop("headers")
    written["response"].pop("headers")


def as_written(_written: Entry) -> None:
    """Change nothing in an entry: the habit is in the file or beside the entries."""


def failed() -> Entry:
    """A request that never arrived."""
    other = entry("12:01:00", "GET", "/companies")
    other["response"] = {"status": 0, "headers": [], "content": {}, "_error": "net::ERR_FAILED"}
    return other


def tunnel() -> Entry:
    """The opening of a tunnel."""
    other = entry("11:59:59", "CONNECT", "")
    other["request"]["url"] = "api.codat.io:443"
    other["response"]["content"] = {}
    return other


# By recorder and habit: what it changes in each entry, what it adds, and what it does to the file.
HABITS: dict[str, tuple[Habit, tuple[Entry, ...], Callable[[bytes], bytes]]] = {
    "Chrome, own properties and pseudo-headers": (with_own_properties, (), bytes),
    "Chrome, a request that failed": (as_written, (failed(),), bytes),
    "Firefox, local times": (with_the_local_offset, (), bytes),
    "Firefox, empty lists": (with_empty_lists, (), bytes),
    "mitmproxy, microseconds": (with_microseconds, (), bytes),
    "mitmproxy, a body as parameters too": (with_parameters_of_the_body, (), bytes),
    "Charles, bodies in base64": (with_bodies_in_base64, (), bytes),
    "Charles, bodies as they were compressed": (with_compressed_bodies, (), bytes),
    "Charles, times of -1": (with_no_timings, (), bytes),
    "Fiddler, seven digits of a second": (with_seven_digits, (), bytes),
    "Fiddler, a byte-order mark": (as_written, (), lambda content: b"\xef\xbb\xbf" + content),
    "Fiddler, tunnels": (as_written, (tunnel(),), bytes),
    "Proxyman, ports in URLs": (with_the_port, (), bytes),
    "Proxyman, nulls": (with_nulls, (), bytes),
    "Insomnia, neither times nor headers": (with_little, (), bytes),
}


@pytest.mark.parametrize("habit", HABITS)
def test_the_same_traffic_is_judged_alike(habit: str) -> None:
    change, others, pack = HABITS[habit]
    entries = deepcopy(TRAFFIC)
    for written in entries:
        change(written)
    assert pack(har(*others, *entries)) != har(*TRAFFIC)
    run = judge(pack(har(*others, *entries)))
    assert verdict(run) == verdict(judge(har(*TRAFFIC)))
    assert ("S03", 1) in verdict(run)
