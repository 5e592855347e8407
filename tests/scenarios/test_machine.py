"""The machine finds common mistakes; docs/scenarios.md shows a correct integration."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from codat_mock.http.server import Server, listen
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.machine import Scenario, pushing_machine
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import authorization

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
    """Pushes what was recorded since the last push, in order; deletes correctly."""

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
    """Never pushes a payment."""

    def save(self, data_type, record):
        if data_type != "commerce-payments":
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
        (Queueing, AssertionError, r"Rules were broken:\n(S04|U02) "),
        (Crashing, ZeroDivisionError, "commerce-orders"),
    ],
)
def test_a_mistake_is_found(integration, error, message, address: str) -> None:
    with pytest.raises(error, match=message):
        run_state_machine_as_test(pushing_machine(address, integration), settings=seeking)


def test_the_books_are_compared_with_the_sales_at_the_end(address: str) -> None:
    day = pushing_machine(address, Forgetful, api_key="forgetful")()
    day.open()
    day.sell(pence=1, tip=0, by_card=False)
    day.no_rule_is_broken()
    with pytest.raises(AssertionError) as caught:
        day.teardown()
    assert str(caught.value) == (
        "The books are wrong:\n"
        "commerce-payments 'sale-1-paid' is not in the books.\n"
        "commerce-payments total 0.01 in the shop and 0 in the books."
    )


def test_each_machine_uses_the_sandbox_of_its_key(address: str) -> None:
    day = pushing_machine(address, Queueing, api_key="one")()
    other = pushing_machine(address, Queueing, api_key="other")()
    day.open()
    other.open()
    day.sell(pence=1, tip=0, by_card=True)
    day.push()
    assert day.driver.findings()["verdict"] == "clean"
    assert other.driver.findings()["verdict"] == "nothing-observed"
    day.teardown()
    other.teardown()


def test_after_closing_time_the_night_passes_with_a_push_before_it(address: str) -> None:
    day = pushing_machine(address, Queueing, api_key="night")()
    day.open()
    day.sell(pence=1, tip=0, by_card=True)
    for _ in range(4):
        day.wait(minutes=240)
    assert day.driver.now().day == 22
    assert day.pos.synced_sales()
    assert day.driver.last_sync()["syncStatusCode"] == 2000
    day.teardown()
