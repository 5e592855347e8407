"""Syncs in a sandbox: their periods, their order, and what stops them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Thread

import httpx
import pytest
from in_process import run
from pushed_orders import ORDERS, START, order, push

from codat_mock.accounting.selection import Selection, Version, select
from codat_mock.clock import format_moment
from codat_mock.domain.sync_schedule import MAX_FAILURES
from codat_mock.http.app import create_app
from codat_mock.models.syncs import SyncSummary
from codat_mock.sandbox import (
    Sandbox,
    SandboxRegistry,
    Settings,
    clock_control,
    companies,
    sync_execution,
    sync_views,
)
from codat_scenarios.sandbox_driver import SandboxDriver

FIRST_DUE = datetime(2022, 3, 22, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def latest(
    http: httpx.Client, driver: SandboxDriver, sync_to: datetime | None = None
) -> httpx.Response:
    body = {"syncTo": format_moment(sync_to)} if sync_to else {}
    return http.post(f"/companies/{driver.company_id}/sync/commerce/latest", json=body)


def historic(
    http: httpx.Client, driver: SandboxDriver, start: datetime, finish: datetime
) -> httpx.Response:
    span = {"start": format_moment(start), "finish": format_moment(finish)}
    path = f"/meta/companies/{driver.company_id}/sync/commerce/historic"
    return http.post(path, json={"dateRange": span})


def connection(driver: SandboxDriver, source_type: str) -> dict[str, str]:
    found = driver.call("GET", f"/meta/companies/{driver.company_id}/connections")["results"]
    [one] = [each for each in found if each["sourceType"] == source_type]
    return dict(one)


def set_status(driver: SandboxDriver, source_type: str, status: str) -> None:
    path = f"/meta/companies/{driver.company_id}/connections/"
    driver.call("PATCH", path + connection(driver, source_type)["id"], {"status": status})


def sandbox_of(registry: SandboxRegistry) -> Sandbox:
    return registry.sandbox(registry.names()[0])


def all_syncs(registry: SandboxRegistry, driver: SandboxDriver) -> list[SyncSummary]:
    """The earliest first."""
    return run(sandbox_of(registry), sync_views.all_syncs, driver.company_id)[::-1]


def configuration(driver: SandboxDriver) -> dict[str, object]:
    return driver.call("GET", f"/config/companies/{driver.company_id}/sync/commerce")


def configure(driver: SandboxDriver, **changed: object) -> None:
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    driver.call("POST", path, configuration(driver) | changed)


# Periods


def test_each_period_begins_where_the_last_success_ended(
    registry: SandboxRegistry, driver: SandboxDriver
) -> None:
    driver.advance(days=3)
    spans = [sync.sync_date_range_utc for sync in all_syncs(registry, driver)]
    assert [span.start for span in spans[1:]] == [span.finish for span in spans[:-1]]
    assert spans[0].start == format_moment(START)


def test_what_is_to_come_cannot_be_synced(http: httpx.Client, driver: SandboxDriver) -> None:
    answer = latest(http, driver, START + DAY)
    assert answer.status_code == 400
    assert "after now" in answer.json()["error"]
    answer = historic(http, driver, START, START + DAY)
    assert answer.status_code == 400
    assert "after now" in answer.json()["error"]


def test_a_manual_sync_moves_the_next_start_only_forward(http, driver, registry) -> None:
    driver.advance(days=2)
    assert latest(http, driver, FIRST_DUE + DAY).status_code == 200
    assert latest(http, driver, FIRST_DUE).status_code == 400
    assert historic(http, driver, START - DAY, START).json()["syncStatusCode"] == 2040
    driver.advance(days=1)
    last = all_syncs(registry, driver)[-1].sync_date_range_utc
    assert last.start == format_moment(FIRST_DUE + DAY)


def test_a_sync_before_the_start_date_is_answered_500_as_the_vendor_does(
    http: httpx.Client, driver: SandboxDriver
) -> None:
    driver.configure(START + 30 * DAY)
    for answer in (
        latest(http, driver),
        latest(http, driver, START - DAY),
        historic(http, driver, START - 9 * DAY, START - DAY),
    ):
        assert answer.status_code == 500
        assert "start date" in answer.json()["error"]


def test_a_historic_sync_leaves_the_daily_period(registry, http, driver) -> None:
    push(driver, order("o"))
    historic(http, driver, START - 9 * DAY, START - DAY)
    driver.advance(days=1)
    assert all_syncs(registry, driver)[-1].sync_date_range_utc.start == format_moment(START)
    overlapping = historic(http, driver, START - 2 * DAY, START)
    assert overlapping.json()["syncStatusCode"] == 5080


# Delay


def delayed(seconds: int) -> tuple[SandboxRegistry, SandboxDriver]:
    registry = SandboxRegistry(Settings(start_at=START, speed=0, sync_delay_seconds=seconds))
    transport = httpx.WSGITransport(create_app(registry))
    driver = SandboxDriver(httpx.Client(base_url="http://localhost", transport=transport), "k")
    driver.create_company("Late Ltd")
    driver.link_accounting()
    driver.configure(START)
    return registry, driver


def test_a_delayed_sync_sees_what_has_arrived_by_its_own_run() -> None:
    registry, driver = delayed(3600)
    driver.advance(hours=19, minutes=30)
    push(driver, order("late"), order("after the period", at=FIRST_DUE))
    reading = driver.advance_to_next_event()
    while reading["now"] < format_moment(FIRST_DUE + timedelta(hours=1)):
        assert all_syncs(registry, driver) == []
        reading = driver.advance_to_next_event()
    status = driver.sync_status()
    assert status["syncUtc"] == "2022-03-22T04:00:00Z"
    assert status["syncDateRangeUtc"]["finish"] == "2022-03-22T03:00:00Z"
    [invoice] = driver.books()["documents"]
    assert [record["key"] for record in invoice["records"]] == ["late"]


def test_a_period_never_ends_before_it_starts() -> None:
    registry, driver = delayed(3600)
    driver.advance(hours=19, minutes=30)
    driver.call("POST", f"/companies/{driver.company_id}/sync/commerce/latest")
    driver.advance(days=2)
    spans = [sync.sync_date_range_utc for sync in all_syncs(registry, driver)]
    assert all(span.start <= span.finish for span in spans)
    assert spans[1].start == spans[1].finish == format_moment(FIRST_DUE)
    assert spans[2].start == spans[0].finish


# Switching off


def test_31_failed_days_in_a_row_switch_the_sync_off(
    registry: SandboxRegistry, driver: SandboxDriver
) -> None:
    set_status(driver, "Accounting", "Deauthorized")
    driver.advance(days=MAX_FAILURES - 1)
    assert configuration(driver)["enabled"] is True
    reading = driver.advance(days=1)
    assert configuration(driver)["enabled"] is False
    assert reading["nextEvent"] is None
    driver.advance(days=40)
    assert [sync.sync_status_code for sync in all_syncs(registry, driver)] == [4220] * MAX_FAILURES


def test_one_success_resets_the_count(registry: SandboxRegistry, driver: SandboxDriver) -> None:
    set_status(driver, "Accounting", "Deauthorized")
    driver.advance(days=30)
    set_status(driver, "Accounting", "Linked")
    driver.advance(days=1)
    set_status(driver, "Accounting", "Deauthorized")
    driver.advance(days=30)
    assert configuration(driver)["enabled"] is True
    assert len(all_syncs(registry, driver)) == 61


def test_a_new_configuration_switches_the_sync_on_again(
    registry: SandboxRegistry, driver: SandboxDriver
) -> None:
    set_status(driver, "Accounting", "Deauthorized")
    driver.advance(days=40)
    set_status(driver, "Accounting", "Linked")
    push(driver, order("o"))
    configure(driver, enabled=True)
    driver.advance(days=1)
    last = all_syncs(registry, driver)[-1]
    assert last.sync_status_code == 2000
    assert last.sync_date_range_utc.start == format_moment(START)


def test_enabled_alone_is_enough_after_the_merchant_links_again(registry, driver) -> None:
    before = configuration(driver)
    set_status(driver, "Commerce", "Unlinked")
    driver.advance(days=2)
    set_status(driver, "Commerce", "Linked")
    push(driver, order("o"))
    driver.call("POST", f"/config/companies/{driver.company_id}/sync/commerce", {"enabled": True})
    assert configuration(driver) == before
    driver.advance(days=1)
    assert [sync.sync_status_code for sync in all_syncs(registry, driver)] == [4040, 2000]


def test_after_a_deleted_connection_one_sync_fails_and_none_follows(registry, driver) -> None:
    set_status(driver, "Commerce", "Unlinked")
    driver.advance(days=9)
    assert [sync.sync_status_code for sync in all_syncs(registry, driver)] == [4040]
    assert configuration(driver)["enabled"] is False


# The message where no sync is planned


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"selectedFrequency": None}, "No schedule selected frequency."),
        ({"selectedFrequency": "Hourly"}, "Selected schedule frequency not present in options."),
        ({"timeZone": "Mars/Olympus"}, "The time zone 'Mars/Olympus' is not known"),
        ({"syncHourUtc": 24}, "The sync hour 24 does not exist"),
        ({"startDate": None}, "No start date is set"),
    ],
)
def test_a_schedule_that_cannot_be_kept_says_why(http, driver, changed, words) -> None:
    schedule = configuration(driver)["schedule"]
    configure(driver, schedule={**schedule, **changed})
    assert driver.advance(days=2)["nextEvent"] is None
    answer = http.get(f"/meta/companies/{driver.company_id}/sync/commerce/status")
    assert answer.status_code == 404
    assert words in answer.json()["error"]
    if "startDate" not in changed:
        assert latest(http, driver).json()["syncStatusCode"] == 4000


def test_without_a_configuration_the_status_says_so(http: httpx.Client) -> None:
    company = http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    message = http.get(f"/meta/companies/{company}/sync/commerce/status").json()["error"]
    assert "it has no configuration" in message


def test_a_switched_off_company_says_so(http: httpx.Client, driver: SandboxDriver) -> None:
    configure(driver, enabled=False)
    driver.advance(days=2)
    answer = http.get(f"/meta/companies/{driver.company_id}/sync/commerce/status")
    assert "switched off" in answer.json()["error"]


def test_an_incomplete_mapping_fails_at_its_due_date(driver: SandboxDriver) -> None:
    configure(driver, configuration={})
    driver.advance(days=1)
    status = driver.sync_status()
    assert (status["syncStatusCode"], status["dataPushed"]) == (4000, False)
    assert "No sales customer has been configured." in status["syncExceptionMessage"]


# Status codes


@pytest.mark.parametrize(
    ("source_type", "status", "code"),
    [
        ("Commerce", "Unlinked", 4040),
        ("Accounting", "Unlinked", 4040),
        ("Commerce", "Deauthorized", 4220),
        ("Accounting", "Deauthorized", 4220),
        ("Accounting", "PendingAuth", 4000),
    ],
)
def test_a_lost_connection_fails_the_sync(driver, source_type, status, code) -> None:
    set_status(driver, source_type, status)
    driver.advance(days=1)
    assert driver.sync_status()["syncStatusCode"] == code


@pytest.mark.parametrize(
    ("earlier", "latest", "code"),
    [("Unlinked", "Deauthorized", 4220), ("Deauthorized", "Unlinked", 4040)],
)
def test_the_connection_lost_last_decides_the_code(driver, earlier, latest, code) -> None:
    driver.link_accounting()
    path = f"/meta/companies/{driver.company_id}/connections"
    found = driver.call("GET", path)["results"]
    ids = [each["id"] for each in found if each["sourceType"] == "Accounting"]
    for identity, status in zip(ids, (earlier, latest), strict=True):
        driver.call("PATCH", f"{path}/{identity}", {"status": status})
    driver.advance(days=1)
    assert driver.sync_status()["syncStatusCode"] == code


def test_a_daily_sync_runs_although_a_historic_one_has_covered_a_part(
    registry, http, driver
) -> None:
    push(driver, order("o"))
    driver.advance(days=1)
    hour = timedelta(hours=1)
    historic(http, driver, FIRST_DUE, FIRST_DUE + hour)
    driver.advance(days=1)
    # Only a historic sync is stopped where it overlaps another.
    assert 5080 not in [sync.sync_status_code for sync in all_syncs(registry, driver)]
    again = historic(http, driver, FIRST_DUE, FIRST_DUE + hour)
    assert again.json()["syncStatusCode"] == 5080


def test_a_data_type_never_pushed_fails_the_sync(driver: SandboxDriver) -> None:
    driver.push(ORDERS, [order("o")])
    driver.advance(days=1)
    status = driver.sync_status()
    assert status["syncStatusCode"] == 5120
    assert "commerce-payments" in status["syncExceptionMessage"]


# Many nights


def test_one_advance_over_several_periods_sees_each_as_it_was(registry, driver) -> None:
    push(driver, order("a"), order("b", at=START + DAY), order("c", at=START + 2 * DAY))
    driver.push(ORDERS, [order("a", total=6) | {"sourceModifiedDate": format_moment(START)}])
    driver.advance(days=2, hours=18, minutes=59, seconds=55)
    # It completes after the third night's sync, which takes the order as it was before.
    driver.push(ORDERS, [order("c", at=START + 2 * DAY, total=7)])
    driver.advance(days=3)
    totals = [document["total"] for document in driver.books()["documents"]]
    assert totals == [6, 5, 5, 7]
    codes = [sync.sync_status_code for sync in all_syncs(registry, driver)]
    assert codes == [2000] * 4 + [2040] * 2  # the sixth night comes early: the clocks change


def test_a_night_looks_only_at_what_it_could_pick(driver, monkeypatch) -> None:
    looked = []

    def counting(versions: Iterable[Version], *period: datetime) -> Selection:
        kept = list(versions)
        looked.append(len(kept))
        return select(kept, *period)

    monkeypatch.setattr(sync_execution, "select", counting)
    push(driver, *(order(f"o{number}") for number in range(50)), order("soon", START + 2 * DAY))
    driver.push(ORDERS, [order("too early", START - 9 * DAY), order("o1", total=6)])
    driver.advance(days=2)
    driver.push(ORDERS, [order("o1", total=7), order("too late")])
    driver.advance(days=4)
    # The first night sees all that came before it. The third sees the order of its day, the three
    # versions of the one that changed since, and the one that is late.
    assert looked == [53, 0, 5, 0, 0, 0]


def test_two_companies_are_synced_in_the_order_of_their_due_dates(http, set_stage) -> None:
    stages = [set_stage(http) for _ in range(2)]
    schedule = configuration(stages[0])["schedule"]
    configure(stages[0], schedule={**schedule, "syncHourUtc": 5})
    for driver in stages:
        push(driver, order("o"))
    stages[0].advance(days=3)
    ran = [
        summary["syncUtc"]
        for driver in stages
        for summary in [http.get(
            f"/companies/{driver.company_id}/sync/commerce/syncs/list/status"
        ).json()[-1]]
    ]  # fmt: skip
    assert ran == ["2022-03-22T05:00:00Z", "2022-03-22T03:00:00Z"]


def test_others_go_on_while_one_passes_ten_years(
    registry: SandboxRegistry, http, set_stage
) -> None:
    driver = set_stage(http)
    push(driver, *(order(f"o{number}", START + number * DAY) for number in range(100)))
    mine, other = sandbox_of(registry), registry.sandbox("other")
    moving = Thread(target=clock_control.advance, args=(mine, timedelta(days=3650)))
    moving.start()
    answered = 0
    while moving.is_alive():
        run(other, companies.all_companies)
        answered += 1
    moving.join()
    assert len(all_syncs(registry, driver)) == 3650
    assert answered > 20
