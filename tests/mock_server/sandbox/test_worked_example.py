"""The vendor's worked example, from the push to the books."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import Json, SandboxDriver
from codat_scenarios.stories.sales import push_worked_example

EVENING = datetime(2022, 3, 21, 21, tzinfo=UTC)
START = datetime(2022, 3, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def driver() -> SandboxDriver:
    """A company that has pushed the example and passed the night."""
    app = create_app(SandboxRegistry(Settings(start_at=EVENING, speed=0)))
    transport = httpx.WSGITransport(app)
    driver = SandboxDriver(httpx.Client(base_url="http://localhost", transport=transport), "k")
    driver.create_company("Example Ltd")
    driver.link_accounting()
    driver.configure(START)
    push_worked_example(driver)
    driver.advance(minutes=1)
    for dataset in driver.datasets:
        driver.dataset(dataset)
    driver.advance(days=1)
    return driver


@pytest.fixture(scope="module")
def documents(driver: SandboxDriver) -> dict[str, list[Json]]:
    """The documents in its books, by kind."""
    found: dict[str, list[Json]] = {}
    for document in driver.books()["documents"]:
        found.setdefault(document["kind"], []).append(document)
    return found


def test_it_yields_one_invoice_of_85_pounds_paid_by_card(documents: dict[str, list[Json]]) -> None:
    [invoice], [payment] = documents["Invoice"], documents["Payment"]
    assert (invoice["total"], invoice["currency"], invoice["status"]) == (85.0, "GBP", "Paid")
    assert (invoice["net"], invoice["tax"]) == (70.83, 14.17)
    assert (payment["total"], payment["paymentType"]) == (85.0, "Card")
    assert payment["appliesTo"] == invoice["number"]


def test_it_yields_a_bill_of_1_49_for_the_fee_and_its_payment(
    documents: dict[str, list[Json]],
) -> None:
    [bill], [payment] = documents["Bill"], documents["BillPayment"]
    assert (bill["total"], bill["currency"], bill["status"]) == (1.49, "GBP", "Paid")
    assert (payment["total"], payment["appliesTo"]) == (1.49, bill["number"])


def test_it_yields_nothing_else_and_breaks_no_rule(
    driver: SandboxDriver, documents: dict[str, list[Json]]
) -> None:
    assert sorted(documents) == ["Bill", "BillPayment", "Invoice", "Payment"]
    assert driver.findings()["verdict"] == "clean"
    assert driver.books()["missed"] == []


def test_its_trial_balance_balances(driver: SandboxDriver) -> None:
    balances = {b["name"]: (b["debit"], b["credit"]) for b in driver.books()["trialBalance"]}
    assert sum(debit for debit, _ in balances.values()) == pytest.approx(
        sum(credit for _, credit in balances.values())
    )
    assert balances["Sales"] == (0, 70.83)
