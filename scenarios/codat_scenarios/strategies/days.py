"""Strategies for days of a merchant that drive a user's integration."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import Final, TypeVar, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.domain.dataset_lifecycle import LAST_STEP
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.fuzz.schedule import LostStatus
from codat_scenarios.histories.days import (
    AlertDelivery,
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
    SyncHour,
    Unlink,
)
from codat_scenarios.sandbox_driver import MORNING, Json

Drawn = TypeVar("Drawn")
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
# Pushes are a minute apart or more: a wait of 90 seconds is not over by the next.
RETRY_AFTERS: Final = (
    (503, 0, "seconds"), (503, 90, "seconds"), (503, 1800, "seconds"), (429, 5, "seconds"),
    (429, 600, "seconds"), (503, 90, "date"), (503, 90, "date"), (429, 600, "date"),
)  # fmt: skip
# Each fault, beside the operation and the request that it hits.
FAULTS: Final[tuple[Json, ...]] = (
    *({"kind": "lose", "by": by} for by in ("close", "reset", "bad-gateway")),
    *({"kind": "refuse", "status": status} for status in (500, 503, 401, 401)),
    *(
        {"kind": "refuse", "status": status, "retryAfter": seconds, "retryAfterAs": form}
        for status, seconds, form in RETRY_AFTERS
    ),
    *({"kind": "spoil", "how": how} for how in ("truncated", "wrong-json", "wrong-type")),
    {"kind": "unreachable", "seconds": 0},  # as a connection that was closed between two requests
    {"kind": "delay", "seconds": 0.05},
    {"kind": "slow", "bytesPerSecond": 4000},
    *({"kind": "elapse", "seconds": seconds} for seconds in (1, 600)),
)
OPERATIONS: Final = (
    None, "push-orders", "push-payments", "push-transactions", "get-dataset", "get-sync-status",
    "get-last-successful-sync",
)  # fmt: skip
POSITIONS: Final = (1, 1, 1, 2, 3, 4)  # each operation has a first request, few have a fourth
# One table: nested choices are drawn unevenly.
FAULTY_REQUESTS: Final = (
    *(
        FaultyRequests({**fault, "operation": operation, "at": [at]})
        for at in POSITIONS
        for fault in FAULTS
        for operation in OPERATIONS
    ),
    # Rare: each takes as long as the timeout of the integration.
    *(
        FaultyRequests({"kind": "lose", "by": "hang", "operation": operation, "at": [1]})
        for operation in OPERATIONS * 2
    ),
)
OUTAGES: Final = tuple(
    FaultyRequests({"kind": "maintenance", "seconds": seconds}) for seconds in (600, 1800)
)
ERRORS: Final = [outcome for outcome in LAST_STEP if outcome.endswith("Error")]
# These have neither `isCompleted` nor `isErrored`, and so are drawn as often as the errors.
ENDS_WITHOUT_ERROR: Final = [outcome for outcome in LAST_STEP if not outcome.endswith("Error")]
PROFILES: Final = ("queued", "slow")
STUCK: Final = ("Queued", "Fetching", "Mapping", "Validating", "Processing")
FAILED_SYNCS: Final = tuple(end for end in SYNC_ENDS if end != "Complete")
SYNC_HOURS: Final = (2, 5, 8)
SKEWS = st.just(0) | st.sampled_from((120, -120, 120, -120, 1, -1))

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
SAME_SECOND: SearchStrategy[DayEvent] = st.builds(
    Correction, which=WHICH, units=UNITS, is_at_once=st.just(True)
)


def often(events: SearchStrategy[Drawn], times: int) -> list[SearchStrategy[Drawn]]:
    """Alternatives that make events commoner; `one_of` would drop the same one repeated."""
    return [events.map(lambda event: event) for _ in range(times)]


CHANGES: Final[tuple[SearchStrategy[DayEvent], ...]] = (
    *often(CORRECTIONS, 2),
    SAME_SECOND,
    st.builds(Refund, which=WHICH, units=UNITS),
    st.builds(Deletion, which=WHICH, is_synced=st.booleans()),
)
# Selling, pushing and correcting are common, so that most examples have something to lose.
WORK: Final[tuple[SearchStrategy[DayEvent], ...]] = (
    *often(SALES, 5),
    *often(PUSHES, 3),
    *CHANGES,
    *often(st.just(DayEnd()), 2),
    st.builds(Pause, minutes=st.integers(1, 240)),
)
KILLS: SearchStrategy[DayEvent] = st.builds(
    Push, kill_after=st.integers(1, 10) | st.integers(1, 200)
)
OVERLAPS: SearchStrategy[DayEvent] = st.builds(Push, meanwhile=st.just("push"))
TROUBLE: Final[tuple[SearchStrategy[DayEvent], ...]] = (
    *often(st.sampled_from(FAULTY_REQUESTS), 12),  # as there are so many
    st.sampled_from(OUTAGES),
    *often(st.sampled_from([*map(DatasetEnd, ERRORS)]), 2),
    *often(st.sampled_from([*map(DatasetEnd, ENDS_WITHOUT_ERROR)]), 2),
    st.sampled_from([DatasetEnd(profile=profile) for profile in PROFILES]),
    st.sampled_from([DatasetEnd(stuck_in=status) for status in STUCK]),
    st.sampled_from([*map(DayEnd, FAILED_SYNCS)]),
    st.just(DayEnd(sync_minutes=90)),
    st.builds(Unlink, is_linked=st.booleans(), status=st.sampled_from(get_args(LostStatus))),
    *often(KILLS, 3),
    st.builds(
        Push,
        meanwhile=st.sampled_from(("sell", "correct", "delete")),
        checkpoint=st.integers(1, 3),
    ),
    *often(OVERLAPS, 2),
    st.sampled_from([*map(SyncHour, SYNC_HOURS)]),
    st.sampled_from((AlertDelivery(2), AlertDelivery(3), AlertDelivery(1, 60))),
)
EVENTS = st.one_of(*WORK)
EVENTS_WITH_TROUBLE = st.one_of(*WORK, *TROUBLE)


def merchant_days(*, trouble: bool = False) -> SearchStrategy[MerchantDays]:
    """Days of a merchant for `codat_scenarios.histories.drive`.

    Args:
        trouble: whether there is trouble of every kind that `docs/trouble.md` lists: requests,
            datasets and syncs fail, the integration is killed, runs overlap, and clocks differ.
    """
    skews = SKEWS if trouble else st.just(0)
    # Three lists: Hypothesis draws about five elements to each.
    lists = st.lists(bouts(trouble=trouble), max_size=MAX_EVENTS // 3)
    return st.tuples(lists, lists, lists, STARTS, skews).map(
        lambda drawn: MerchantDays(
            tuple(chain.from_iterable(chain(*drawn[:3]))), start=drawn[3], skew_seconds=drawn[4]
        )
    )


def bouts(*, trouble: bool) -> SearchStrategy[tuple[DayEvent, ...]]:
    """An ordinary event, or a sale that is pushed and a change that is pushed.

    Hypothesis varies an example up to five times before it draws another, and a variation repeats
    what the example has: so each needs much trouble.

    Args:
        trouble: whether there is trouble between the first push and the change.
    """
    single = EVENTS.map(lambda event: (event,))
    change = st.one_of(SALES, *CHANGES)
    between = (st.one_of(*TROUBLE), maybe(st.one_of(*TROUBLE))) if trouble else ()
    deep = st.tuples(*map(maybe, (SALES, PUSHES)), *between, *map(maybe, (change, PUSHES)))
    bout = deep.map(lambda drawn: tuple(event for event in drawn if event is not None))
    # Each alternative within `single` counts as one.
    return st.one_of(single, *often(bout, len(WORK)))


def maybe(events: SearchStrategy[DayEvent]) -> SearchStrategy[DayEvent | None]:
    """Nothing or, twice as often, an event."""
    return st.one_of(st.none(), *often(events, 2))
