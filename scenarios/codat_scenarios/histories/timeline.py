"""The steps of a history in the order of time, and the current moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from codat_scenarios.histories.steps import Sent, Step
from codat_scenarios.sandbox_driver import MORNING

DAY: Final = timedelta(days=1)
LAST_HOUR: Final = 23  # after it nothing is started any more: well before the nightly sync


class Timeline:
    """The steps of a history, one after the other.

    Attributes:
        now: the current moment, UTC.
        steps: the steps so far.
    """

    def __init__(self) -> None:
        self.now = MORNING
        self.steps: list[Step] = []

    @property
    def is_night(self) -> bool:
        """Whether the shop is closed for the night."""
        return self.now.hour >= LAST_HOUR or self.now.hour < MORNING.hour

    @property
    def evening(self) -> datetime:
        """When the current day's night begins."""
        return self.now.replace(hour=LAST_HOUR, minute=0, second=0, microsecond=0)

    @property
    def next_morning(self) -> datetime:
        """When the next day begins."""
        morning = self.now.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
        return morning if morning > self.now else morning + DAY

    def tick(self, **duration: float) -> datetime:
        """Let time pass, by default a minute; returns the new moment."""
        self.now += timedelta(**duration or {"minutes": 1})
        return self.now

    def add(self, step: Step) -> None:
        """Append a step."""
        self.steps.append(step)

    def plan(self, path: str, content: Any) -> None:
        """Append a request to the control API: `POST /_mock/{path}`."""
        self.add(Sent(self.now, "POST", f"/_mock/{path}", content))
