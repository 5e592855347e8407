"""The stage's integration behaves well unless it is told not to."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from codat_mock.app import create_app
from codat_mock.sandbox import Settings, World
from codat_scenarios.stage import Stage
from codat_scenarios.stories.week import MONDAY, TUESDAY

ORDERS = [{"id": "A-1", "createdDate": "2022-03-21T10:00:00Z", "totalAmount": 12}]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A company that is linked and configured, on Monday at nine."""
    transport = httpx.WSGITransport(create_app(World(Settings(speed=0))))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        made = Stage(http, "k")
        made.begin("Café")
        made.at(MONDAY, "12:00")
        yield made


def looks(stage: Stage) -> list[str]:
    """When datasets were read, as `HH:MM:SS`."""
    found = stage.call("GET", "/_mock/requests?operation=get-dataset")["requests"]
    return [request["at"][11:19] for request in found]


def test_a_dataset_is_read_at_growing_intervals_until_it_has_ended(stage: Stage) -> None:
    stage.push("commerce-orders", ORDERS)
    stage.at(MONDAY, "13:00")
    stage.advance(hours=1)
    assert looks(stage) == ["12:00:03", "12:00:09"]


def test_one_that_never_ends_is_read_ever_more_seldom(stage: Stage) -> None:
    stage.plan_outcome("dataset", stuckIn="Mapping")
    stage.push("commerce-orders", ORDERS)
    stage.advance(minutes=2)
    assert looks(stage) == ["12:00:03", "12:00:09", "12:00:21", "12:00:45", "12:01:33"]


def test_one_that_was_read_to_its_end_by_hand_is_not_read_again(stage: Stage) -> None:
    dataset = stage.push("commerce-orders", ORDERS)
    stage.advance_to_next_event()
    while not stage.dataset(dataset)["isCompleted"]:
        stage.advance_to_next_event()
    read = looks(stage)
    stage.at(TUESDAY, "09:00")
    assert looks(stage) == read


def test_a_refused_look_is_made_again(stage: Stage) -> None:
    stage.plan_fault("refuse", "get-dataset", status=500, at=[1, 2])
    stage.push("commerce-orders", ORDERS)
    stage.at(MONDAY, "13:00")
    assert looks(stage)[-1] == "12:00:21"


def test_who_looks_away_reads_nothing_until_the_stage_begins_anew(stage: Stage) -> None:
    stage.look_away()
    stage.push("commerce-orders", ORDERS)
    stage.at(TUESDAY, "09:00")
    assert looks(stage) == []
    stage.begin("Café")
    stage.push("commerce-orders", ORDERS)
    stage.advance(minutes=1)
    assert looks(stage) == ["09:00:03", "09:00:09"]
