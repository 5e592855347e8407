"""Strategies for the events of a history with an integration that keeps every rule."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from operator import methodcaller
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.domain.dataset_lifecycle import LAST_STEP, PROFILES
from codat_mock.models.datasets import LIST_NAMES
from codat_scenarios.histories import HistoryBuilder, PlannedFaults, Reading
from codat_scenarios.sandbox_driver import Json

MerchantEvent = Callable[[HistoryBuilder], object]

UNITS = st.integers(1, 10_000)
WHICH = st.integers(0, 5)
PATHS: Final = (
    "/companies/{companyId}",
    "/config/companies/{companyId}/sync/commerce",
    "/meta/companies/{companyId}/sync/commerce/status",
    "/companies/{companyId}/sync/commerce/syncs/list/status",
    "/companies/{companyId}/data/history",
    "/meta/companies/{companyId}/pull/history/6d9e0b5c-0000-4000-8000-000000000000",
)
FAILED_SYNCS: Final = ("ServerError", "DataProcessingError")
REFUSALS: Final[tuple[Json, ...]] = (
    {"kind": "refuse", "status": 500},
    {"kind": "refuse", "status": 503},
    {"kind": "refuse", "status": 429, "retryAfter": 30},
    {"kind": "refuse", "status": 503, "retryAfter": 45},
)
LOSSES: Final[tuple[Json, ...]] = ({"kind": "lose", "by": "bad-gateway"},)


def event(verb: str, *arguments: SearchStrategy[Any]) -> SearchStrategy[MerchantEvent]:
    """Draw a call of a method of `HistoryBuilder`."""
    return st.builds(methodcaller, st.just(verb), *arguments)


READINGS = st.builds(
    Reading,
    mode=st.sampled_from(("poll", "later", "list")),
    every=st.integers(1, 8),
    fault=st.none() | st.sampled_from(REFUSALS),
)
PLANNED_FAULTS = st.builds(
    PlannedFaults,
    data_type=st.sampled_from([*LIST_NAMES]),
    profile=st.sampled_from([*PROFILES]),
    outcome=st.sampled_from(["Complete", *LAST_STEP]),
    fault=st.none() | st.sampled_from(REFUSALS + LOSSES),
    tries=st.integers(1, 6),
    wait=st.integers(1, 5),
)
REPORTED_SALES = st.lists(
    st.builds(lambda seconds: {"seconds": seconds}, st.floats(0, 1)), max_size=3
)
SALE = event("sell", UNITS, st.integers(0, 500), st.booleans())
CHANGES = (
    SALE,
    event("correct", WHICH, UNITS),
    event("refund", WHICH, UNITS),
    event("delete", WHICH),
)
# Events are applied in order by functions that draw nothing: so any event can be left out, and an
# example shrinks to the few that matter.
MERCHANT_EVENTS = st.lists(
    st.one_of(
        SALE,
        event("push"),
        event("night"),
        *CHANGES,
        event("push", st.none() | PLANNED_FAULTS, READINGS),
        event("wait", st.integers(1, 600)),
        st.one_of(
            event("night", st.sampled_from(FAILED_SYNCS)),
            event("configure"),
            event("sync_now"),
            event("get", st.sampled_from(PATHS)),
            event("report_sales", st.sampled_from(("slow", "down")), REPORTED_SALES),
        ),
    ),
    max_size=20,
)
# Hypothesis draws about five elements to a list; pushing, deleting and syncing a sale takes more.
LONG_HISTORIES = st.lists(MERCHANT_EVENTS, max_size=5).map(
    lambda parts: [*chain.from_iterable(parts)]
)
