"""Stories of sending data."""

from __future__ import annotations

from codat_mock.domain.dataset_lifecycle import LAST_STEP
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

INVOICE, *REST = books_of_example()
CORRECTED = order("A-2", 15, modified="2022-03-21T12:30:00Z")


@story("worked-example", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def worked_example(driver: SandboxDriver) -> None:
    """The vendor's own example is pushed, whose fee shares the id of its payment."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story("first-push", Ending(datasets=EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(36)))
def first_push(driver: SandboxDriver) -> None:
    """Every record since the start date is pushed before the first sync."""
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
    """Two orders are pushed; later only one that has changed and one that is new."""
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
    """An order and its correction are in the same push, and only the last counts."""
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
    "previous-dataset-not-ended",
    Ending(("S06",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(24)),
    seconds=range(8),
)
def previous_dataset_not_ended(driver: SandboxDriver, seconds: int = 1) -> None:
    """A push of orders follows another one whose dataset has not ended."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, f"12:10:0{seconds}")
    driver.push(ORDERS, [order("A-2")])
    driver.at(TUESDAY, "09:00")


@story(
    "oversized",
    Ending(("S07",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(5001)),
    count=(5000, 5002),
)
def oversized(driver: SandboxDriver, count: int = 5001) -> None:
    """A busy day's orders are pushed in one push of 5,001, more than the guide recommends."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "20:00")
    driver.push(ORDERS, [order(f"A-{number}", 1) for number in range(1, count + 1)])
    driver.at(TUESDAY, "09:00")


@story(
    "late-arrival",
    Ending(("S08",), EXAMPLE + COMPLETE, sync=2040, documents=books_of_example(), missed=("A-1",)),
)
def late_arrival(driver: SandboxDriver) -> None:
    """An order of Monday is pushed after the sync of Monday, and no later sync picks it."""
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
    """A push arrives ten minutes before the sync, which does not wait for its slow dataset."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "02:50")
    driver.plan_outcome("dataset", profile="slow")
    driver.push(ORDERS, [order("A-1")])
    driver.at(WEDNESDAY, "09:00")


@story(
    "last-minute",
    Ending(("S09",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    minutes=range(2, 15),
)
def last_minute(driver: SandboxDriver, minutes: int = 10) -> None:
    """A push arrives ten minutes before the sync, and its dataset is just in time."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, f"02:{60 - minutes}")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "unconfigured",
    Ending(("S11",), EXAMPLE, sync=2000, documents=books_of_example()),
)
def unconfigured(driver: SandboxDriver) -> None:
    """A new company's records are pushed before its accounting software is linked."""
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
    created=("2022-03-20T23:59:59Z", "2022-02-21T00:00:00Z", "2021-02-01T12:00:00Z"),
)
def before_the_start(driver: SandboxDriver, created: str = "2022-03-20T12:00:00Z") -> None:
    """An order of Sunday is pushed, but the start date is Monday."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1", created=created)])
    driver.at(TUESDAY, "09:00")


@story(
    "before-the-start-by-historic-sync",
    Ending(
        datasets=EXAMPLE + COMPLETE,
        sync=2000,
        documents=(*books_of_example(), "2022-03-20 Invoice 12.00 GBP"),
    ),
)
def before_the_start_by_historic_sync(driver: SandboxDriver) -> None:
    """An order of Sunday is pushed, the start date is Monday, and a historic sync picks it."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1", created="2022-03-20T12:00:00Z")])
    driver.at(TUESDAY, "09:00")
    sunday = {"start": "2022-03-20T00:00:00Z", "finish": "2022-03-21T00:00:00Z"}
    driver.call("POST", f"/companies/{driver.company_id}/sync/historic", {"dateRange": sunday})


@story("all-before-the-start", Ending(("S12", "S20"), COMPLETE * 3, sync=2040, missed=("A-1",)))
def all_before_the_start(driver: SandboxDriver) -> None:
    """The only order is of Sunday, but the start date is Monday, so that nothing is booked."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, [order("A-1", created="2022-03-20T12:00:00Z")])
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
    driver.at(TUESDAY, "09:00")


@story("outcome-not-read", Ending(("S13",), EXAMPLE, sync=2000, documents=books_of_example()))
def outcome_not_read(driver: SandboxDriver) -> None:
    """The outcomes of the datasets are never read."""
    driver.stop_polling()
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "09:00")


@story(
    "unresolved-failure",
    Ending(("S14",), (*EXAMPLE, "MapError"), sync=2000, documents=books_of_example()),
    outcome=[*LAST_STEP],
)
def unresolved_failure(driver: SandboxDriver, outcome: str = "MapError") -> None:
    """A dataset fails, and its order is not pushed again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_outcome("dataset", outcome)
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "refused-and-forgotten",
    Ending(("S14",), EXAMPLE, sync=2000, documents=books_of_example()),
    status=(408, 500, 502, 504),
)
def refused_and_forgotten(driver: SandboxDriver, status: int = 503) -> None:
    """A push is answered with an error, and not repeated."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("refuse", "push-orders", status=status)
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story("mistyped-company", Ending(("S14",), EXAMPLE, sync=2000, documents=books_of_example()))
def mistyped_company(driver: SandboxDriver) -> None:
    """A push goes to a mistyped company, which the service does not know."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    company_id = driver.company_id
    driver.company_id = f"{company_id[:-1]}{'0' if company_id[-1] != '0' else '1'}"
    driver.try_push(ORDERS, [order("A-1")])
    driver.company_id = company_id
    driver.at(TUESDAY, "09:00")


@story("decoupled-sale", Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example()))
def decoupled_sale(driver: SandboxDriver) -> None:
    """The service hangs, and the shop still records a sale at once."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.report_sale("hanging", 0.01)
    driver.at(TUESDAY, "09:00")


@story(
    "coupled-sale",
    Ending(("S16",), EXAMPLE, sync=2000, documents=books_of_example()),
    service=("slow", "down", "hanging", "refusing"),
    seconds=(1.001, 2, 60),
)
def coupled_sale(driver: SandboxDriver, service: str = "hanging", seconds: float = 30) -> None:
    """The service hangs, and the shop waits for it before it records a sale.

    Args:
        driver: of the story.
        service: the disturbance.
        seconds: how long the point of sale takes.
    """
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.report_sale(service, seconds)
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
    """An order's total is a string, and the push is refused."""
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
    """A push ends in AuthError while the connection is unlinked; it is linked, and pushed again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.set_connection("Commerce", "Unlinked")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:00")
    driver.set_connection("Commerce", "Linked")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")


@story(
    "restamped",
    Ending(("S03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
    stamp=("modifiedDate", "sourceModifiedDate"),
)
def restamped(driver: SandboxDriver, stamp: str = "sourceModifiedDate") -> None:
    """An order is pushed again with a new stamp, and nothing else has changed."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [order("A-1") | {stamp: "2022-03-21T13:00:00Z"}])
    driver.at(TUESDAY, "09:00")


@story(
    "retried-under-new-id",
    Ending(("S18",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(24)),
)
def retried_under_new_id(driver: SandboxDriver) -> None:
    """A push is processed, but its answer is lost, and the order is pushed with another id."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_fault("lose", "push-orders", by="bad-gateway")
    driver.try_push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:12")
    driver.push(ORDERS, [order("A-1") | {"id": "A-1-again"}])
    driver.at(TUESDAY, "09:00")


@story(
    "snake-case", Ending(("S19",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12))
)
def snake_case(driver: SandboxDriver) -> None:
    """An order's number is in order_number, which the service does not read."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1") | {"order_number": "7"}])
    driver.at(TUESDAY, "09:00")


@story(
    "wrong-list",
    Ending(("S19",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example()),
    list_name=("data", "Orders", "payments"),
)
def wrong_list(driver: SandboxDriver, list_name: str = "records") -> None:
    """A push of orders has them in a list of another name, which the service does not read."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push_body(ORDERS, {list_name: [order("A-1")]})
    driver.at(TUESDAY, "09:00")


@story(
    "no-created-date",
    Ending(("S20",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(), missed=("A-1",)),
)
def no_created_date(driver: SandboxDriver) -> None:
    """An order has no createdDate, so that it lies in no sync's period."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    undated = order("A-1")
    del undated["createdDate"]
    driver.push(ORDERS, [undated])
    driver.at(TUESDAY, "09:00")


@story(
    "created-in-the-future",
    Ending(("S20",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example()),
    created=("2022-03-22T12:10:01Z", "2022-06-01T00:00:00Z"),
)
def created_in_the_future(driver: SandboxDriver, created: str = "2023-03-21T12:00:00Z") -> None:
    """An order's createdDate is a year later than its push."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1", created=created)])
    driver.at(TUESDAY, "09:00")


@story(
    "sold-before-the-sync",
    Ending(
        datasets=EXAMPLE + COMPLETE * 2,
        sync=2040,
        documents=(INVOICE, "2022-03-22 Invoice 12.00 GBP", *REST),
        missed=("A-2",),
    ),
)
def sold_before_the_sync(driver: SandboxDriver) -> None:
    """Orders created 5 minutes and 5 seconds before the sync are pushed as soon as possible."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(TUESDAY, "02:56")
    driver.push(ORDERS, [order("A-1", created="2022-03-22T02:55:00Z")])
    driver.at(TUESDAY, "03:00:05")
    driver.push(ORDERS, [order("A-2", created="2022-03-22T02:59:55Z")])
    driver.at(WEDNESDAY, "09:00")
