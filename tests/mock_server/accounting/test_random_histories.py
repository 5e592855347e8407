"""Random histories of a merchant, pushed as they happen, beside a naive sum of what was sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from in_process import company_books, push, run
from msgspec.structs import replace

from codat_mock.clock import format_moment
from codat_mock.configuration.rates import rate_key
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.merchant_records import read_declaration
from codat_mock.models.planned_outcomes import PlannedOutcome
from codat_mock.sandbox import (
    Sandbox,
    SandboxRegistry,
    Settings,
    books_view,
    clock_control,
    companies,
    connections,
    evaluation,
    ground_truth,
    planned_outcomes,
)
from codat_mock.sandbox.books_view import CompanyBooks
from codat_scenarios.merchants import Record, encode
from codat_scenarios.strategies import sales

pytestmark = pytest.mark.long

ORDERS, PAYMENTS, TRANSACTIONS = TYPES = (
    "commerce-orders",
    "commerce-payments",
    "commerce-transactions",
)
ZONES = ("Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")
CURRENCIES = ("GBP", "EUR", "SEK")
FIRST_DAYS = (date(2022, 3, 25), date(2022, 10, 28), date(2022, 6, 1))  # two meet a clock change
DAYS = 4
Batch = dict[str, list[Record]]
Step = tuple[datetime, Batch]

thorough = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class PushedSale:
    """One sale's records as they are in the end, and the pushes that sent them.

    Args:
        records: by data type and key; a deleted sale has none.
        steps: when what was pushed, in order.
    """

    id: str
    moment: datetime
    steps: list[Step]
    records: dict[tuple[str, str], Record]


@dataclass
class History:
    """A merchant's days."""

    zone: ZoneInfo
    hour: int
    begin: datetime
    sales: list[PushedSale] = field(default_factory=list)

    @property
    def end(self) -> datetime:
        """When the last sale's sync is over, whatever its hour."""
        return self.begin + timedelta(days=DAYS + 2)

    def rates(self) -> set[Decimal]:
        """The tax percentages that orders name."""
        return {
            line.get("taxPercentage", Decimal(0))
            for sale in self.sales
            for _, batch in sale.steps
            for order in batch.get(ORDERS, [])
            for line in [*(order.get("orderLineItems") or []), *(order.get("serviceCharges") or [])]
        }


def keyed(batch: Batch) -> Iterator[tuple[tuple[str, str], Record]]:
    for data_type, records in batch.items():
        for record in records:
            kind = f"/{record['type']}" if data_type == TRANSACTIONS else ""
            yield (data_type, f"{record['id']}{kind}"), record


def without_dates(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "modifiedDate"}


@st.composite
def pushed_sales(draw: st.DrawFn, number: int, begin: datetime) -> PushedSale:
    """A sale, pushed when it is made and perhaps changed within the hour."""
    sale = draw(sales())
    moment = begin + timedelta(hours=draw(st.integers(0, 24 * DAYS - 1)))
    moment += timedelta(minutes=draw(st.integers(1, 30)))  # syncs are due on the full hour
    common = {
        "currency": draw(st.sampled_from(CURRENCIES)),
        "createdDate": format_moment(moment),
        "sourceModifiedDate": format_moment(moment),
    }
    ids = {payment["id"]: f"{number}-{place}" for place, payment in enumerate(sale.payments)}
    key = f"order-{number}"
    order = without_dates(sale.order) | common | {"id": key}
    payments = [without_dates(p) | common | {"id": ids[p["id"]]} for p in sale.payments]
    transactions = []
    for moved in sale.transactions:
        kind = moved["transactionSourceRef"]["type"]
        source = {"id": key if kind == "Order" else ids[moved["id"]], "type": kind}
        wire = without_dates(moved) | common | {"id": ids[moved["id"]]}
        transactions.append(wire | {"transactionSourceRef": source})
    first = {ORDERS: [order], PAYMENTS: payments, TRANSACTIONS: transactions}
    made = PushedSale(key, moment, [(moment, first)], dict(keyed(first)))
    change = draw(st.sampled_from(("none", "none", "tip", "delete")))
    later = moment + timedelta(minutes=draw(st.integers(5, 20)))
    if change == "tip":
        add_tip(made, later, order, common, draw(st.integers(1, 999)))
    if change == "delete":
        gone = {kind: [{"id": id_} for id_ in ids.values()] for kind in (PAYMENTS, TRANSACTIONS)}
        made.steps.append((later, {ORDERS: [{"id": key}], **gone}))
        made.records.clear()
    return made


def add_tip(made: PushedSale, later: datetime, order: Record, common: Record, cents: int) -> None:
    """Add a tip: the whole order again, one payment and one transaction more."""
    tip, key = Decimal(cents).scaleb(-2), f"{made.id}-tip"
    changed = order | {
        "totalGratuity": order.get("totalGratuity", Decimal(0)) + tip,
        "sourceModifiedDate": format_moment(later),
    }
    paid = common | {"id": key, "amount": tip, "type": "Cash", "status": "Paid"}
    source = {"id": made.id, "type": "Order"}
    moved = common | {"id": key, "totalAmount": tip, "type": "Payment"}
    moved |= {"transactionSourceRef": source}
    batch = {ORDERS: [changed], PAYMENTS: [paid], TRANSACTIONS: [moved]}
    made.steps.append((later, batch))
    made.records |= dict(keyed(batch))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Some days of a merchant, whose syncs are due at some hour."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = draw(st.sampled_from(FIRST_DAYS))
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    history = History(zone, draw(st.integers(0, 23)), begin)
    for number in range(draw(st.integers(1, 5))):
        history.sales.append(draw(pushed_sales(number, begin)))
    return history


@dataclass
class Played:
    """What a history left in a sandbox."""

    registry: SandboxRegistry
    sandbox: Sandbox
    company: str

    def books(self) -> CompanyBooks:
        return company_books(self.sandbox, self.company)

    def codes(self) -> list[str]:
        """The rules that were broken, but for hints."""
        found = run(self.sandbox, evaluation.findings).findings
        return [one.code for one in found if one.severity == "error"]

    def push(self, batch: Batch) -> None:
        for data_type, records in batch.items():
            body = encode({data_type.removeprefix("commerce-"): records})
            push(self.sandbox, self.company, data_type, body)

    def compared(self, history: History) -> dict[str, list[tuple[str, str]]]:
        """The books compared with what the merchant has in the end."""
        own: Batch = {data_type: [] for data_type in TYPES}
        for sale in history.sales:
            for (data_type, _), record in sale.records.items():
                own[data_type].append(record)
        wire = {data_type.removeprefix("commerce-"): own[data_type] for data_type in own}
        counts = run(
            self.sandbox,
            ground_truth.declare,
            self.company,
            read_declaration(encode(wire)),
            replaces=True,
        )
        if not counts.orders:
            return {}
        [found] = run(self.sandbox, ground_truth.comparisons, self.company).companies
        names = ("booked_once", "doubled", "missing", "stale", "surplus")
        return {
            name: [(one.data_type, one.key) for one in getattr(found, name)]
            for name in names
            if getattr(found, name)
        }


def play(history: History, steps: list[Step], lost: Step | None = None) -> Played:
    """Configure a company, push each step at its moment, and wait until all has been synced.

    The datasets of the step that is lost end in an error.
    """
    begin = history.begin - timedelta(minutes=5)
    registry = SandboxRegistry(Settings(start_at=begin, speed=0))
    played = Played(registry, registry.sandbox("history"), "")
    sandbox = played.sandbox
    played.company = company = run(sandbox, companies.create, "History Ltd").id
    run(sandbox, connections.connect, company, "gbol")
    run(sandbox, connections.authorise, company)
    selected = suggest(run(sandbox, companies.configuration, company))
    selected.schedule = replace(
        selected.schedule,
        start_date=history.begin,
        time_zone=history.zone.key,
        sync_hour_utc=history.hour,
    )
    rates = selected.configuration.sales.tax_rates
    for percentage in history.rates():
        rates.setdefault(rate_key(percentage), rates["20"])
    for rate in rates.values():
        rate.selected_tax_rate_id = rate.selected_tax_rate_id or rates["20"].selected_tax_rate_id
    assert run(sandbox, companies.configure, company, selected).configured
    played.push({data_type: [] for data_type in TYPES})
    for step in sorted(steps, key=lambda step: step[0]):
        moment, batch = step
        clock_control.set_to(sandbox, moment)
        if step is lost:
            error = PlannedOutcome(target="dataset", outcome="FetchError", count=len(batch))
            run(sandbox, planned_outcomes.plan, error)
        played.push(batch)
    clock_control.set_to(sandbox, history.end)
    return played


def in_time(history: History) -> list[Step]:
    return [step for sale in history.sales for step in sale.steps]


def naive(history: History, but: tuple[str, ...] = ()) -> Counter[tuple[str, str, str]]:
    """What was sold, paid and kept as fees, by kind, day of the merchant's, and currency, in cents.

    It knows nothing of documents: it adds up the records of the sales, without those named.
    """
    totals: Counter[tuple[str, str, str]] = Counter()
    for sale in history.sales:
        if sale.id in but:
            continue
        day = sale.moment.astimezone(history.zone).date().isoformat()
        for (data_type, _), record in sale.records.items():
            what, amount = worth(data_type, record)
            totals[what, day, record["currency"]] += int(amount.scaleb(2))
    return Counter({place: total for place, total in totals.items() if total})


def worth(data_type: str, record: Record) -> tuple[str, Decimal]:
    zero = Decimal(0)
    if data_type == ORDERS:
        return "sales", record.get("totalAmount", zero) + record.get("totalGratuity", zero)
    if data_type == PAYMENTS:
        return "payments", record["amount"] if record["status"] == "Paid" else zero
    return "fees", -record["totalAmount"] if "Fee" in record["type"] else zero


SIGNS = {
    "Invoice": ("sales", 1), "CreditNote": ("sales", -1), "Payment": ("payments", 1),
    "Refund": ("payments", -1), "Overpayment": ("payments", 1), "Bill": ("fees", 1),
    "BillCreditNote": ("fees", -1), "SpendMoney": ("fees", 1), "ReceiveMoney": ("fees", -1),
}  # fmt: skip


def booked(books: CompanyBooks) -> Counter[tuple[str, str, str]]:
    """The same of the books."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for document in books.documents:
        if document.kind in SIGNS:
            what, sign = SIGNS[document.kind]
            cents = document.total.scaleb(2)
            assert cents == int(cents)
            totals[what, document.date, document.currency] += sign * int(cents)
    return Counter({place: total for place, total in totals.items() if total})


def is_balanced(books: CompanyBooks) -> bool:
    totals: Counter[str] = Counter()
    for balance in books.trial_balance:
        totals[balance.currency] += balance.debit - balance.credit
    return not any(totals.values())


@thorough
@given(histories())
def test_the_books_of_who_keeps_the_rules_are_a_naive_sum_of_the_sales(history: History) -> None:
    played = play(history, in_time(history))
    books = played.books()
    assert booked(books) == naive(history)
    assert is_balanced(books)
    assert books.missed == books.unreconciled == []
    assert played.codes() == []
    assert played.compared(history).keys() <= {"booked_once"}


@thorough
@given(histories())
def test_the_same_history_gives_the_same_books_to_the_byte(history: History) -> None:
    first, second = (play(history, in_time(history)) for _ in range(2))
    assert encode(run(first.sandbox, books_view.books)) == encode(
        run(second.sandbox, books_view.books)
    )


def kept(history: History) -> PushedSale:
    """A sale that was not deleted; the first of a history is made so."""
    sale = history.sales[0]
    if not sale.records:
        del sale.steps[1:]
        sale.records = dict(keyed(sale.steps[0][1]))
    assume(worth(ORDERS, order_of(sale))[1])  # a free order has no document of its own
    return sale


def order_of(sale: PushedSale) -> Record:
    return sale.records[ORDERS, sale.id]


@thorough
@given(histories(), st.integers(1, 10_000))
def test_an_update_after_the_sync_is_a_second_document(history: History, cents: int) -> None:
    sale = kept(history)
    played = play(history, in_time(history))
    more = Decimal(cents).scaleb(-2)
    before, order = booked(played.books()), order_of(sale)
    updated = order | {
        "totalGratuity": order.get("totalGratuity", Decimal(0)) + more,
        "sourceModifiedDate": format_moment(history.end),
    }
    played.push({ORDERS: [updated]})
    clock_control.advance(played.sandbox, timedelta(days=1))
    day = sale.moment.astimezone(history.zone).date().isoformat()
    again = int(worth(ORDERS, updated)[1].scaleb(2))
    expected = Counter(before)
    expected["sales", day, order["currency"]] += again
    books = played.books()
    assert booked(books) == Counter({place: total for place, total in expected.items() if total})
    assert is_balanced(books)
    assert played.codes() == ["U02"]
    sale.records[ORDERS, sale.id] = updated
    assert played.compared(history)["doubled"] == [(ORDERS, sale.id)]


@thorough
@given(histories())
def test_what_arrives_after_its_sync_is_missed(history: History) -> None:
    sale = kept(history)
    del sale.steps[1:]
    sale.records = dict(keyed(sale.steps[0][1]))
    steps = [step for step in in_time(history) if step not in sale.steps]
    played = play(history, steps)
    played.push(sale.steps[0][1])
    clock_control.advance(played.sandbox, timedelta(days=2))
    books = played.books()
    assert booked(books) == naive(history, but=(sale.id,))
    assert {(one.data_type, one.key) for one in books.missed} == sale.records.keys()
    found = played.compared(history)
    assert (ORDERS, sale.id) in found["missing"]
    assert found.keys() <= {"booked_once", "missing"}


@thorough
@given(histories())
def test_what_is_pushed_twice_is_booked_once(history: History) -> None:
    sale = kept(history)
    moment, batch = sale.steps[-1]
    again = (moment + timedelta(minutes=1), batch)
    played = play(history, [*in_time(history), again])
    assert booked(played.books()) == naive(history)
    assert set(played.codes()) == {"S03"}


@pytest.mark.parametrize("is_mended", [False, True])
@thorough
@given(history=histories())
def test_a_lost_dataset_is_lacking_unless_it_is_pushed_again(
    is_mended: bool, history: History
) -> None:
    sale = kept(history)
    del sale.steps[1:]
    sale.records = dict(keyed(sale.steps[0][1]))
    moment, batch = sale.steps[0]
    again = [(moment + timedelta(minutes=1), batch)] if is_mended else []
    played = play(history, [*in_time(history), *again], lost=sale.steps[0])
    books = played.books()
    assert booked(books) == naive(history, but=() if is_mended else (sale.id,))
    assert is_balanced(books)
    lacking = played.compared(history).get("missing", [])
    assert ((ORDERS, sale.id) in lacking) != is_mended
