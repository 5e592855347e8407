"""The world around an integration: what the merchant has and does, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

# The shop's days. Syncs run at three in the night; the integration goes live on Monday.
FRIDAY: Final = datetime(2022, 3, 18, tzinfo=UTC)
SATURDAY: Final = datetime(2022, 3, 19, tzinfo=UTC)
MONDAY: Final = datetime(2022, 3, 21, tzinfo=UTC)
TUESDAY: Final = datetime(2022, 3, 22, tzinfo=UTC)
WEDNESDAY: Final = datetime(2022, 3, 23, tzinfo=UTC)

START_DATE: Final = SATURDAY  # what the merchant has configured
GOES_LIVE: Final = MONDAY + timedelta(hours=9)
SYNC_TIME: Final = timedelta(hours=3)
FIRST_OF_APRIL: Final = datetime(2022, 4, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """Something that others do while the integration runs.

    Args:
        at: when, UTC.
        path: of the mock's control API; `{company}` stands for the company's id.
        body: what is posted there.
    """

    at: datetime
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a program is run in.

    Args:
        companies: how many merchants the platform has.
        backlog: how many sales a till has made between the start date and going live.
        frequency: of the syncs.
        is_linked: whether the accounting platform is authorised before the integration goes live.
        faults: trouble on the wire, as `PUT /_mock/faults` takes it.
        outcomes: how coming datasets end, as `POST /_mock/outcomes` takes it.
        happenings: in their order.
    """

    companies: int = 1
    backlog: int = 2
    frequency: Literal["Daily", "Monthly"] = "Daily"
    is_linked: bool = True
    faults: tuple[Mapping[str, Any], ...] = ()
    outcomes: tuple[Mapping[str, Any], ...] = ()
    happenings: tuple[ScheduledEvent, ...] = ()

    @property
    def ends(self) -> datetime:
        """When the last sync has run, and the books are looked at."""
        last = WEDNESDAY if self.frequency == "Daily" else FIRST_OF_APRIL
        return last + timedelta(hours=9)

    def synced_at(self, created: datetime) -> datetime:
        """When the sync runs that takes what was created at that moment."""
        if self.frequency == "Monthly":
            return FIRST_OF_APRIL + SYNC_TIME
        before = max(created, GOES_LIVE) - SYNC_TIME
        day = before.replace(hour=0, minute=0, second=0, microsecond=0)
        return day + timedelta(days=1) + SYNC_TIME
