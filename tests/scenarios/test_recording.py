"""The recorded fixtures equal what the documented command writes."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from reconciling_sales import assert_sales_add_up

from codat_fixtures import load, load_bytes, names
from codat_scenarios.merchants.money import digits_of
from codat_scenarios.recording import day_names, record_day, record_worked_example

TRAFFIC = "traffic/worked-example"


def without_names(value: Any) -> Any:
    """A day without names of people and places, which depend on the version of faker."""
    if isinstance(value, dict):
        return {key: without_names(part) for key, part in value.items() if key != "name"}
    return [without_names(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", day_names())
def test_a_recorded_day_equals_the_generated_one(name: str) -> None:
    made = msgspec.json.decode(record_day(day_names()[name]))
    assert without_names(made) == without_names(msgspec.json.decode(load_bytes(name)))


@pytest.mark.parametrize("name", day_names())
def test_a_recorded_day_adds_up_and_reconciles(name: str) -> None:
    day = load(name)
    assert len(day["orders"]) >= 10
    digits = digits_of(day["currency"])
    assert_sales_add_up(day["orders"], day["payments"], day["transactions"], digits)


def test_some_recorded_day_has_changes_and_all_are_small() -> None:
    assert any(load(name)["changes"] for name in day_names())
    recorded = [*day_names(), TRAFFIC]
    assert sum(len(load_bytes(name)) for name in recorded) < 300_000
    assert set(recorded) <= set(names())


def test_the_recorded_traffic_equals_the_generated_traffic_byte_for_byte() -> None:
    assert record_worked_example() == load_bytes(TRAFFIC)


def test_the_traffic_is_har_from_creating_the_company_to_the_sync() -> None:
    log = load(TRAFFIC)["log"]
    assert log["version"] == "1.2"
    called = [
        (entry["request"]["method"], re.sub(r"[0-9a-f-]{36}", "ID", entry["request"]["url"]))
        for entry in log["entries"]
    ]
    at = "http://127.0.0.1:4620"
    history = ("GET", f"{at}/meta/companies/ID/pull/history/ID")
    assert called == [
        ("POST", f"{at}/meta/companies/sync"),
        ("POST", f"{at}/meta/companies/ID/connections"),
        ("GET", f"{at}/config/companies/ID/sync/commerce"),
        ("POST", f"{at}/config/companies/ID/sync/commerce"),
        *(
            ("POST", f"{at}/data/companies/ID/sync/commerce-{name}")
            for name in ("orders", "payments", "transactions")
        ),
        *[history] * 6,
        ("GET", f"{at}/meta/companies/ID/sync/commerce/status"),
    ]
    moments = [entry["startedDateTime"] for entry in log["entries"]]
    assert moments == sorted(moments)
    assert {entry["response"]["status"] for entry in log["entries"]} == {200}


def test_the_traffic_shows_datasets_in_progress_and_a_successful_sync() -> None:
    texts = [entry["response"]["content"]["text"] for entry in load(TRAFFIC)["log"]["entries"]]
    statuses = [msgspec.json.decode(text)["status"] for text in texts[-7:-1]]
    assert statuses == ["Mapping"] * 3 + ["Complete"] * 3
    assert msgspec.json.decode(texts[-1])["syncStatusCode"] == 2000


def test_the_traffic_contains_no_local_path_and_no_real_key() -> None:
    for entry in load(TRAFFIC)["log"]["entries"]:
        headers = {header["name"]: header["value"] for header in entry["request"]["headers"]}
        assert headers["authorization"] == "Basic d29ya2VkLWV4YW1wbGU="  # worked-example
    assert b"/home" not in load_bytes(TRAFFIC)
