"""Double entry: what documents do to the accounts.

Drafts do nothing to them until somebody submits them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from codat_mock.accounting.documents import Document
from codat_mock.accounting.money import ZERO, exactly
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.models.commerce import Wire
from codat_mock.models.values import Amount

Movement = tuple[str, Decimal]  # account, and its debit (a credit is below zero)


class Entry(Wire, kw_only=True, omit_defaults=False):
    """One side of a document in one account; never below zero, and never both."""

    account_id: str
    debit: Amount
    credit: Amount


class Balance(Wire, kw_only=True, omit_defaults=False):
    """What all documents together did to one account, in one currency."""

    currency: str
    account_id: str
    nominal_code: str
    name: str
    classification: str
    debit: Amount
    credit: Amount


def entries(document: Document) -> tuple[Entry, ...]:
    """What a document does to the accounts: its debits and credits come to the same."""
    return tuple(
        Entry(account_id=account, debit=max(debit, ZERO), credit=max(-debit, ZERO))
        for account, debit in movements(document)
        if debit
    )


def movements(document: Document) -> Iterator[Movement]:
    """A document's debits, credits below zero."""
    chart = CHARTS[document.platform_key]
    receivables, payables = chart.receivables.id, chart.payables.id
    total = document.total
    match document.kind:
        case _ if document.status == "Draft":
            return
        case "Invoice":
            yield receivables, total
            yield from line_movements(document, chart.tax.id, -1)
        case "CreditNote":
            yield from line_movements(document, chart.tax.id, 1)
            yield receivables, -total
        case "Bill":
            yield from line_movements(document, chart.tax.id, 1)
            yield payables, -total
        case "BillCreditNote":
            yield payables, total
            yield from line_movements(document, chart.tax.id, -1)
        case "Payment":
            yield document.account or chart.suspense.id, total
            yield receivables, -total
        case "BillPayment":
            yield payables, total
            yield document.account or chart.suspense.id, -total


def line_movements(document: Document, tax_account: str, sign: int) -> Iterator[Movement]:
    """The lines' own accounts, then the tax of them all."""
    for line in document.lines:
        yield line.account_id, sign * line.net
    yield tax_account, sign * document.tax


def trial_balance(documents: Iterable[Document]) -> list[Balance]:
    """The balance of every account that was touched, by currency and code.

    In each currency the debits and the credits come to exactly the same.
    """
    found: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
    with exactly():
        for document in documents:
            for entry in entries(document):
                place = (document.currency, document.platform_key, entry.account_id)
                found[place] += entry.debit - entry.credit
        balances = [
            balance_of(currency, platform_key, account, debit)
            for (currency, platform_key, account), debit in found.items()
        ]
    return sorted(balances, key=lambda b: (b.currency, b.nominal_code, b.account_id))


def balance_of(currency: str, platform_key: str, account_id: str, debit: Decimal) -> Balance:
    """One account's balance; an account that the chart lacks is shown by its id."""
    account = CHARTS[platform_key].by_id.get(account_id)
    return Balance(
        currency=currency,
        account_id=account_id,
        nominal_code=account.nominal_code if account else "",
        name=account.name if account else account_id,
        classification=account.classification if account else "",
        debit=max(debit, ZERO),
        credit=max(-debit, ZERO),
    )
