"""The searches draw every kind of trouble that docs/trouble.md says, and no other."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trouble_kinds import (
    NOT_BY_EXPLORE,
    NOT_BY_MACHINE,
    PAGE,
    in_days,
    in_schedule,
    kinds,
    page,
)

from codat_mock.fuzz.schedule import Uses
from codat_mock.fuzz.strategies import events
from codat_scenarios.histories.days import MerchantDays
from codat_scenarios.strategies.days import EVENTS_WITH_TROUBLE, SKEWS, STARTS

drawing = settings(
    max_examples=300,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
USES = Uses(
    {"push-orders": 2, "get-dataset": 3}, datasets=2, has_alerts=True, can_be_killed=True, days=2
)


def test_the_page_lists_every_kind_of_trouble() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python tests/support/trouble_kinds.py`"
    assert {*NOT_BY_MACHINE, *NOT_BY_EXPLORE} <= {*kinds()}


def test_the_machine_draws_what_the_page_says() -> None:
    drawn: set[str] = set()

    @drawing
    @given(st.lists(EVENTS_WITH_TROUBLE, min_size=30, max_size=30), STARTS, SKEWS)
    def draw(events, start, skew_seconds):
        drawn.update(in_days(MerchantDays(tuple(events), start, skew_seconds)))

    draw()
    assert drawn == {*kinds()} - NOT_BY_MACHINE.keys()


def test_explore_draws_what_the_page_says() -> None:
    drawn: set[str] = set()

    @drawing
    @given(st.lists(events(USES), min_size=20, max_size=20))
    def draw(events):
        drawn.update(in_schedule(tuple(events)))

    draw()
    assert drawn == {*kinds()} - NOT_BY_EXPLORE.keys()
