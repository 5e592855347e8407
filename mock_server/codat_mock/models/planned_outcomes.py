"""Planned outcomes of the next datasets and syncs.

Source: contract sections 4 and 6.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from codat_mock.models.datasets import DatasetStatus, DataType

Profile = Literal["instant", "fast", "realistic", "slow", "queued"]
# Keeps the end of a dataset that starts on the clock's last day within the calendar.
MAX_STEP_SECONDS: Final = 7200
Seconds = Annotated[float, Meta(ge=0, le=MAX_STEP_SECONDS)]


class PlannedOutcome(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """How the next datasets or syncs end.

    Args:
        target: datasets or syncs.
        company_id: only of this company; None for any.
        data_type: only of this data type; None for any, and for syncs.
        outcome: a dataset's last status, or the name of a sync's outcome.
        message: the error message; empty for a default.
        profile: a dataset's speed.
        durations: instead of `profile`, the seconds of each step of a dataset; for a sync, how long
            it runs.
        stuck_in: the status that a dataset never leaves.
        count: the number of datasets or syncs.
    """

    target: Literal["dataset", "sync"]
    company_id: str | None = None
    data_type: DataType | None = None
    outcome: str = "Complete"
    message: str = ""
    profile: Profile | None = None
    durations: tuple[Seconds, ...] | None = None
    stuck_in: DatasetStatus | None = None
    count: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
