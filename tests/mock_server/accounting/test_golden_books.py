"""The examples of `docs/examples.md`: their records, pushed, make the books worked out by hand.

Each line of a golden book is a document: its kind, day, total, currency and status, then its
debits (above zero) and credits (below zero) by the purpose of the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from in_process import run

from codat_fixtures import load
from codat_fixtures.loading import names
from codat_mock.accounting.documents import Document
from codat_mock.accounting.ledger import entries
from codat_mock.clock import parse_moment
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings, books_view
from codat_mock.sandbox.sandbox import Sandbox
from codat_scenarios.sandbox_driver import SandboxDriver

EXAMPLES = [name for name in names() if name.startswith("books/")]
MAPPINGS = {"Xero": ("gbol", False), "QuickBooks": ("qhyg", False), "journal": ("gbol", True)}
PURPOSES = {
    "sales": ("sales", "sales"), "refunds": ("sales", "refund"), "tips": ("sales", "gratuity"),
    "gift cards sold": ("sales", "prepaid"), "gift cards redeemed": ("payments", "prePaid"),
    "card": ("payments", "card"), "cash": ("payments", "cash"), "bank": ("payments", "payout"),
    "fees": ("fees", "paymentFee"),
}  # fmt: skip


class Shop:
    """A merchant whose books are kept in one mapping."""

    def __init__(self, example: dict[str, Any], platform: str, *, is_journal: bool) -> None:
        start = parse_moment(f"{example['days'][0]['date']}T09:00:00Z")
        self.registry = SandboxRegistry(Settings(start_at=start, speed=0))
        transport = httpx.WSGITransport(create_app(self.registry))
        http = httpx.Client(base_url="http://localhost", transport=transport)
        self.driver = SandboxDriver(http, "k")
        self.driver.create_company("Example Ltd")
        self.driver.link_accounting(platform)
        configuration = self.driver.configure(start - timedelta(hours=9))
        mapping = configuration["configuration"]
        if is_journal:
            mapping["mapSettings"] = {"outputFormat": "JournalEntry"}
        levels = mapping["sales"]["grouping"]["groupingLevels"]
        if example.get("byLocation"):
            levels["invoiceLevel"]["selectedGroupByOptions"] = ["Location"]
        path = f"/config/companies/{self.driver.company_id}/sync/commerce"
        assert self.driver.call("POST", path, configuration)["configured"]
        self.names = account_names(platform, mapping)
        if gift_cards := example.get("giftCards"):
            products = [{"id": each, "isGiftCard": True} for each in gift_cards]
            company = f"/companies/{self.driver.company_id}"
            response = self.driver.send("PUT", f"{company}/data/commerce-products", products)
            response.raise_for_status()

    @property
    def sandbox(self) -> Sandbox:
        name = self.registry.name_of_company(self.driver.company_id)
        assert name is not None
        return self.registry.sandbox(name)

    def sell(self, day: dict[str, Any]) -> None:
        """Push a day's records at noon, and wait for the sync of the night."""
        noon = parse_moment(f"{day['date']}T12:00:00Z")
        self.driver.wait_until(noon)
        for kind in ("orders", "payments", "transactions"):
            self.driver.push(f"commerce-{kind}", day[kind])
            self.driver.advance(minutes=1)
        self.driver.wait_until(next_morning(noon))

    def books(self) -> list[str]:
        found = run(self.sandbox, books_view.books, self.driver.company_id).companies[0]
        assert found.missed == []
        assert found.unreconciled == []
        return [self.describe(document) for document in found.documents]

    def describe(self, document: Document) -> str:
        status = "" if document.kind == "JournalEntry" else f" {document.status}"
        sides: dict[str, Decimal] = defaultdict(Decimal)
        for entry in entries(document):
            sides[self.names[entry.account_id]] += entry.debit - entry.credit
        ordered = sorted(sides.items(), key=in_order)
        moved = ", ".join(f"{name} {amount}" for name, amount in ordered)
        head = f"{document.kind} {document.date} {document.total} {document.currency}{status}:"
        return f"{head} {moved}".strip()


def in_order(side: tuple[str, Decimal]) -> tuple[bool, str]:
    return side[1] < 0, side[0]


def next_morning(noon: datetime) -> datetime:
    return noon + timedelta(hours=16)


def account_names(platform: str, mapping: dict[str, Any]) -> dict[str, str]:
    chart = CHARTS[platform]
    controls = {
        chart.receivables.id: "owed", chart.payables.id: "payable", chart.tax.id: "vat",
        chart.overpayments.id: "overpaid", chart.rounding.id: "rounding",
    }  # fmt: skip
    chosen = {
        mapping[section]["accounts"][name]["selectedAccountId"]: purpose
        for purpose, (section, name) in PURPOSES.items()
    }
    return controls | chosen


def normal(lines: list[str]) -> Iterator[str]:
    """Golden lines, their debits and credits in one order."""
    for line in lines:
        head, _, moved = line.partition(":")
        sides = [each.rpartition(" ") for each in moved.strip().split(", ") if each]
        pairs = sorted(((name, Decimal(amount)) for name, _, amount in sides), key=in_order)
        yield f"{head}: {', '.join(f'{name} {amount}' for name, amount in pairs)}".strip()


def golden(example: dict[str, Any], mapping: str) -> list[str]:
    if mapping == "journal":
        return example["journal"]
    return example.get("quickbooks", example["invoices"]) if mapping == "QuickBooks" else example[
        "invoices"
    ]  # fmt: skip


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_books_are_those_worked_out_by_hand(name: str, mapping: str) -> None:
    example = load(name)
    platform, is_journal = MAPPINGS[mapping]
    shop = Shop(example, platform, is_journal=is_journal)
    for day in example["days"]:
        shop.sell(day)
    assert sorted(shop.books()) == sorted(normal(golden(example, mapping)))
    errors = [
        (each["code"], each["message"])
        for each in shop.driver.findings()["findings"]
        if each["severity"] == "error"
    ]
    if example.get("isClean", True):
        assert errors == []
