"""Stories of `docs/examples.md`: the usual cases of a shop, pushed and booked.

Their records and books are those of the fixtures `books/…`. Only an overpayment is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from codat_fixtures import load, names
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import STORIES, Ending, Story
from codat_scenarios.stories.sales import COMPLETE

FOLDER: Final = "books/"
TIMES: Final = ("12:05", "12:06", "12:07")  # of the pushes of each data type


def pushes(example: dict[str, Any]) -> Iterator[tuple[date, str, DataType, list[Any]]]:
    """The day, the time, the data type and the records of each push.

    On the first day every data type is pushed, since a sync needs all three (contract section 3).
    """
    for number, day in enumerate(example["days"]):
        for (data_type, name), at in zip(LIST_NAMES.items(), TIMES, strict=True):
            records = day[name]
            if records or not number:
                yield date.fromisoformat(day["date"]), at, data_type, records


def ending(example: dict[str, Any]) -> Ending:
    """Every dataset complete, and the documents of the golden books in Xero."""
    documents = []
    for line in example["invoices"]:
        kind, day, total, currency = line.replace(":", " ").split()[:4]
        documents.append(f"{day} {kind} {Decimal(total):.2f} {currency}")
    return Ending(
        tuple(example.get("findings", ())),
        datasets=COMPLETE * len([*pushes(example)]),
        sync=2000,
        documents=tuple(documents),
    )


def sell(driver: SandboxDriver, name: str) -> None:
    """Push the records of an example on their days, and wait for the sync of the last night.

    Args:
        driver: of a company that is linked and configured.
        name: the fixture's.
    """
    example = load(name)
    company = f"/config/companies/{driver.company_id}/sync/commerce"
    if example.get("byLocation"):
        configuration = driver.call("GET", company)
        levels = configuration["configuration"]["sales"]["grouping"]["groupingLevels"]
        levels["invoiceLevel"]["selectedGroupByOptions"] = ["Location"]
        driver.call("POST", company, configuration)
    if gift_cards := example.get("giftCards"):
        products = [{"id": each, "isGiftCard": True} for each in gift_cards]
        path = f"/companies/{driver.company_id}/data/commerce-products"
        driver.send("PUT", path, products).raise_for_status()
    for day, at, data_type, records in pushes(example):
        driver.at(day, at)
        driver.push(data_type, records)
    driver.at(date.fromisoformat(example["days"][-1]["date"]) + timedelta(days=1), "09:00")


def add_example(name: str) -> None:
    """Enter an example into the list of stories."""
    example, short = load(name), name.removeprefix(FOLDER)
    text = f"The records of the example '{example['title']}' are pushed, and booked as documented."
    story = f"example-{short}"
    STORIES[story] = Story(story, text, ending(example), partial(sell, name=name))


for found in names():
    if found.startswith(FOLDER):
        add_example(found)
