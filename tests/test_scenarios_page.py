"""Every command and snippet on docs/scenarios.md runs and does what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.histories.days import (
    Correction,
    DayEnd,
    MerchantDays,
    Push,
    Sale,
    drive,
)
from codat_scenarios.machine import pushing_machine
from codat_scenarios.sandbox_driver import MORNING, SandboxDriver
from codat_scenarios.stories import STORIES, play

pytestmark = pytest.mark.long

PAGE = (Path(__file__).parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("codat-mock")
SHOWN_ADDRESS = "http://127.0.0.1:4620"
LATE = "if self.created.get(key[:2], synced_until) >= synced_until:"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
MERCHANTS, FIXTURES, HISTORIES, MACHINE, DRIVE, STORY = blocks("python")
quick = settings(max_examples=15, stateful_step_count=15, deadline=None, database=None)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a mock that runs as the page's first command starts it."""
    assert COMMANDS[0] == "codat-mock serve --speed frozen"
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        yield server.address


def run(snippet: str, address: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(snippet.replace(SHOWN_ADDRESS, address), names)  # noqa: S102  (our own page)
    return names


@pytest.mark.parametrize("line", COMMANDS[1:])
def test_a_shown_command_succeeds(line: str, address: str, tmp_path: Path) -> None:
    name, *arguments = shlex.split(line.replace(SHOWN_ADDRESS, address))
    assert name == "codat-mock"
    ran = subprocess.run([COMMAND, *arguments], cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_merchant_has_a_busy_day(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(MERCHANTS, address)
    counts = re.findall(r"\d+", capsys.readouterr().out)
    assert int(counts[0]) > 200


def test_the_fixtures_are_loaded(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(FIXTURES, address)
    day, traffic = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d+ orders in \w+/\w+", day)
    assert traffic == "['POST', 'POST', 'GET']"


def test_the_tests_of_histories_pass(address: str) -> None:
    names = run(HISTORIES, address)
    names["test_the_books_show_every_sale"]()
    names["test_an_update_after_the_sync_is_found"]()
    names["http"].close()


def test_the_shown_integration_passes_the_machine(address: str) -> None:
    test_case = run(MACHINE, address)["TestIntegration"]
    assert test_case.settings.deadline is None
    integration = run(MACHINE, address)["Integration"]
    run_state_machine_as_test(pushing_machine(address, integration), settings=quick)


def test_the_shown_test_drives_the_shown_integration(address: str) -> None:
    run(f"{MACHINE}\n{DRIVE}", address)["test_my_integration_survives"]()


def test_the_shown_integration_corrects_a_sale_whose_sync_failed(address: str) -> None:
    integration = run(MACHINE, address)["Integration"]
    events = (Sale(), Push(), DayEnd("ServerError"), Correction(units=500), Push())
    drive(MerchantDays(events), integration, address, api_key="failed-sync")


def test_the_shown_integration_pushes_no_price_that_is_the_same_again(address: str) -> None:
    integration = run(MACHINE, address)["Integration"]
    events = (Sale(427), Push(), Correction(units=500), Correction(units=427), Push())
    drive(MerchantDays(events), integration, address, api_key="same-price")


def test_the_integration_without_the_line_fails_as_shown(address: str) -> None:
    assert MACHINE.count(LATE) == 1
    integration = run(MACHINE.replace(LATE, "if True:"), address)["Integration"]
    day = pushing_machine(address, integration)()
    day.open(MORNING)
    for event in (Sale(), DayEnd(), Correction(is_synced=True), Push()):
        event.run(day.run)
    with pytest.raises(AssertionError) as caught:
        day.no_rule_is_broken()
    with pytest.raises(AssertionError, match="Rules were broken"):
        day.teardown()
    [shown] = blocks("text")
    assert f"{caught.value}\n" == shown


def test_the_shown_story_ends_as_declared(address: str) -> None:
    import httpx

    before = dict(STORIES)
    try:
        run(STORY, address)
        shown = STORIES["nothing-but-orders"]
        with httpx.Client(base_url=address) as http:
            assert play(shown, SandboxDriver(http, "page")).ending == shown.ending
    finally:
        STORIES.clear()
        STORIES.update(before)
