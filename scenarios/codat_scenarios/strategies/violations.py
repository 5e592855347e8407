"""Violations: what breaks each rule once, spliced into a random history.

A violation is the story that breaks the rule, played on the history's own company and shifted to
the history's date, with its facts drawn from what the story lets vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.clock import format_moment, parse_moment
from codat_mock.models.datasets import DataType
from codat_mock.rules import Rule, rulebook
from codat_scenarios.histories import HistoryBuilder
from codat_scenarios.histories.steps import Night, StepContext
from codat_scenarios.merchants import ORDERS
from codat_scenarios.sandbox_driver import MORNING, START, Json, SandboxDriver
from codat_scenarios.stories import STORIES, Story
from codat_scenarios.strategies.invalid import Invalid, invalid_orders
from codat_scenarios.strategies.merchant_events import MerchantEvent

ZONE: Final = ZoneInfo("Europe/London")
LENGTH: Final = timedelta(days=5)  # no story that breaks a rule goes on after its Friday
FIRST_SYNC: Final = {"S01", "R01"}  # only broken before the first sync of a company
# Stories of a company of their own: it does not live on, or it has no other records.
ALONE: Final = {"alert-of-deletion", "all-before-the-start"}
DATES: Final = ("createdDate", "modifiedDate", "sourceModifiedDate", "closedDate", "dueDate")


@dataclass(frozen=True, slots=True)
class Violation:
    """What breaks one rule.

    Args:
        events: draws it.
        is_declared: whether the mock must know the merchant's records.
        comes_first: whether it only happens before the first push.
    """

    events: SearchStrategy[MerchantEvent]
    is_declared: bool = False
    comes_first: bool = False


class ShiftedDriver(SandboxDriver):
    """Plays a story on another driver's company, a number of days after the story's own dates.

    Args:
        driver: has the company.
        days: the story's Monday falls so many days later, at the same time of day in London.
    """

    def __init__(self, driver: SandboxDriver, days: int) -> None:
        vars(self).update(vars(copy(driver)), datasets=[], _unread=[])
        self._days = timedelta(days=days)

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until the story's moment."""
        super().wait_until(self.shifted(moment))

    def advance(self, **duration: float) -> Json:
        """Move the clock."""
        super().wait_until(self.now() + timedelta(**duration))
        return self.call("GET", "/_mock/clock")

    def try_push(self, data_type: DataType, records: Sequence[Any]) -> httpx.Response:
        """Push the story's records."""
        return super().try_push(data_type, self.redated(records))

    def push_during(
        self, data_type: DataType, records: Sequence[Any], meanwhile: Sequence[Any]
    ) -> None:
        """Push the story's records at the same time.

        Args:
            data_type: of both pushes.
            records: of the outer push.
            meanwhile: the records of the push that starts later and ends first; their dates are
                not shifted.
        """
        super().push_during(data_type, self.redated(records), meanwhile)

    def declare(self, **records: Sequence[Any]) -> Json:
        """Declare the story's records."""
        return super().declare(**{name: self.redated(each) for name, each in records.items()})

    def shifted(self, moment: datetime) -> datetime:
        """A moment of the story in the history, UTC."""
        return (moment.astimezone(ZONE) + self._days).astimezone(UTC)

    def redated(self, records: Sequence[Any]) -> list[Any]:
        """Records with their dates shifted; what is no date stays as it is."""
        return [
            {name: self._redated(name, value) for name, value in record.items()}
            if isinstance(record, dict)
            else record
            for record in records
        ]

    def _redated(self, name: str, value: Any) -> Any:
        if name not in DATES or not isinstance(value, str):
            return value
        try:
            moment = parse_moment(value)
        except ValueError:
            return value
        # What lies before the start date stays before it.
        return value if moment < START else format_moment(self.shifted(moment))


@dataclass(frozen=True, slots=True)
class PlayedStory:
    """A story is played on the history's company.

    Args:
        moment: UTC.
        story: which.
        facts: those of its facts that vary.
    """

    moment: datetime
    story: Story
    facts: Mapping[str, Any]

    def run(self, context: StepContext) -> None:
        """Play it."""
        days = (self.moment.date() - MORNING.date()).days
        self.story.act(ShiftedDriver(context.driver, days), **self.facts)

    def __str__(self) -> str:
        facts = "".join(f", {name} {value!r}" for name, value in self.facts.items())
        return f"story {self.story.name}{facts}"


def play_story(builder: HistoryBuilder, story: Story, facts: Mapping[str, Any]) -> None:
    """Finish the day, and play a story from the next morning on.

    Args:
        builder: of the history.
        story: one that breaks a rule.
        facts: those of the story's facts that vary, by name.
    """
    if builder.timeline.now != MORNING:
        builder.night()
    builder.configure()
    builder.timeline.add(PlayedStory(builder.timeline.now, story, facts))
    builder.timeline.now = builder.timeline.now.replace(hour=MORNING.hour, minute=0) + LENGTH
    builder.timeline.add(Night(builder.timeline.now))
    builder.successful_syncs += 1
    builder.broken_rules |= {*story.ending.findings}
    builder.corrupts_books = True


def push_invalid(builder: HistoryBuilder, invalid: Invalid) -> None:
    """Push an order that is wrong in one place.

    A story holds one such order; the strategy of invalid records draws every kind.
    """
    builder.start_next_day_if_late()
    builder.integration.push()
    builder.push_remaining()
    builder.timeline.tick()
    builder.integration.push_to_fail(ORDERS, [invalid.record])
    builder.integration.read_until_complete()
    builder.broken_rules.add("S15")


def varied(story: Story) -> SearchStrategy[MerchantEvent]:
    """Draw a story's facts."""
    facts = {name: st.sampled_from(values) for name, values in story.varied.items()}
    return st.builds(
        lambda drawn: partial(play_story, story=story, facts=drawn), st.fixed_dictionaries(facts)
    )


def violation_of(rule: Rule) -> Violation:
    """What breaks a rule: one of the stories that do."""
    stories = [STORIES[name] for name in rule.breaks if name not in ALONE]
    return Violation(
        st.one_of([varied(story) for story in stories]),
        is_declared=any(story.is_declared for story in stories),
        comes_first=any(FIRST_SYNC.intersection(story.ending.findings) for story in stories),
    )


INVALID: Final = invalid_orders().map(lambda drawn: partial(push_invalid, invalid=drawn))
VIOLATIONS: Final[dict[str, Violation]] = {
    rule.code: violation_of(rule) for rule in rulebook() if rule.breaks
} | {"S15": Violation(INVALID)}
