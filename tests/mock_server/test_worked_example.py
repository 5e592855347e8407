"""The vendor's worked example, from the push to the books."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from codat_mock.app import create_app
from codat_mock.sandbox import Settings, World
from codat_scenarios.stage import Json, Stage
from codat_scenarios.stories.sales import push_worked_example

EVENING = datetime(2022, 3, 21, 21, tzinfo=UTC)
START = datetime(2022, 3, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage() -> Stage:
    """A company that has pushed the example and passed the night."""
    app = create_app(World(Settings(start_at=EVENING, speed=0)))
    transport = httpx.WSGITransport(app)
    stage = Stage(httpx.Client(base_url="http://localhost", transport=transport), "k")
    stage.create_company("Example Ltd")
    stage.link_accounting()
    stage.configure(START)
    push_worked_example(stage)
    stage.advance(minutes=1)
    for dataset in stage.datasets:
        stage.dataset(dataset)
    stage.advance(days=1)
    return stage


@pytest.fixture(scope="module")
def documents(stage: Stage) -> dict[str, list[Json]]:
    """The documents in its books, by kind."""
    found: dict[str, list[Json]] = {}
    for document in stage.books()["documents"]:
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
    stage: Stage, documents: dict[str, list[Json]]
) -> None:
    assert sorted(documents) == ["Bill", "BillPayment", "Invoice", "Payment"]
    assert stage.findings()["verdict"] == "clean"
    assert stage.books()["missed"] == []


def test_its_trial_balance_balances(stage: Stage) -> None:
    balances = {b["name"]: (b["debit"], b["credit"]) for b in stage.books()["trialBalance"]}
    assert sum(debit for debit, _ in balances.values()) == pytest.approx(
        sum(credit for _, credit in balances.values())
    )
    assert balances["Sales"] == (0, 70.83)
