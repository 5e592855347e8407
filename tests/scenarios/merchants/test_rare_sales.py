"""What is too rare for a habit, as `docs/examples.md` shows it, and what it does to the books."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest
from reconciling_sales import after, assert_sales_add_up

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.cli.day_files import bodies
from codat_scenarios.merchants import KINDS, Habits, Merchant, merchant
from codat_scenarios.merchants.kinds import PROFILES
from codat_scenarios.merchants.money import digits_of
from codat_scenarios.sandbox_driver import SandboxDriver

FIRST = date(2022, 3, 1)
FRIDAY = date(2022, 3, 25)  # a bike shop's and a hotel bar's provider pays out
WHOLE_LIST = {
    "gift card sold", "gift card redeemed", "payout", "exchange", "chargeback", "deposit",
    "overpayment", "abroad", "unpaid", "voucher", "order-discount", "other-tender",
}  # fmt: skip


def declared(profile):
    """The kinds that a profile says occur."""
    kinds = set(profile.rare_sales)
    kinds |= {"payout"} if profile.payouts else set()
    kinds |= {"gift card sold"} if any(each.gift_card for each in profile.products) else set()
    redeems = any(method.type == "Prepaid" for method in profile.methods)
    return kinds | ({"gift card redeemed"} if redeems else set())


def seen(shop, day):
    """The kinds that a day's records show."""
    orders, payments, transactions = after(day)
    cards = {product["id"] for product in shop.products if product["isGiftCard"]}
    paid_at = {payment["id"]: payment["createdDate"] for payment in payments}
    for order in orders:
        lines, paid = order["orderLineItems"], order["payments"]
        if any(line.get("productRef", {}).get("id") in cards for line in lines):
            yield "gift card sold"
        if any("quantity" not in line for line in lines):
            yield "voucher"
        shares = [share for line in lines for share in line.get("discountAllocations", [])]
        if order["totalDiscount"] > sum(share["totalAmount"] for share in shares):
            yield "order-discount"
        if not paid and order["totalAmount"] > 0:
            yield "unpaid"
        came_in = {each["type"] for each in paid if each["amount"] > 0}
        went_back = {each["type"] for each in paid if each["amount"] < 0}
        if came_in and went_back - came_in:
            yield "other-tender"
        if not paid and order["totalRefund"] < 0 == order["totalAmount"]:
            yield "exchange"
        if any(paid_at.get(each["id"], "9") < order["createdDate"] for each in paid):
            yield "deposit"
        due = order["totalAmount"] + order["totalGratuity"]
        if not order["totalRefund"] and any(
            each["amount"] > due > 0 for each in paid if each["status"] == "Paid"
        ):
            yield "overpayment"
        if order["currency"] != shop.currency:
            yield "abroad"
    for payment in payments:
        if payment["type"] == "Prepaid":
            yield "gift card redeemed"
    for moved in transactions:
        if moved["type"] == "Payout":
            yield "payout"
        if moved["type"] == "Refund" and moved["transactionSourceRef"]["type"] == "Payment":
            yield "chargeback"


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_within_a_month_a_merchant_has_every_rare_sale_that_it_declares_and_no_other(kind):
    shop = merchant(kind, seed=7)
    days = shop.days(31, start=FIRST)
    assert {found for day in days for found in seen(shop, day)} == declared(shop.profile)


def test_together_the_merchants_show_all_that_the_examples_do():
    assert {kind for profile in PROFILES.values() for kind in declared(profile)} == WHOLE_LIST


def test_the_other_sales_of_a_day_are_the_same_without_its_rare_sales():
    usual = PROFILES["web-shop"]
    without = Merchant(replace(usual, rare_sales={}), 7).day(FRIDAY)
    with_all = Merchant(replace(usual, rare_sales=dict.fromkeys(usual.rare_sales, 100)), 7)
    ids = {order["id"] for order in with_all.day(FRIDAY).orders}
    assert len(ids) == len(without.orders) + len(usual.rare_sales)
    assert ids > {order["id"] for order in without.orders}


@pytest.mark.parametrize(
    ("rare_sales", "changed", "missing"),
    [
        ({"abroad": 1}, {"abroad": None}, "another currency"),
        ({"chargeback": 1}, {"chargeback_fee": 0}, "a fee"),
        ({"deposit": 1}, {"methods": ()}, "cards"),
        ({"exchange": 1}, {"products": ()}, "variants"),
        ({"voucher": 1}, {"vouchers": ()}, "vouchers"),
        ({"order-discount": 1}, {"discounts": (), "habits": Habits()}, "discounts"),
        ({"other-tender": 1}, {"methods": ()}, "cash or store credit"),
    ],
)
def test_rare_sales_without_anything_to_draw_from_are_refused(rare_sales, changed, missing):
    with pytest.raises(ValueError, match=missing):
        replace(PROFILES["web-shop"], rare_sales=rare_sales, **changed)


@pytest.fixture(scope="module", params=KINDS)
def eventful(request):
    """A merchant on whose days all that it declares happens."""
    usual = PROFILES[request.param]
    rare_sales = dict.fromkeys(usual.rare_sales, 100)
    return Merchant(replace(usual, rare_sales=rare_sales, volume=40), 7)


@pytest.fixture(scope="module")
def day(eventful):
    """Friday, or Saturday where it is closed on Fridays."""
    return next(day for day in eventful.days(2, start=FRIDAY) if day.orders)


@pytest.fixture(scope="module")
def driver(eventful, day):
    """Where the day was pushed as it ended, and the next sync has passed."""
    midnight = datetime.combine(day.date + timedelta(days=1), time(), eventful.time_zone)
    end = midnight.astimezone(UTC)
    transport = httpx.WSGITransport(create_app(SandboxRegistry(Settings(start_at=end, speed=0))))
    driver = SandboxDriver(httpx.Client(base_url="http://localhost", transport=transport), "k")
    driver.create_company("Example Ltd")
    path = f"/companies/{driver.company_id}/data/commerce-products"
    driver.send("PUT", path, eventful.products).raise_for_status()
    driver.link_accounting()
    configuration = driver.configure(end - timedelta(days=2))
    rates = configuration["configuration"]["sales"]["taxRates"]
    for product in eventful.profile.products:
        rates.setdefault(f"{product.tax / 1000:g}", rates["20"])
    driver.call("POST", f"/config/companies/{driver.company_id}/sync/commerce", configuration)
    for data_type, body in bodies(day):
        (records,) = body.values()
        driver.push(data_type, records)
        driver.advance(minutes=1)
    driver.advance(days=1)
    return driver


def test_an_eventful_day_adds_up(eventful, day):
    digits = digits_of(eventful.currency)
    assert_sales_add_up(day.orders, day.payments, day.transactions, digits)
    assert_sales_add_up(*after(day), digits)


def test_all_that_is_rare_happens_on_an_eventful_day(eventful, day):
    assert set(seen(eventful, day)) >= set(eventful.profile.rare_sales)


def test_an_eventful_day_breaks_no_rule_and_misses_nothing(driver):
    assert driver.findings()["findings"] == []
    assert driver.books()["missed"] == []
    assert driver.sync_status()["syncStatusCode"] == 2000


def test_an_eventful_day_leaves_nothing_owed_but_what_is_not_paid(day, driver):
    unpaid = sum(
        order["totalAmount"] for order in after(day)[0] if not order["payments"]
    )  # fmt: skip
    found = [b for b in driver.books()["trialBalance"] if b["name"].startswith("Accounts ")]
    owed = {b["name"]: Decimal(str(b["debit"])) - Decimal(str(b["credit"])) for b in found}
    assert {name: amount for name, amount in owed.items() if amount} == (
        {"Accounts Receivable": unpaid} if unpaid else {}
    )


def test_an_eventful_day_is_booked_as_the_examples_are(eventful, day, driver):
    books, kinds = driver.books(), set(seen(eventful, day))
    totals = {(found["kind"], found["currency"]) for found in books["documents"]}
    accounts = {balance["name"] for balance in books["trialBalance"]}
    assert ("Gift Cards Sold" in accounts) == ("gift card sold" in kinds)
    there = eventful.profile.abroad
    assert (("BankTransfer", eventful.currency) in totals) == ("payout" in kinds)
    assert (("Overpayment", eventful.currency) in totals) == ("overpayment" in kinds)
    assert (there is not None and ("Invoice", there.currency) in totals) == ("abroad" in kinds)
