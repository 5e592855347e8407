"""How coming datasets and syncs are planned to end.

Source: contract sections 4 and 6.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from codat_mock.models.datasets import DatasetStatus, DataType

Profile = Literal["instant", "fast", "realistic", "slow", "queued"]
# So that the end of what begins on the clock's last day lies in the calendar.
LONGEST_STEP: Final = 7200
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_STEP)]


class PlannedOutcome(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """How the next datasets or syncs go.

    Args:
        target: what is meant.
        company_id: of which company, None for any.
        data_type: of which data type, None for any; syncs have none.
        outcome: a dataset's last status, or the name of a sync's end.
        message: what is told of an error; a text of our own where it is empty.
        profile: how fast a dataset goes; `durations` (in seconds, of each step) say it precisely,
            and for a sync how long it runs.
        stuck_in: the status that a dataset never leaves.
        count: how many of them.
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
