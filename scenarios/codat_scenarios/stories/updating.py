"""Stories of updating data."""

from __future__ import annotations

from codat_scenarios.stage import Stage
from codat_scenarios.stories.registry import story
from codat_scenarios.stories.sales import (
    ORDERS,
    end_datasets,
    order,
    pass_the_sync,
    push_worked_example,
)

CORRECTED = order("A-1", 15, modified="2022-03-21T12:30:00Z")


@story("update-before-sync")
def update_before_sync(stage: Stage) -> None:
    """An order is corrected and pushed again before the night's sync."""
    push_worked_example(stage)
    stage.push(ORDERS, [order("A-1")])
    end_datasets(stage)
    stage.push(ORDERS, [CORRECTED])
    pass_the_sync(stage)


@story("late-update", findings=("U02",))
def late_update(stage: Stage) -> None:
    """An order is corrected after its sync and pushed again; the next sync books it twice."""
    push_worked_example(stage)
    stage.push(ORDERS, [order("A-1")])
    pass_the_sync(stage)
    stage.push(ORDERS, [CORRECTED])
    pass_the_sync(stage)
