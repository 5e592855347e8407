"""A merchant whose books are kept in one mapping, and its documents as lines of text.

Each line is a document: its kind, day, total, currency and status, then its debits (above zero) and
credits (below zero) by the purpose of the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from in_process import company_books, push, run

from codat_mock.accounting.documents import Document
from codat_mock.accounting.ledger import entries
from codat_mock.clock import parse_moment
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.http.app import create_app
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.sandbox import SandboxRegistry, Settings, clock_control, dataset_views
from codat_mock.sandbox.books_view import CompanyBooks
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import SandboxDriver

MAPPINGS = {"Xero": ("gbol", False), "QuickBooks": ("qhyg", False), "journal": ("gbol", True)}
MORE_MAPPINGS = {"QuickBooks journal": ("qhyg", True)}
PURPOSES = {
    "sales": ("sales", "sales"), "refunds": ("sales", "refund"), "tips": ("sales", "gratuity"),
    "gift cards sold": ("sales", "prepaid"), "gift cards redeemed": ("payments", "prePaid"),
    "card": ("payments", "card"), "cash": ("payments", "cash"), "bank": ("payments", "payout"),
    "paypal": ("payments", "paypal"), "swish": ("payments", "swish"),
    "fees": ("fees", "paymentFee"),
}  # fmt: skip

KINDS: dict[str, DataType] = {
    "orders": "commerce-orders", "payments": "commerce-payments",
    "transactions": "commerce-transactions",
}  # fmt: skip


class Shop:
    """A merchant whose books are kept in one mapping.

    Args:
        day: the first, ISO 8601; the clock is at nine in the morning.
        mapping: one of `MAPPINGS` and `MORE_MAPPINGS`.
        start: where the configuration starts; the midnight before by default.
        sync_hour: of the daily sync.
        by_location: whether each location has an invoice of its own.
        gift_cards: ids of products.
        accounts: the purpose of the account of sales, payments or fees, such as
            `{("payments", "card"): "gbol-090"}`, that is not the usual one.
        rates: the platform's rates of tax percentages beside 0, 5 and 20.
    """

    def __init__(
        self,
        day: str,
        mapping: str = "Xero",
        *,
        sync_hour: int = 3,
        time_zone: str = "Europe/London",
        by_location: bool = False,
        gift_cards: Sequence[str] = (),
        accounts: Mapping[tuple[str, str], str | None] | None = None,
        rates: Mapping[str, str] | None = None,
    ) -> None:
        platform, is_journal = (MAPPINGS | MORE_MAPPINGS)[mapping]
        start = parse_moment(f"{day}T09:00:00Z")
        self.registry = SandboxRegistry(Settings(start_at=start, speed=0))
        transport = httpx.WSGITransport(create_app(self.registry))
        http = httpx.Client(base_url="http://localhost", transport=transport)
        self.driver = SandboxDriver(http, "k")
        self.driver.create_company("Example Ltd")
        self.driver.link_accounting(platform)
        configuration = self.driver.configure(start - timedelta(hours=9))
        mapped = configuration["configuration"]
        configuration["schedule"] |= {"syncHourUtc": sync_hour, "timeZone": time_zone}
        if is_journal:
            mapped["mapSettings"] = {"outputFormat": "JournalEntry"}
        levels = mapped["sales"]["grouping"]["groupingLevels"]
        if by_location:
            levels["invoiceLevel"]["selectedGroupByOptions"] = ["Location"]
        for (section, name), account in (accounts or {}).items():
            mapped[section]["accounts"][name]["selectedAccountId"] = account
        for percentage, rate in (rates or {}).items():
            mapped["sales"]["taxRates"][percentage] = {"selectedTaxRateId": rate}
        path = f"/config/companies/{self.driver.company_id}/sync/commerce"
        assert self.driver.call("POST", path, configuration)["configured"]
        self.names = account_names(platform, mapped)
        name = self.registry.name_of_company(self.driver.company_id)
        assert name is not None
        self.sandbox = self.registry.sandbox(name)
        if gift_cards:
            products = [{"id": each, "isGiftCard": True} for each in gift_cards]
            company = f"/companies/{self.driver.company_id}"
            response = self.driver.send("PUT", f"{company}/data/commerce-products", products)
            response.raise_for_status()

    def push(self, records: Mapping[str, Sequence[Any]]) -> None:
        """Push records, by `orders`, `payments` and `transactions`, a minute apart.

        In process, as hundreds of days are played: what requests do is tested elsewhere.
        """
        company_id = self.driver.company_id
        for kind, data_type in KINDS.items():
            body = encode({LIST_NAMES[data_type]: records.get(kind, [])})
            dataset_id = push(self.sandbox, company_id, data_type, body)
            clock_control.advance(self.sandbox, timedelta(minutes=1))
            assert run(self.sandbox, dataset_views.history, company_id, dataset_id).completed

    def sell(self, day: Mapping[str, Any]) -> None:
        """Push a day's records at noon, and wait for the sync of the night."""
        noon = parse_moment(f"{day['date']}T12:00:00Z")
        clock_control.set_to(self.sandbox, noon)
        self.push(day)
        clock_control.set_to(self.sandbox, next_morning(noon))

    def company_books(self) -> CompanyBooks:
        """The merchant's books."""
        return company_books(self.sandbox, self.driver.company_id)

    def books(self) -> list[str]:
        """The documents as lines; nothing is left out of them."""
        found = self.company_books()
        assert found.missed == []
        assert found.unreconciled == []
        return [self.describe(document) for document in found.documents]

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What each account holds, by currency and purpose; tax accounts are one."""
        found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for each in self.company_books().trial_balance:
            name = "vat" if "-tax-" in each.account_id else self.names.get(each.account_id, "")
            found[each.currency, name or each.name] += each.debit - each.credit
        assert not sum(found.values())
        return {place: amount for place, amount in found.items() if amount}

    def describe(self, document: Document) -> str:
        """A document as a line."""
        status = "" if document.kind == "JournalEntry" else f" {document.status}"
        sides: dict[str, Decimal] = defaultdict(Decimal)
        for entry in entries(document):
            account = self.names.get(entry.account_id, entry.account_id)
            sides[account] += entry.debit - entry.credit
        ordered = sorted(sides.items(), key=in_order)
        moved = ", ".join(f"{name} {amount}" for name, amount in ordered)
        head = f"{document.kind} {document.date} {document.total} {document.currency}{status}:"
        return f"{head} {moved}".strip()

    def errors(self) -> list[tuple[str, str]]:
        """The findings that are errors: their codes and messages."""
        return [
            (each["code"], each["message"])
            for each in self.driver.findings()["findings"]
            if each["severity"] == "error"
        ]


def in_order(side: tuple[str, Decimal]) -> tuple[bool, str]:
    return side[1] < 0, side[0]


def next_morning(noon: datetime) -> datetime:
    return noon + timedelta(hours=16)


def account_names(platform: str, mapping: dict[str, Any]) -> dict[str, str]:
    """The purpose of each account, by its id."""
    chart = CHARTS[platform]
    controls = {
        chart.receivables.id: "owed", chart.payables.id: "payable", chart.tax.id: "vat",
        chart.overpayments.id: "overpaid", chart.rounding.id: "rounding",
        chart.suspense.id: "suspense",
    }  # fmt: skip
    chosen: dict[str, str] = {}
    for purpose, (section, name) in PURPOSES.items():
        account = mapping[section]["accounts"][name]["selectedAccountId"]
        chosen.setdefault(account, purpose)
    return controls | chosen


def normal(lines: Sequence[str]) -> Iterator[str]:
    """Golden lines, their debits and credits in one order."""
    for line in lines:
        head, _, moved = line.partition(":")
        sides = [each.rpartition(" ") for each in moved.strip().split(", ") if each]
        pairs = sorted(((name, Decimal(amount)) for name, _, amount in sides), key=in_order)
        yield f"{head}: {', '.join(f'{name} {amount}' for name, amount in pairs)}".strip()
