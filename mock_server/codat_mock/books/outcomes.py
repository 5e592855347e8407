"""How syncs end: the status codes and what is told with them.

Source: contract section 6 (codes); the wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class Outcome(Struct, frozen=True, gc=False):
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


OUTCOMES: Final[Mapping[int, Outcome]] = {
    outcome.code: outcome
    for outcome in (
        Outcome(1000, "In progress"),
        Outcome(1010, "In progress for more than ten minutes"),
        Outcome(2000, "Complete, data pushed"),
        Outcome(2040, "Complete, no data to push"),
        Outcome(
            4000,
            "Configuration error",
            "Your settings are not complete. Please review how your sales are mapped.",
            "ConfigurationException: the configuration cannot be used",
        ),
        Outcome(
            4040,
            "Company not found",
            "Your account is no longer connected. Please connect it again.",
            "CompanyNotFoundException: the company or its sync connection was deleted",
        ),
        Outcome(
            4220,
            "Company de-authorised",
            "The connection to your accounting software was ended. Please authorise it again.",
            "DeauthorizedException: a connection of the company is no longer authorised",
        ),
        Outcome(
            4260,
            "Accounting platform billing expired",
            "Your accounting software's subscription has lapsed. Please renew it.",
            "BillingExpiredException: the accounting platform refuses writes until it is paid for",
        ),
        Outcome(
            5000,
            "Server error",
            "Something went wrong on our side. The next sync will include this day.",
            "ServerException: the sync stopped for a reason that was not expected",
        ),
        Outcome(
            5080,
            "Stopped to avoid duplicates",
            "These days were synced before, so nothing was written a second time.",
            "DuplicationProtectionException: the range overlaps one that was synced already",
        ),
        Outcome(
            5120,
            "Data processing error",
            "Some of your sales could not be processed. The next sync will try them again.",
            "DataProcessingException: the records could not be made into documents",
        ),
        Outcome(
            5130,
            "Data push error",
            "Your accounting software did not accept everything. The next sync will try again.",
            "DataPushException: the accounting platform refused a document",
        ),
    )
}
