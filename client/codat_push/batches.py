"""What a ledger hands out: chunks to push, and changes that may not be pushed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from codat_push.schema import DataType

Reason = Literal[
    "synced",
    "late",
    "deleted",
    "not-whole",
    "not-newer",
    "created-moved",
    "shared-id",
    "rejected",
    "unknown-company",
]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records to push together: under 5,000, none twice, each new, changed or to be deleted.

    Args:
        push: the ledger's number for it.
        size: how many records it holds.
        dataset: the id that the service gave it, None before it has (or its answer was lost).
    """

    push: int
    company: str
    data_type: DataType
    size: int
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that may not be pushed, for a person to see to.

    Args:
        id: the merchant's id of the record.
        kind: a transaction's type, else empty.
        record: the version refused; None where it was a delete.
        reason: `synced` (it is in the books), `late` (its period was synced before it came),
            `deleted` (its key was deleted before), `not-whole` (an update lacks properties),
            `not-newer` (its `sourceModifiedDate` did not move on), `created-moved` (its
            `createdDate` changed), `shared-id` (a delete would take another transaction too),
            `rejected` (the service does not take this record), or `unknown-company`.
        detail: what to do about it.
    """

    company: str
    data_type: DataType
    id: str
    kind: str
    record: dict[str, Any] | None
    reason: Reason
    detail: str
