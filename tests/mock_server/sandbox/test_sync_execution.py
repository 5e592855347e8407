"""What comes of a sync: what stops it, what it blames, and what it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from codat_mock.accounting.catalogue import Catalogue
from codat_mock.configuration.suggestions import keep_payment_types
from codat_mock.models.configuration import AccountSelection, Configuration, MapSettings
from codat_mock.models.partner_data import TaxComponent
from codat_mock.sandbox import SandboxRegistry, companies, sync_execution
from codat_mock.sandbox.planned_outcomes import PlannedSync
from codat_mock.sandbox.sync_execution import SyncPeriod, SyncResult, attempt, booked_earlier
from codat_mock.storage import CompanyRow
from codat_scenarios.sandbox_driver import SandboxDriver

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
ORDERS, PAYMENTS, TRANSACTIONS = "commerce-orders", "commerce-payments", "commerce-transactions"
HOUR = timedelta(hours=1)
CREATED = "2022-03-21T08:30:00Z"


def order(key: str, *rates: float) -> dict[str, Any]:
    lines = [{"quantity": 1, "taxPercentage": rate, "totalAmount": 12} for rate in rates]
    common = {"id": key, "currency": "GBP", "createdDate": CREATED}
    return {**common, "totalAmount": 12 * len(rates), "orderLineItems": lines}


def payment(key: str, kind: str) -> dict[str, Any]:
    common = {"id": key, "currency": "GBP", "createdDate": CREATED}
    return {**common, "amount": 12, "type": kind, "status": "Paid"}


def push(driver: SandboxDriver, **records: list[dict[str, Any]]) -> None:
    for kind in ("orders", "payments", "transactions"):
        driver.push(f"commerce-{kind}", records.get(kind, []))
    driver.call("POST", "/_mock/clock/set", {"to": "2022-03-21T10:00:00Z"})


def tried(
    registry: SandboxRegistry,
    planned: PlannedSync | None = None,
    kind: str = "latest",
    **changed: Any,
) -> SyncResult:
    """The result of a sync of the first two hours, with a changed configuration."""
    with registry.sandbox(registry.names()[0]).session() as session:
        [row] = session.tables.companies.all()
        settings = replace(companies.configured(row), **changed)
        period = SyncPeriod(kind, START, START + 2 * HOUR)
        return attempt(session, row, settings, period, "sync", planned)


def settings_of(registry: SandboxRegistry) -> Configuration:
    with registry.sandbox(registry.names()[0]).session() as session:
        [row] = session.tables.companies.all()
        return companies.configured(row)


def in_journal(registry: SandboxRegistry) -> Any:
    mapping = settings_of(registry).configuration
    return replace(mapping, map_settings=MapSettings(output_format="JournalEntry"))


def lose(driver: SandboxDriver, **statuses: str) -> None:
    path = f"/meta/companies/{driver.company_id}/connections"
    for each in driver.call("GET", path)["results"]:
        if each["sourceType"] in statuses:
            driver.call("PATCH", f"{path}/{each['id']}", {"status": statuses[each["sourceType"]]})


@pytest.mark.parametrize(
    ("statuses", "code", "kind"),
    [
        ({"Commerce": "Unlinked"}, 4040, "commerce"),
        ({"Accounting": "Deauthorized"}, 4220, "accounting"),
        ({"Commerce": "Deauthorized", "Accounting": "Unlinked"}, 4220, "commerce"),
        ({"Commerce": "Unlinked", "Accounting": "Deauthorized"}, 4040, "commerce"),
    ],
)
def test_a_lost_connection_stops_a_sync_before_it_looks_at_any_record(
    registry, driver, statuses, code, kind
):
    push(driver, orders=[order("A", 17)])  # which nobody has mapped
    lose(driver, **statuses)
    result = tried(registry)
    assert result.code == code
    assert f"The {kind} connection is {statuses[kind.title()]}: link it again." in result.reason
    assert (result.taken, result.blamed, result.is_planned) == ((), (), False)


def test_a_mapping_that_is_missing_blames_the_records_that_need_it(registry, driver):
    push(driver, orders=[order("A", 20), order("B", 7, 5.5), order("C", 7, 20), order("D", 20)])
    result = tried(registry)
    assert (result.code, result.blamed) == (4000, [(ORDERS, "B"), (ORDERS, "C")])
    assert result.reason == "Tax rate is missing selected tax rate id. (5.5, 7 percent)"
    assert result.taken == ()
    result = tried(registry, configuration=in_journal(registry))
    assert (result.code, result.blamed) == (4200, [(ORDERS, "B"), (ORDERS, "C")])
    assert "the tax id '5.5'" in result.reason


def test_a_tax_without_an_account_stops_journal_entries_alone(registry, driver):
    push(driver, orders=[order("A", 20), order("B")])
    mapping = in_journal(registry)
    accounts = {**mapping.sales.accounts, "tax-20": AccountSelection()}
    journal = replace(mapping, sales=replace(mapping.sales, accounts=accounts))
    result = tried(registry, configuration=journal)
    assert (result.code, result.blamed) == (4200, [(ORDERS, "A")])
    invoices = replace(journal, map_settings=MapSettings(output_format="Invoice"))
    assert tried(registry, configuration=invoices).code == 2000


@pytest.mark.parametrize(
    ("rate", "blamed", "words"), [(20, [], "frequency"), (7, [(ORDERS, "B")], "Tax rate")]
)
def test_a_configuration_that_is_not_complete_stops_a_sync_and_blames_as_well(
    registry, driver, rate, blamed, words
):
    push(driver, orders=[order("A", 20), order("B", rate)])
    schedule = replace(settings_of(registry).schedule, selected_frequency="Hourly")
    result = tried(registry, schedule=schedule)
    assert (result.code, [*result.blamed]) == (4000, blamed)
    assert words in result.reason


def test_a_payment_type_without_an_account_blames_its_payments(registry, driver):
    push(driver, orders=[order("A", 20)], payments=[payment("P", "Cash"), payment("Q", "Card")])
    mapping = settings_of(registry).configuration
    kept = replace(mapping, payments=keep_payment_types(mapping.payments, ("Card",)))
    result = tried(registry, configuration=kept)
    assert (result.code, result.blamed) == (4000, [(PAYMENTS, "P")])
    assert result.reason == "No account is selected for payments of type Cash."


def test_types_that_were_never_pushed_are_named(registry, driver):
    assert tried(registry).code == 2040
    driver.push(ORDERS, [order("A", 20)])
    driver.call("POST", "/_mock/clock/set", {"to": "2022-03-21T10:00:00Z"})
    result = tried(registry)
    assert (result.code, result.missing_types) == (5120, [PAYMENTS, TRANSACTIONS])
    assert result.reason == f"No {PAYMENTS} and no {TRANSACTIONS} have been pushed."


def test_what_is_planned_goes_before_what_would_have_come(registry, driver):
    push(driver, orders=[order("A", 20)], payments=[payment("P", "Card")])
    assert tried(registry, PlannedSync("Complete", "", 0)).code == 2000
    result = tried(registry, PlannedSync("DataPushError", "closed", 0))
    assert (result.code, result.reason, result.is_planned) == (5130, "closed", True)
    assert [(each.data_type, each.key) for each in result.synced] == [(ORDERS, "A")]
    assert [version.key for version, _ in result.taken] == ["A", "P"]
    for outcome, code in (("MappingError", 4200), ("DataProcessingError", 5120)):
        result = tried(registry, PlannedSync(outcome, "why", 0))
        assert (result.code, result.reason, result.is_planned) == (code, "why", True)
        assert result.taken == ()


def test_duplication_protection_goes_before_a_lost_connection(registry, driver):
    push(driver, orders=[order("A", 20)])
    driver.call("POST", f"/companies/{driver.company_id}/sync/commerce/latest")
    lose(driver, Commerce="Unlinked")
    assert tried(registry, kind="historic").code == 5080
    assert tried(registry, kind="latest").code == 4040


@pytest.mark.parametrize(("rate", "id_"), [("17", "vat-17"), ("20", "a"), ("5.50", "5.5")])
def test_a_tax_rate_has_the_merchants_own_id_or_its_percentage(rate, id_):
    components = [("a", 20), ("b", 20), ("vat-17", 17)]
    catalogue = Catalogue(
        tax_components=tuple(
            TaxComponent(id=name, rate=Decimal(value)) for name, value in components
        )
    )
    assert sync_execution.tax_id(Decimal(rate), catalogue) == id_


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_what_was_booked_earlier_is_the_same_in_however_many_portions(
    registry, driver, monkeypatch, at_once
):
    push(driver, orders=[order(name, 20) for name in "ABCDE"])
    driver.call("POST", f"/companies/{driver.company_id}/sync/commerce/latest")
    monkeypatch.setattr(sync_execution, "MANY_RECORDS", at_once)
    with registry.sandbox(registry.names()[0]).session() as session:
        row: CompanyRow = session.tables.companies.all()[0]
        names = [(ORDERS, name) for name in "ABCDEX"]
        found = booked_earlier(session, row, names, ["2022-03-21"])
        assert sorted(found.orders) == [*"ABCDE"]
        assert found.documents
        assert booked_earlier(session, row, []).documents == []
