"""Stories of sending data."""

from __future__ import annotations

from codat_scenarios.sandbox_driver import START, SandboxDriver
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
def worked_example(driver: SandboxDriver) -> None:
    """The vendor's own example is pushed, whose fee shares the id of its payment."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story("first-push", Ending(datasets=EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(36)))
def first_push(driver: SandboxDriver) -> None:
    """Everything there is since the start date is pushed before the first sync."""
    driver.at(MONDAY, "20:00")
    push_worked_example(driver)
    driver.at(MONDAY, "20:01")
    driver.push(ORDERS, [order("A-1"), order("A-2"), order("A-3")])
    driver.at(TUESDAY, "09:00")


@story(
    "incremental",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(39)),
)
def incremental(driver: SandboxDriver) -> None:
    """Two orders are pushed; later just one that has changed and one that is new."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1"), order("A-2")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [CORRECTED, order("A-3")])
    driver.at(TUESDAY, "09:00")


@story(
    "resend-all",
    Ending(("S03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(36)),
)
def resend_all(driver: SandboxDriver) -> None:
    """Two orders are pushed; later a third is new, and all three are pushed."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1"), order("A-2")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [order("A-1"), order("A-2"), order("A-3")])
    driver.at(TUESDAY, "09:00")


@story(
    "doubled-in-push",
    Ending(("S04",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(27)),
)
def doubled_in_push(driver: SandboxDriver) -> None:
    """An order and its correction stand in the same push, and the last of them counts."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [order("A-2"), order("A-1"), CORRECTED])
    driver.at(TUESDAY, "09:00")


@story(
    "concurrent-pushes",
    Ending(("S05",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
)
def concurrent_pushes(driver: SandboxDriver) -> None:
    """While one push of orders is being sent, a second one is sent and answered."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push_during(ORDERS, [order("A-1")], meanwhile=[order("A-2")])
    driver.at(TUESDAY, "09:00")


@story(
    "impatient",
    Ending(("S06",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
)
def impatient(driver: SandboxDriver) -> None:
    """A push of orders follows upon another whose dataset is still being fetched."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10:01")
    driver.push(ORDERS, [order("A-2")])
    driver.at(TUESDAY, "09:00")


@story(
    "oversized",
    Ending(("S07",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(5001)),
)
def oversized(driver: SandboxDriver) -> None:
    """The orders of a busy day stand in one push of 5,001, above what the guide recommends."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "20:00")
    driver.push(ORDERS, [order(f"A-{number}", 1) for number in range(1, 5002)])
    driver.at(TUESDAY, "09:00")


@story(
    "late-arrival",
    Ending(("S08",), EXAMPLE + COMPLETE, sync=2040, documents=books_of_example(), missed=("A-1",)),
)
def late_arrival(driver: SandboxDriver) -> None:
    """An order of Monday is pushed after the sync that covers Monday, and no later one takes it."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")
    driver.push(ORDERS, [order("A-1")])
    driver.at(WEDNESDAY, "09:00")


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
def slow_dataset(driver: SandboxDriver) -> None:
    """A push comes ten minutes before the sync, which does not wait for its slow dataset."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "02:50")
    driver.plan_outcome("dataset", profile="slow")
    driver.push(ORDERS, [order("A-1")])
    driver.at(WEDNESDAY, "09:00")


@story(
    "last-minute",
    Ending(("S09",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
)
def last_minute(driver: SandboxDriver) -> None:
    """A push comes ten minutes before the sync, and its dataset is just in time."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "02:50")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "unconfigured",
    Ending(("S11",), EXAMPLE, sync=2000, documents=books_of_example()),
)
def unconfigured(driver: SandboxDriver) -> None:
    """A new company pushes, and links its accounting software only then."""
    driver.create_company("Newest Café")
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "18:00")
    driver.link_accounting()
    driver.configure(START)
    driver.at(TUESDAY, "09:00")


@story(
    "before-the-start",
    Ending(("S12",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(), missed=("A-1",)),
)
def before_the_start(driver: SandboxDriver) -> None:
    """An order of Sunday is pushed, though the merchant wants to sync from Monday on."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1", created="2022-03-20T12:00:00Z")])
    driver.at(TUESDAY, "09:00")


@story("blind", Ending(("S13",), EXAMPLE, sync=2000, documents=books_of_example()))
def blind(driver: SandboxDriver) -> None:
    """Nobody looks how the datasets end."""
    driver.stop_polling()
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story(
    "unmended-failure",
    Ending(("S14",), (*EXAMPLE, "MapError"), sync=2000, documents=books_of_example()),
)
def unmended_failure(driver: SandboxDriver) -> None:
    """A dataset fails, and its order is not pushed again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_outcome("dataset", "MapError")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("decoupled-till", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def decoupled_till(driver: SandboxDriver) -> None:
    """The service hangs, and the till records a sale at once."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.report_sale("hanging", 0.01)
    driver.at(TUESDAY, "09:00")


@story("coupled-till", Ending(("S16",), EXAMPLE, sync=2000, documents=books_of_example()))
def coupled_till(driver: SandboxDriver) -> None:
    """The service hangs, and the till waits with it until it records a sale."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.report_sale("hanging", 30)
    driver.at(TUESDAY, "09:00")


@story(
    "validation-error",
    Ending(("S15", "S14"), (*EXAMPLE, "ValidationError"), sync=2000, documents=books_of_example()),
)
def validation_error(driver: SandboxDriver) -> None:
    """One of two orders has an empty id, and their dataset ends in ValidationError."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1"), order("")])
    driver.at(TUESDAY, "09:00")


@story("wrong-type", Ending(("S15",), EXAMPLE, sync=2000, documents=books_of_example()))
def wrong_type(driver: SandboxDriver) -> None:
    """An order tells its total as a text, and the push is refused."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.try_push(ORDERS, [order("A-1") | {"totalAmount": "12.00"}])
    driver.at(TUESDAY, "09:00")


@story(
    "auth-error",
    Ending(
        ("S17",), (*EXAMPLE, "AuthError", "Complete"), sync=2000, documents=books_of_example(12)
    ),
)
def auth_error(driver: SandboxDriver) -> None:
    """A push ends in AuthError, as the shop is unlinked; it is linked and pushed again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.set_connection("Commerce", "Unlinked")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:00")
    driver.set_connection("Commerce", "Linked")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
