"""Stories of deleting data."""

from __future__ import annotations

from codat_scenarios.stage import Stage
from codat_scenarios.stories.registry import story
from codat_scenarios.stories.sales import ORDERS, end_datasets, order


@story("sparse-delete")
def sparse_delete(stage: Stage) -> None:
    """An order is deleted before its sync by an object that holds its id and nothing else."""
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    end_datasets(stage)
    stage.push(ORDERS, [{"id": "A-1"}])


@story("fat-delete", findings=("D01",))
def fat_delete(stage: Stage) -> None:
    """An order is deleted by an object that holds its id and a mark of deletion."""
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    end_datasets(stage)
    stage.push(ORDERS, [{"id": "A-1", "isDeleted": True}])
