"""What a story is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from codat_scenarios.sandbox_driver import Json, SandboxDriver


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story ends.

    Args:
        findings: the codes of the rules that it breaks, in order, once a push.
        datasets: the status of each push's dataset, in the order of their answers; a push that is
            refused has none.
        sync: the status code of the last sync; None where there was none.
        documents: what stands in the books, such as `2022-03-21 Invoice 85.00 GBP`, as written.
        missed: the keys of the records that came too late to ever be in the books.
        alerts: the type of each alert and what became of it, such as `Data sync completed
            delivered`, in the order they were raised.
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
        ending: what must come of it.
        act: plays it on a stage whose company is linked and configured, at nine in the morning.
    """

    name: str
    text: str
    ending: Ending
    act: Callable[[SandboxDriver], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a story.

    Args:
        ending: told in the story's terms.
        verdict: the findings with all that is told of them, and the rules exercised.
    """

    ending: Ending
    verdict: Json


STORIES: dict[str, Story] = {}


def story(
    name: str, ending: Ending
) -> Callable[[Callable[[SandboxDriver], None]], Callable[[SandboxDriver], None]]:
    """Enter a function into the list of stories; its docstring is the story's text."""

    def enter(act: Callable[[SandboxDriver], None]) -> Callable[[SandboxDriver], None]:
        STORIES[name] = Story(name, " ".join((act.__doc__ or "").split()), ending, act)
        return act

    return enter


def play(told: Story, driver: SandboxDriver) -> Played:
    """Play a story from its beginning, and see how it ends."""
    driver.set_up("Story Café")
    told.act(driver)
    return see(driver)


def see(driver: SandboxDriver) -> Played:
    """What has come of what was played on a stage."""
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
