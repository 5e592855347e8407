"""The machine finds common mistakes; docs/scenarios.md shows a correct integration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from codat_mock.http.server import Server, listen
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories.days import (
    Correction,
    DatasetEnd,
    DayEnd,
    FaultyRequests,
    MerchantDays,
    Pause,
    Push,
    Sale,
    Unlink,
    drive,
)
from codat_scenarios.machine import PushingMachine, Scenario, pushing_machine
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import MORNING, authorization
from codat_scenarios.strategies import merchant_days

# Only that a failure is found matters here; shrinking takes long.
seeking = settings(
    max_examples=60,
    stateful_step_count=20,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
)


class Naive:
    """Keeps the newest version of every record, and pushes all of them if one is new."""

    def __init__(self, scenario: Scenario) -> None:
        headers = {"Authorization": authorization(scenario.api_key)}
        self.http = httpx.Client(base_url=scenario.base_url, headers=headers)
        self.company = scenario.company_id
        self.records = {data_type: {} for data_type in LIST_NAMES}
        self.unread = []
        self.has_changes = True

    def read(self):
        for dataset in self.unread:
            self.http.get(f"/meta/companies/{self.company}/pull/history/{dataset}")
        self.unread.clear()

    def send(self, data_type, records):
        path = f"/data/companies/{self.company}/sync/{data_type}"
        answer = self.http.post(path, content=encode({LIST_NAMES[data_type]: records}))
        if answer.is_success:
            self.unread.append(answer.json()["datasetId"])

    def save(self, data_type, record):
        kind = record["type"] if data_type == "commerce-transactions" else None
        self.records[data_type][record["id"], kind] = record
        self.has_changes = True

    def delete(self, data_type, record_id):
        self.save(data_type, {"id": record_id, "type": None, "isDeleted": True})

    def push(self):
        self.read()
        for data_type, records in self.records.items() if self.has_changes else ():
            self.send(data_type, [*records.values()])
        self.has_changes = False

    def close(self):
        self.http.close()


class Queueing(Naive):
    """Pushes what was recorded since the last push, in order, also deletes of what is synced."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.queue = {data_type: [] for data_type in LIST_NAMES}

    def save(self, data_type, record):
        self.queue[data_type].append(record)
        self.has_changes = True

    def delete(self, data_type, record_id):
        self.save(data_type, {"id": record_id})

    def push(self):
        self.read()
        for data_type, waiting in self.queue.items() if self.has_changes else ():
            self.send(data_type, waiting)
            waiting.clear()
        self.has_changes = False


class Forgetful(Queueing):
    """Never pushes anything of the first sale, which breaks no rule that a push can show."""

    def save(self, data_type, record):
        if "sale-1" not in record["id"]:
            super().save(data_type, record)


class Crashing(Queueing):
    """Raises when it receives a record."""

    def save(self, data_type, record):
        raise ZeroDivisionError(data_type, record)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        yield server.address


@pytest.mark.parametrize(
    ("integration", "error", "message"),
    [
        (Naive, AssertionError, r"Rules were broken:\n(S03|U02|D01) "),
        (Queueing, AssertionError, r"Rules were broken:\n(S04|U02|D03) "),
        (Crashing, ZeroDivisionError, "commerce-orders"),
    ],
)
def test_a_mistake_is_found(integration, error, message, address: str) -> None:
    with pytest.raises(error, match=message):
        run_state_machine_as_test(pushing_machine(address, integration), settings=seeking)


def opened(address: str, integration: Any, api_key: str) -> PushingMachine:
    machine: PushingMachine = pushing_machine(address, integration, api_key=api_key)()
    machine.open(MORNING)
    return machine


def test_the_books_are_compared_with_the_sales_at_the_end(address: str) -> None:
    machine = opened(address, Forgetful, "forgetful")
    for _ in range(2):
        Sale().run(machine.run)
    machine.no_rule_is_broken()
    with pytest.raises(AssertionError) as caught:
        machine.teardown()
    assert str(caught.value) == (
        "The books are wrong:\n"
        "commerce-orders 'sale-1' is not in the books.\n"
        "commerce-payments 'sale-1-paid' is not in the books.\n"
        "commerce-orders total 0.02 GBP in the shop and 0.01 in the books.\n"
        "commerce-payments total 0.02 GBP in the shop and 0.01 in the books."
    )


def test_each_machine_uses_the_sandbox_of_its_key(address: str) -> None:
    machine = opened(address, Queueing, "one")
    other = opened(address, Queueing, "other")
    for event in (Sale(by_card=True), Push()):
        event.run(machine.run)
    assert machine.run.driver.findings()["verdict"] == "clean"
    assert other.run.driver.findings()["verdict"] == "nothing-observed"
    machine.teardown()
    other.teardown()


def test_after_closing_time_the_night_passes_with_a_push_before_it(address: str) -> None:
    machine = opened(address, Queueing, "night")
    for event in (Sale(by_card=True), *[Pause(240)] * 4):
        event.run(machine.run)
    run = machine.run
    assert run.driver.now().day == 22
    assert run.pos.synced_sales()
    assert run.driver.last_sync()["syncStatusCode"] == 2000
    machine.teardown()


class Failing(Queueing):
    """Raises while it pushes."""

    def push(self):
        raise ZeroDivisionError


def test_a_crash_without_trouble_is_a_failure(address: str) -> None:
    machine = opened(address, Failing, "failing")
    with pytest.raises(ZeroDivisionError):
        Push().run(machine.run)
    machine.run.close()


def test_a_crash_after_trouble_is_a_restart(address: str) -> None:
    opened_ones = []

    class CrashesOnce(Queueing):
        def __init__(self, scenario):
            super().__init__(scenario)
            opened_ones.append(self)

        def push(self):
            if len(opened_ones) == 1:
                raise ZeroDivisionError

    machine = opened(address, CrashesOnce, "crashing")
    DatasetEnd("MapError").run(machine.run)
    assert len(opened_ones) == 2
    machine.run.close()


def test_a_killed_integration_is_opened_again_on_its_folder_without_close(address: str) -> None:
    log = []

    class Counting(Queueing):
        def __init__(self, scenario):
            super().__init__(scenario)
            self.folder = scenario.folder
            log.append(sorted(file.name for file in self.folder.iterdir()))

        def push(self):
            (self.folder / "one").touch()
            (self.folder / "two").touch()
            (self.folder / "three").touch()

        def close(self):
            log.append("closed")

    machine = opened(address, Counting, "killed")
    Push(kill_after=2).run(machine.run)
    assert log == [[], ["one", "two"]]
    Push(kill_after=3).run(machine.run)
    assert log == [[], ["one", "two"]]
    machine.run.close()
    assert log[-1] == "closed"


def test_a_sale_can_change_and_a_second_run_can_start_at_the_checkpoint(address: str) -> None:
    log = []

    class Watching(Queueing):
        def __init__(self, scenario):
            super().__init__(scenario)
            self.checkpoint = scenario.checkpoint

        def save(self, data_type, _record):
            log.append(data_type)

        def push(self):
            log.append("read")
            self.checkpoint()
            log.append("marked")

    machine = opened(address, Watching, "watching")
    Push(meanwhile="sell").run(machine.run)
    sold = ["commerce-orders", "commerce-payments"] + ["commerce-transactions"] * 2
    assert log == ["read", *sold, "marked"]
    log.clear()
    Push(meanwhile="push").run(machine.run)
    assert log == ["read", "read", "marked", "marked"]
    machine.run.close()


def test_days_read_as_prose() -> None:
    events = (
        Sale(1250, tip=50, by_card=True, lines=2, customer="Zoë"),
        Sale(1250, currency="KWD", id_suffix="-é"),
        Push(kill_after=3, meanwhile="correct"),
        Correction(which=1, units=200, is_synced=True),
        FaultyRequests({"kind": "refuse", "status": 503, "operation": None, "at": [2]}),
        DatasetEnd("Cancelled"),
        DatasetEnd(stuck_in="Mapping"),
        Unlink(),
        DayEnd("ServerError"),
    )
    assert repr(MerchantDays(events)) == (
        "Days from 21 Mar 2022:\n"
        "  1. a sale of 12.50 GBP with a tip of 0.50 in 2 lines to 'Zoë' by card\n"
        "  2. a sale of 1.250 KWD by cash, with '-é' in its ids\n"
        "  3. the integration pushes; a sale is corrected between reading and marking; it is"
        " killed after 3 lines and started again\n"
        "  4. synced sale 2 is corrected to 200 smallest units\n"
        "  5. the integration pushes; request 2: refuse (status 503)\n"
        "  6. the integration pushes; a dataset ends in Cancelled\n"
        "  7. the integration pushes; a dataset stays in Mapping\n"
        "  8. the merchant unlinks the shop, and the integration pushes\n"
        "  9. the night passes and its sync ends in ServerError"
    )


def test_a_failing_example_is_printed_as_prose(address: str) -> None:
    @settings(seeking, max_examples=40, print_blob=False)
    @given(merchant_days())
    def driven(days: MerchantDays) -> None:
        drive(days, Queueing, address, api_key="prose")

    with pytest.raises(AssertionError) as caught:
        driven()
    shown = "\n".join(caught.value.__notes__)
    assert "Days from" in shown
    assert "the integration pushes" in shown
    assert "lambda" not in shown
    assert "methodcaller" not in shown
