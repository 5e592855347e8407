"""`codat-mock story`, as a person would use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from click.testing import CliRunner, Result

from codat_mock.cli.main import main
from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import MORNING
from codat_scenarios.stories import STORIES, play
from codat_scenarios.stories.prose import NarratedDriver


def story(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["story", *arguments])


@pytest.fixture
def lossy() -> Iterator[str]:
    """The address of a mock that loses a push that overlaps another, its clock running."""
    registry = SandboxRegistry(Settings(api_keys=("known",), concurrent_pushes="miss"))
    with Server(registry, listen("127.0.0.1", 0)) as server:
        yield server.address


def test_list_names_every_story_with_its_text() -> None:
    listed = story("list")
    assert listed.exit_code == 0
    lines = listed.output.splitlines()
    assert [line.split()[0] for line in lines] == sorted(STORIES)
    assert all(STORIES[line.split()[0]].text in line for line in lines)


def test_list_can_be_read_by_a_program() -> None:
    listed = json.loads(story("list", "--json").stdout)["stories"]
    assert [each["name"] for each in listed] == sorted(STORIES)
    assert {each["name"]: each["findings"] for each in listed}["late-update"] == ["U02"]


def test_run_can_be_read_by_a_program() -> None:
    ran = story("run", "late-update", "--json")
    assert ran.exit_code == 0
    document = json.loads(ran.stdout)
    assert document["isAsExpected"] is True
    assert document["ending"] == document["expectedEnding"]
    assert document["ending"]["documents"][0] == "2022-03-21 Invoice 97.00 GBP"
    assert {"moment": "2022-03-22T09:00:00Z", "step": "U02 not-after-sync is broken."} in document[
        "steps"
    ]


def test_run_reports_an_unexpected_ending_as_json(lossy: str) -> None:
    ran = story("run", "concurrent-pushes", "--json", "--against", lossy, "--api-key", "known")
    assert ran.exit_code == 1
    document = json.loads(ran.stdout)
    assert document["isAsExpected"] is False
    assert document["ending"]["documents"] != document["expectedEnding"]["documents"]


def test_show_prints_the_steps_by_date_and_the_expected_ending() -> None:
    shown = story("show", "late-update")
    assert shown.exit_code == 0
    assert shown.output.startswith("late-update: An order is corrected after its sync")
    days, steps = [], {}
    for line in shown.output.partition("It must end so:")[0].splitlines()[2:]:
        if line.startswith("  "):
            steps.setdefault(days[-1], []).append(line.strip())
        elif line:
            days.append(line)
    assert days == [
        "Monday, 21 March 2022",
        "Tuesday, 22 March 2022",
        "Wednesday, 23 March 2022",
    ]
    assert steps["Tuesday, 22 March 2022"][1:] == [
        "09:00  Push 1 order ('A-1' of 15).",
        "09:00  U02 not-after-sync is broken.",
    ]
    assert steps["Wednesday, 23 March 2022"] == [
        "03:00  Sync: 2000 Complete, and writes 2022-03-21 Invoice 15.00 GBP."
    ]
    assert "  findings    U02\n" in shown.output
    assert "  books       2022-03-21 Invoice 97.00 GBP\n" in shown.output


def test_show_describes_refused_pushes_failed_datasets_and_deletes() -> None:
    assert "12:10  The answer is 400." in story("show", "wrong-type").output
    assert "The dataset of push 4 ends in AuthError." in story("show", "auth-error").output
    assert "Push 1 order (delete 'A-1')." in story("show", "sparse-delete").output
    assert "Push 5,001 orders ('A-1' of 1, " in story("show", "oversized").output


@pytest.fixture(scope="module")
def in_process() -> Iterator[httpx.Client]:
    """A client of a mock in this process, as `story run` has one on a socket."""
    transport = httpx.WSGITransport(
        create_app(SandboxRegistry(Settings(speed=0, rate_limits=True)))
    )
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        yield http


# Of the stories `concurrent-pushes` alone sends a body in parts, which takes a socket.
@pytest.mark.parametrize("name", sorted(STORIES.keys() - {"concurrent-pushes"}))
def test_every_story_is_narrated_to_its_expected_ending(
    name: str, in_process: httpx.Client
) -> None:
    steps: list[str] = []
    narrated = NarratedDriver(in_process, "k", name, lambda _, sentence: steps.append(sentence))
    assert play(STORIES[name], narrated).ending == STORIES[name].ending
    assert steps
    assert all(step.endswith((".", ":")) for step in steps)


@pytest.mark.parametrize("name", ["concurrent-pushes", "answer-closed", "late-update"])
def test_run_plays_a_story_to_its_expected_ending(name: str) -> None:
    ran = story("run", name)
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith("The story ended as expected.\n")


def test_run_plays_against_a_mock_with_a_running_clock(lossy: str) -> None:
    ran = story("run", "late-update", "--against", lossy, "--api-key", "known")
    assert ran.exit_code == 0, ran.output


def test_run_reports_an_unexpected_ending(lossy: str) -> None:
    ran = story("run", "concurrent-pushes", "--against", lossy, "--api-key", "known")
    assert ran.exit_code == 1
    actual = "  books       2022-03-21 Invoice 97.00 GBP\n"
    expected = "  expected    2022-03-21 Invoice 109.00 GBP\n"
    assert actual in ran.output
    assert expected in ran.output


def test_run_reports_what_the_mock_refuses(lossy: str) -> None:
    ran = story("run", "late-update", "--against", lossy, "--api-key", "unknown")
    assert ran.exit_code == 1
    assert "401" in ran.output


def test_an_unknown_story_is_a_usage_error_that_names_the_nearest() -> None:
    for verb in ("show", "run"):
        mistaken = story(verb, "late-updat")
        assert mistaken.exit_code == 2
        assert "did you mean 'late-update'" in mistaken.output
    assert "'codat-mock story list' names them all" in story("show", "zzz").output


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense"])
def test_a_mock_that_does_not_answer_is_a_usage_error(address: str) -> None:
    ran = story("run", "late-update", "--against", address)
    assert ran.exit_code == 2
    assert f"No mock answers at {address}" in ran.output


def test_a_clock_that_passes_an_event_by_itself_does_not_disturb_the_story() -> None:
    with Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server:
        http = httpx.Client(base_url=server.address)

        class Hurried(NarratedDriver):
            """Its clock moves on whenever it is asked what comes next."""

            def _next_event(self) -> datetime | None:
                upcoming = super()._next_event()
                if upcoming and upcoming < MORNING + timedelta(hours=1):
                    self.call("POST", "/_mock/clock/advance", {"seconds": 30})
                return upcoming

        driver = Hurried(http, "hurried", None, lambda *_: None)
        driver.set_up("Café")
        driver.push("commerce-orders", [{"id": "A-1", "totalAmount": 1}])
        driver.wait_until(MORNING + timedelta(hours=2))
        assert driver.now() == MORNING + timedelta(hours=2)
        assert driver.last_sync() is None
        http.close()
