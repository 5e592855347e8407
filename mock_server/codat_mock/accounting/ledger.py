"""Double entry: the debits and credits of documents, and the trial balance.

A draft has none until somebody submits it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from codat_mock.accounting.documents import Document, Kind
from codat_mock.accounting.money import ZERO, exactly
from codat_mock.configuration.charts_of_accounts import CHARTS
from codat_mock.models.commerce import Wire
from codat_mock.models.values import Amount

Movement = tuple[str, Decimal]  # account and amount, a debit above zero

# Of documents with lines: the sign of the lines, debit +, and the chart's account opposite them
# (None: the document's own account).
LINE_KINDS: Final[Mapping[Kind, tuple[int, str | None]]] = {
    "Invoice": (-1, "receivables"),
    "CreditNote": (1, "receivables"),
    "Bill": (1, "payables"),
    "BillCreditNote": (-1, "payables"),
    "SpendMoney": (1, None),
    "ReceiveMoney": (-1, None),
    "BankDeposit": (-1, None),
}
# Of documents without lines: the sign of their account; the counter account has the other.
MONEY_SIGNS: Final[Mapping[Kind, int]] = {
    "Payment": 1,
    "Overpayment": 1,
    "BillCreditRefund": 1,
    "BankTransfer": 1,
    "Refund": -1,
    "BillPayment": -1,
}


class Entry(Wire, kw_only=True, omit_defaults=False):
    """One debit or credit of an account; never below zero, and never both."""

    account_id: str
    debit: Amount
    credit: Amount


class Balance(Wire, kw_only=True, omit_defaults=False):
    """The balance of one account in one currency."""

    currency: str
    account_id: str
    nominal_code: str
    name: str
    classification: str
    debit: Amount
    credit: Amount


def entries(document: Document) -> tuple[Entry, ...]:
    """A document's debits and credits, which have the same total."""
    return tuple(
        Entry(account_id=account, debit=max(amount, ZERO), credit=max(-amount, ZERO))
        for account, amount in movements(document)
        if amount
    )


def movements(document: Document) -> Iterator[Movement]:
    """A document's debits (above zero) and credits (below zero)."""
    if document.status == "Draft":
        return
    chart = CHARTS[document.platform_key]
    suspense = chart.suspense.id
    if document.kind == "JournalEntry":
        for line in document.lines:
            yield line.account_id, line.net
    elif document.kind in LINE_KINDS:
        sign, control = LINE_KINDS[document.kind]
        opposite = getattr(chart, control).id if control else document.account or suspense
        yield opposite, -sign * document.total
        for line in document.lines:
            yield line.account_id, sign * line.net
        yield chart.tax.id, sign * document.tax
    else:
        sign = MONEY_SIGNS[document.kind]
        yield document.account or suspense, sign * document.total
        yield document.counter_account or suspense, -sign * document.total


def trial_balance(documents: Iterable[Document]) -> list[Balance]:
    """The balance of every account with entries, by currency and code.

    In each currency debits and credits have exactly the same total.
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
    """One account's balance; an account that the chart lacks has its id for a name.

    Args:
        currency: ISO 4217 code.
        platform_key: of the platform whose chart has the account.
        account_id: the account's.
        debit: its debits less its credits; below zero where the credits are more.
    """
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
