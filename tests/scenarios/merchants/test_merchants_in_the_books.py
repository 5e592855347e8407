"""A merchant's day, pushed with its changes, reaches the books whole."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest
from reconciling_sales import after

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.cli.day_files import bodies
from codat_scenarios.merchants import KINDS, merchant
from codat_scenarios.sandbox_driver import SandboxDriver

SATURDAY = date(2022, 3, 26)  # every kind of merchant is open


@pytest.fixture(scope="module", params=KINDS)
def shop(request):
    return merchant(request.param, seed=7)


@pytest.fixture(scope="module")
def day(shop):
    return shop.day(SATURDAY)


@pytest.fixture(scope="module")
def driver(shop, day):
    """Where the day was pushed as it ended, and the next sync has passed."""
    end = datetime.combine(SATURDAY + timedelta(days=1), time(), shop.time_zone).astimezone(UTC)
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(start_at=end, speed=0))))
    driver = SandboxDriver(httpx.Client(base_url="http://localhost", transport=transport), "k")
    driver.create_company("Example Ltd")
    driver.link_accounting()
    configure(driver, shop, start=end - timedelta(days=2))
    for data_type, body in bodies(day):
        (records,) = body.values()
        dataset = driver.push(data_type, records)
        driver.advance(minutes=1)
        assert driver.dataset(dataset)["status"] == "Complete"
    driver.advance(days=1)
    assert driver.sync_status()["syncStatusCode"] == 2000
    return driver


def configure(driver, shop, start):
    """Configure with a tax rate for each percentage of the merchant's, not only the UK's."""
    configuration = driver.configure(start)
    rates = configuration["configuration"]["sales"]["taxRates"]
    for product in shop.profile.products:
        rates.setdefault(f"{product.tax / 1000:g}", rates["20"])
    driver.call("POST", f"/config/companies/{driver.company_id}/sync/commerce", configuration)


def money(found):
    return Decimal(str(found))


def test_a_day_and_its_changes_break_no_rule(driver):
    assert driver.findings()["findings"] == []


def test_nothing_is_missed(driver):
    assert driver.books()["missed"] == []


def test_the_books_show_sales_and_refunds(driver, day, shop):
    orders, _, transactions = after(day)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for document in driver.books()["documents"]:
        assert document["currency"] == shop.currency
        totals[document["kind"]] += money(document["total"])
    sold = sum(order["totalAmount"] + order["totalGratuity"] for order in orders)
    fees = sum(moved["totalAmount"] for moved in transactions if "Fee" in moved["type"])
    assert totals["Invoice"] - totals["CreditNote"] == sold
    assert totals["CreditNote"] == -sum(order["totalRefund"] for order in orders)
    paid = totals["Bill"] + totals["SpendMoney"]
    assert paid - totals["BillCreditNote"] - totals["ReceiveMoney"] == -fees


def test_what_is_owed_is_what_was_not_paid(driver, day):
    unpaid = sum(order["totalAmount"] for order in after(day)[0] if not order["payments"])
    owed = [b for b in driver.books()["trialBalance"] if b["name"].startswith("Accounts ")]
    assert sum(money(each["debit"]) - money(each["credit"]) for each in owed) == unpaid
    assert owed
