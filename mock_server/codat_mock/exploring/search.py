"""The search for the shortest schedule that an integration does not survive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import msgspec
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import HypothesisException, NoSuchExample

from codat_mock.exploring.drawing import schedules
from codat_mock.exploring.schedule import Event, Schedule, Uses
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import BROKEN, code_of

PHASES: Final = (Phase.reuse, Phase.generate, Phase.shrink)
Events = tuple[Event, ...]


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
        known: dict[bytes, bool] = {}
        raised: list[Exception] = []

        def breaks(events: Events) -> bool:
            if raised:
                return False  # nothing can be told any more
            key = msgspec.json.encode(events)
            if key not in known:
                try:
                    known[key] = code_of(play(with_events(origin, events))) == BROKEN
                except Exception as error:  # noqa: BLE001  (raised below: Hypothesis shrinks it here)
                    raised.append(error)
                    return False
                self.progress(any(known.values()))
            return known[key]

        found = None
        try:
            found = find(
                schedules(uses),
                breaks,
                settings=settings(
                    max_examples=self.examples,
                    database=DirectoryBasedExampleDatabase(self.database),
                    phases=PHASES,
                    deadline=None,  # the integration has its own limit
                    suppress_health_check=list(HealthCheck),  # a run takes what it takes
                ),
                random=Random(origin.seed),  # noqa: S311  (what is drawn is no secret)
                database_key=self.name.encode(),
            )
        except HypothesisException as error:
            if not raised and not isinstance(error, NoSuchExample):
                raise
        if raised:
            raise raised[0]
        return (None if found is None else with_events(origin, found)), len(known)


def with_events(origin: Schedule, events: Events) -> Schedule:
    """The schedule with these events."""
    return Schedule(start_at=origin.start_at, seed=origin.seed, events=events)
