"""Gift cards, product categories and the choice of journal entries, over HTTP."""

from __future__ import annotations

import httpx
import pytest

from codat_scenarios.sandbox_driver import SandboxDriver

CATEGORIES = {
    "ContractVersion": "9.3.1",
    "ProductCategories": [{"id": "drinks", "name": "Drinks"}, {"id": "food", "name": "Food"}],
}
PRODUCTS = [
    {"id": "tea", "productCategoryRefs": [{"id": "drinks"}]},
    {"id": "cake", "productCategoryRefs": [{"id": "gone"}]},
    {"id": "card", "isGiftCard": True},
]


@pytest.fixture
def shop(driver: SandboxDriver) -> SandboxDriver:
    """A merchant with products, whose drinks have an account of their own."""
    data = f"/companies/{driver.company_id}/data"
    for kind, body in (("productCategories", CATEGORIES), ("products", PRODUCTS)):
        driver.send("PUT", f"{data}/commerce-{kind}", body).raise_for_status()
    configuration = driver.call("GET", path_of(driver))
    accounts = configuration["configuration"]["sales"]["accounts"]
    assert accounts["category-drinks"]["labelText"] == "Drinks"
    accounts["category-drinks"]["selectedAccountId"] = "gbol-260"
    assert driver.call("POST", path_of(driver), configuration)["configured"]
    return driver


def path_of(driver: SandboxDriver) -> str:
    return f"/config/companies/{driver.company_id}/sync/commerce"


def order_of(*products: str) -> dict[str, object]:
    return {
        "id": "O", "currency": "GBP", "createdDate": "2022-03-21T09:30:00Z",
        "totalAmount": 6 * len(products), "totalTaxAmount": len(products),
        "orderLineItems": [
            {
                "id": f"O-{product}", "quantity": 1, "taxPercentage": 20, "totalAmount": 6,
                "totalTaxAmount": 1, "unitPrice": 6, "productRef": {"id": product},
            }
            for product in products
        ],
    }  # fmt: skip


def sync(driver: SandboxDriver, order: dict[str, object]) -> list[dict[str, object]]:
    driver.push("commerce-orders", [order])
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
    driver.advance(days=1)
    [invoice] = driver.books()["documents"]
    return invoice["lines"]


def test_each_category_and_gift_cards_are_booked_to_their_own_accounts(shop: SandboxDriver) -> None:
    lines = sync(shop, order_of("tea", "cake", "card", "unknown"))
    assert [(line["description"], line["accountId"], line["gross"]) for line in lines] == [
        ("Sales at 20%", "gbol-200", 12.00),
        ("Sales: Drinks at 20%", "gbol-260", 6.00),
        ("Gift cards", "gbol-814", 6.00),
    ]


def test_a_renamed_category_keeps_its_account(shop: SandboxDriver) -> None:
    renamed = {"ProductCategories": [{"id": "drinks", "name": "Beverages"}]}
    path = f"/companies/{shop.company_id}/data/commerce-productCategories"
    shop.send("PUT", path, renamed).raise_for_status()
    accounts = shop.call("GET", path_of(shop))["configuration"]["sales"]["accounts"]
    assert accounts["category-drinks"]["labelText"] == "Beverages"
    assert accounts["category-drinks"]["selectedAccountId"] == "gbol-260"
    assert "category-food" not in accounts


def test_the_mapping_of_a_deleted_category_stays_until_it_is_back(shop: SandboxDriver) -> None:
    path = f"/companies/{shop.company_id}/data/commerce-productCategories"
    shop.send("PUT", path, {"ProductCategories": []}).raise_for_status()
    configuration = shop.call("GET", path_of(shop))
    accounts = configuration["configuration"]["sales"]["accounts"]
    assert accounts["category-drinks"]["selectedAccountId"] == "gbol-260"
    assert accounts["sales"]["labelText"] == "Sales"
    assert shop.call("POST", path_of(shop), configuration) == configuration
    shop.send("PUT", path, CATEGORIES).raise_for_status()
    accounts = shop.call("GET", path_of(shop))["configuration"]["sales"]["accounts"]
    assert accounts["category-drinks"]["selectedAccountId"] == "gbol-260"


def test_a_mapping_of_a_category_that_never_was_and_of_no_account_is_dropped(
    shop: SandboxDriver,
) -> None:
    configuration = shop.call("GET", path_of(shop))
    accounts = configuration["configuration"]["sales"]["accounts"]
    accounts["category-x"] = {"selectedAccountId": "no account"}
    accounts["category-y"] = accounts["other"] = {}
    shown = shop.call("POST", path_of(shop), configuration)
    assert shown["configured"]
    assert (
        not {"category-x", "category-y", "other"}
        & shown["configuration"]["sales"]["accounts"].keys()
    )


def test_the_form_of_the_books_cannot_change_once_a_sync_has_written(driver: SandboxDriver) -> None:
    sync(driver, order_of("tea"))
    configuration = driver.call("GET", path_of(driver))
    configuration["configuration"]["mapSettings"] = {"outputFormat": "JournalEntry"}
    with pytest.raises(httpx.HTTPStatusError) as refused:
        driver.call("POST", path_of(driver), configuration)
    assert refused.value.response.status_code == 400
    assert "in the output format Invoice, which cannot be changed" in refused.value.response.text


def test_an_unmapped_payment_type_stops_the_sync_until_it_is_mapped(driver: SandboxDriver) -> None:
    configuration = driver.call("GET", path_of(driver))
    swish = configuration["configuration"]["payments"]["accounts"]["swish"]
    usual, swish["selectedAccountId"] = swish["selectedAccountId"], None
    driver.call("POST", path_of(driver), configuration)
    common = {"id": "P", "currency": "GBP", "createdDate": "2022-03-21T09:30:00Z"}
    driver.push("commerce-orders", [order_of("tea")])
    driver.push("commerce-payments", [common | {"amount": 6, "type": "Swish", "status": "Paid"}])
    source = {"id": "O", "type": "Order"}
    moved = common | {"totalAmount": 6, "type": "Payment", "transactionSourceRef": source}
    driver.push("commerce-transactions", [moved])
    driver.advance(days=1)
    status = driver.sync_status()
    assert status["syncStatusCode"] == 4000
    assert "No account is selected for payments of type Swish" in status["syncExceptionMessage"]
    assert driver.books()["documents"] == []
    swish["selectedAccountId"] = usual
    driver.call("POST", path_of(driver), configuration)
    driver.advance(days=1)
    assert driver.sync_status()["syncStatusCode"] == 2000
    assert [each["kind"] for each in driver.books()["documents"]] == ["Invoice", "Payment"]


def test_what_has_no_category_is_other_sales(shop: SandboxDriver) -> None:
    accounts = shop.call("GET", path_of(shop))["configuration"]["sales"]["accounts"]
    assert accounts["sales"]["labelText"] == "Other sales"
    assert accounts["sales"]["selectedAccountId"] == "gbol-200"
    shop.send(
        "PUT",
        f"/companies/{shop.company_id}/data/commerce-productCategories",
        {"ProductCategories": []},
    ).raise_for_status()
    accounts = shop.call("GET", path_of(shop))["configuration"]["sales"]["accounts"]
    assert accounts["sales"]["labelText"] == "Sales"


def test_the_merchants_own_tax_rates_count_where_none_is_selected_for_a_percentage(
    driver: SandboxDriver,
) -> None:
    taxes = [
        {"id": "drinks", "name": "Drinks tax", "rate": 7.5},
        {"id": "none", "name": None, "rate": 0},
    ]
    path = f"/companies/{driver.company_id}/data/commerce-taxComponents"
    driver.send("PUT", path, taxes).raise_for_status()
    shown = driver.call("GET", path_of(driver))
    sales = shown["configuration"]["sales"]
    offered = sales["newTaxRates"]
    assert offered["commerceTaxRateOptions"] == [
        {"id": "drinks", "name": "Drinks tax"},
        {"id": "none", "name": None},
    ]
    rates = {each["id"] for each in offered["accountingTaxRateOptions"]}
    reduced, zero = sorted(rates)[0], offered["defaultZeroTaxRateOptions"][0]["id"]
    assert zero in rates
    sales["taxRates"]["0"]["selectedTaxRateId"] = None
    offered["selectedDefaultZeroTaxRateId"] = zero
    offered["taxRateMappings"] = [
        {"selectedCommerceTaxRateIds": ["drinks"], "selectedAccountingTaxRateId": reduced}
    ]
    assert driver.call("POST", path_of(driver), shown)["configured"]
    order = order_of("cola") | {"totalTaxAmount": 0.42}
    order["orderLineItems"][0] |= {"taxPercentage": 7.5, "totalTaxAmount": 0.42}  # type: ignore[index]
    [line] = sync(driver, order)
    assert (line["taxRateId"], line["gross"]) == (reduced, 6.00)
    mapped = driver.call("GET", path_of(driver))["configuration"]["sales"]["taxRates"]
    assert (mapped["7.5"]["selectedTaxRateId"], mapped["0"]["selectedTaxRateId"]) == (reduced, zero)
