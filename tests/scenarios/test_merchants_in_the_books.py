"""A merchant's day, pushed with its changes, reaches the books whole."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest
from adding_up import after

from codat_mock.app import create_app
from codat_mock.sandbox import Settings, World
from codat_scenarios.commands.writing import bodies
from codat_scenarios.merchants import KINDS, merchant
from codat_scenarios.stage import Stage

SATURDAY = date(2022, 3, 26)  # every kind of merchant is open


@pytest.fixture(scope="module", params=KINDS)
def shop(request):
    return merchant(request.param, seed=7)


@pytest.fixture(scope="module")
def day(shop):
    return shop.day(SATURDAY)


@pytest.fixture(scope="module")
def stage(shop, day):
    """Where the day was pushed as it ended, and the next sync has passed."""
    end = datetime.combine(SATURDAY + timedelta(days=1), time(), shop.time_zone).astimezone(UTC)
    transport = httpx.WSGITransport(create_app(World(Settings(start_at=end, speed=0))))
    stage = Stage(httpx.Client(base_url="http://localhost", transport=transport), "k")
    stage.create_company("Example Ltd")
    stage.link_accounting()
    configure(stage, shop, start=end - timedelta(days=2))
    for data_type, body in bodies(day):
        (records,) = body.values()
        dataset = stage.push(data_type, records)
        stage.advance(minutes=1)
        assert stage.dataset(dataset)["status"] == "Complete"
    stage.advance(days=1)
    assert stage.sync_status()["syncStatusCode"] == 2000
    return stage


def configure(stage, shop, start):
    """Configure with a tax rate for each percentage of the merchant's, not only the UK's."""
    configuration = stage.configure(start)
    rates = configuration["configuration"]["sales"]["taxRates"]
    for product in shop.profile.products:
        rates.setdefault(f"{product.tax / 1000:g}", rates["20"])
    stage.call("POST", f"/config/companies/{stage.company_id}/sync/commerce", configuration)


def money(found):
    return Decimal(str(found))


def test_a_day_and_its_changes_break_no_rule(stage):
    assert stage.findings()["findings"] == []


def test_nothing_is_missed(stage):
    assert stage.books()["missed"] == []


def test_the_books_show_what_was_sold_and_what_was_given_back(stage, day, shop):
    orders, _, transactions = after(day)
    totals = dict.fromkeys(("Invoice", "CreditNote", "Bill", "BillCreditNote"), Decimal(0))
    for document in stage.books()["documents"]:
        assert document["currency"] == shop.currency
        if document["kind"] in totals:
            totals[document["kind"]] += money(document["total"])
    sold = sum(order["totalAmount"] + order["totalGratuity"] for order in orders)
    fees = sum(moved["totalAmount"] for moved in transactions if "Fee" in moved["type"])
    assert totals["Invoice"] - totals["CreditNote"] == sold
    assert totals["CreditNote"] == -sum(order["totalRefund"] for order in orders)
    assert totals["Bill"] - totals["BillCreditNote"] == -fees


def test_every_invoice_is_paid_in_full(stage):
    owed = [b for b in stage.books()["trialBalance"] if b["name"].startswith("Accounts ")]
    assert [(b["name"], b["debit"], b["credit"]) for b in owed if b["debit"] != b["credit"]] == []
    assert owed
