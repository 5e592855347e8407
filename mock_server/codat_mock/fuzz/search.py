"""The search for the shortest schedule that an integration does not survive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import msgspec
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase
from hypothesis.errors import HypothesisException, NoSuchExample

from codat_mock.control_client import ControlRequestRefused
from codat_mock.fuzz.schedule import Event, Schedule, Uses
from codat_mock.fuzz.strategies import schedules
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import BROKEN, code_of

PHASES: Final = (Phase.generate, Phase.shrink)
Events = tuple[Event, ...]
Breaks = Callable[[Events], bool]


@dataclass(frozen=True, slots=True)
class Search:
    """How is searched.

    Args:
        examples: how many schedules are drawn at most until one breaks the integration.
        database: the folder where what was found is kept for the next search.
        name: of the integration, under which it is kept there.
        progress: called after each schedule, with whether one has been found.
    """

    examples: int
    database: Path
    name: str
    progress: Callable[[bool], object]

    def shortest(
        self, play: Callable[[Schedule], Run], origin: Schedule, uses: Uses
    ) -> tuple[Schedule | None, int]:
        """The shortest schedule that breaks the integration, and how many were played.

        Args:
            play: plays a schedule.
            origin: the seed and the start of every schedule, without events.
            uses: what the integration does of the API.

        Raises:
            Exception: whatever `play` raises; nothing more is played then.
        """
        tried: dict[bytes, bool] = {}
        shorter: list[Events] = []  # each found after the one before

        def breaks(events: Events) -> bool:
            key = msgspec.json.encode(events)
            if key not in tried:
                tried[key] = code_of(play(with_events(origin, events))) == BROKEN
                if tried[key] and (not shorter or len(events) < len(shorter[-1])):
                    self._keep(events, shorter)  # at once: a search can be ended at any time
                    shorter.append(events)
                self.progress(bool(shorter))
            return tried[key]

        kept = self._kept(breaks)
        # What is kept may be of a search that was ended before it was at its shortest.
        found = shortened(kept, breaks) if kept else self._drawn(breaks, origin, uses)
        if found is not None:
            self._keep(found, shorter)
        return (None if found is None else with_events(origin, found)), len(tried)

    @property
    def _database(self) -> ExampleDatabase:
        return DirectoryBasedExampleDatabase(self.database)

    def _kept(self, breaks: Breaks) -> Events | None:
        """The shortest of those that were found before and still break it; others are forgotten."""
        key = self.name.encode()
        for kept in sorted(self._database.fetch(key), key=len):
            # What is written by another version may be something else.
            with suppress(msgspec.DecodeError, ControlRequestRefused):
                events = msgspec.json.decode(kept, type=Events)
                if breaks(events):
                    return events
            self._database.delete(key, kept)
        return None

    def _drawn(self, breaks: Breaks, origin: Schedule, uses: Uses) -> Events | None:
        """The shortest that comes of drawing."""
        raised: list[Exception] = []

        def condition(events: Events) -> bool:
            if raised:
                return False  # nothing can be told any more
            try:
                return breaks(events)
            except Exception as error:  # noqa: BLE001  (raised below: Hypothesis would shrink it)
                raised.append(error)
                return False

        found = None
        try:
            found = find(
                schedules(uses),
                condition,
                settings=settings(
                    max_examples=self.examples,
                    # A search with a seed has none in Hypothesis; see `_kept`.
                    database=None,
                    phases=PHASES,
                    deadline=None,  # the integration has its own limit
                    suppress_health_check=list(HealthCheck),  # a run takes what it takes
                ),
                random=Random(origin.seed),  # noqa: S311  (what is drawn is no secret)
            )
        except HypothesisException as error:
            if not raised and not isinstance(error, NoSuchExample):
                raise
        if raised:
            raise raised[0]
        return found

    def _keep(self, events: Events, longer: list[Events]) -> None:
        """Keep what was found for the next time, instead of what was found before."""
        key = self.name.encode()
        self._database.save(key, msgspec.json.encode(events))
        for each in longer[-1:]:
            if each != events:
                self._database.delete(key, msgspec.json.encode(each))


def shortened(events: Events, breaks: Breaks) -> Events:
    """What is left where every event is wanted."""
    for place in range(len(events)):
        fewer = events[:place] + events[place + 1 :]
        if fewer and breaks(fewer):
            return shortened(fewer, breaks)
    return events


def with_events(origin: Schedule, events: Events) -> Schedule:
    """The schedule with these events."""
    return Schedule(start_at=origin.start_at, seed=origin.seed, events=events)
