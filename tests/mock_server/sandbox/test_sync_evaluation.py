"""A push, an update, a delete and a dataset's end at the very moment of a sync, and beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codat_mock.clock import format_moment
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = "commerce-orders"
DUE = datetime(2022, 3, 22, 3, tzinfo=UTC)  # of the sync after the company is made
MOMENT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
TAKES = timedelta(seconds=7.7788)  # a dataset, until it is Complete
BEFORE = datetime(2022, 3, 21, 12, tzinfo=UTC)


def order(created: datetime = BEFORE, **properties: Any) -> dict[str, Any]:
    return {"id": "A", "createdDate": format_moment(created), "totalAmount": 5, **properties}


def at(driver: SandboxDriver, moment: datetime) -> None:
    driver.call("POST", "/_mock/clock/set", {"to": format_moment(moment)})


def push_others(driver: SandboxDriver) -> None:
    """Push the other types, so that none is missing."""
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])


def codes(driver: SandboxDriver) -> set[str]:
    return {each["code"] for each in driver.findings()["findings"]}


def totals(driver: SandboxDriver) -> list[float]:
    return [each["total"] for each in driver.books()["documents"]]


@pytest.fixture
def ready(driver: SandboxDriver) -> SandboxDriver:
    push_others(driver)
    return driver


def booked_at(ready: SandboxDriver, pushed: datetime, change: Callable[[], None]) -> None:
    """Change something at a moment, and let the sync run."""
    at(ready, pushed)
    change()
    at(ready, DUE)


@pytest.mark.parametrize(
    ("late", "is_booked"), [(-MOMENT, True), (0 * MOMENT, True), (MOMENT, False)]
)
def test_a_dataset_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, is_booked):
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [order()]))
    assert totals(ready) == ([5] if is_booked else [])
    assert ("S08" in codes(ready)) == (not is_booked)


@pytest.mark.parametrize(("late", "total"), [(0 * MOMENT, 7), (MOMENT, 5)])
def test_an_update_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, total):
    ready.push(ORDERS, [order()])
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [order(totalAmount=7)]))
    assert totals(ready) == [total]


@pytest.mark.parametrize(("late", "found"), [(0 * MOMENT, False), (MOMENT, True)])
def test_a_delete_that_completes_at_the_moment_of_the_sync_is_in_it(ready, late, found):
    ready.push(ORDERS, [order()])
    booked_at(ready, DUE - TAKES + late, lambda: ready.push(ORDERS, [{"id": "A"}]))
    assert totals(ready) == ([5] if found else [])
    assert ("D03" in codes(ready)) == found


def test_what_is_pushed_at_the_moment_of_the_sync_comes_after_it(ready):
    ready.push(ORDERS, [order()])
    at(ready, DUE)
    ready.push(ORDERS, [order(totalAmount=7)])
    assert "U02" in codes(ready)
    assert totals(ready) == [5]


@pytest.mark.parametrize(
    ("pushed", "created", "is_late"),
    [
        (DUE - 15 * MINUTE, BEFORE, False),
        (DUE - 15 * MINUTE + MOMENT, BEFORE, True),
        (DUE - MINUTE, DUE - 15 * MINUTE, False),
        (DUE - MINUTE, DUE - 15 * MINUTE - MOMENT, True),
        (DUE - MINUTE, datetime(2022, 3, 21, 8, tzinfo=UTC), True),
        (DUE - MINUTE, datetime(2022, 3, 21, 8, tzinfo=UTC) - MOMENT, False),
        (DUE - MINUTE, DUE, False),
    ],
)
def test_a_slow_dataset_is_late_if_it_was_pushed_shortly_before_the_sync(
    ready, pushed, created, is_late
):
    ready.plan_outcome("dataset", profile="slow", dataType=ORDERS)
    booked_at(ready, pushed, lambda: ready.push(ORDERS, [order(created)]))
    assert ("S08" in codes(ready)) == is_late


@pytest.mark.parametrize(
    ("pushed", "created", "is_late"),
    [
        (DUE - 15 * MINUTE, BEFORE, False),
        (DUE - 15 * MINUTE + MOMENT, BEFORE, True),
        (DUE - MINUTE, DUE - 15 * MINUTE, False),
        (DUE - MINUTE, DUE - 15 * MINUTE - MOMENT, True),
    ],
)
def test_a_slow_delete_is_late_if_it_was_pushed_shortly_before_the_sync(
    ready, pushed, created, is_late
):
    at(ready, DUE - 16 * MINUTE)
    ready.push(ORDERS, [order(created)])
    ready.plan_outcome("dataset", profile="slow", dataType=ORDERS)
    booked_at(ready, pushed, lambda: ready.push(ORDERS, [{"id": "A"}]))
    assert totals(ready) == [5]
    assert ("D03" in codes(ready)) == is_late


@pytest.mark.parametrize(("late", "code"), [(0 * MOMENT, 200), (MOMENT, 400)])
def test_a_sync_may_cover_all_until_now_and_no_more(ready, http, late, code):
    at(ready, DUE - MINUTE)
    body = {"syncTo": format_moment(DUE - MINUTE + late)}
    path = f"/companies/{ready.company_id}/sync/commerce/latest"
    assert http.post(path, json=body).status_code == code


@pytest.mark.parametrize(("early", "code"), [(0 * MOMENT, 200), (MOMENT, 400)])
def test_a_sync_may_be_of_nothing_and_not_end_before_it_starts(ready, http, early, code):
    at(ready, DUE)
    body = {"syncTo": format_moment(DUE - early)}
    path = f"/companies/{ready.company_id}/sync/commerce/latest"
    assert http.post(path, json=body).status_code == code


def test_a_range_of_nothing_is_none(ready, http):
    at(ready, BEFORE + MOMENT)
    body = {"start": format_moment(BEFORE), "finish": format_moment(BEFORE)}
    path = f"/meta/companies/{ready.company_id}/sync/commerce/historic"
    assert http.post(path, json={"dateRange": body}).status_code == 400
    body["finish"] = format_moment(BEFORE + MOMENT)
    assert http.post(path, json={"dateRange": body}).status_code == 200


@pytest.mark.parametrize("end", ["ConfigurationError", "MappingError", "DataProcessingError"])
def test_a_failure_that_was_planned_is_not_the_integration_s(ready, end):
    ready.push(ORDERS, [order()])
    ready.plan_outcome("sync", end)
    at(ready, DUE)
    assert ready.last_sync()["syncStatusCode"] in (4000, 4200, 5120)
    assert "B05" not in codes(ready)


def test_a_type_that_was_never_pushed_is_left_to_the_rule_about_it(driver):
    driver.push(ORDERS, [order()])
    at(driver, DUE)
    assert driver.last_sync()["syncStatusCode"] == 5120
    assert {"R01", "B05"} & codes(driver) == {"R01"}


def test_nobody_waits_for_a_dataset_whose_id_was_lost_with_the_answer(ready):
    ready.stop_polling()
    ready.plan_fault("lose", "push-orders", by="bad-gateway")
    assert ready.try_push(ORDERS, [order()]).status_code == 502
    at(ready, DUE)
    unread = [each for each in ready.findings()["findings"] if each["code"] == "S13"]
    assert totals(ready) == [5]
    assert not [name for each in unread for name in each["records"] if name.startswith("orders")]
    ready.push(ORDERS, [order(DUE, id="B")])
    at(ready, DUE + timedelta(days=1))
    unread = [each for each in ready.findings()["findings"] if each["code"] == "S13"]
    assert unread[-1]["dataType"] == ORDERS


@pytest.mark.parametrize(("is_linked", "is_found"), [(True, True), (False, False)])
def test_a_dataset_without_a_connection_cannot_be_mended(ready, is_linked, is_found):
    ready.set_connection("Commerce", "Unlinked")
    ready.push(ORDERS, [order()])
    if is_linked:
        ready.set_connection("Commerce", "Linked")
    at(ready, DUE)
    assert ("S14" in codes(ready)) == is_found
