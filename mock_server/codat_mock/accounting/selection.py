"""Which versions of which records a sync picks.

Source: contract section 6, rules S08, U02 and D03.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from codat_mock.models.commerce import Record
from codat_mock.models.datasets import DataType


class Version(Struct, frozen=True, gc=False):
    """One accepted version of a record.

    Args:
        row: its position in its push.
        key: what identifies the record within its company and data type.
        dataset: the dataset it came in.
        created: its `createdDate`, UTC; None where it has none.
        completes: when its dataset is `Complete`, UTC; None where it never is.
        is_delete: whether it says that the record is deleted.
        synced: whether a successful sync has booked it.
        deferred: whether one has picked it and could not book it yet.
    """

    row: int
    data_type: DataType
    key: str
    dataset: int
    created: datetime | None
    completes: datetime | None
    is_delete: bool
    synced: bool
    deferred: bool = False


class Picked(Struct, frozen=True, gc=False):
    """A picked version with its properties: what is booked.

    Args:
        key: what identifies the record within its company and data type.
    """

    data_type: DataType
    key: str
    record: Record


class Selection(Struct, frozen=True):
    """What a sync picks, and what came too late for any.

    Args:
        picked: in the order of acceptance of their records' first versions.
        missed: created before the period (or at no known time), and in no books yet.
    """

    picked: list[Version]
    missed: list[Version]


def select(
    versions: Iterable[Version], start: datetime, finish: datetime, now: datetime
) -> Selection:
    """Choose what a sync of the period from `start` to before `finish` picks.

    The latest version of each record whose dataset is Complete counts. If an earlier one is in the
    books or was deferred, the latest is picked, whenever it was created. A delete of what is in
    the books changes nothing.

    Args:
        versions: in the order of acceptance, without discarded ones.
        start: UTC.
        finish: UTC.
        now: when the sync looks, UTC.
    """
    latest: dict[tuple[DataType, str], Version] = {}
    known: set[tuple[DataType, str]] = set()
    for version in versions:
        if version.completes is not None and version.completes <= now:
            record = (version.data_type, version.key)
            latest[record] = version
            if version.synced or version.deferred:
                known.add(record)
    selection = Selection([], [])
    for record, version in latest.items():
        if version.is_delete or version.synced:
            continue
        created = version.created
        if record in known or (created is not None and start <= created < finish):
            selection.picked.append(version)
        elif created is None or created < start:
            selection.missed.append(version)
    return selection
