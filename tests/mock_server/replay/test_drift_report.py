"""The report of differences: which are new, known or gone, and its three forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push, read_dataset

from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import read_har
from codat_mock.replay.drift import (
    Difference,
    Drift,
    Duration,
    answer_differences,
    drift_of,
    durations,
    state_differences,
)
from codat_mock.replay.drift_report import as_html, as_json, compared, headline, line
from codat_mock.replay.observed import ObservedTraffic
from codat_mock.replay.routes import call_of, calls

A = Difference("get-dataset", "type", "$.progress", "recorded string, documented integer")
B = Difference("push-orders", "status", "", "recorded 418, documented 200")
C = Difference("push-orders", "status", "", "recorded 419, documented 200")


def test_a_difference_is_new_or_known_and_a_known_one_may_be_gone() -> None:
    drift = Drift(7, {A: 2, B: 1}, [])
    shown = compared(drift, [B, C, C])
    assert (shown.new, shown.gone) == ([A], [C])
    assert headline(shown) == "7 answers compared: 1 new difference, 1 known, 1 gone."
    both = compared(Drift(1, {A: 2, B: 1}, []), [])
    assert headline(both) == "1 answer compared: 2 new differences, 0 known, 0 gone."
    assert compared(drift, [C, B, A]).gone == [C]


def test_a_difference_is_a_line() -> None:
    assert line(A) == "get-dataset $.progress: type: recorded string, documented integer"
    assert line(B) == "push-orders: status: recorded 418, documented 200"


def test_the_report_as_json_has_each_number() -> None:
    drift = Drift(7, {A: 2, B: 1}, [Duration("dataset", 3, 1.5, 2.25)])
    shown = json.loads(as_json(compared(drift, [B, C])))
    assert shown == {
        "compared": 7,
        "differences": [
            {"operation": "get-dataset", "kind": "type", "path": "$.progress",
             "detail": A.detail, "count": 2, "isKnown": False},
            {"operation": "push-orders", "kind": "status", "path": "", "detail": B.detail,
             "count": 1, "isKnown": True},
        ],
        "gone": [{"operation": "push-orders", "kind": "status", "path": "", "detail": C.detail}],
        "durations": [{"of": "dataset", "count": 3, "medianSeconds": 1.5, "maxSeconds": 2.25}],
    }  # fmt: skip
    assert b"7 answers compared" in as_html(compared(drift, []))


def recorded(*entries: dict[str, Any]) -> list[Recorded]:
    return [*read_har(har(*entries)).requests]


def test_how_long_things_took_is_in_seconds_by_what_they_were() -> None:
    late = {"requested": "2022-03-21T12:00:00Z", "completed": "2022-03-21T12:00:07.5Z"}
    found = calls(recorded(
        push("12:00:00", ORDER, milliseconds=100), push("12:01:00", ORDER, milliseconds=200.0016),
        push("12:02:00", ORDER, milliseconds=600.0016, dataset="d-2"),
        push("12:03:00", ORDER, milliseconds=900, status=0), read_dataset("12:04:00", **late),
        read_dataset("12:05:00", "d-2"), entry("12:06:00", "GET", "/odd", status=404),
    ))  # fmt: skip
    assert durations(found, ObservedTraffic(found)) == [
        Duration("dataset", 1, 7.5, 7.5),
        Duration("get-dataset", 2, 0.05, 0.05),
        Duration("push-orders", 3, 0.200002, 0.600002),
    ]
    assert durations([], ObservedTraffic([])) == []


def answer(status: int = 200, body: bytes | None = b"{}", path: str = "") -> Recorded:
    [found] = recorded(entry("12:00:00", "GET", path or f"/companies/{COMPANY}", status=status))
    return Recorded(
        started=found.started, seconds=0, method="GET", url=found.url, status=status, answered=body
    )


@pytest.mark.parametrize(
    ("status", "body", "kinds"),
    [
        (200, None, []), (200, b"", []), (200, b"<html>", ["not-json"]), (404, b"<html>", []),
        (201, None, ["status"]), (418, None, ["status"]), (404, None, []), (401, None, []),
        (404, b"{}", ["missing-property"] * 3), (200, b"[]", ["type"]), (404, b"[]", ["type"]),
        (418, b"[]", ["status", "type"]), (500, b"", []), (505, b"", ["status"]),
        (299, b"<", ["status", "not-json"]),
    ],
)  # fmt: skip
def test_an_answer_is_compared_with_what_is_documented_of_its_status(
    status: int, body: bytes | None, kinds: list[str]
) -> None:
    found = [*answer_differences("get-company", answer(status, body))]
    assert [each.kind for each in found] == kinds
    assert {each.operation for each in found} <= {"get-company"}
    for each in found:
        if each.kind == "status":
            assert each.detail.startswith(f"recorded {status}, documented 200, 4")


def test_an_answer_s_difference_counts_once_and_each_answer_with_it() -> None:
    items = [{"id": 1}, {"id": 2}]
    page = {"results": items, "pageNumber": 1, "pageSize": 1, "totalResults": 2, "_links": {}}
    listed = entry("12:00:00", "GET", "/companies", answered=page)
    again = entry("12:01:00", "GET", "/companies", answered=page)
    drift = drift_of(recorded(again, listed, entry("12:02:00", "GET", "/companies", status=0)))
    counts = {each.path: count for each, count in drift.differences.items() if each.kind == "type"}
    assert counts["$.results[*].id"] == 2
    assert drift.compared == 2
    assert [*drift.differences] == sorted(drift.differences)


def test_of_a_status_that_is_not_documented_the_mock_s_own_is_not_named_as_well() -> None:
    odd = push("12:00:00", {"id": 5}, status=201)
    [found] = [each for each in drift_of(recorded(odd)).differences if each.kind == "status"]
    assert found.detail.startswith("recorded 201, documented 200")
    twice = push("12:00:00", {"id": 5}), push("12:01:00", {"id": 5}, dataset="d-2")
    plain = drift_of(recorded(*twice)).differences
    [other] = [each for each in plain if each.kind == "status"]
    assert other == Difference("push-orders", "status", "", "recorded 200, the mock answers 400")
    assert plain[other] == 2


def test_a_request_of_another_service_is_not_compared() -> None:
    other = entry("12:00:00", "GET", "/odd", status=200)
    assert drift_of(recorded(other)).compared == 0
    assert call_of(recorded(other)[0]).operation == ""


STATUS = f"/meta/companies/{COMPANY}/sync/commerce/status"
CONFIGURATION = f"/config/companies/{COMPANY}/sync/commerce"


def sync(at: str, code: int, hour: int) -> dict[str, Any]:
    period = {"start": "2022-03-20T03:00:00Z", "finish": f"2022-03-21T{hour:02}:00:00Z"}
    answered = {"syncId": "s", "syncStatusCode": code, "syncDateRangeUtc": period}
    return entry(at, "GET", STATUS, answered=answered)


def test_states_and_times_that_the_mock_would_not_show_are_differences_each() -> None:
    daily = {"startDate": "2022-03-01T00:00:00Z", "syncHourUtc": 3, "timeZone": "UTC",
             "selectedFrequency": "Daily"}  # fmt: skip
    mapping = {"configured": True, "enabled": True, "schedule": daily}
    early = {"requested": "2022-03-21T12:00:00Z", "completed": "2022-03-21T11:00:00Z"}
    found = calls(recorded(
        entry("11:00:00", "GET", CONFIGURATION, answered=mapping), read_dataset("12:01:00"),
        read_dataset("12:02:00", status="Mapping", **early), sync("12:03:00", 2000, 5),
        sync("12:04:00", 5000, 5),
    ))  # fmt: skip
    assert [*state_differences(ObservedTraffic(found))] == [
        Difference("get-dataset", "state-order", "$.status", "recorded Mapping after Complete"),
        Difference("get-sync", "state-order", "$.syncStatusCode", "recorded code 5000 after 2000"),
        Difference("get-dataset", "time", "$.completed",
                   "recorded before the dataset was requested"),
        Difference("get-sync", "time", "$.syncDateRangeUtc.finish",
                   "recorded at another time than the recorded schedule's"),
    ]  # fmt: skip
