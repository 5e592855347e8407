"""Drawn days are deep enough to lose something."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from codat_mock.models.currencies import minor_unit
from codat_scenarios.histories.days import (
    Correction,
    DatasetEnd,
    DayEnd,
    Deletion,
    FaultyRequests,
    MerchantDays,
    Push,
    Refund,
    Sale,
    Unlink,
)
from codat_scenarios.strategies import merchant_days

drawing = settings(
    max_examples=200,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
PUSHES = (Push, FaultyRequests, DatasetEnd, Unlink)


def sells_pushes_edits_and_pushes(days: MerchantDays) -> bool:
    """Whether within a day something is sold, pushed, edited and pushed again."""
    step = 0
    for event in days.events:
        if isinstance(event, DayEnd):
            step = 0
        elif (
            (step == 0 and isinstance(event, Sale))
            or (step in (1, 3) and isinstance(event, PUSHES))
            or (step == 2 and is_edit(event))
        ):
            step += 1
        if step == 4:
            return True
    return False


def is_edit(event: object) -> bool:
    return isinstance(event, Refund) or (
        isinstance(event, Correction | Deletion) and not event.is_synced
    )


@pytest.mark.long
@pytest.mark.parametrize("trouble", [False, True])
def test_many_drawn_days_sell_push_edit_and_push_again(trouble: bool) -> None:
    deep = []

    @drawing
    @given(merchant_days(trouble=trouble))
    def draw(days: MerchantDays) -> None:
        deep.append(sells_pushes_edits_and_pushes(days))

    draw()
    assert sum(deep) / len(deep) > 0.4


def test_drawn_sales_have_several_lines_unicode_and_currencies_of_every_number_of_digits() -> None:
    drawn: list[Sale] = []

    @drawing
    @given(merchant_days())
    def draw(days: MerchantDays) -> None:
        drawn.extend(event for event in days.events if isinstance(event, Sale))

    draw()
    assert {1, 2, 3} == {sale.lines for sale in drawn}
    assert {"1", "0.01", "0.001"} == {str(minor_unit(sale.currency)) for sale in drawn}
    for texts in ({sale.customer for sale in drawn}, {sale.id_suffix for sale in drawn}):
        assert any(text.isascii() for text in texts)
        assert any(not text.isascii() for text in texts)
