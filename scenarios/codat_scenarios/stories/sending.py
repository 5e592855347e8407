"""Stories of sending data."""

from __future__ import annotations

from codat_scenarios.stage import Stage
from codat_scenarios.stories.registry import story
from codat_scenarios.stories.sales import ORDERS, end_datasets, order, push_worked_example


@story("worked-example")
def worked_example(stage: Stage) -> None:
    """The vendor's own example is pushed, whose fee shares the id of its payment."""
    push_worked_example(stage)


@story("incremental")
def incremental(stage: Stage) -> None:
    """Two orders are pushed; later just one that has changed and one that is new."""
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    end_datasets(stage)
    changed = order("A-2", 15, modified="2022-03-21T12:30:00Z")
    stage.push(ORDERS, [changed, order("A-3")])


@story("resend-all", findings=("S03",))
def resend_all(stage: Stage) -> None:
    """Two orders are pushed; later a third is new, and all three are pushed."""
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    end_datasets(stage)
    stage.push(ORDERS, [order("A-1"), order("A-2"), order("A-3")])


@story("doubled-in-push", findings=("S04",))
def doubled_in_push(stage: Stage) -> None:
    """An order and its correction stand in the same push."""
    corrected = order("A-1", 15, modified="2022-03-21T12:30:00Z")
    stage.push(ORDERS, [order("A-1"), order("A-2"), corrected])


@story("concurrent-pushes", findings=("S05",))
def concurrent_pushes(stage: Stage) -> None:
    """While one push of orders is being sent, a second one is sent and answered."""
    stage.push_during(ORDERS, [order("A-1")], meanwhile=[order("A-2")])


@story("validation-error", findings=("S15",))
def validation_error(stage: Stage) -> None:
    """One of two orders has an empty id, and their dataset ends in ValidationError."""
    stage.push(ORDERS, [order("A-1"), order("")])
    end_datasets(stage)


@story("wrong-type", findings=("S15",))
def wrong_type(stage: Stage) -> None:
    """An order tells its total as a text, and the push is refused."""
    stage.try_push(ORDERS, [order("A-1") | {"totalAmount": "12.00"}])
