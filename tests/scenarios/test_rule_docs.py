"""`codat-mock explain` and the page of the rules, as a person would read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codat_mock.cli.main import main
from codat_mock.rules import rulebook
from codat_scenarios.rule_docs import page
from codat_scenarios.rule_docs.example import lines
from codat_scenarios.stories import STORIES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_a_rule_is_shown_with_the_requests_that_broke_it() -> None:
    shown = explain("S03")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == "S03 only-new-or-changed (error)"
    assert "If broken: the record is discarded." in lines
    assert "Source: guide: Rules for sending data." in lines
    pushes = [line for line in lines if " POST " in line and "→ 200" in line]
    assert [push[:20] for push in pushes] == ["2022-03-21T12:10:00Z", "2022-03-21T13:05:00Z"]
    assert sum('{"id": "A-1"' in line for line in lines) == 2
    assert "… 1 more" in shown.output
    found = "Pushed again without a change: 2 records, such as A-1."
    assert found in lines
    assert "--rule S03=off switches it off" in lines


def test_differences_are_shown_property_by_property() -> None:
    shown = explain("U02").output
    assert "A-1 $.totalAmount: 12 → 15" in shown


def test_a_repeated_body_is_shown_once() -> None:
    shown = explain("T05").output
    assert shown.count('{"id": "A-1"') == 1
    assert shown.count("the same again") == 3


def test_thresholds_are_shown_with_how_to_set_them() -> None:
    assert "--rule 'T06={ seconds = 1 }' sets it" in explain("t06").output


def test_as_json_it_is_the_rule_and_the_whole_finding() -> None:
    shown = json.loads(explain("sale-not-coupled", "--json").output)
    assert shown["rule"]["code"] == "S16"
    assert shown["example"]["story"] == "coupled-sale"
    assert shown["example"]["finding"]["records"] == ["sale 1"]


@pytest.mark.parametrize("code", ["S33", "no-rule", "only-new-or-change", "?"])
def test_an_unknown_rule_is_a_usage_error_in_one_line(code: str) -> None:
    mistaken = explain(code)
    assert mistaken.exit_code == 2
    assert len(mistaken.output.splitlines()) == 1
    assert f"there is no rule '{code}'" in mistaken.output
    if code == "only-new-or-change":
        assert "did you mean only-new-or-changed?" in mistaken.output


@pytest.mark.parametrize("rule", rulebook(), ids=lambda rule: rule.code)
def test_every_rule_can_be_explained(rule: object) -> None:
    code = getattr(rule, "code", "")
    shown = explain(code)
    assert shown.exit_code == 0, shown.output
    assert "\nWhat was found\n" in shown.output
    assert re.search(r"^2022-\S+Z  (GET|POST) /\S+ → [2-5]", shown.output, re.M)


def test_a_body_is_shortened_to_the_records_that_are_named() -> None:
    body = json.dumps({"orders": [{"id": f"A-{number}"} for number in range(9)]})
    assert [*lines(body, ["A-7"])] == ['{"orders": [', '  {"id": "A-7"},', "  … 8 more", "]}"]
    assert [*lines("{", [])] == ["{"]
    assert [*lines("", [])] == []


def test_the_page_of_the_rules_is_what_the_documented_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_rule_and_its_links_lead_to_headings() -> None:
    text = page()
    headings = re.findall(r"^### (\S+) (\S+)$", text, re.M)
    assert [code for code, _ in headings] == [rule.code for rule in rulebook()]
    anchors = {f"{code.lower()}-{name}" for code, name in headings}
    assert set(re.findall(r"\]\(#(.*?)\)", text)) == anchors
    named = re.findall(r"^- `(\S+)` \((?:kept|broken)\)", text, re.M)
    assert set(named) <= STORIES.keys()
