"""Datasets and syncs end as planned, seen by a plain client through a real socket."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from codat_mock.cli.main import main
from codat_mock.cli.outcome import EXAMPLES
from codat_mock.domain.dataset_lifecycle import LAST_STEP, PROFILES, QUEUED_ROUTE
from codat_mock.domain.planned_ends import DATASET_ENDS, SYNC_ENDS
from codat_mock.http.server import Server
from codat_mock.sandbox.planned_outcomes import MESSAGES
from codat_scenarios.sandbox_driver import SandboxDriver

OUTCOMES = "/_mock/outcomes"
ORDER = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": 85}


@pytest.fixture
def company(live: httpx.Client) -> str:
    return str(live.post("/meta/companies/sync", json={"name": "Café"}).json()["id"])


def plan(client: httpx.Client, target: str, **details: Any) -> None:
    answer = client.post(OUTCOMES, json={"target": target} | details)
    assert answer.status_code == 200, answer.text


def push(client: httpx.Client, company: str, kind: str = "orders", **records: Any) -> str:
    answer = client.post(f"/data/companies/{company}/sync/commerce-{kind}", json=records)
    assert answer.status_code == 200
    return str(answer.json()["datasetId"])


def history(client: httpx.Client, company: str, dataset: str) -> dict[str, Any]:
    shown = client.get(f"/meta/companies/{company}/pull/history/{dataset}").json()
    assert isinstance(shown, dict)
    return shown


def wait(client: httpx.Client, **duration: float) -> None:
    client.post("/_mock/clock/advance", json=duration).raise_for_status()


@pytest.mark.parametrize("end", DATASET_ENDS)
def test_a_dataset_ends_as_planned_and_the_next_one_well(live, company, end):
    plan(live, "dataset", outcome=end)
    dataset = push(live, company, orders=[ORDER])
    assert history(live, company, dataset)["status"] == "Queued"
    wait(live, seconds=8)
    answer = history(live, company, dataset)
    assert answer["status"] == end
    assert answer["completed"]
    assert answer["isCompleted"] == (end == "Complete")
    assert answer["isErrored"] == end.endswith("Error")
    assert answer.get("errorMessage") == MESSAGES.get(end)
    again = push(live, company, orders=[ORDER])
    wait(live, seconds=8)
    assert history(live, company, again)["status"] == "Complete"


@pytest.mark.parametrize("end", [end for end in SYNC_ENDS if end != "Complete"])
def test_a_sync_ends_as_planned_and_the_next_one_covers_its_period(live, set_stage, end):
    driver: SandboxDriver = set_stage(live)
    plan(live, "sync", outcome=end, message="As planned.")
    path = f"/companies/{driver.company_id}/sync/commerce/latest"
    answer = live.post(path).json()
    assert answer["syncStatusCode"] == SYNC_ENDS[end]
    assert answer["syncExceptionMessage"].endswith("As planned.")
    again = live.post(path).json()
    assert again["syncStatusCode"] == 2040
    assert again["syncDateRangeUtc"]["start"] == answer["syncDateRangeUtc"]["start"]


def test_a_planned_message_is_shown(live, company):
    plan(live, "dataset", outcome="FetchError", message="The till is on fire.")
    dataset = push(live, company)
    wait(live, seconds=8)
    assert history(live, company, dataset)["errorMessage"] == "The till is on fire."


def test_what_ended_in_an_error_may_be_pushed_again(live, company):
    plan(live, "dataset", outcome="InternalError")
    push(live, company, orders=[ORDER])
    push(live, company, orders=[ORDER])
    found = live.get("/_mock/findings").json()["findings"]
    assert "S03" not in {each["code"] for each in found}


def test_outcomes_are_used_up_in_order_by_the_datasets_they_apply_to(live, company):
    plan(live, "dataset", outcome="MapError", dataType="commerce-payments")
    plan(live, "dataset", outcome="FetchError", count=2)
    plan(live, "dataset", outcome="Cancelled", companyId=company)
    sets = [push(live, company, kind) for kind in ("orders", "payments", "orders", "orders")]
    left = live.get(OUTCOMES).json()["outcomes"]
    assert left == []
    wait(live, seconds=8)
    ends = [history(live, company, dataset)["status"] for dataset in sets]
    assert ends == ["FetchError", "MapError", "FetchError", "Cancelled"]


def test_another_company_is_not_meant(live, company):
    other = live.post("/meta/companies/sync", json={"name": "Bar"}).json()["id"]
    plan(live, "dataset", outcome="MapError", companyId=other)
    dataset = push(live, company)
    wait(live, seconds=8)
    assert history(live, company, dataset)["status"] == "Complete"


def test_a_stuck_dataset_stays_where_it_is(live, company):
    plan(live, "dataset", stuckIn="Processing")
    dataset = push(live, company, orders=[ORDER])
    wait(live, days=400)
    answer = history(live, company, dataset)
    assert answer["status"] == "Processing"
    assert answer["progress"] == 80
    assert "completed" not in answer


def test_a_queued_dataset_goes_through_the_states_of_waiting(live, company):
    plan(live, "dataset", profile="queued")
    dataset = push(live, company)
    seen = [history(live, company, dataset)["status"]]
    while live.post("/_mock/clock/advance-to-next-event").status_code == 200:
        seen.append(history(live, company, dataset)["status"])
    assert tuple(seen) == QUEUED_ROUTE


@pytest.mark.parametrize("profile", PROFILES)
def test_a_dataset_takes_as_long_as_its_profile_says(live, company, profile):
    plan(live, "dataset", profile=profile)
    dataset = push(live, company)
    seconds = sum(PROFILES[profile])
    if seconds:
        wait(live, seconds=seconds - 0.001)
        assert history(live, company, dataset)["status"] == "Processing"
        wait(live, seconds=0.001)
    assert history(live, company, dataset)["status"] == "Complete"


def test_durations_say_it_precisely(live, company):
    plan(live, "dataset", outcome="ValidationError", durations=[1, 2, 3, 4, 5])
    dataset = push(live, company)
    wait(live, seconds=9)
    assert history(live, company, dataset)["status"] == "Validating"
    wait(live, seconds=1)
    assert history(live, company, dataset)["status"] == "ValidationError"


@pytest.mark.parametrize(
    ("details", "place"),
    [
        ({"target": "dataset", "outcome": "Burnt"}, "$.outcome"),
        ({"target": "sync", "outcome": "MapError"}, "$.outcome"),
        ({"target": "sync", "dataType": "commerce-orders"}, "$.dataType"),
        ({"target": "sync", "stuckIn": "Mapping"}, "$.stuckIn"),
        ({"target": "dataset", "durations": [1, 2]}, "$.durations"),
        ({"target": "dataset", "durations": [-1, 0, 0, 0, 0]}, "$.durations[0]"),
        ({"target": "dataset", "stuckIn": "MapQueued"}, "$.stuckIn"),
        ({"target": "dataset", "stuckIn": "Complete"}, "$.stuckIn"),
        ({"target": "dataset", "count": 0}, "$.count"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(live, details, place):
    answer = live.post(OUTCOMES, json=details)
    assert answer.status_code == 400
    assert [problem["path"] for problem in answer.json()["problems"]] == [place]


def test_cleared_outcomes_are_forgotten(live, company):
    plan(live, "dataset", outcome="MapError")
    assert live.delete(OUTCOMES).json() == {"outcomes": []}
    dataset = push(live, company)
    wait(live, seconds=8)
    assert history(live, company, dataset)["status"] == "Complete"


@pytest.mark.parametrize(
    ("durations", "status"),
    [(PROFILES["instant"], "Complete"), ((0, 0, 0, 0, 60), "Processing")],
)
def test_a_server_can_have_a_pace_of_its_own(
    start_server: Callable[..., Server], auth, durations, status
):
    server = start_server(durations=durations)
    with httpx.Client(base_url=server.address, headers=auth("k")) as client:
        company = client.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        dataset = push(client, company, orders=[ORDER])
        assert history(client, company, dataset)["status"] == status


def test_the_command_plans_lists_and_clears(start_server: Callable[..., Server]):
    options = ["--url", start_server().address, "--api-key", "test-key"]

    def run(*arguments: str) -> str:
        ran = CliRunner().invoke(main, ["outcome", *arguments, *options])
        return f"{ran.exit_code} {ran.output}"

    assert run("list") == "0 No outcomes planned.\n"
    answer = run("add", "dataset", "MapError", "--count", "2", "--message", "No.")
    assert answer == "0 2 x target=dataset outcome=MapError message=No.\n"
    assert run("list") == answer
    assert "known: Complete, NotSupported" in run("add", "dataset", "Burnt")
    assert run("clear") == "0 No outcomes planned.\n"


def test_the_command_says_when_nobody_answers():
    ran = CliRunner().invoke(main, ["outcome", "list", "--url", "http://127.0.0.1:1"])
    assert ran.exit_code == 2
    assert "No codat-mock answers at http://127.0.0.1:1" in ran.output


def test_every_end_has_its_last_step_and_every_error_its_message():
    assert {end for end in DATASET_ENDS if end.endswith("Error")} <= {*MESSAGES} <= {*LAST_STEP}


@pytest.mark.parametrize("line", re.findall(r"^  codat-mock (.*)", EXAMPLES, re.M))
def test_every_example_of_the_help_works(start_server: Callable[..., Server], line: str):
    variables = {"CODAT_MOCK_URL": start_server().address, "CODAT_MOCK_API_KEY": "k"}
    ran = CliRunner().invoke(main, shlex.split(line), env=variables)
    assert ran.exit_code == 0, ran.output
