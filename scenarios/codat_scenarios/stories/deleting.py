"""Stories of deleting data."""

from __future__ import annotations

from typing import Any, Final

from codat_scenarios.sandbox_driver import Json, SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    ORDERS,
    books_of_example,
    order,
    payment,
    push_worked_example,
    transaction,
)
from codat_scenarios.stories.week import MONDAY, TUESDAY, WEDNESDAY

FAT: Final[tuple[Json, ...]] = (
    {"isDeleted": True},
    {"status": "Deleted"},
    {"closedDate": None},
    {"orderNumber": ""},
    {"deletedAt": "2022-03-21T13:00:00Z"},
    {"isVoided": True},
    {"isActive": False},
    {"status": "CANCELLED"},
    {"state": "voided", "sourceModifiedDate": "2022-03-21T13:00:00Z"},
    {"sourceModifiedDate": "2022-03-21T13:00:00Z"},
    {"totalAmount": 0, "orderLineItems": []},
)


@story(
    "sparse-delete",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def sparse_delete(driver: SandboxDriver) -> None:
    """An order is deleted before its sync with an object that has its id and nothing else."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1"), order("A-2")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(TUESDAY, "09:00")


@story(
    "fat-delete",
    Ending(
        ("D01",),
        EXAMPLE + COMPLETE * 2,
        sync=2000,
        documents=books_of_example(12),
        missed=("A-1",),
    ),
    rest=FAT,
)
def fat_delete(driver: SandboxDriver, rest: Json = FAT[0]) -> None:
    """An order is deleted with its id and a mark of deletion, which counts as an update."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1"), order("A-2")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [{"id": "A-1"} | rest])
    driver.at(TUESDAY, "09:00")


@story(
    "late-delete",
    Ending(("D03",), EXAMPLE + COMPLETE * 2, sync=2040, documents=books_of_example(12)),
)
def late_delete(driver: SandboxDriver) -> None:
    """An order is deleted after its sync, and stays in the books."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, "09:00")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(WEDNESDAY, "09:00")


@story(
    "unknown-delete",
    Ending(("D02",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example()),
)
def unknown_delete(driver: SandboxDriver) -> None:
    """An order that was never pushed is deleted."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(TUESDAY, "09:00")


@story(
    "repeated-delete",
    Ending(("D04",), EXAMPLE + COMPLETE * 3, sync=2000, documents=books_of_example()),
)
def repeated_delete(driver: SandboxDriver) -> None:
    """An order is deleted twice."""
    delete_and_push(driver, {"id": "A-1"})


@story(
    "resurrection",
    Ending(("D05",), EXAMPLE + COMPLETE * 3, sync=2000, documents=books_of_example(15)),
)
def resurrection(driver: SandboxDriver) -> None:
    """An order is deleted, entered again with its old id, and pushed."""
    delete_and_push(driver, order("A-1", 15, modified="2022-03-21T13:30:00Z"))


@story(
    "undone-void",
    Ending(datasets=EXAMPLE + COMPLETE * 3, sync=2000, documents=books_of_example(12)),
)
def undone_void(driver: SandboxDriver) -> None:
    """An order is voided by mistake: it is deleted, and pushed again as it was."""
    delete_and_push(driver, order("A-1", modified="2022-03-21T13:30:00Z"))


@story(
    "slow-delete",
    Ending(("D03",), EXAMPLE + COMPLETE * 2, sync=2040, documents=books_of_example(12)),
    clock=("02:46", "02:59:55"),
)
def slow_delete(driver: SandboxDriver, clock: str = "02:50") -> None:
    """A delete arrives ten minutes before the sync, which does not wait for its slow dataset."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(TUESDAY, clock)
    driver.plan_outcome("dataset", profile="slow")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(WEDNESDAY, "09:00")


def delete_and_push(driver: SandboxDriver, more: Any) -> None:
    """Push an order, then its delete, then another record with its id."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(MONDAY, "14:05")
    driver.push(ORDERS, [more])
    driver.at(TUESDAY, "09:00")


@story(
    "deleted-after-failure",
    Ending(datasets=(*EXAMPLE, "MapError", "Complete"), sync=2000, documents=books_of_example()),
)
def deleted_after_failure(driver: SandboxDriver) -> None:
    """An order's dataset fails, and the order is deleted before it is pushed again."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:10")
    driver.plan_outcome("dataset", "MapError")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "13:05")
    driver.push(ORDERS, [{"id": "A-1"}])
    driver.at(TUESDAY, "09:00")


@story(
    "shared-delete",
    Ending(datasets=EXAMPLE + COMPLETE * 5, sync=2000, documents=books_of_example(12)),
)
def shared_delete(driver: SandboxDriver) -> None:
    """A payment's two transactions share its id: both are deleted, and one answer is lost."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    fee = transaction("P-1", "P-1", -1, kind="Payment") | {"type": "PaymentFee"}
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [order("A-1")])
    driver.push("commerce-payments", [payment("P-1")])
    driver.push("commerce-transactions", [transaction("P-1", "A-1"), fee])
    driver.at(MONDAY, "13:05")
    driver.push("commerce-payments", [{"id": "P-1"}])
    driver.push("commerce-transactions", [{"id": "P-1"}, {"id": "P-1"}])
    driver.at(TUESDAY, "09:00")
