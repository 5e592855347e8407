"""Stories of sending data."""

from __future__ import annotations

from codat_scenarios.stage import START, Stage
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

CORRECTED = order("A-2", 15, modified="2022-03-21T12:30:00Z")


@story("worked-example", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def worked_example(stage: Stage) -> None:
    """The vendor's own example is pushed, whose fee shares the id of its payment."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(TUESDAY, "09:00")


@story("first-push", Ending(datasets=EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(36)))
def first_push(stage: Stage) -> None:
    """Everything there is since the start date is pushed before the first sync."""
    stage.at(MONDAY, "20:00")
    push_worked_example(stage)
    stage.at(MONDAY, "20:01")
    stage.push(ORDERS, [order("A-1"), order("A-2"), order("A-3")])
    stage.at(TUESDAY, "09:00")


@story(
    "incremental",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(39)),
)
def incremental(stage: Stage) -> None:
    """Two orders are pushed; later just one that has changed and one that is new."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    stage.at(MONDAY, "13:05")
    stage.push(ORDERS, [CORRECTED, order("A-3")])
    stage.at(TUESDAY, "09:00")


@story(
    "resend-all",
    Ending(("S03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(36)),
)
def resend_all(stage: Stage) -> None:
    """Two orders are pushed; later a third is new, and all three are pushed."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1"), order("A-2")])
    stage.at(MONDAY, "13:05")
    stage.push(ORDERS, [order("A-1"), order("A-2"), order("A-3")])
    stage.at(TUESDAY, "09:00")


@story(
    "doubled-in-push",
    Ending(("S04",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(27)),
)
def doubled_in_push(stage: Stage) -> None:
    """An order and its correction stand in the same push, and the last of them counts."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "13:05")
    stage.push(ORDERS, [order("A-2"), order("A-1"), CORRECTED])
    stage.at(TUESDAY, "09:00")


@story(
    "concurrent-pushes",
    Ending(("S05",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
)
def concurrent_pushes(stage: Stage) -> None:
    """While one push of orders is being sent, a second one is sent and answered."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push_during(ORDERS, [order("A-1")], meanwhile=[order("A-2")])
    stage.at(TUESDAY, "09:00")


@story(
    "impatient",
    Ending(("S06",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
)
def impatient(stage: Stage) -> None:
    """A push of orders follows upon another whose dataset is still being fetched."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "12:10:01")
    stage.push(ORDERS, [order("A-2")])
    stage.at(TUESDAY, "09:00")


@story(
    "oversized",
    Ending(("S07",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(5001)),
)
def oversized(stage: Stage) -> None:
    """The orders of a busy day stand in one push of 5,001, above what the guide recommends."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "20:00")
    stage.push(ORDERS, [order(f"A-{number}", 1) for number in range(1, 5002)])
    stage.at(TUESDAY, "09:00")


@story(
    "late-arrival",
    Ending(("S08",), EXAMPLE + COMPLETE, sync=2040, documents=books_of_example(), missed=("A-1",)),
)
def late_arrival(stage: Stage) -> None:
    """An order of Monday is pushed after the sync that covers Monday, and no later one takes it."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(TUESDAY, "09:00")
    stage.push(ORDERS, [order("A-1")])
    stage.at(WEDNESDAY, "09:00")


@story(
    "slow-dataset",
    Ending(
        ("S09", "S08"),
        EXAMPLE + COMPLETE,
        sync=2040,
        documents=books_of_example(),
        missed=("A-1",),
    ),
)
def slow_dataset(stage: Stage) -> None:
    """A push comes ten minutes before the sync, which does not wait for its slow dataset."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(TUESDAY, "02:50")
    stage.plan_outcome("dataset", profile="slow")
    stage.push(ORDERS, [order("A-1")])
    stage.at(WEDNESDAY, "09:00")


@story(
    "last-minute",
    Ending(("S09",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
)
def last_minute(stage: Stage) -> None:
    """A push comes ten minutes before the sync, and its dataset is just in time."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(TUESDAY, "02:50")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")


@story(
    "unconfigured",
    Ending(("S11",), EXAMPLE, sync=2000, documents=books_of_example()),
)
def unconfigured(stage: Stage) -> None:
    """A new company pushes, and links its accounting software only then."""
    stage.create_company("Newest Café")
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "18:00")
    stage.link_accounting()
    stage.configure(START)
    stage.at(TUESDAY, "09:00")


@story(
    "before-the-start",
    Ending(("S12",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(), missed=("A-1",)),
)
def before_the_start(stage: Stage) -> None:
    """An order of Sunday is pushed, though the merchant wants to sync from Monday on."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1", created="2022-03-20T12:00:00Z")])
    stage.at(TUESDAY, "09:00")


@story("blind", Ending(("S13",), EXAMPLE, sync=2000, documents=books_of_example()))
def blind(stage: Stage) -> None:
    """Nobody looks how the datasets end."""
    stage.look_away()
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(TUESDAY, "09:00")


@story(
    "unmended-failure",
    Ending(("S14",), (*EXAMPLE, "MapError"), sync=2000, documents=books_of_example()),
)
def unmended_failure(stage: Stage) -> None:
    """A dataset fails, and its order is not pushed again."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.plan_outcome("dataset", "MapError")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")


@story("decoupled-till", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def decoupled_till(stage: Stage) -> None:
    """The service hangs, and the till records a sale at once."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.tell_of_sale("hanging", 0.01)
    stage.at(TUESDAY, "09:00")


@story("coupled-till", Ending(("S16",), EXAMPLE, sync=2000, documents=books_of_example()))
def coupled_till(stage: Stage) -> None:
    """The service hangs, and the till waits with it until it records a sale."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.tell_of_sale("hanging", 30)
    stage.at(TUESDAY, "09:00")


@story(
    "validation-error",
    Ending(("S15", "S14"), (*EXAMPLE, "ValidationError"), sync=2000, documents=books_of_example()),
)
def validation_error(stage: Stage) -> None:
    """One of two orders has an empty id, and their dataset ends in ValidationError."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.push(ORDERS, [order("A-1"), order("")])
    stage.at(TUESDAY, "09:00")


@story("wrong-type", Ending(("S15",), EXAMPLE, sync=2000, documents=books_of_example()))
def wrong_type(stage: Stage) -> None:
    """An order tells its total as a text, and the push is refused."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.try_push(ORDERS, [order("A-1") | {"totalAmount": "12.00"}])
    stage.at(TUESDAY, "09:00")


@story(
    "auth-error",
    Ending(
        ("S17",), (*EXAMPLE, "AuthError", "Complete"), sync=2000, documents=books_of_example(12)
    ),
)
def auth_error(stage: Stage) -> None:
    """A push ends in AuthError, as the shop is unlinked; it is linked and pushed again."""
    stage.at(MONDAY, "12:05")
    push_worked_example(stage)
    stage.at(MONDAY, "12:10")
    stage.set_connection("Commerce", "Unlinked")
    stage.push(ORDERS, [order("A-1")])
    stage.at(MONDAY, "13:00")
    stage.set_connection("Commerce", "Linked")
    stage.push(ORDERS, [order("A-1")])
    stage.at(TUESDAY, "09:00")
