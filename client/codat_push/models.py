"""What the service answers, and what the client hands out: chunks and refusals.

Source: contract sections 1, 4 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from codat_push.schema import DataType

# Final states besides Complete and every "…Error", in small letters; source: contract section 4.
OTHER_ENDS: Final = frozenset({"cancelled", "notsupported", "prerequisitenotmet"})
RECORD_ERRORS: Final = frozenset({"validationerror", "maperror"})
RUNNING: Final = frozenset({1000, 1010})
SUCCESSFUL: Final = frozenset({2000, 2040})
MOMENTS: Final = frozenset({"requested", "completed", "syncUtc", "start", "finish", "end"})


class Wire(Struct, frozen=True, rename="camel"):
    """Decoded from JSON: camelCase there, snake_case here; unknown properties are skipped."""


def as_utc(struct: Wire, *names: str) -> None:
    """Make date-times without an offset aware: they are UTC. Source: contract section 1."""
    for name in names:
        moment = getattr(struct, name)
        if moment is not None and moment.tzinfo is None:
            force_setattr(struct, name, moment.replace(tzinfo=UTC))


class Dataset(Wire, frozen=True, kw_only=True):
    """The dataset that a push has become.

    Args:
        status: the service's name for its state, such as `Queued` or `Complete`.
        requested: when the push arrived, UTC; None until the dataset was read.
        completed: when it ended, UTC; None until then.
        progress: percent, 0 to 100; None if the service does not say.
        error_message: why it failed, None if it did not.
    """

    id: str
    company_id: str = ""
    data_type: str = ""
    status: str = "Queued"
    requested: datetime | None = None
    completed: datetime | None = None
    progress: float | None = None
    is_completed: bool | None = None
    is_errored: bool | None = None
    error_message: str | None = None

    def __post_init__(self) -> None:
        """Read date-times without an offset as UTC."""
        as_utc(self, "requested", "completed")

    @property
    def is_complete(self) -> bool:
        """Whether the service has accepted its records."""
        is_success = bool(self.is_completed) and not self.is_errored and not self._is_failure
        return self.status.lower() == "complete" or is_success

    @property
    def blames_records(self) -> bool:
        """Whether some record made it fail, so that sending the same again would not help."""
        return self.status.lower() in RECORD_ERRORS

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, in success or failure."""
        return self.is_complete or bool(self.is_errored) or self._is_failure

    @property
    def _is_failure(self) -> bool:
        status = self.status.lower()
        return status.endswith("error") or status in OTHER_ENDS


class DateRange(Wire, frozen=True):
    """A period, UTC: from its start to before its finish; None if the service does not say.

    Args:
        end: another name of `finish` in the vendor's words; contract-2 section I.
    """

    start: datetime | None = None
    finish: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        """Read date-times without an offset as UTC."""
        if self.finish is None:
            force_setattr(self, "finish", self.end)
        as_utc(self, "start", "finish", "end")


class SyncStatus(Wire, frozen=True, kw_only=True):
    """The latest sync of a company.

    Args:
        sync_status_code: 1000 and 1010 running, 2000 and 2040 successful, others failed.
        sync_utc: when it ran, UTC; None if the service does not say.
        sync_date_range_utc: the period of the `createdDate` of its records.
    """

    company_id: str = ""
    sync_status_code: int = 0
    sync_utc: datetime | None = None
    sync_date_range_utc: DateRange = DateRange()
    commerce_sync_id: str | None = None
    sync_status: str | None = None
    error_message: str | None = None
    data_pushed: bool | None = None

    def __post_init__(self) -> None:
        """Read date-times without an offset as UTC."""
        as_utc(self, "sync_utc")

    @property
    def is_running(self) -> bool:
        """Whether it is running."""
        return self.sync_status_code in RUNNING

    @property
    def is_successful(self) -> bool:
        """Whether it succeeded, with or without data."""
        return self.sync_status_code in SUCCESSFUL


class PushAnswer(Wire, frozen=True):
    """The answer to a push; the records that it repeats are skipped."""

    dataset_id: str


class DatasetPage(Wire, frozen=True):
    """One page of a company's datasets."""

    results: list[Dataset] = []


class Connection(Wire, frozen=True):
    """The link of a company to one platform.

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
        """Whether a connection of that type is linked."""
        needed = (source_type.lower(), "linked")
        return any((c.source_type.lower(), c.status.lower()) == needed for c in self.results)


class Configuration(Wire, frozen=True):
    """Whether a company's mapping is complete."""

    configured: bool | None = None


class ErrorBody(Wire, frozen=True):
    """The vendor's error body.

    Source: contract section 1.
    """

    error: str | None = None
    correlation_id: str | None = None


Reason = Literal[
    "synced",
    "late",
    "deleted",
    "not-whole",
    "not-newer",
    "created-moved",
    "shared-id",
    "rejected",
    "invalid",
    "unknown-company",
]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records to push together: fewer than 5,000, each once, each new, changed or deleted.

    Args:
        push: its number in the ledger.
        company: its id.
        data_type: of all its records.
        size: how many records it holds.
        dataset: the id of its dataset, None until an answer has given it.
    """

    push: int
    company: str
    data_type: DataType
    size: int
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that may not be pushed, for a person to resolve.

    Args:
        company: its id.
        data_type: of the record.
        id: the merchant's id of the record.
        kind: a transaction's type, else empty.
        record: the refused version; None if it was a delete.
        reason: `synced` (it is in the books), `late` (its period is already synced),
            `deleted` (its key was deleted before), `not-whole` (an update lacks properties),
            `not-newer` (its `sourceModifiedDate` is not later), `created-moved` (its
            `createdDate` changed), `shared-id` (a delete would remove another transaction too),
            `rejected` (the service does not accept this record), `invalid` (it cannot be sent),
            or `unknown-company`.
        detail: what to do about it.
    """

    company: str
    data_type: DataType
    id: str
    kind: str
    record: dict[str, Any] | None
    reason: Reason
    detail: str
