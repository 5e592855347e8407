"""The demo's scenes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx
from rich.table import Table

from codat_fixtures import load
from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_mock.sandbox import Settings
from codat_scenarios.demo.screen import (
    Screen,
    books_table,
    findings_table,
    money,
)
from codat_scenarios.merchants import Day, merchant
from codat_scenarios.stage import Json, Stage

API_KEY: Final = "demo-key"
MONDAY: Final = date(2022, 3, 21)
EVENING: Final = datetime(2022, 3, 21, 21, tzinfo=UTC)  # the café has closed
START: Final = datetime(2022, 3, 21, tzinfo=UTC)
CORRECTED_AT: Final = "2022-03-22T09:30:00Z"
ORDERS: Final[DataType] = "commerce-orders"

PACE: Final = (1.5,) * 5  # seconds: each status can be seen without polling too often (rule T06)

Record = dict[str, Any]


def settings(seed: int) -> Settings:
    """What the demo's mock starts from."""
    return Settings(start_at=EVENING, speed=0, seed=seed, durations=PACE)


def play(address: str, seed: int, screen: Screen) -> None:
    """Play every scene against the mock at that address."""
    cafe = merchant("cafe", seed=seed)
    sales = records_of(cafe.day(MONDAY))
    with httpx.Client(base_url=address) as http:
        stage = Stage(http, API_KEY)
        screen.title(
            "codat-mock: a rehearsal of Sync for Commerce",
            "Unofficial. Everything below is real HTTP against a server on this machine.",
        )
        join(stage, screen, cafe.name)
        configure(stage, screen)
        push_day(stage, screen, sales)
        sync(stage, screen)
        break_rules(stage, screen, sales[ORDERS])
        show_consequences(stage, screen)


def records_of(day: Day) -> dict[DataType, list[Record]]:
    """A day's sales, with the four records of the vendor's worked example among them."""
    return {
        data_type: [
            *({**record} for record in day.records[data_type]),
            *load(f"{name}/worked-example")[name],
        ]
        for data_type, name in LIST_NAMES.items()
    }


def join(stage: Stage, screen: Screen, name: str) -> None:
    """The merchant joins and links the accounting software."""
    screen.scene("A café joins and links its accounting software")
    screen.call("POST", "/meta/companies/sync")
    company = stage.create_company(name)
    screen.call("POST", f"/meta/companies/{company['id']}/connections")
    linked = stage.link_accounting()
    table = Table.grid(padding=(0, 2))
    for connection in linked["dataConnections"]:
        status = f"[green]{connection['status']}[/]"
        table.add_row(connection["sourceType"], connection["platformName"], status)
    screen.say(f"[bold]{name}[/] is connected:")
    screen.show(table)


def configure(stage: Stage, screen: Screen) -> None:
    """The mapping is stored."""
    screen.scene("The mapping to the accounts is stored")
    screen.call("POST", f"/config/companies/{stage.company_id}/sync/commerce")
    stored = stage.configure(START)
    plan = stored["schedule"]
    table = Table.grid(padding=(0, 2))
    table.add_row("Books of", stored["accountingSoftwareCompanyName"])
    table.add_row(
        "Sync", f"{plan['selectedFrequency']} at {plan['syncHourUtc']}:00, {plan['timeZone']}"
    )
    table.add_row("Sales from", plan["startDate"])
    table.add_row("Complete", "[green]yes[/]" if stored["configured"] else "[red]no[/]")
    screen.show(table)


def push_day(stage: Stage, screen: Screen, sales: dict[DataType, list[Record]]) -> None:
    """The day's sales are pushed, one data type after the other."""
    screen.scene("The day's sales are pushed")
    pushed = []
    for data_type, records in sales.items():
        path = f"/data/companies/{stage.company_id}/sync/{data_type}"
        screen.call("POST", f"{path}  [dim]{len(records)} records[/]")
        pushed.append(stage.push(data_type, records))
    screen.say("Each push became a dataset; its status moves on by itself:")
    screen.watch(
        lambda: [stage.dataset(dataset_id) for dataset_id in pushed],
        lambda: void(stage.advance_to_next_event()),
    )


def sync(stage: Stage, screen: Screen) -> None:
    """The night passes, and the sync writes the books."""
    screen.scene("The clock moves past the nightly sync")
    stage.advance(hours=9)
    screen.call("GET", f"/meta/companies/{stage.company_id}/sync/commerce/status")
    show_sync(stage, screen)
    screen.say("This is what the accounting software shows now:")
    screen.show(books_table(stage.books()["documents"]))


def show_sync(stage: Stage, screen: Screen) -> None:
    """The latest sync in one line."""
    status = stage.sync_status()
    told = f"{status['syncStatusCode']} {status['syncStatus']}"
    screen.say(f"[green]{told}[/] at {status['syncUtc']}")


def break_rules(stage: Stage, screen: Screen, orders: list[Record]) -> None:
    """Three mistakes, each often made."""
    screen.scene("Three mistakes are made on purpose")

    def push(record: Record, *more: Record) -> None:
        screen.call("POST", f"/data/companies/{stage.company_id}/sync/{ORDERS}")
        stage.push(ORDERS, [record, *more])
        stage.advance(minutes=1)  # and see meanwhile how it ends, as an integration must

    screen.say("[bold]One:[/] all of yesterday's orders are pushed again, though nothing changed.")
    push(*orders)
    screen.say("[bold]Two:[/] an order is corrected, though it is in the books already.")
    push(corrected(orders[0]))
    screen.say("[bold]Three:[/] a new order is deleted with more than its id.")
    push(corrected(orders[1]) | {"id": "mistaken-order", "createdDate": CORRECTED_AT})
    push({"id": "mistaken-order", "status": "Deleted"})
    screen.call("GET", "/_mock/findings")
    screen.show(findings_table(stage.findings()["findings"]))


def corrected(order: Record) -> Record:
    """The whole order, changed the day after."""
    changed = deepcopy(order)
    changed["customerRef"] = {"id": "regular-1", "name": "A regular"}
    changed["sourceModifiedDate"] = CORRECTED_AT
    return changed


def show_consequences(stage: Stage, screen: Screen) -> None:
    """The next sync books the corrected order a second time."""
    screen.scene("What comes of it in the books")
    known = {document["number"] for document in stage.books()["documents"]}
    stage.advance(days=1)
    show_sync(stage, screen)
    documents = stage.books()["documents"]
    new = [document for document in documents if document["number"] not in known]
    screen.show(books_table(new))
    screen.say(explain_duplicate(documents, new))
    found = stage.findings()
    codes = ", ".join(finding["code"] for finding in found["findings"])
    screen.say(f"The verdict: [bold red]{found['verdict']}[/] ({codes}).")


def explain_duplicate(documents: list[Json], new: list[Json]) -> str:
    """Name the order that stands in two invoices."""
    places: dict[str, list[str]] = {}
    for document in documents:
        if document["kind"] == "Invoice":
            for record in document["records"]:
                places.setdefault(record["key"], []).append(document["number"])
    doubled = next(numbers for numbers in places.values() if len(numbers) > 1)
    amount = next(
        money(document["total"], document["currency"])
        for document in new
        if document["number"] == doubled[-1]
    )
    return f"The same sale stands in {' and in '.join(doubled)}: [bold red]{amount} too much[/]."


def void(_: Json) -> None:
    """Leave an answer unused."""
