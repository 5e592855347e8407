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
from codat_scenarios.stories import STORIES, play

# No request breaks these: nothing was sent (B02 only sometimes), a sale waited, a sync failed.
NOTHING_SENT = {"S01", "S02", "S16", "R01", "B02", "B05"}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of a mock on a real socket, in which each story gets a sandbox of its own."""
    registry = SandboxRegistry(Settings(speed=0, rate_limits=True))
    with (
        Server(registry, listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as made,
    ):
        yield made


def assert_found(rule: Rule, verdict: Json) -> None:
    """Check that a rule is found broken, and that its findings say it in full."""
    findings = [each for each in verdict["findings"] if each["code"] == rule.code]
    assert findings
    for finding in findings:
        assert (finding["name"], finding["source"]) == (rule.name, rule.source)
        assert 0 < len(finding["records"]) <= finding["count"]
        assert finding["requests"] or rule.code in NOTHING_SENT
        assert finding["message"].endswith(".")
        assert finding["advice"].endswith(".")


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_as_expected_and_keeps_and_breaks_its_rules(
    name: str, http: httpx.Client
) -> None:
    ending = STORIES[name].ending
    played = play(STORIES[name], SandboxDriver(http, "k", name))
    assert played.ending == ending
    for rule in rulebook():
        if name in rule.keeps:
            assert rule.code in played.verdict["exercised"]
            assert rule.code not in ending.findings
        if name in rule.breaks:
            assert_found(rule, played.verdict)


@pytest.mark.parametrize("rule", rulebook(), ids=lambda rule: rule.code)
def test_a_rule_names_stories_that_keep_it_and_that_break_it(rule: Rule) -> None:
    assert rule.keeps
    assert rule.breaks
    assert {*rule.keeps, *rule.breaks} <= STORIES.keys()
    assert rule.statement.endswith(".")


def test_a_duplicate_in_the_books_names_the_pushes_of_its_record(http: httpx.Client) -> None:
    played = play(STORIES["duplicate-in-books"], SandboxDriver(http, "k", "named"))
    findings = played.verdict["findings"]
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
