"""The sweep over the rulebook: every rule against the stories that keep and break it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from codat_mock.app import create_app
from codat_mock.rules import Rule, rulebook
from codat_mock.rules.subjects import JudgedPush, JudgedRequest
from codat_mock.sandbox import Settings, World
from codat_mock.server import Server, listen
from codat_scenarios.stage import Json, Stage
from codat_scenarios.stories import STORIES, Played, play


@pytest.fixture(scope="module")
def played() -> Iterator[dict[str, Played]]:
    """What came of each story, every one played over a real socket."""
    world = World(Settings(speed=0, rate_limits=True))
    with (
        Server(world, listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        yield {name: play(told, Stage(http, "k", name)) for name, told in STORIES.items()}


def found(rule: Rule, came: Played) -> list[Json]:
    """What a rule found in a story, which is something."""
    findings = [each for each in came.verdict["findings"] if each["code"] == rule.code]
    assert findings
    return findings


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_exactly_as_it_tells(name: str, played: dict[str, Played]) -> None:
    assert played[name].ending == STORIES[name].ending


@pytest.mark.parametrize("rule", rulebook(), ids=lambda rule: rule.code)
class TestEachRule:
    def test_names_stories_that_keep_it_and_that_break_it(self, rule: Rule) -> None:
        assert rule.keeps
        assert rule.breaks
        assert {*rule.keeps, *rule.breaks} <= STORIES.keys()

    def test_is_exercised_and_kept_in_the_stories_that_keep_it(
        self, rule: Rule, played: dict[str, Played]
    ) -> None:
        for name in rule.keeps:
            assert rule.code in played[name].verdict["exercised"]
            assert rule.code not in STORIES[name].ending.findings

    def test_is_found_broken_in_the_stories_that_break_it(
        self, rule: Rule, played: dict[str, Played]
    ) -> None:
        for name in rule.breaks:
            assert rule.code in STORIES[name].ending.findings
            for finding in found(rule, played[name]):
                assert (finding["name"], finding["source"]) == (rule.name, rule.source)
                assert 0 < len(finding["records"]) <= finding["count"]
                assert finding["requests"] or not {JudgedPush, JudgedRequest} & {*rule.subjects}

    def test_is_told_in_full_sentences(self, rule: Rule, played: dict[str, Played]) -> None:
        assert rule.statement.endswith(".")
        for name in rule.breaks:
            for finding in found(rule, played[name]):
                assert finding["message"].endswith(".")
                assert finding["advice"].endswith(".")


def test_the_rulebook_goes_by_its_sections() -> None:
    codes = [rule.code for rule in rulebook()]
    sections = {"S": 17, "U": 4, "D": 5, "R": 6, "T": 7, "B": 3}
    assert codes == [
        f"{section}{number:02}"
        for section, count in sections.items()
        for number in range(1, count + 1)
    ]


def test_five_thousand_resent_orders_are_one_finding() -> None:
    app = create_app(World(Settings(speed=0)))
    transport = httpx.WSGITransport(app)
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        stage = Stage(http, "k")
        stage.create_company("Big Café")
        orders = [{"id": f"order-{number}", "totalAmount": number} for number in range(5000)]
        stage.push("commerce-orders", orders)
        stage.push("commerce-orders", orders)
        [finding] = [each for each in stage.findings()["findings"] if each["code"] == "S03"]
    assert finding["count"] == 5000
    assert finding["records"] == [f"order-{number}" for number in range(20)]
    assert len(finding["requests"]) == 2
