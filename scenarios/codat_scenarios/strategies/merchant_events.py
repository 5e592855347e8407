"""Strategies for a merchant's life with an integration that keeps every rule."""

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

Happening = Callable[[HistoryBuilder], object]

PENCE = st.integers(1, 10_000)
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


def happening(verb: str, *arguments: SearchStrategy[Any]) -> SearchStrategy[Happening]:
    """Draw a verb of a life with its arguments."""
    return st.builds(methodcaller, st.just(verb), *arguments)


READINGS = st.builds(
    Reading,
    way=st.sampled_from(("at once", "later", "in the list")),
    every=st.integers(1, 8),
    fault=st.none() | st.sampled_from(REFUSALS),
)
TROUBLES = st.builds(
    PlannedFaults,
    data_type=st.sampled_from([*LIST_NAMES]),
    profile=st.sampled_from([*PROFILES]),
    outcome=st.sampled_from(["Complete", *LAST_STEP]),
    fault=st.none() | st.sampled_from(REFUSALS + LOSSES),
    tries=st.integers(1, 6),
    wait=st.integers(1, 5),
)
PROBED = st.lists(st.builds(lambda seconds: {"seconds": seconds}, st.floats(0, 1)), max_size=3)
SALE = happening("sell", PENCE, st.integers(0, 500), st.booleans())
CHANGES = (
    SALE,
    happening("correct", WHICH, PENCE),
    happening("give_back", WHICH, PENCE),
    happening("delete", WHICH),
)
BEFORE_OPENING = st.lists(st.one_of(*CHANGES), max_size=5)
# Lived one after the other by functions that draw nothing: so any of them can be left out, and an
# example shrinks to the few that tell.
HAPPENINGS = st.lists(
    st.one_of(
        SALE,
        happening("push"),
        happening("night"),
        *CHANGES,
        happening("push", st.none() | TROUBLES, READINGS),
        happening("wait", st.integers(1, 600)),
        st.one_of(
            happening("night", st.sampled_from(FAILED_SYNCS)),
            happening("open"),
            happening("sync_now"),
            happening("look", st.sampled_from(PATHS)),
            happening("probe", st.sampled_from(("slow", "down")), PROBED),
        ),
    ),
    max_size=20,
)
# Hypothesis draws about five to a list; it takes more to push, delete and sync something.
LONG_LIVES = st.lists(HAPPENINGS, max_size=5).map(lambda parts: [*chain.from_iterable(parts)])
