"""What a story is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from codat_scenarios.stage import Json, Stage

MORNING = datetime(2022, 3, 21, 9, tzinfo=UTC)  # a Monday; syncs run at three in the night
START = datetime(2022, 3, 21, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    """A named script.

    Args:
        name: its stable name, such as `late-update`.
        text: what happens, in one sentence.
        findings: the codes of the rules that it breaks, in order, once a push.
        act: plays it on a stage whose company is linked and configured, at nine in the morning.
    """

    name: str
    text: str
    findings: tuple[str, ...]
    act: Callable[[Stage], None]


STORIES: dict[str, Story] = {}


def story(
    name: str, *, findings: tuple[str, ...] = ()
) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Enter a function into the list of stories; its docstring is the story's text."""

    def enter(act: Callable[[Stage], None]) -> Callable[[Stage], None]:
        STORIES[name] = Story(name, " ".join((act.__doc__ or "").split()), findings, act)
        return act

    return enter


def play(told: Story, stage: Stage) -> Json:
    """Play a story from its beginning; gives what the rules found."""
    stage.reset(MORNING)
    stage.create_company("Story Café")
    stage.link_accounting()
    stage.configure(START)
    told.act(stage)
    return stage.findings()
