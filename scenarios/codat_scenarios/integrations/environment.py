"""What surrounds an integration: the merchant's companies and sales, events and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

# The shop's days. Syncs run at three in the night; the integration goes live on Monday.
FRIDAY: Final = datetime(2022, 3, 18, tzinfo=UTC)
SATURDAY: Final = datetime(2022, 3, 19, tzinfo=UTC)
MONDAY: Final = datetime(2022, 3, 21, tzinfo=UTC)
TUESDAY: Final = datetime(2022, 3, 22, tzinfo=UTC)
WEDNESDAY: Final = datetime(2022, 3, 23, tzinfo=UTC)

START_DATE: Final = SATURDAY  # what the merchant has configured
GOES_LIVE: Final = MONDAY + timedelta(hours=9)
SYNC_TIME: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """Something that happens while the integration runs.

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
    """What a program runs in.

    Args:
        companies: the number of the platform's merchants.
        backlog: the number of sales at each point of sale between the start date and going live.
        is_linked: whether accounting is linked before the integration goes live.
        faults: as `PUT /_mock/faults` takes them.
        outcomes: of the next datasets, as `POST /_mock/outcomes` takes them.
        events: in chronological order.
    """

    companies: int = 1
    backlog: int = 2
    is_linked: bool = True
    faults: tuple[Mapping[str, Any], ...] = ()
    outcomes: tuple[Mapping[str, Any], ...] = ()
    events: tuple[ScheduledEvent, ...] = ()

    @property
    def ends(self) -> datetime:
        """When the run ends: the last sync is done, and the books are complete."""
        return WEDNESDAY + timedelta(hours=9)


def synced_at(created: datetime) -> datetime:
    """When the sync runs that picks a record created at that moment, UTC."""
    before = max(created, GOES_LIVE) - SYNC_TIME
    day = before.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1) + SYNC_TIME
