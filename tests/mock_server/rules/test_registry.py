"""Every rule against the stories that keep and break it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.rules import Rule, rulebook
from codat_mock.rules.registry import SECTIONS
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import Json, SandboxDriver
from codat_scenarios.stories import STORIES, Played, play


@pytest.fixture(scope="module")
def played() -> Iterator[dict[str, Played]]:
    """The result of each story, played over a real socket."""
    registry = SandboxRegistry(Settings(speed=0, rate_limits=True))
    with (
        Server(registry, listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        yield {name: play(story, SandboxDriver(http, "k", name)) for name, story in STORIES.items()}


def found(rule: Rule, result: Played) -> list[Json]:
    """The findings of a rule in a story, at least one."""
    findings = [each for each in result.verdict["findings"] if each["code"] == rule.code]
    assert findings
    return findings


# No request breaks these: nothing was sent (B02 only sometimes), a sale waited, a sync failed.
NOTHING_SENT = {"S01", "S02", "S16", "R01", "B02", "B05"}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_has_the_expected_ending(name: str, played: dict[str, Played]) -> None:
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
                assert finding["requests"] or rule.code in NOTHING_SENT

    def test_is_written_in_full_sentences(self, rule: Rule, played: dict[str, Played]) -> None:
        assert rule.statement.endswith(".")
        for name in rule.breaks:
            for finding in found(rule, played[name]):
                assert finding["message"].endswith(".")
                assert finding["advice"].endswith(".")


def test_a_duplicate_in_the_books_names_the_pushes_of_its_record(
    played: dict[str, Played],
) -> None:
    findings = played["duplicate-in-books"].verdict["findings"]
    [duplicate] = [each for each in findings if each["code"] == "B01"]
    [update] = [each for each in findings if each["code"] == "U02"]
    assert [each["number"] for each in duplicate["requests"]] == sorted(
        each["number"] for each in update["requests"]
    )


def test_the_codes_of_a_section_are_numbered_without_a_gap() -> None:
    codes = [rule.code for rule in rulebook()]
    assert codes == [
        f"{section}{number:02}"
        for section in SECTIONS
        for number in range(1, sum(code.startswith(section) for code in codes) + 1)
    ]


def test_five_thousand_resent_orders_are_one_finding() -> None:
    app = create_app(SandboxRegistry(Settings(speed=0)))
    transport = httpx.WSGITransport(app)
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        driver = SandboxDriver(http, "k")
        driver.create_company("Big Café")
        orders = [{"id": f"order-{number}", "totalAmount": number} for number in range(5000)]
        driver.push("commerce-orders", orders)
        driver.push("commerce-orders", orders)
        [finding] = [each for each in driver.findings()["findings"] if each["code"] == "S03"]
    assert finding["count"] == 5000
    assert finding["records"] == [f"order-{number}" for number in range(20)]
    assert len(finding["requests"]) == 2
