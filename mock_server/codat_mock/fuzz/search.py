"""The search for the shortest schedule that breaks an integration."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.database import ExampleDatabase
from hypothesis.errors import HypothesisException, NoSuchExample
from msgspec.structs import replace

from codat_mock.control_client import ControlRequestRefused
from codat_mock.fuzz.schedule import Event, Schedule, Uses
from codat_mock.fuzz.strategies import schedules
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import BROKEN, code_of

MAX_SHORTENINGS: Final = 150  # schedules that are tried after the first that was found
PHASES: Final = (Phase.generate, Phase.shrink)
Events = tuple[Event, ...]
Breaks = Callable[[Events], bool]


@dataclass(frozen=True, slots=True)
class Search:
    """A search.

    Args:
        examples: the maximum number of schedules to try until one breaks the integration.
        database: keeps the schedules that were found for the next search.
        name: the name of the integration, under which they are kept.
        progress: called after each schedule, with the events of the shortest that was found; None
            until one is.
    """

    examples: int
    database: ExampleDatabase
    name: str
    progress: Callable[[Events | None], object]

    def shortest(
        self, run: Callable[[Schedule], Run], origin: Schedule, uses: Uses
    ) -> tuple[Schedule | None, int]:
        """The shortest schedule that breaks the integration, and how many were tried.

        Args:
            run: runs a schedule.
            origin: the schedule without events; its start and seed are those of every schedule.
            uses: the requests of the integration without faults.

        Raises:
            BaseException: any exception of `run`, which ends the search.
        """
        tried: dict[bytes, bool] = {}
        found_so_far: list[Events] = []  # each shorter than the one before
        shortenings = 0

        def breaks(events: Events) -> bool:
            nonlocal shortenings
            key = msgspec.json.encode(events)
            if key not in tried and (not found_so_far or shortenings < MAX_SHORTENINGS):
                shortenings += bool(found_so_far)
                tried[key] = code_of(run(with_events(origin, events))) == BROKEN
                if tried[key] and (not found_so_far or len(events) < len(found_so_far[-1])):
                    self._keep(events, found_so_far)  # at once: a search can be stopped at any time
                    found_so_far.append(events)
                self.progress(found_so_far[-1] if found_so_far else None)
            return tried.get(key, False)

        kept = self._kept(breaks)
        # What is kept may come from a search that was stopped before it had shortened it fully.
        found = without_needless(kept, breaks) if kept else self._drawn(breaks, origin, uses)
        if found is not None:
            self._keep(found, found_so_far)
        return (None if found is None else with_events(origin, found)), len(tried)

    def _kept(self, breaks: Breaks) -> Events | None:
        """The shortest kept schedule that still breaks the integration; others are deleted."""
        key = self.name.encode()
        for kept in sorted(self.database.fetch(key), key=len):
            # Another version may have written something else.
            with suppress(msgspec.DecodeError, ControlRequestRefused):
                events = msgspec.json.decode(kept, type=Events)
                if breaks(events):
                    return events
            self.database.delete(key, kept)
        return None

    def _drawn(self, breaks: Breaks, origin: Schedule, uses: Uses) -> Events | None:
        """The shortest schedule that Hypothesis finds."""
        raised: list[BaseException] = []

        def condition(events: Events) -> bool:
            if raised:
                return False  # the search is over
            try:
                return breaks(events)
            except BaseException as error:  # noqa: BLE001  (raised below, outside of Hypothesis)
                raised.append(error)
                return False

        found = None
        try:
            found = find(
                schedules(uses),
                condition,
                settings=settings(
                    max_examples=self.examples,
                    # Hypothesis does not use one with a seed; see `_kept`.
                    database=None,
                    phases=PHASES,
                    deadline=None,  # the integration has its own limit
                    suppress_health_check=list(HealthCheck),  # a run may take long
                ),
                random=Random(origin.seed),  # noqa: S311  (what is drawn is no secret)
            )
        except HypothesisException as error:
            if not raised and not isinstance(error, NoSuchExample):
                raise
        if raised:
            raise raised[0]
        return found

    def _keep(self, events: Events, earlier: list[Events]) -> None:
        """Keep what was found for the next search, instead of what was found before."""
        key = self.name.encode()
        self.database.save(key, msgspec.json.encode(events))
        for each in earlier[-1:]:
            if each != events:
                self.database.delete(key, msgspec.json.encode(each))


def without_needless(events: Events, breaks: Breaks) -> Events:
    """The events without those that are not needed to break the integration."""
    for index in range(len(events)):
        fewer = events[:index] + events[index + 1 :]
        if fewer and breaks(fewer):
            return without_needless(fewer, breaks)
    return events


def with_events(origin: Schedule, events: Events) -> Schedule:
    """The schedule with these events."""
    return replace(origin, events=events)
