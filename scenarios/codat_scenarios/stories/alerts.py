"""Stories of alerts: each type of alerting rule, and an integration that relies on alerts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codat_fixtures import load
from codat_mock.models.datasets import LIST_NAMES
from codat_scenarios.sandbox_driver import SandboxDriver
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
from codat_scenarios.webhook_inbox import WebhookInbox

Act = Callable[[SandboxDriver], None]


def alert_story(
    name: str, kind: str, ending: Ending, *answers: int, **rule: Any
) -> Callable[[Act], Act]:
    """Enter a function into the list of stories, with an alerting rule and a receiver.

    Args:
        name: the story's.
        kind: the type of the alerting rule.
        ending: the story's.
        answers: the receiver's first status codes.
        rule: other properties of the alerting rule.
    """

    def enter(act: Act) -> Act:
        def listen(driver: SandboxDriver) -> None:
            with WebhookInbox(*answers) as inbox:
                driver.add_alert_rule(kind, inbox.url, **rule)
                act(driver)
                driver.alerts()

        listen.__doc__ = act.__doc__
        story(name, ending)(listen)
        return act

    return enter


@story(
    "waits-for-alerts",
    Ending(
        datasets=EXAMPLE,
        sync=2000,
        documents=books_of_example(),
        alerts=("Data sync completed delivered",) * 3,
    ),
)
def waits_for_alerts(driver: SandboxDriver) -> None:
    """The integration pushes the next data type once an alert reports the last as complete."""
    driver.stop_polling()
    with WebhookInbox() as inbox:
        driver.add_alert_rule("Data sync completed", inbox.url)
        driver.at(MONDAY, "12:05")
        for data_type, name in LIST_NAMES.items():
            dataset_id = driver.push(data_type, load(f"{name}/worked-example")[name])
            driver.wait_for_alert(inbox, dataset_id)
    driver.at(TUESDAY, "09:00")


@alert_story(
    "alert-of-completion",
    "Data sync completed",
    Ending(datasets=(*EXAMPLE, "MapError"), alerts=("Data sync completed delivered",) * 3),
)
def alert_of_completion(driver: SandboxDriver) -> None:
    """Each complete dataset raises an alert, and a failed one does not."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "12:06")
    driver.plan_outcome("dataset", "MapError")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10")


@alert_story(
    "alert-of-changes",
    "Dataset data changed",
    Ending(datasets=COMPLETE * 3, alerts=("Dataset data changed delivered",) * 2),
)
def alert_of_changes(driver: SandboxDriver) -> None:
    """Datasets with new or changed records raise an alert, and an empty one does not."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10")
    driver.push(ORDERS, [])
    driver.at(MONDAY, "12:15")
    driver.push(ORDERS, [order("A-1", 15, modified="2022-03-21T12:14:00Z")])
    driver.at(MONDAY, "12:20")


@alert_story(
    "alert-of-errors",
    "Data Sync Status Changed to Error",
    Ending(
        datasets=("MapError", "Cancelled", "Complete"),
        alerts=("Data Sync Status Changed to Error delivered",),
    ),
)
def alert_of_errors(driver: SandboxDriver) -> None:
    """A dataset that ends in an error raises an alert; a cancelled one does not."""
    driver.at(MONDAY, "12:05")
    for number, end in enumerate(("MapError", "Cancelled", "Complete")):
        driver.plan_outcome("dataset", end)
        driver.push(ORDERS, [order(f"A-{number}")])
        driver.at(MONDAY, f"12:1{number}")


@alert_story(
    "alert-of-connections",
    "DataConnectionStatusChanged",
    Ending(alerts=("DataConnectionStatusChanged delivered",) * 2),
)
def alert_of_connections(driver: SandboxDriver) -> None:
    """A connection raises an alert when it is unlinked and when it is linked again."""
    driver.at(MONDAY, "12:05")
    driver.set_connection("Accounting", "Unlinked")
    driver.at(MONDAY, "12:10")
    driver.set_connection("Accounting", "Linked")


@alert_story(
    "alert-of-first-sync",
    "New company synchronised",
    Ending(
        datasets=EXAMPLE,
        sync=2040,
        documents=books_of_example(),
        alerts=("New company synchronised delivered",),
    ),
)
def alert_of_first_sync(driver: SandboxDriver) -> None:
    """A company's first successful sync raises an alert, and the second night's does not."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(WEDNESDAY, "09:00")


@alert_story(
    "alert-of-deletion",
    "Sync Connection Deleted",
    Ending(
        ("S17",),
        (*EXAMPLE, "AuthError"),
        sync=4040,
        alerts=("Sync Connection Deleted delivered",),
    ),
)
def alert_of_deletion(driver: SandboxDriver) -> None:
    """The merchant deletes the sync connection: an alert says so, and pushes and syncs fail."""
    driver.at(MONDAY, "12:05")
    push_worked_example(driver)
    driver.at(MONDAY, "18:00")
    driver.delete_connection()
    driver.at(MONDAY, "18:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(WEDNESDAY, "09:00")


@alert_story(
    "alert-retried",
    "Data sync completed",
    Ending(datasets=COMPLETE, alerts=("Data sync completed delivered",)),
    503,
    429,
)
def alert_retried(driver: SandboxDriver) -> None:
    """The receiver is busy twice, and gets its alert on the third try."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10")


@alert_story(
    "alert-given-up",
    "Data sync completed",
    Ending(datasets=COMPLETE, alerts=("Data sync completed failed",)),
    404,
)
def alert_given_up(driver: SandboxDriver) -> None:
    """The receiver answers 404, and the alert is given up at once."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10")


@alert_story(
    "alert-doubled",
    "Data sync completed",
    Ending(datasets=COMPLETE, alerts=("Data sync completed delivered",) * 2),
    copies=2,
)
def alert_doubled(driver: SandboxDriver) -> None:
    """An alert arrives twice with the same AlertId: the integration must act on it once."""
    driver.at(MONDAY, "12:05")
    driver.push(ORDERS, [order("A-1")])
    driver.at(MONDAY, "12:10")
