"""Breaches of the rules for reconciling."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from codat_scenarios.histories import HistoryBuilder, Night
from codat_scenarios.histories.history_pos import AMOUNTS
from codat_scenarios.merchants import ORDERS, TRANSACTIONS, Change, Record
from codat_scenarios.strategies.violations.registry import mutate, push_only, violation

BY_CARD: Final = st.booleans()
PENCE: Final = st.integers(1, 500)


@violation("R01", comes_first=True)
def push_orders_alone(builder: HistoryBuilder) -> None:
    """Push nothing but orders before a sync."""
    builder.freeze(builder.sell(100))
    builder.integration.configure()
    push_only(builder, ORDERS, builder.integration.pending_of(ORDERS))
    builder.integration.read_until_complete()
    builder.timeline.now = builder.timeline.next_morning
    builder.timeline.add(Night(builder.timeline.now))


@violation("R02", by_card=BY_CARD, kind=st.sampled_from(("Order", "Payment")))
def name_unknown_source(builder: HistoryBuilder, by_card: bool, kind: str) -> None:
    """Tell of a transaction whose source is not known."""
    source = {"id": "unknown", "type": kind}
    mutate(builder, of_transaction(lambda told: told | {"transactionSourceRef": source}), by_card)
    leave_unreconciled(builder)


@violation("R03", by_card=BY_CARD)
def pay_alone(builder: HistoryBuilder, by_card: bool) -> None:
    """Tell of a payment and not of its transaction."""
    mutate(builder, of_transaction(lambda _: None), by_card)
    leave_unreconciled(builder)


@violation("R04", by_card=BY_CARD, pence=PENCE, is_more=st.booleans())
def disagree(builder: HistoryBuilder, by_card: bool, pence: int, is_more: bool) -> None:
    """Tell of a transaction with another amount than its payment."""
    by = AMOUNTS[pence if is_more else -pence]

    def changed(told: Record) -> Record:
        return told | {"totalAmount": told["totalAmount"] + by}

    mutate(builder, of_transaction(changed), by_card)


@violation("R05", pence=st.integers(2, 500))
def add_up_wrongly(builder: HistoryBuilder, pence: int) -> None:
    """Tell of an order whose line amounts to more than its total."""

    def changed(change: Change) -> Change:
        if change.data_type != ORDERS:
            return change
        order = deepcopy(change.record)
        order["orderLineItems"][0]["totalAmount"] += AMOUNTS[pence]
        return replace(change, record=order)

    mutate(builder, changed)


@violation("R06", by_card=BY_CARD, currency=st.sampled_from(("EUR", "USD")))
def change_currency(builder: HistoryBuilder, by_card: bool, currency: str) -> None:
    """Tell of a transaction in another currency than its order."""
    mutate(builder, of_transaction(lambda told: told | {"currency": currency}), by_card)


def leave_unreconciled(builder: HistoryBuilder) -> None:
    """Note that a payment is left out of the books, to be reconciled by hand."""
    builder.corrupts_books = True
    if builder.is_declared:
        builder.broken_rules.add("B02")


def of_transaction(
    changed: Callable[[Record], dict[str, Any] | None],
) -> Callable[[Change], Change | None]:
    """Change the transaction of a payment, and nothing else."""

    def change_one(change: Change) -> Change | None:
        if change.data_type != TRANSACTIONS or change.record["type"] != "Payment":
            return change
        told = changed(change.record)
        return replace(change, record=told) if told else None

    return change_one
