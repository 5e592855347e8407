"""What is written down of a life: its steps, and the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from codat_scenarios.histories.steps import Sent, Step
from codat_scenarios.sandbox_driver import MORNING

DAY: Final = timedelta(days=1)
BEDTIME: Final = 23  # the hour after which nothing is begun: well before the sync


class Timeline:
    """The steps of a life, one after the other.

    Attributes:
        now: UTC.
        steps: what has happened so far.
    """

    def __init__(self) -> None:
        self.now = MORNING
        self.steps: list[Step] = []

    @property
    def is_late(self) -> bool:
        """Whether it is night."""
        return self.now.hour >= BEDTIME or self.now.hour < MORNING.hour

    @property
    def evening(self) -> datetime:
        """When this day's night begins."""
        return self.now.replace(hour=BEDTIME, minute=0, second=0, microsecond=0)

    @property
    def next_morning(self) -> datetime:
        """When the next day begins."""
        morning = self.now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
        return morning if morning > self.now else morning + DAY

    def tick(self, **duration: float) -> datetime:
        """Let time pass, a minute unless told otherwise."""
        self.now += timedelta(**duration or {"minutes": 1})
        return self.now

    def note(self, step: Step) -> None:
        """Write a step down."""
        self.steps.append(step)

    def plan(self, path: str, planned: Any) -> None:
        """Plan trouble, at `/_mock/` and that path."""
        self.note(Sent(self.now, "POST", f"/_mock/{path}", planned))
