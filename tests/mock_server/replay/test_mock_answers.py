"""The mock's own status for a recorded request, beside the recorded one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push, read_dataset

from codat_mock.har.reader import read_har
from codat_mock.replay import replay
from codat_mock.replay.mock_answers import MockStatus, other_statuses
from codat_mock.sandbox import SandboxRegistry, Settings

HISTORY = f"/meta/companies/{COMPANY}/pull/history"


def others(*entries: dict[str, Any]) -> list[MockStatus]:
    return other_statuses(read_har(har(*entries)).requests)


def test_of_nothing_there_is_no_other_status() -> None:
    assert others() == []


@pytest.mark.parametrize(
    ("record", "recorded", "mock"),
    [
        (ORDER, 200, None), (ORDER, 400, 200), ({"id": 5}, 400, None), ({"id": 5}, 200, 400),
        (ORDER, 0, None), (ORDER, 401, None), (ORDER, 404, None), (ORDER, 429, None),
        (ORDER, 500, None), ({"id": 5}, 500, None), ({"id": "[REDACTED]"}, 400, None),
    ],
)  # fmt: skip
def test_a_push_is_answered_by_its_body(
    record: dict[str, Any], recorded: int, mock: int | None
) -> None:
    found = others(push("12:00:00", ORDER), push("12:01:00", record, status=recorded))
    assert found == ([] if mock is None else [MockStatus("push-orders", recorded, mock)])


@pytest.mark.parametrize(
    ("path", "recorded", "mock"),
    [
        (f"{HISTORY}/d-1", 200, None), (f"{HISTORY}/none", 404, None),
        (f"{HISTORY}/d-1", 404, 200), (f"{HISTORY}/d-1", 400, 200), (f"{HISTORY}/d-1", 401, None),
        (f"{HISTORY}/d-1", 429, None), (f"{HISTORY}/d-1", 503, None), (f"{HISTORY}/d-1", 0, None),
        (f"{HISTORY}/none", 200, None), (f"{HISTORY}/none", 400, 404), ("/companies/x", 200, None),
        ("/meta/companies?page=0", 200, 400), ("/meta/companies?page=1&pageSize=10", 200, None),
    ],
)  # fmt: skip
def test_a_read_is_answered_if_it_does_not_depend_on_the_time_before(
    path: str, recorded: int, mock: int | None
) -> None:
    read = entry("12:01:00", "GET", path, status=recorded, answered={})
    found = others(push("12:00:00", ORDER), read)
    assert [each[1:] for each in found] == ([] if mock is None else [(recorded, mock)])


def test_only_pushes_and_reads_are_put_to_the_mock() -> None:
    made = entry("11:00:00", "POST", "/companies", {"name": ""}, answered={"id": COMPANY})
    sync = entry("12:02:00", "POST", f"/companies/{COMPANY}/sync/commerce/latest", {}, status=400)
    odd = entry("12:03:00", "GET", "/odd", status=404)
    assert others(push("12:00:00", ORDER), sync, odd, read_dataset("12:04:00")) == []
    assert others(made) == []


def test_each_request_is_put_to_it_at_its_own_time_in_their_order() -> None:
    late, early = push("12:00:00", ORDER), read_dataset("11:00:00")
    early["response"]["status"] = 404
    assert others(late, early) == []


@pytest.mark.parametrize("module", ["mock_answers", "player"])
def test_the_clock_of_the_sandbox_is_frozen_at_the_first_request(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    given: list[Settings] = []

    def make(settings: Settings) -> SandboxRegistry:
        given.append(settings)
        return SandboxRegistry(settings)

    monkeypatch.setattr(f"codat_mock.replay.{module}.SandboxRegistry", make)
    found = read_har(har(read_dataset("12:05:00"), push("12:00:00", ORDER))).requests
    if module == "player":
        replay(found, Settings(speed=5))
    else:
        other_statuses(found)
    assert [(each.speed, each.start_at) for each in given] == [
        (0, datetime(2022, 3, 21, 12, tzinfo=UTC))
    ]
