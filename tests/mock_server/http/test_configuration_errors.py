"""Each message of sync status code 4000 that the vendor lists, over HTTP: caused, or planned."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from typing import Any

import httpx
import pytest
import vendor_schemas
from openapi_conformance import client_of

from codat_mock.clock import parse_moment
from codat_mock.http.app import create_app
from codat_mock.http.provenance import BEHAVIOURS
from codat_mock.sandbox import SandboxRegistry, Settings

NOON = parse_moment("2022-03-21T12:00:00Z")
LATEST = "POST /companies/{companyId}/sync/commerce/latest"
STATUS = "GET /companies/{companyId}/sync/commerce/syncs/latest/status"
SALES, PAYMENTS, FEES = (f"configuration/{section}" for section in ("sales", "payments", "fees"))
CARD, PREPAID = f"{PAYMENTS}/accounts/card", f"{PAYMENTS}/accounts/prePaid"
CUSTOMER = f"{SALES}/salesCustomer/selectedCustomerId"
GROUPING = f"{SALES}/grouping"
PERIOD = f"{GROUPING}/groupingPeriod/selectedGroupingPeriod"
LEVELS = f"{GROUPING}/groupingLevels"
INVOICES = f"{SALES}/invoiceStatus/selectedInvoiceStatus"
RATE = f"{SALES}/taxRates/20/selectedTaxRateId"
SUPPLIER = f"{FEES}/feesSupplier/selectedSupplierId"
FREQUENCY = "schedule/selectedFrequency"

# What leads to each message: a path in the configuration and its value; a path as the value stands
# for what that path holds. Source: contract part 2, section C.
CAUSES: list[tuple[str, str, Any]] = [
    ("To sync fees: Payments section needs to exist Payments account id needs to be set",
     f"{PAYMENTS}/syncPayments", False),
    ("To sync fees: Payments section needs to exist Payments account id needs to be set",
     PAYMENTS, None),
    ("Accounts config invalid. Prepaid account in Sales should not match {CommerceAccountType."
     " PrepaidPayment} in Payments.",
     f"{SALES}/accounts/prepaid/selectedAccountId", f"{PREPAID}/selectedAccountId"),
    ("Payments config invalid. {Card Acount} should not match {Payout Account}.",
     f"{CARD}/selectedAccountId", f"{PAYMENTS}/accounts/payout/selectedAccountId"),
    ("No sales customer has been configured.", CUSTOMER, None),
    ("No sales customer has been configured.", f"{SALES}/salesCustomer", None),
    ("Selected customer not present in customer options.", CUSTOMER, "nobody"),
    ("Selected Account is not a valid option.", f"{CARD}/selectedAccountId", "1"),
    ("No grouping period selected.", PERIOD, None),
    ("No grouping period selected.", GROUPING, None),
    ("Grouping period selected not from options.", PERIOD, "Weekly"),
    ("Invalid invoice level grouping selected.",
     f"{LEVELS}/invoiceLevel/selectedGroupByOptions", ["Weather"]),
    ("Invalid invoice line level grouping selected.",
     f"{LEVELS}/invoiceLineLevel/selectedGroupByOptions", ["Product"]),
    ("Payments cannot be enabled if invoice status is set to 'draft'.", INVOICES, "draft"),
    ("Config contains required accounts without selections.",
     f"{SALES}/accounts/refund/selectedAccountId", None),
    ("Config contains required accounts without selections.", f"{SALES}/accounts", None),
    ("No schedule selected frequency.", FREQUENCY, None),
    ("Selected schedule frequency not present in options.", FREQUENCY, "Weekly"),
    ("No selected invoice status.", INVOICES, None),
    ("Invalid invoice status selected (must be submitted or draft).", INVOICES, "Paid"),
    ("Tax rate is missing selected tax rate id.", RATE, None),
    ("Selected tax rate id for 20% tax-rate has no options.", RATE, "no-rate"),
    ("No fees supplier has been configured.", SUPPLIER, ""),
    ("Selected supplier not present in supplier options.", SUPPLIER, "nobody"),
]  # fmt: skip
PLANNED = [
    "No Sales Account Present.",
    "Accounts are not found.",
    "Account Id is not in an Active state.",
    "Customer is not in an Active state.",
    "Customer {customerId} does not exist.",
    "Supplier does not exist.",
    "Supplier is not in an Active state.",
    "Tax Rate {taxRateId} does not exist.",
    "The following Tax Rates are invalid: {Tax rate}.",
]


class Shop:
    """A company that is ready to be synced."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        made = http.post("/_mock/companies", json={"name": "Corner Coffee"}).json()
        self.id = made["id"]
        self.connections = {each["sourceType"]: each["id"] for each in made["dataConnections"]}

    def fails_with(self, message: str) -> None:
        """Run a sync, and hold its answer and its status against what is expected."""
        ran = self.http.post(f"/companies/{self.id}/sync/commerce/latest")
        status = self.http.get(f"/companies/{self.id}/sync/commerce/syncs/latest/status")
        for operation, answer in ((LATEST, ran), (STATUS, status)):
            body = answer.json()
            assert vendor_schemas.problems(operation, answer.status_code, body) == []
            assert (body["syncStatusCode"], body["syncStatus"]) == (4000, "ValidateError")
            assert body["errorMessage"] == body["syncExceptionMessage"] == message
            assert body["dataPushed"] is False


@pytest.fixture
def shop() -> Iterator[Shop]:
    app = create_app(SandboxRegistry(Settings(start_at=NOON, speed=0)))
    with client_of(app) as http:
        yield Shop(http)


def at(configuration: Any, path: str) -> Any:
    return reduce(lambda part, name: part[name], path.split("/"), configuration)


@pytest.mark.parametrize(("message", "path", "value"), CAUSES)
def test_a_mistake_in_the_configuration_has_the_vendors_message(
    shop: Shop, message: str, path: str, value: Any
) -> None:
    address = f"/config/companies/{shop.id}/sync/commerce"
    configuration = deepcopy(shop.http.get(address).json())
    above, _, name = path.rpartition("/")
    is_path = isinstance(value, str) and "/" in value
    at(configuration, above)[name] = at(configuration, value) if is_path else value
    shop.http.post(address, json=configuration).raise_for_status()
    assert shop.http.get(address).json()["configured"] is False
    shop.fails_with(message)


@pytest.mark.parametrize("message", PLANNED)
def test_what_the_books_do_not_lead_to_is_planned_and_listed(shop: Shop, message: str) -> None:
    plan = {"target": "sync", "outcome": "ConfigurationError", "message": message}
    shop.http.post("/_mock/outcomes", json=plan).raise_for_status()
    shop.fails_with(message)
    [listed] = [each for each in BEHAVIOURS if f"'{message}'" in each.statement]
    assert listed.subject == "Configuration errors"


@pytest.mark.parametrize("kind", ["Commerce", "Accounting"])
def test_both_connections_have_to_be_linked(shop: Shop, kind: str) -> None:
    path = f"/meta/companies/{shop.id}/connections/{shop.connections[kind]}"
    shop.http.patch(path, json={"status": "PendingAuth"}).raise_for_status()
    shop.fails_with("Company needs to have two valid data connections.")
