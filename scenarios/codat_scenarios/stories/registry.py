"""What a story is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from codat_scenarios.sandbox_driver import Json, SandboxDriver

Act = Callable[..., None]  # takes a SandboxDriver, and by name the facts that vary


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story ends.

    Args:
        findings: the codes of its findings, in order.
        datasets: the last status of each dataset, in the order of the pushes' answers; a refused
            push has none.
        sync: the status code of the last sync; None if there was none.
        documents: the documents in the books, such as `2022-03-21 Invoice 85.00 GBP`, in order.
        missed: the keys of the records that no sync will ever pick.
        alerts: the type of each alert and what became of it, such as `Data sync completed
            delivered`, in the order of the events.
    """

    findings: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    sync: int | None = None
    documents: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A named script.

    Args:
        name: its stable name, such as `late-update`.
        text: what happens, in one sentence.
        ending: the expected ending.
        act: plays it on a company that is linked and configured, from nine in the morning.
        varied: by the name of a parameter of `act`, other values with which it breaks the same
            rules; its books may differ then.
        is_declared: whether it declares the merchant's records.
    """

    name: str
    text: str
    ending: Ending
    act: Act
    varied: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a played story.

    Args:
        ending: how it ended.
        verdict: the findings in full, and the rules exercised.
    """

    ending: Ending
    verdict: Json


STORIES: dict[str, Story] = {}


def story(
    name: str, ending: Ending, *, is_declared: bool = False, **varied: Sequence[Any]
) -> Callable[[Act], Act]:
    """Enter a function into the list of stories; its docstring begins with the story's text.

    Args:
        name: the story's stable name.
        ending: the expected ending.
        is_declared: whether it declares the merchant's records.
        varied: other values of the function's parameters with which it breaks the same rules.
    """

    def enter(act: Act) -> Act:
        text = " ".join((act.__doc__ or "").partition("\n\n")[0].split())
        STORIES[name] = Story(name, text, ending, act, varied, is_declared)
        return act

    return enter


def play(story: Story, driver: SandboxDriver) -> Played:
    """Play a story in a new sandbox, and collect its ending."""
    driver.set_up("Story Café")
    story.act(driver)
    return result_of(driver)


def result_of(driver: SandboxDriver) -> Played:
    """The result of what a driver has played."""
    verdict, books, sync = driver.findings(), driver.books(), driver.last_sync()
    return Played(
        Ending(
            findings=tuple(finding["code"] for finding in verdict["findings"]),
            datasets=tuple(driver.dataset(id_)["status"] for id_ in driver.datasets),
            sync=sync["syncStatusCode"] if sync else None,
            documents=tuple(map(document_text, books["documents"])),
            missed=tuple(record["key"] for record in books["missed"]),
            alerts=tuple(map(alert_text, driver.alerts())),
        ),
        verdict,
    )


def alert_text(alert: Json) -> str:
    """An alert in short, such as `Data sync completed delivered`."""
    return f"{alert['body']['RuleType']} {alert['state']}"


def document_text(document: Json) -> str:
    """A document in short, such as `2022-03-21 Invoice 85.00 GBP`."""
    date, kind, currency = document["date"], document["kind"], document["currency"]
    return f"{date} {kind} {document['total']:.2f} {currency}"
