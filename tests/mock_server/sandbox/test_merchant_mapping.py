"""The merchant of a prepared company maps what appears, or only what the settings name."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from codat_mock.cli.server_options import read_payment_types, read_tax_rates
from codat_mock.testing.marker_options import read_marker_options
from codat_scenarios.sandbox_driver import SandboxDriver

NOON = "2022-03-21T12:00:00Z"


def sale(rate: float, kind: str) -> dict[str, list[dict[str, Any]]]:
    common = {"currency": "GBP", "createdDate": NOON}
    line = {"id": "l", "quantity": 1, "taxPercentage": rate, "totalAmount": 12}
    return {
        "orders": [{"id": "A-1", **common, "totalAmount": 12, "orderLineItems": [line]}],
        "payments": [{"id": "P-1", **common, "amount": 12, "type": kind, "status": "Paid"}],
        "transactions": [
            {
                "id": "P-1", **common, "type": "Payment", "totalAmount": 12,
                "transactionSourceRef": {"id": "A-1", "type": "Order"},
            }
        ],
    }  # fmt: skip


def codes(http: httpx.Client, rate: float = 20, kind: str = "Card", **settings: Any) -> list[str]:
    """The findings about a sale to a prepared company of a sandbox with these settings."""
    start = {"startAt": "2022-03-21T18:00:00Z", "profile": "instant"}
    http.post("/_mock/reset", json=start | settings).raise_for_status()
    driver = SandboxDriver(http, "test-key")
    driver.company_id = http.post("/_mock/companies", json={"name": "Café"}).json()["id"]
    for name, records in sale(rate, kind).items():
        driver.push(f"commerce-{name}", records)  # type: ignore[arg-type]
        driver.advance(minutes=1)
    driver.call("POST", "/_mock/clock/close-day")
    found = driver.findings()
    assert (found["books"]["booked"] > 0) is ("B05" not in {e["code"] for e in found["findings"]})
    return [each["code"] for each in found["findings"]]


@pytest.mark.parametrize("rate", [0, 5, 20, 7, 12.5, 25])
def test_a_new_tax_rate_is_mapped_as_it_first_appears(http: httpx.Client, rate: float) -> None:
    assert codes(http, rate) == []


@pytest.mark.parametrize("kind", ["Cash", "Paypal", "Prepaid", "Unknown"])
def test_every_payment_type_is_mapped(http: httpx.Client, kind: str) -> None:
    assert codes(http, kind=kind) == []


def test_a_rate_below_one_percent_is_not_mapped(http: httpx.Client) -> None:
    assert "B05" in codes(http, 0.2)


def test_only_the_tax_rates_are_mapped_that_the_settings_name(http: httpx.Client) -> None:
    assert codes(http, 5, taxRates=[20]) == ["B05"]
    assert codes(http, 20, taxRates=[20]) == []
    assert codes(http, 7, taxRates=[7]) == []


def test_only_the_payment_types_are_mapped_that_the_settings_name(http: httpx.Client) -> None:
    assert codes(http, kind="Paypal", paymentTypes=["Cash"]) == ["B05"]
    assert codes(http, kind="Cash", paymentTypes=["Cash"]) == []
    assert codes(http, kind="Card", paymentTypes=["Cash"]) == []


def test_what_the_integration_has_configured_stays(http: httpx.Client) -> None:
    assert codes(http, 7) == []
    company = http.get("/companies").json()["results"][0]["id"]
    path = f"/config/companies/{company}/sync/commerce"
    rates = http.get(path).json()["configuration"]["sales"]["taxRates"]
    assert all(rate["selectedTaxRateId"] for rate in rates.values())
    assert sorted(rates, key=float) == ["0", "5", "7", "20"]


def test_the_options_are_read() -> None:
    assert read_tax_rates(None, None, "20,7.5") == (20, 7.5)  # type: ignore[arg-type]
    assert read_payment_types(None, None, "Cash") == ("Cash",)  # type: ignore[arg-type]
    marked = read_marker_options({}, [((), {"tax_rates": [20], "payment_types": ["Cash"]})])
    assert marked.settings["taxRates"] == [20]
    assert marked.settings["paymentTypes"] == ["Cash"]
