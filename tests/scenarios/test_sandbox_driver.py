"""The stage's integration behaves well unless it is told not to."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.week import MONDAY, TUESDAY

ORDERS = [{"id": "A-1", "createdDate": "2022-03-21T10:00:00Z", "totalAmount": 12}]


@pytest.fixture
def driver() -> Iterator[SandboxDriver]:
    """A company that is linked and configured, on Monday at nine."""
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        made = SandboxDriver(http, "k")
        made.set_up("Café")
        made.at(MONDAY, "12:00")
        yield made


def looks(driver: SandboxDriver) -> list[str]:
    """When datasets were read, as `HH:MM:SS`."""
    found = driver.call("GET", "/_mock/requests?operation=get-dataset")["requests"]
    return [request["at"][11:19] for request in found]


def test_a_dataset_is_read_at_growing_intervals_until_it_has_ended(driver: SandboxDriver) -> None:
    driver.push("commerce-orders", ORDERS)
    driver.at(MONDAY, "13:00")
    driver.advance(hours=1)
    assert looks(driver) == ["12:00:03", "12:00:09"]


def test_one_that_never_ends_is_read_ever_more_seldom(driver: SandboxDriver) -> None:
    driver.plan_outcome("dataset", stuckIn="Mapping")
    driver.push("commerce-orders", ORDERS)
    driver.advance(minutes=2)
    assert looks(driver) == ["12:00:03", "12:00:09", "12:00:21", "12:00:45", "12:01:33"]


def test_one_that_was_read_to_its_end_by_hand_is_not_read_again(driver: SandboxDriver) -> None:
    dataset = driver.push("commerce-orders", ORDERS)
    driver.advance_to_next_event()
    while not driver.dataset(dataset)["isCompleted"]:
        driver.advance_to_next_event()
    read = looks(driver)
    driver.at(TUESDAY, "09:00")
    assert looks(driver) == read


def test_a_refused_look_is_made_again(driver: SandboxDriver) -> None:
    driver.plan_fault("refuse", "get-dataset", status=500, at=[1, 2])
    driver.push("commerce-orders", ORDERS)
    driver.at(MONDAY, "13:00")
    assert looks(driver)[-1] == "12:00:21"


def test_who_looks_away_reads_nothing_until_the_stage_begins_anew(driver: SandboxDriver) -> None:
    driver.stop_polling()
    driver.push("commerce-orders", ORDERS)
    driver.at(TUESDAY, "09:00")
    assert looks(driver) == []
    driver.set_up("Café")
    driver.push("commerce-orders", ORDERS)
    driver.advance(minutes=1)
    assert looks(driver) == ["09:00:03", "09:00:09"]
