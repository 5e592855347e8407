"""What the service answers, as far as the client needs it.

Source: contract sections 4 and 6.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

# Ends beside Complete and every "…Error"; source: contract section 4.
OTHER_ENDS: Final = frozenset({"Cancelled", "NotSupported", "PrerequisiteNotMet"})
BLAMED: Final = frozenset({"ValidationError", "MapError"})
RUNNING: Final = frozenset({1000, 1010})
SUCCESSFUL: Final = frozenset({2000, 2040})


class Wire(Struct, frozen=True, rename="camel"):
    """What is read from JSON: camelCase there, snake_case here; what is not named is skipped."""


class Dataset(Wire, frozen=True, kw_only=True):
    """What became of one push, as far as it is known.

    Args:
        status: the service's name for where it stands, such as `Queued` or `Complete`.
        requested: when the push came in, UTC; None until the service was asked.
        completed: when it ended, UTC; None until then.
        progress: percent, 0 to 100.
        error_message: why it failed, None where it did not.
    """

    id: str
    company_id: str
    data_type: str
    status: str = "Queued"
    requested: datetime | None = None
    completed: datetime | None = None
    progress: int = 0
    is_completed: bool = False
    is_errored: bool = False
    error_message: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether its records have been taken in."""
        return self.status == "Complete"

    @property
    def blames_records(self) -> bool:
        """Whether it failed by what some record holds, so that sending it again would not help."""
        return self.status in BLAMED

    @property
    def has_ended(self) -> bool:
        """Whether it has come to an end, good or bad."""
        named = self.status.endswith("Error") or self.status in OTHER_ENDS
        return self.is_complete or self.is_errored or named


class DateRange(Wire, frozen=True):
    """A period, UTC: from its start to before its finish."""

    start: datetime
    finish: datetime


class SyncStatus(Wire, frozen=True, kw_only=True):
    """The latest sync of a company.

    Args:
        sync_status_code: 1000 and 1010 under way, 2000 and 2040 successful, else failed.
        sync_utc: when it ran, UTC.
        sync_date_range_utc: the period whose records it covers, by their `createdDate`.
    """

    company_id: str
    sync_status_code: int
    sync_utc: datetime
    sync_date_range_utc: DateRange
    commerce_sync_id: str = ""
    sync_status: str = ""
    error_message: str | None = None
    data_pushed: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it is under way."""
        return self.sync_status_code in RUNNING

    @property
    def is_successful(self) -> bool:
        """Whether it ended well, with or without data to bring."""
        return self.sync_status_code in SUCCESSFUL


class PushAnswer(Wire, frozen=True):
    """What a push is answered with; the records that it repeats are skipped."""

    dataset_id: str


class DatasetPage(Wire, frozen=True):
    """One page of a company's datasets."""

    results: list[Dataset] = []


class Connection(Wire, frozen=True):
    """What links a company to one platform.

    Args:
        source_type: `Commerce` for the merchant's system, `Accounting` for the books.
        status: such as `Linked` or `Unlinked`.
    """

    source_type: str
    status: str


class ConnectionPage(Wire, frozen=True):
    """A company's connections."""

    results: list[Connection]

    def is_linked(self, source_type: str) -> bool:
        """Whether one of that type is linked."""
        return any(c.source_type == source_type and c.status == "Linked" for c in self.results)


class Configuration(Wire, frozen=True):
    """Whether a company's mapping is complete."""

    configured: bool


class Refusal(Wire, frozen=True):
    """The vendor's error body.

    Source: contract section 1.
    """

    error: str = ""
    correlation_id: str = ""
