"""In journal entries, each tax goes to the account that the merchant selects for it."""

from __future__ import annotations

import httpx
import pytest
from hand_made_days import Day, line
from shop_books import Shop

from codat_mock.http.app import create_app

UNMAPPED = (
    "Cannot match the tax id '{}' to a mapped account on the accounting platform for journal entry."
)
VAT_17 = {"id": "vat-17", "rate": 17}


def configuration(shop: Shop) -> tuple[str, dict]:
    path = f"/config/companies/{shop.driver.company_id}/sync/commerce"
    return path, shop.driver.call("GET", path)


def test_the_tax_of_a_rate_goes_to_the_account_that_is_selected() -> None:
    shop = Shop("2022-03-21", "journal")
    path, found = configuration(shop)
    accounts = found["configuration"]["sales"]["accounts"]
    assert accounts.keys() >= {"tax-5", "tax-20"}
    assert "tax-0" not in accounts
    offered = [each["id"] for each in accounts["tax-5"]["accountOptions"]]
    assert offered[0] == "gbol-820"
    accounts["tax-5"]["selectedAccountId"] = "gbol-816"
    assert shop.driver.call("POST", path, found)["configured"]
    # 12.00 / 6 = 2.00 at 20 %, 21.00 / 21 = 1.00 at 5 %.
    day = Day().order("O", 33, line(12, 20, 2), line(21, 5, 1), tax=3).pay("P", 33, "O")
    shop.sell(day.records)
    assert shop.books() == [
        "JournalEntry 2022-03-21 33.00 GBP: card 33.00, gbol-816 -1.00, sales -30.00, vat -2.00"
    ]


def test_each_component_of_a_rate_has_an_account() -> None:
    shop = Shop("2022-03-21", "QuickBooks journal", rates={"8.875": "qhyg-tax-8.875"})
    path, found = configuration(shop)
    accounts = found["configuration"]["sales"]["accounts"]
    labels = [accounts[f"tax-8.875-{place}"]["labelText"] for place in (1, 2, 3)]
    assert labels == ["New York State, 4%", "New York City, 4.5%", "Metropolitan District, 0.375%"]
    accounts["tax-8.875-1"]["selectedAccountId"] = "qhyg-53"
    assert shop.driver.call("POST", path, found)["configured"]
    # 100.00 at 8.875 %: 4.00 + 4.50 + 0.38 (what is left) = 8.88.
    day = Day().order("O", 108.88, line(108.88, 8.875, 8.88), tax=8.88).pay("P", 108.88, "O")
    shop.sell(day.records)
    [entry] = shop.books()
    assert entry == (
        "JournalEntry 2022-03-21 108.88 GBP: card 108.88, qhyg-53 -4.00,"
        " qhyg-tax-Metropolitan District -0.38, qhyg-tax-New York City -4.50, sales -100.00"
    )


def test_daily_invoices_have_no_accounts_for_taxes() -> None:
    _, found = configuration(Shop("2022-03-21"))
    names = found["configuration"]["sales"]["accounts"]
    assert not [name for name in names if name.startswith("tax-")]


def test_the_merchants_page_offers_them() -> None:
    shop = Shop("2022-03-21", "journal")
    start = f"/config/sync/commerce/lqai/gbol/start?merchantIdentifier={shop.driver.company_id}"
    url = httpx.URL(shop.driver.call("GET", start)["url"])
    page = httpx.Client(
        base_url="http://localhost",
        transport=httpx.WSGITransport(create_app(shop.registry)),
        follow_redirects=True,
    ).get(url.raw_path.decode())
    assert 'name="sales.tax-20"' in page.text
    assert "Tax at 20%" in page.text


def test_a_tax_without_an_account_stops_the_sync_until_it_has_one() -> None:
    shop = Shop("2022-03-21", "journal")
    path, found = configuration(shop)
    accounts = found["configuration"]["sales"]["accounts"]
    assert accounts["tax-20"]["selectedAccountId"] == "gbol-820"
    accounts["tax-20"]["selectedAccountId"] = None
    shop.driver.call("POST", path, found)
    # 12.00 / 6 = 2.00 at 20 %.
    shop.sell(Day().order("O", 12, line(12, 20, 2), tax=2).pay("P", 12, "O").records)
    sync = shop.driver.last_sync()
    assert sync is not None
    assert (sync["syncStatusCode"], sync["errorMessage"]) == (4200, UNMAPPED.format("20"))
    assert [code for code, _ in shop.errors()] == ["B05"]
    accounts["tax-20"]["selectedAccountId"] = "gbol-820"
    shop.driver.call("POST", path, found)
    shop.driver.advance(days=1)
    assert shop.books() == [
        "JournalEntry 2022-03-21 12.00 GBP: card 12.00, sales -10.00, vat -2.00"
    ]


@pytest.mark.parametrize(("components", "tax_id"), [([], "17"), ([VAT_17], "vat-17")])
def test_a_journal_names_the_tax_rate_that_is_not_mapped(
    components: list[dict], tax_id: str
) -> None:
    shop = Shop("2022-03-21", "journal")
    path = f"/companies/{shop.driver.company_id}/data/commerce-taxComponents"
    shop.driver.send("PUT", path, components).raise_for_status()
    # 117.00 at 17 % have 17.00 of tax.
    shop.sell(Day().order("O", 117, line(117, 17, 17), tax=17).pay("P", 117, "O").records)
    sync = shop.driver.last_sync()
    assert sync is not None
    assert (sync["syncStatusCode"], sync["errorMessage"]) == (4200, UNMAPPED.format(tax_id))
