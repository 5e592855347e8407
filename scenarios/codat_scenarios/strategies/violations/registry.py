"""What breaks a rule on purpose, and the list of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, Final, ParamSpec

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.histories import HistoryBuilder
from codat_scenarios.histories.history_pos import HistorySale
from codat_scenarios.merchants import Change, Record
from codat_scenarios.strategies.merchant_events import MerchantEvent

Given = ParamSpec("Given")


@dataclass(frozen=True, slots=True)
class Violation:
    """One mutation of a good life, which breaks one rule.

    Args:
        events: draws it.
        is_declared: whether the mock must be told what the merchant really has.
        comes_first: whether it can only come before the first push.
    """

    events: SearchStrategy[MerchantEvent]
    is_declared: bool
    comes_first: bool


VIOLATIONS: Final[dict[str, Violation]] = {}


def violation(
    code: str, is_declared: bool = False, comes_first: bool = False, **drawn: SearchStrategy[object]
) -> Callable[
    [Callable[Concatenate[HistoryBuilder, Given], object]],
    Callable[Concatenate[HistoryBuilder, Given], object],
]:
    """Enter a function into the list of breaches; `drawn` are strategies for its arguments.

    It lives through the breach, and adds to `life.breaks` what is broken besides.
    """

    def enter(
        happens: Callable[Concatenate[HistoryBuilder, Given], object],
    ) -> Callable[Concatenate[HistoryBuilder, Given], object]:
        def break_rule(builder: HistoryBuilder, *given: Given.args, **named: Given.kwargs) -> None:
            builder.start_next_day_if_late()
            builder.broken_rules.add(code)
            happens(builder, *given, **named)

        break_rule.__name__ = break_rule.__qualname__ = happens.__name__
        events: SearchStrategy[MerchantEvent] = st.builds(partial, st.just(break_rule), **drawn)
        VIOLATIONS[code] = Violation(events, is_declared, comes_first)
        return happens

    return enter


def settle(builder: HistoryBuilder) -> None:
    """Push what is left and an empty list of what was never pushed, and see how that ends."""
    builder.start_next_day_if_late()
    builder.integration.push()
    builder.push_remaining()


def pushed_sale(builder: HistoryBuilder) -> HistorySale:
    """A sale that was pushed and is not synced yet."""
    sale = (builder.open_sales() or [builder.sell(100)])[-1]
    settle(builder)
    return sale


def synced_sale(builder: HistoryBuilder) -> HistorySale:
    """A sale that was synced."""
    if not builder.pos.synced_sales():
        builder.sell(100)
        builder.night()
    return builder.pos.synced_sales()[-1]


def push_only(builder: HistoryBuilder, data_type: DataType, records: list[Record]) -> None:
    """Push these records and no others, of which all is told that there is to tell."""
    builder.timeline.tick()
    builder.integration.wait_for_datasets()
    builder.integration.push_one(data_type, records)


def push_in_vain(builder: HistoryBuilder) -> None:
    """Push what is pending, though its datasets cannot end well; it stays pending."""
    integration = builder.integration
    builder.timeline.tick()
    integration.wait_for_datasets()
    for data_type in LIST_NAMES:
        records = integration.pending_of(data_type)
        if records:
            integration.push_to_fail(data_type, records)


def miss(builder: HistoryBuilder) -> None:
    """Note that declared records of the current period are not pushed before its sync."""
    builder.corrupts_books = True
    if builder.is_declared:
        builder.broken_rules |= {"S02" if builder.successful_syncs else "S01", "B02"}


def mutate(
    builder: HistoryBuilder, changed: Callable[[Change], Change | None], by_card: bool = True
) -> None:
    """Sell something, of which the merchant's system tells otherwise than it is.

    Args:
        builder: the merchant's.
        changed: gives a record as it is told; None where it is not told at all.
        by_card: else in cash.
    """
    settle(builder)
    changes = builder.pos.sell(builder.timeline.tick(), 100, by_card=by_card)
    builder.record(told for change in changes if (told := changed(change)))
    builder.freeze([*builder.pos.sales.values()][-1])
