"""The driver polls datasets as a correct integration does, unless polling is stopped."""

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
    """A company that is linked and configured, on Monday at noon."""
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        made = SandboxDriver(http, "k")
        made.set_up("Café")
        made.at(MONDAY, "12:00")
        yield made


def polls(driver: SandboxDriver) -> list[str]:
    """When datasets were read, as `HH:MM:SS`."""
    found = driver.call("GET", "/_mock/requests?operation=get-dataset")["requests"]
    return [request["at"][11:19] for request in found]


def test_a_dataset_is_polled_at_growing_intervals_until_it_has_ended(driver: SandboxDriver) -> None:
    driver.push("commerce-orders", ORDERS)
    driver.at(MONDAY, "13:00")
    driver.advance(hours=1)
    assert polls(driver) == ["12:00:03", "12:00:09"]


def test_a_dataset_that_never_ends_is_polled_less_and_less_often(driver: SandboxDriver) -> None:
    driver.plan_outcome("dataset", stuckIn="Mapping")
    driver.push("commerce-orders", ORDERS)
    driver.advance(minutes=2)
    assert polls(driver) == ["12:00:03", "12:00:09", "12:00:21", "12:00:45", "12:01:33"]


def test_a_dataset_whose_end_was_read_explicitly_is_not_polled_again(driver: SandboxDriver) -> None:
    dataset = driver.push("commerce-orders", ORDERS)
    driver.advance_to_next_event()
    while not driver.dataset(dataset)["isCompleted"]:
        driver.advance_to_next_event()
    before = polls(driver)
    driver.at(TUESDAY, "09:00")
    assert polls(driver) == before


def test_a_refused_poll_is_repeated(driver: SandboxDriver) -> None:
    driver.plan_fault("refuse", "get-dataset", status=500, at=[1, 2])
    driver.push("commerce-orders", ORDERS)
    driver.at(MONDAY, "13:00")
    assert polls(driver)[-1] == "12:00:21"


def test_stop_polling_lasts_until_the_next_reset(
    driver: SandboxDriver,
) -> None:
    driver.stop_polling()
    driver.push("commerce-orders", ORDERS)
    driver.at(TUESDAY, "09:00")
    assert polls(driver) == []
    driver.set_up("Café")
    driver.push("commerce-orders", ORDERS)
    driver.advance(minutes=1)
    assert polls(driver) == ["09:00:03", "09:00:09"]
