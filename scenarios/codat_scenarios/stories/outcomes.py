"""Stories of how datasets and syncs end, each made from a row of a table."""

from __future__ import annotations

from typing import Any, Final

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

DATASETS: Final = {
    "NotSupported": "the platform lacks this type of data",
    "PrerequisiteNotMet": "another dataset is needed first",
    "FetchError": "the orders could not be fetched",
    "AuthError": "the connection was temporarily not authorised",
    "PermissionsError": "the connection lacked a permission",
    "RateLimitError": "the platform accepted no more requests",
    "MapError": "the orders could not be mapped",
    "ValidationError": "the orders were judged invalid",
    "ProcessingError": "the orders could not be processed",
    "InternalError": "the service failed",
    "Cancelled": "the service cancelled it",
}
STUCK: Final = ("Queued", "Fetching", "Mapping", "Validating", "Processing")
PACES: Final[dict[str, tuple[str, dict[str, Any], tuple[str, ...]]]] = {
    "slow": ("is slow, and is Complete before the night", {"profile": "slow"}, ()),
    "queued": ("waits between its steps, and is Complete", {"profile": "queued"}, ()),
    "late": ("is Complete only after the sync", {"durations": [7200] * 8}, ("A-1",)),
}
SYNCS: Final = {
    "ConfigurationError": (4000, "the configuration is temporarily wrong"),
    "Deauthorized": (4220, "the authorisation lapses temporarily"),
    "BillingExpired": (4260, "the accounting platform's billing has expired"),
    "ServerError": (5000, "the service fails"),
    "DuplicationProtection": (5080, "a duplicate is suspected"),
    "DataProcessingError": (5120, "the data could not be processed"),
    "DataPushError": (5130, "the accounting platform refuses a part of it"),
}


def kebab(name: str) -> str:
    """A name in lower case with hyphens, such as `map-error`."""
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def add_dataset_story(end: str, why: str) -> None:
    """Enter the story of a dataset that ends without being Complete."""

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.at(MONDAY, "12:10")
        driver.plan_outcome("dataset", end)
        driver.push(ORDERS, [order("A-1")])
        driver.at(MONDAY, "12:15")
        driver.push(ORDERS, [order("A-1")])
        driver.at(TUESDAY, "09:00")

    act.__doc__ = f"A dataset ends in {end}: {why}; its order is pushed again and booked once."
    datasets = (*EXAMPLE, end, *COMPLETE)
    ending = Ending(datasets=datasets, sync=2000, documents=books_of_example(12))
    story(f"dataset-{kebab(end)}", ending)(act)


def add_stuck_story(status: str) -> None:
    """Enter the story of a dataset that never ends."""

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.at(MONDAY, "12:10")
        driver.plan_outcome("dataset", stuckIn=status)
        driver.push(ORDERS, [order("A-1")])
        driver.at(TUESDAY, "09:00")

    act.__doc__ = (
        f"A dataset never leaves {status}, and the night's sync goes on without its order."
    )
    ending = Ending(datasets=(*EXAMPLE, status), sync=2000, documents=books_of_example())
    story(f"dataset-stuck-in-{kebab(status)}", ending)(act)


def add_pace_story(name: str, text: str, pace: dict[str, Any], missed: tuple[str, ...]) -> None:
    """Enter the story of a dataset with another pace.

    Args:
        name: of the story, without `dataset-`.
        text: what the dataset does.
        pace: of the dataset, as `POST /_mock/outcomes` takes it; durations in seconds.
        missed: the keys of the records that the sync misses.
    """

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.at(MONDAY, "12:10")
        driver.plan_outcome("dataset", **pace)
        driver.push(ORDERS, [order("A-1")])
        driver.at(WEDNESDAY, "09:00")

    act.__doc__ = f"A dataset {text}."
    documents = books_of_example(0 if missed else 12)
    ending = Ending(datasets=EXAMPLE + COMPLETE, sync=2040, documents=documents, missed=missed)
    story(f"dataset-{name}", ending)(act)


def add_sync_story(end: str, code: int, why: str) -> None:
    """Enter the story of a night whose sync fails.

    Args:
        end: the outcome of the sync.
        code: its `syncStatusCode`.
        why: in words.
    """

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.plan_outcome("sync", end)
        driver.at(WEDNESDAY, "09:00")

    act.__doc__ = f"A sync ends in {code}: {why}; the next sync covers its day."
    ending = Ending(datasets=EXAMPLE, sync=2000, documents=books_of_example())
    story(f"sync-{kebab(end)}", ending)(act)


def add_running_story(name: str, until: str, code: int, text: str) -> None:
    """Enter the story of a sync whose status is read while it runs.

    Args:
        name: of the story.
        until: when the status is read, `HH:MM` UTC.
        code: the `syncStatusCode` that is read.
        text: of the story.
    """

    def act(driver: SandboxDriver) -> None:
        driver.at(MONDAY, "12:05")
        push_worked_example(driver)
        driver.plan_outcome("sync", durations=[900])
        driver.at(TUESDAY, until)

    act.__doc__ = text
    documents = books_of_example()
    story(name, Ending(datasets=EXAMPLE, sync=code, documents=documents))(act)


for _end, _why in DATASETS.items():
    add_dataset_story(_end, _why)
for _status in STUCK:
    add_stuck_story(_status)
for _name, _pace in PACES.items():
    add_pace_story(_name, *_pace)
for _end, (_code, _why) in SYNCS.items():
    add_sync_story(_end, _code, _why)
add_running_story(
    "sync-in-progress", "03:05", 1000, "The status of a running sync is read: it is in progress."
)
add_running_story(
    "sync-runs-long", "03:12", 1010, "A sync runs for fifteen minutes, and its status says so."
)
