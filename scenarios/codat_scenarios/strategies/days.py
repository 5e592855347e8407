"""Strategies for days of a merchant that drive a user's integration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_scenarios.histories.days import (
    Correction,
    DatasetEnd,
    DayEnd,
    DayEvent,
    Deletion,
    FaultyRequests,
    MerchantDays,
    Pause,
    Push,
    Refund,
    Sale,
    Unlink,
)
from codat_scenarios.sandbox_driver import MORNING, Json

MAX_EVENTS: Final = 30
# Few prices are common, so that one that was raised is lowered again.
UNITS = st.sampled_from((427, 500)) | st.integers(1, 10_000)
WHICH = st.integers(0, 5)
CUSTOMERS = st.sampled_from(("", "Zoë Ångström", "お茶", "O'Brien; --"))
CURRENCIES = st.sampled_from(("GBP", "EUR", "JPY", "KWD"))  # two digits, none, and three
ID_SUFFIXES = st.sampled_from(("", "-é", "-e\u0301", "-茶 %2F"))
# Ordinary weeks, the change to summer time on 27 March and the end of a month.
STARTS = st.sampled_from(
    (MORNING, datetime(2022, 3, 26, 9, tzinfo=UTC), datetime(2022, 1, 31, 9, tzinfo=UTC))
)
FAILED_SYNCS: Final = (
    "ServerError", "DataProcessingError", "BillingExpired", "Deauthorized", "DuplicationProtection",
    "ConfigurationError",
)  # fmt: skip
ERRORS: Final = [outcome for outcome in LAST_STEP if outcome.endswith("Error")]
# These have neither `isCompleted` nor `isErrored`, and so are drawn as often as the errors.
ENDS_WITHOUT_ERROR: Final = [outcome for outcome in LAST_STEP if not outcome.endswith("Error")]
OPERATIONS: Final = (
    None, "push-orders", "push-payments", "push-transactions", "get-dataset", "get-sync-status",
    "get-last-successful-sync",
)  # fmt: skip

SALES: SearchStrategy[DayEvent] = st.builds(
    Sale,
    units=UNITS,
    tip=st.integers(0, 500),
    by_card=st.booleans(),
    lines=st.integers(1, 3),
    customer=CUSTOMERS,
    currency=CURRENCIES,
    id_suffix=ID_SUFFIXES,
)
PUSHES: SearchStrategy[DayEvent] = st.just(Push())
CORRECTIONS: SearchStrategy[DayEvent] = st.builds(
    Correction, which=WHICH, units=UNITS, is_synced=st.booleans()
)


def often(events: SearchStrategy[DayEvent], times: int) -> list[SearchStrategy[DayEvent]]:
    """Alternatives that make events commoner; `one_of` would drop the same one repeated."""
    return [events.map(lambda event: event) for _ in range(times)]


# Selling, pushing and correcting are common, so that most examples have something to lose.
WORK: Final[tuple[SearchStrategy[DayEvent], ...]] = (
    *often(SALES, 5),
    *often(PUSHES, 3),
    *often(CORRECTIONS, 2),
    st.builds(Refund, which=WHICH, units=UNITS),
    st.builds(Deletion, which=WHICH, is_synced=st.booleans()),
    *often(st.builds(DayEnd), 2),
    st.builds(Pause, minutes=st.integers(1, 240)),
)
REFUSALS = st.builds(
    lambda status, seconds: {"kind": "refuse", "status": status, "retryAfter": seconds},
    st.sampled_from((503, 429)),
    st.sampled_from((5, 60, 600)),
)
FAULTS: SearchStrategy[Json] = st.one_of(
    st.sampled_from(("close", "reset", "bad-gateway")).map(lambda by: {"kind": "lose", "by": by}),
    st.sampled_from((500, 503, 401)).map(lambda status: {"kind": "refuse", "status": status}),
    REFUSALS,
    st.sampled_from(("truncated", "wrong-json", "wrong-type")).map(
        lambda how: {"kind": "spoil", "how": how}
    ),
)
PLANNED_FAULTS = st.builds(
    lambda fault, operation, at: {**fault, "operation": operation, "at": [at]},
    FAULTS,
    st.sampled_from(OPERATIONS),
    st.just(1) | st.integers(1, 4),  # each operation has a first request, few have a fourth
)
OUTAGES = st.sampled_from((600, 1800)).map(
    lambda seconds: {"kind": "maintenance", "seconds": seconds}
)
KILLS: SearchStrategy[DayEvent] = st.builds(
    Push, kill_after=st.integers(1, 10) | st.integers(1, 200)
)
OVERLAPS: SearchStrategy[DayEvent] = st.builds(Push, meanwhile=st.just("push"))
TROUBLE: Final[tuple[SearchStrategy[DayEvent], ...]] = (
    st.builds(FaultyRequests, PLANNED_FAULTS),
    st.builds(FaultyRequests, PLANNED_FAULTS),
    st.builds(FaultyRequests, OUTAGES),
    st.builds(DatasetEnd, outcome=st.sampled_from(ERRORS)),
    st.builds(DatasetEnd, outcome=st.sampled_from(ENDS_WITHOUT_ERROR)),
    st.builds(DatasetEnd, profile=st.sampled_from(("queued", "slow"))),
    st.builds(DatasetEnd, stuck_in=st.sampled_from(("Queued", "Fetching", "Mapping"))),
    st.builds(DayEnd, st.sampled_from(FAILED_SYNCS)),
    st.builds(Unlink, is_linked=st.booleans()),
    *often(KILLS, 2),
    st.builds(Push, meanwhile=st.sampled_from(("sell", "correct", "delete"))),
    *often(OVERLAPS, 2),
)
EVENTS = st.one_of(*WORK)
EVENTS_WITH_TROUBLE = st.one_of(*WORK, *TROUBLE)


def merchant_days(*, trouble: bool = False) -> SearchStrategy[MerchantDays]:
    """Days of a merchant for `codat_scenarios.histories.drive`.

    Args:
        trouble: whether requests, datasets and syncs fail, the integration is killed and runs
            overlap.
    """
    events = EVENTS_WITH_TROUBLE if trouble else EVENTS
    # Three lists: Hypothesis draws about five elements to each.
    lists = st.lists(events, max_size=MAX_EVENTS // 3)
    return st.tuples(lists, lists, lists, STARTS).map(
        lambda drawn: MerchantDays((*drawn[0], *drawn[1], *drawn[2]), drawn[3])
    )
