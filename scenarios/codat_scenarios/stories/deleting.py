"""Stories of deleting data."""

from __future__ import annotations

from codat_scenarios.stage import Stage
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    ORDERS,
    books_of_example,
    order,
    push_worked_example,
)
from codat_scenarios.stories.week import MONDAY, TUESDAY, WEDNESDAY


@story(
    "sparse-delete",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def sparse_delete(stage: Stage) -> None:
    """An order is deleted before its sync by an object that holds its id and nothing else."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    stage.at(MONDAY, "13:05")
    stage.push(ORDERS, [{"id": "A-1"}])
    stage.at(TUESDAY, "09:00")


@story(
    "fat-delete",
    Ending(
        ("D01",),
        EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=books_of_example(12),
        missed=("A-1",),
    ),
)
def fat_delete(stage: Stage) -> None:
    """An order is deleted by its id and a mark of deletion, which is taken for an update."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    stage.at(MONDAY, "13:05")
    stage.push(ORDERS, [{"id": "A-1", "isDeleted": True}])
    stage.at(TUESDAY, "09:00")


@story(
    "late-delete",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2040, documents=books_of_example(12)),
)
def late_delete(stage: Stage) -> None:
    """An order is deleted after its sync, and stays in the books."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")
    stage.push(ORDERS, [{"id": "A-1"}])
    stage.at(WEDNESDAY, "09:00")
