"""The demo's scenes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx
from rich.table import Table

from codat_fixtures import load
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.sandbox import Settings
from codat_scenarios.demo.console import Screen, books_table, findings_table, money
from codat_scenarios.merchants import Day, merchant
from codat_scenarios.sandbox_driver import Json, SandboxDriver

API_KEY: Final = "demo-key"
MONDAY: Final = date(2022, 3, 21)
EVENING: Final = datetime(2022, 3, 21, 21, tzinfo=UTC)  # the café has closed
START: Final = datetime(2022, 3, 21, tzinfo=UTC)
CORRECTED_AT: Final = "2022-03-22T09:30:00Z"
ORDERS: Final[DataType] = "commerce-orders"

PACE: Final = (1.5,) * 5  # seconds: each status can be seen without polling too often (rule T06)

Record = dict[str, Any]


def settings(seed: int) -> Settings:
    """The settings of the demo's mock."""
    return Settings(start_at=EVENING, speed=0, seed=seed, durations=PACE)


def play(address: str, seed: int, screen: Screen) -> None:
    """Play every scene.

    Args:
        address: of the mock.
        seed: selects the café and its sales.
        screen: prints the scenes.
    """
    cafe = merchant("cafe", seed=seed)
    sales = records_of(cafe.day(MONDAY))
    with httpx.Client(base_url=address, trust_env=False) as http:
        driver = SandboxDriver(http, API_KEY)
        screen.title(
            "codat-mock: Sync for Commerce on this machine",
            "Unofficial. Everything below is real HTTP against a local server.",
        )
        join(driver, screen, cafe.name)
        configure(driver, screen)
        push_day(driver, screen, sales)
        sync(driver, screen)
        break_rules(driver, screen, sales[ORDERS])
        show_consequences(driver, screen)


def records_of(day: Day) -> dict[DataType, list[Record]]:
    """A day's sales together with the four records of the vendor's worked example."""
    return {
        data_type: [
            *({**record} for record in day.records[data_type]),
            *load(f"{name}/worked-example")[name],
        ]
        for data_type, name in LIST_NAMES.items()
    }


def join(driver: SandboxDriver, screen: Screen, name: str) -> None:
    """Create the company and link its accounting software.

    Args:
        driver: sends the requests.
        screen: shows them.
        name: of the company.
    """
    screen.scene("A café joins and links its accounting software")
    screen.call("POST", "/meta/companies/sync")
    company = driver.create_company(name)
    screen.call("POST", f"/meta/companies/{company['id']}/connections")
    linked = driver.link_accounting()
    table = Table.grid(padding=(0, 2))
    for connection in linked["dataConnections"]:
        status = f"[green]{connection['status']}[/]"
        table.add_row(connection["sourceType"], connection["platformName"], status)
    screen.say(f"[bold]{name}[/] is connected to:")
    screen.show(table)


def configure(driver: SandboxDriver, screen: Screen) -> None:
    """Store the mapping to accounts."""
    screen.scene("The sales are mapped to accounts")
    screen.call("POST", f"/config/companies/{driver.company_id}/sync/commerce")
    stored = driver.configure(START)
    schedule = stored["schedule"]
    table = Table.grid(padding=(0, 2))
    table.add_row("Books of", stored["accountingSoftwareCompanyName"])
    table.add_row(
        "Sync",
        f"{schedule['selectedFrequency']} at {schedule['syncHourUtc']}:00, {schedule['timeZone']}",
    )
    table.add_row("Sales from", schedule["startDate"])
    table.add_row("Configured", "[green]yes[/]" if stored["configured"] else "[red]no[/]")
    screen.show(table)


def push_day(driver: SandboxDriver, screen: Screen, sales: dict[DataType, list[Record]]) -> None:
    """Push the day's sales, one data type after the other.

    Args:
        driver: sends the requests.
        screen: shows them.
        sales: whole records, by data type in the order of the pushes.
    """
    screen.scene("The day's sales are pushed")
    pushed = []
    for data_type, records in sales.items():
        path = f"/data/companies/{driver.company_id}/sync/{data_type}"
        screen.call("POST", f"{path}  [dim]{len(records)} records[/]")
        pushed.append(driver.push(data_type, records))
    screen.say("Each push creates a dataset, which is processed asynchronously:")
    screen.watch(
        lambda: [driver.dataset(dataset_id) for dataset_id in pushed],
        lambda: void(driver.advance_to_next_event()),
    )


def sync(driver: SandboxDriver, screen: Screen) -> None:
    """Let the night pass with its sync."""
    screen.scene("The clock moves past the nightly sync")
    driver.advance(hours=9)
    screen.call("GET", f"/meta/companies/{driver.company_id}/sync/commerce/status")
    show_sync(driver, screen)
    screen.say("The accounting software now shows:")
    screen.show(books_table(driver.books()["documents"]))


def show_sync(driver: SandboxDriver, screen: Screen) -> None:
    """Print the latest sync in one line."""
    sync = driver.sync_status()
    screen.say(f"[green]{sync['syncStatusCode']} {sync['syncStatus']}[/] at {sync['syncUtc']}")


def break_rules(driver: SandboxDriver, screen: Screen, orders: list[Record]) -> None:
    """Make three common mistakes.

    Args:
        driver: sends the requests.
        screen: shows them and the findings.
        orders: pushed and synced before; at least two.
    """
    screen.scene("Three common mistakes")

    def push(record: Record, *more: Record) -> None:
        screen.call("POST", f"/data/companies/{driver.company_id}/sync/{ORDERS}")
        driver.push(ORDERS, [record, *more])
        driver.advance(minutes=1)  # and poll the dataset, as an integration must

    screen.say("[bold]One:[/] all of yesterday's orders are pushed again without a change.")
    push(*orders)
    screen.say("[bold]Two:[/] an order is updated after it was synced to the books.")
    push(corrected(orders[0]))
    screen.say("[bold]Three:[/] an order is deleted with more properties than its id.")
    push(corrected(orders[1]) | {"id": "mistaken-order", "createdDate": CORRECTED_AT})
    push({"id": "mistaken-order", "status": "Deleted"})
    screen.call("GET", "/_mock/findings")
    screen.show(findings_table(driver.findings()["findings"]))


def corrected(order: Record) -> Record:
    """A whole order, changed the next day."""
    changed = deepcopy(order)
    changed["customerRef"] = {"id": "regular-1", "name": "A regular"}
    changed["sourceModifiedDate"] = CORRECTED_AT
    return changed


def show_consequences(driver: SandboxDriver, screen: Screen) -> None:
    """Let the next sync book the updated order a second time."""
    screen.scene("The consequences in the books")
    known = {document["number"] for document in driver.books()["documents"]}
    driver.advance(days=1)
    show_sync(driver, screen)
    documents = driver.books()["documents"]
    new = [document for document in documents if document["number"] not in known]
    screen.show(books_table(new))
    screen.say(explain_duplicate(documents, new))
    found = driver.findings()
    codes = ", ".join(finding["code"] for finding in found["findings"])
    screen.say(f"The verdict: [bold red]{found['verdict']}[/] ({codes}).")


def explain_duplicate(documents: list[Json], new: list[Json]) -> str:
    """Describe the order that two invoices contain."""
    invoices: dict[str, list[str]] = {}
    for document in documents:
        if document["kind"] == "Invoice":
            for record in document["records"]:
                invoices.setdefault(record["key"], []).append(document["number"])
    duplicates = next(numbers for numbers in invoices.values() if len(numbers) > 1)
    amount = next(
        money(document["total"], document["currency"])
        for document in new
        if document["number"] == duplicates[-1]
    )
    return f"The same sale is in {' and '.join(duplicates)}: [bold red]{amount} too much[/]."


def void(_: Json) -> None:
    """Discard a response."""
