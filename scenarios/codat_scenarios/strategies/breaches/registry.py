"""What breaks a rule on purpose, and the list of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, Final, ParamSpec

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_scenarios.histories import Life
from codat_scenarios.histories.till import Sale
from codat_scenarios.merchants import Change, Record
from codat_scenarios.strategies.lives import Happening

Given = ParamSpec("Given")


@dataclass(frozen=True, slots=True)
class Breach:
    """One mutation of a good life, which breaks one rule.

    Args:
        happenings: draws it.
        is_declared: whether the mock must be told what the merchant really has.
        comes_first: whether it can only come before the first push.
    """

    happenings: SearchStrategy[Happening]
    is_declared: bool
    comes_first: bool


BREACHES: Final[dict[str, Breach]] = {}


def breach(
    code: str, is_declared: bool = False, comes_first: bool = False, **drawn: SearchStrategy[object]
) -> Callable[
    [Callable[Concatenate[Life, Given], object]], Callable[Concatenate[Life, Given], object]
]:
    """Enter a function into the list of breaches; `drawn` are strategies for its arguments.

    It lives through the breach, and adds to `life.breaks` what is broken besides.
    """

    def enter(
        happens: Callable[Concatenate[Life, Given], object],
    ) -> Callable[Concatenate[Life, Given], object]:
        def break_rule(life: Life, *given: Given.args, **named: Given.kwargs) -> None:
            life.rouse()
            life.breaks.add(code)
            happens(life, *given, **named)

        break_rule.__name__ = break_rule.__qualname__ = happens.__name__
        happenings: SearchStrategy[Happening] = st.builds(partial, st.just(break_rule), **drawn)
        BREACHES[code] = Breach(happenings, is_declared, comes_first)
        return happens

    return enter


def settle(life: Life) -> None:
    """Push what is left and an empty list of what was never pushed, and see how that ends."""
    life.rouse()
    life.integration.push()
    life.push_rest()


def pushed_sale(life: Life) -> Sale:
    """A sale that was pushed and is not synced yet."""
    sale = (life.open_sales() or [life.sell(100)])[-1]
    settle(life)
    return sale


def synced_sale(life: Life) -> Sale:
    """A sale that was synced."""
    if not life.till.synced_sales():
        life.sell(100)
        life.night()
    return life.till.synced_sales()[-1]


def push_only(life: Life, data_type: DataType, records: list[Record]) -> None:
    """Push these records and no others, of which all is told that there is to tell."""
    life.diary.tick()
    life.integration.wait_for_datasets()
    life.integration.push_one(data_type, records)


def push_in_vain(life: Life) -> None:
    """Push what is pending, though its datasets cannot end well; it stays pending."""
    integration = life.integration
    life.diary.tick()
    integration.wait_for_datasets()
    for data_type in LIST_NAMES:
        records = integration.pending_of(data_type)
        if records:
            integration.push_to_fail(data_type, records)


def miss(life: Life) -> None:
    """Note that declared records of the current period are not pushed before its sync."""
    life.spoils = True
    if life.is_declared:
        life.breaks |= {"S02" if life.nights else "S01", "B02"}


def mutate(life: Life, changed: Callable[[Change], Change | None], by_card: bool = True) -> None:
    """Sell something, of which the merchant's system tells otherwise than it is.

    Args:
        life: the merchant's.
        changed: gives a record as it is told; None where it is not told at all.
        by_card: else in cash.
    """
    settle(life)
    changes = life.till.sell(life.diary.tick(), 100, by_card=by_card)
    life.record(told for change in changes if (told := changed(change)))
    life.leave_alone([*life.till.sales.values()][-1])
