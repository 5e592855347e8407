"""How syncs end: the status codes and what is told with them.

Source: contract section 6 (codes); the wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class SyncCode(Struct, frozen=True, gc=False):
    """What a status code means.

    Args:
        status: the sync's `syncStatus`.
        message: its `errorMessage`, for the merchant; None unless it failed.
        exception: its `syncExceptionMessage`, for the developer; None unless it failed.
    """

    code: int
    status: str
    message: str | None = None
    exception: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the sync ended well; the next period starts where this one finished."""
        return 2000 <= self.code < 3000


SYNC_CODES: Final[Mapping[int, SyncCode]] = {
    outcome.code: outcome
    for outcome in (
        SyncCode(1000, "In progress"),
        SyncCode(1010, "In progress for more than ten minutes"),
        SyncCode(2000, "Complete, data pushed"),
        SyncCode(2040, "Complete, no data to push"),
        SyncCode(
            4000,
            "Configuration error",
            "Your settings are not complete. Please review how your sales are mapped.",
            "ConfigurationException: the configuration cannot be used",
        ),
        SyncCode(
            4040,
            "Company not found",
            "Your account is no longer connected. Please connect it again.",
            "CompanyNotFoundException: the company or its sync connection was deleted",
        ),
        SyncCode(
            4220,
            "Company de-authorised",
            "The connection to your accounting software was ended. Please authorise it again.",
            "DeauthorizedException: a connection of the company is no longer authorised",
        ),
        SyncCode(
            4260,
            "Accounting platform billing expired",
            "Your accounting software's subscription has lapsed. Please renew it.",
            "BillingExpiredException: the accounting platform refuses writes until it is paid for",
        ),
        SyncCode(
            5000,
            "Server error",
            "Something went wrong on our side. The next sync will include this day.",
            "ServerException: the sync stopped for a reason that was not expected",
        ),
        SyncCode(
            5080,
            "Stopped to avoid duplicates",
            "These days were synced before, so nothing was written a second time.",
            "DuplicationProtectionException: the range overlaps one that was synced already",
        ),
        SyncCode(
            5120,
            "Data processing error",
            "Some of your sales could not be processed. The next sync will try them again.",
            "DataProcessingException: the records could not be made into documents",
        ),
        SyncCode(
            5130,
            "Data push error",
            "Your accounting software did not accept everything. The next sync will try again.",
            "DataPushException: the accounting platform refused a document",
        ),
    )
}
