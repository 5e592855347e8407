"""Every integration on a mock: each broken one is caught by exactly the rules it breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from codat_mock.http.server import Server, listen
from codat_mock.rules import rulebook
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios import kill_matrix as matrices
from codat_scenarios.cli.kill_matrix import kill_matrix, show_table
from codat_scenarios.integrations.environment import GOES_LIVE, Environment, synced_at
from codat_scenarios.integrations.programs import load, modules, names
from codat_scenarios.integrations.scripted_pos import ScriptedPos
from codat_scenarios.kill_matrix import Matrix, Result, load_all, run_all
from codat_scenarios.kill_matrix.runner import run
from codat_scenarios.kill_matrix.table import page
from codat_scenarios.sandbox_driver import SandboxDriver

pytestmark = pytest.mark.long

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"


@pytest.fixture
def expected() -> Matrix:
    """The result that each program must have: the findings of exactly the rules it breaks.

    `test_an_integration_…` shows it of each module, and the stories' own test of each story.
    """
    results = [Result(each, dict.fromkeys(each.breaks, 1)) for each in load_all()]
    return Matrix(tuple(rule.code for rule in rulebook()), results)


def good_names() -> list[str]:
    return [name for name in modules() if not load(name).breaks]


@pytest.mark.parametrize("name", good_names())
def test_a_good_integration_breaks_no_rule(name: str, address: str) -> None:
    result = run(load(name), address)
    assert not result.failure
    assert not result.findings


@pytest.mark.parametrize("name", [*sorted(modules().keys() - {*good_names()}), "u02-late-update"])
def test_a_broken_integration_is_caught_by_exactly_the_rules_it_breaks(
    name: str, address: str
) -> None:
    result = run(load(name), address)
    assert not result.failure
    assert set(result.findings) == set(result.program.breaks)


def test_the_name_of_a_broken_integration_begins_with_its_rule() -> None:
    for program in load_all():
        if program.breaks:
            assert program.name.startswith(f"{program.breaks[0].casefold()}-")


def test_an_integration_is_made_to_break_every_rule(expected: Matrix) -> None:
    assert not expected.uncaught


@pytest.mark.long
def test_every_rule_is_kept_by_a_good_integration() -> None:
    good = run_all(map(load, good_names()))
    assert not good.unkept
    assert good.codes == tuple(rule.code for rule in rulebook())


def test_at_least_six_good_integrations_exist() -> None:
    assert len(good_names()) >= 6


def test_the_page_is_what_the_documented_command_writes(expected: Matrix) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(expected)


def test_every_story_that_breaks_a_rule_is_an_integration() -> None:
    programs = names()
    for rule in rulebook():
        assert {f"{rule.code.lower()}-{story}" for story in rule.breaks} <= {*programs}


@pytest.fixture
def address() -> Iterator[str]:
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        yield server.address


@pytest.mark.parametrize("name", ["nightly-batch", "through-the-day"])
def test_the_books_of_a_good_integration_show_every_sale(name: str, address: str) -> None:
    program = load(name)
    run(program, address)
    with httpx.Client(base_url=address) as http:
        compared = SandboxDriver(http, "any", name).call("GET", "/_mock/books/compare")
    [books] = compared["companies"]
    sales, card_fees = 9, 6
    assert len(books["bookedOnce"]) == 2 * sales + card_fees
    assert not books["doubled"] + books["missing"] + books["stale"]


def test_a_scripted_pos_repeats_itself_and_shares_no_record_with_another() -> None:
    first, again, other = (
        ScriptedPos(Environment()),
        ScriptedPos(Environment()),
        ScriptedPos(Environment(), 2),
    )
    assert first.changes == again.changes
    assert not {change.key for change in first.changes} & {change.key for change in other.changes}


def test_a_change_after_the_sync_is_not_declared() -> None:
    [named] = [
        each for each in ScriptedPos(Environment()).truth()["orders"] if each["id"] == "1-named"
    ]
    assert named["customerRef"]["name"] == "Passer-by"


def test_a_sale_after_midnight_is_synced_in_the_same_night() -> None:
    tuesday = (GOES_LIVE + timedelta(days=1)).replace(hour=3)
    assert synced_at(GOES_LIVE) == tuesday
    assert synced_at(tuesday - timedelta(minutes=1)) == tuesday
    assert synced_at(tuesday) == tuesday + timedelta(days=1)


def test_the_command_prints_a_line_for_each_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    good, broken = load("through-the-day"), load("d01-fat-delete")
    monkeypatch.setattr(matrices, "load_all", lambda: [good, broken])
    ran = CliRunner().invoke(kill_matrix, [])
    lines = ran.stdout.splitlines()
    assert lines[0] == f"ok\tthrough-the-day\t-\t{good.text}"
    assert lines[1] == f"ok\td01-fat-delete\tD01\t{broken.text}"
    assert "1 of 1 broken integrations were caught by exactly the rules" in lines[2]


def test_the_command_fails_where_a_rule_catches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "load_all", lambda: [load("through-the-day")])
    ran = CliRunner().invoke(kill_matrix, ["--json"])
    document = json.loads(ran.stdout)
    assert (ran.exit_code, document["isComplete"]) == (1, False)
    assert "S03" in document["uncaught"]
    assert "Rules that caught no integration made to break them: " in ran.stderr


def test_a_false_alarm_and_an_escape_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    mistaken = replace(load("d01-fat-delete"), breaks=("S03",))
    monkeypatch.setattr(matrices, "load_all", lambda: [mistaken])
    ran = CliRunner().invoke(kill_matrix, [])
    assert ran.exit_code == 1
    assert "d01-fat-delete breaks S03: no finding." in ran.stderr
    assert "d01-fat-delete keeps D01: false alarm." in ran.stderr


def test_a_terminal_shows_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    late = Result(load("b02-hole-in-books"), {"B02": 1, "S01": 1, "S08": 3})
    show_table(Matrix(("S01", "S08", "B02"), [late]))
    header, row, *_ = capsys.readouterr().out.splitlines()
    assert header.split() == ["integration", "caught", "by", "what", "it", "does"]
    assert row.split()[:5] == ["b02-hole-in-books", "B02,", "S08,", "S01", "An"]


def test_a_failed_integration_is_reported(address: str) -> None:
    failed: Result = run(replace(load("nightly-batch"), name="no-such-program"), address)
    assert failed.failure.startswith("usage: ")
    assert not failed.is_as_expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], "nightly-batch"), (["nightly-batch"], "CODAT_BASE_URL")],
)
def test_a_program_names_what_it_lacks(arguments: list[str], expected: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "codat_scenarios.integrations", *arguments],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if "CODAT" not in name},
        check=False,
    )
    assert ran.returncode == 1
    assert expected in ran.stderr
