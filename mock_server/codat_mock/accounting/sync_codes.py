"""Sync status codes, with the `syncStatus` and the default message of each.

Source: contract section 6 (codes) and part 2, sections B and C (statuses, messages). The vendor
lists no statuses for the beta; those of failures are assigned by the step that fails (assumed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class SyncCode(Struct, frozen=True, gc=False):
    """A status code.

    Args:
        status: the sync's `syncStatus`.
        message: the default of its `errorMessage` and `syncExceptionMessage`, which are equal;
            empty unless it failed.
        cause: what leads to it in the mock, for the page of limits.
    """

    code: int
    status: str
    message: str
    cause: str

    @property
    def is_success(self) -> bool:
        """Whether the sync succeeded; the next period starts where this one finished."""
        return 2000 <= self.code < 3000


SYNC_CODES: Final[Mapping[int, SyncCode]] = {
    outcome.code: outcome
    for outcome in (
        SyncCode(1000, "Started", "", "a sync with a planned duration that still runs"),
        SyncCode(1010, "Pushing", "", "the same, after ten minutes"),
        SyncCode(2000, "Complete", "", "a sync that writes documents"),
        SyncCode(2040, "Complete", "", "a sync without records to write"),
        SyncCode(
            4000,
            "ValidateError",
            "Config contains required accounts without selections.",
            "a configuration error; the message names each",
        ),
        SyncCode(
            4040,
            "ValidateError",
            "No company was found with ID.",
            "an Unlinked connection, as after the merchant deletes it",
        ),
        SyncCode(
            4200,
            "MapCoreError",
            "Cannot match the tax id to a mapped account on the accounting platform for journal"
            " entry.",
            "a tax component of a journal entry without a tax rate",
        ),
        SyncCode(
            4220,
            "ValidateError",
            "A connection of the company is no longer authorised.",
            "a Deauthorized connection",
        ),
        SyncCode(
            4260,
            "PushError",
            "The subscription of the accounting platform has expired.",
            "planned only",
        ),
        SyncCode(5000, "PushError", "The sync failed unexpectedly.", "planned only"),
        SyncCode(
            5080,
            "ValidateError",
            "Date overlaps with a previous sync date range.",
            "a historic range that overlaps an earlier sync",
        ),
        SyncCode(
            5120,
            "MapCoreError",
            "The records could not be processed.",
            "a data type that was never pushed",
        ),
        SyncCode(
            5130,
            "PushError",
            "The accounting platform refused a document.",
            "planned only; the sales are written, the rest is not",
        ),
    )
}
