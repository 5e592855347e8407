"""What a replay makes of companies, connections and syncs that the traffic shows, or does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push

from codat_mock.clock import FIRST
from codat_mock.har.reader import read_har
from codat_mock.replay import replay
from codat_mock.replay.mock_answers import other_statuses
from codat_mock.replay.player import Player
from codat_mock.replay.routes import calls
from codat_mock.reports.run import Run
from codat_mock.sandbox import SandboxRegistry, Settings, companies

MADE = {"id": COMPANY, "name": "Café"}


def judged(*entries: dict[str, Any]) -> Run:
    return replay(read_har(har(*entries)).requests, Settings())


def codes(run: Run) -> set[str]:
    return {finding.code for finding in run.judgement.findings}


def connections(at: str, *shown: tuple[str, str]) -> dict[str, Any]:
    listed = [
        {"id": f"their-{kind}", "sourceType": kind, "status": status} for kind, status in shown
    ]
    path = f"/meta/companies/{COMPANY}/connections"
    return entry(at, "GET", path, answered={"results": listed})


@pytest.mark.parametrize(
    ("path", "assumed"),
    [
        ("/meta/companies/sync", ["accounting linked", "configured"]),
        ("/companies", ["commerce linked", "accounting linked", "configured"]),
    ],
)
def test_what_a_new_company_lacks_at_its_first_push_is_assumed(
    path: str, assumed: list[str]
) -> None:
    run = judged(
        entry("11:00:00", "POST", path, {"name": "Café"}, answered=MADE), push("12:00:00", ORDER)
    )
    expected = [f"Assumed of {COMPANY}: {each} before the first push" for each in assumed]
    assert [
        each.partition(";")[0] for each in run.notes[1:] if "before the first" in each
    ] == expected
    assert "S11" not in codes(run)


@pytest.mark.parametrize(("kind", "is_found"), [("Commerce", True), ("Accounting", False)])
def test_a_connection_is_unlinked_by_its_kind(kind: str, is_found: bool) -> None:
    run = judged(
        push("12:00:00", ORDER),
        connections("12:05:00", (kind, "Unlinked")),
        push("12:10:00", ORDER | {"id": "o-2"}, dataset="d-2"),
    )
    assert ("S17" in codes(run)) == is_found


def test_syncs_by_hand_run_when_they_were_asked_for() -> None:
    answer = {"commerceSyncId": "s", "syncStatusCode": 2000}
    latest = entry(
        "13:00:00", "POST", f"/companies/{COMPANY}/sync/commerce/latest", {}, answered=answer
    )
    span = {"start": "2022-03-21T05:00:00Z", "finish": "2022-03-21T06:00:00Z"}
    path = f"/meta/companies/{COMPANY}/sync/commerce/historic"
    historic = entry("12:30:00", "POST", path, {"dateRange": span}, answered=answer)
    [company] = judged(push("12:00:00", ORDER), historic, latest).companies
    assert [each.at for each in company.syncs][:2] == [
        "2022-03-21T12:30:00Z",
        "2022-03-21T13:00:00Z",
    ]


@pytest.mark.parametrize(
    ("created", "start"),
    [
        ("2022-03-21T12:00:00Z", datetime(2022, 3, 21, tzinfo=UTC)),
        ("2022-03-20T23:00:00Z", datetime(2022, 3, 20, 23, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", FIRST),
    ],
)
def test_a_company_is_assumed_to_start_at_midnight_or_with_its_oldest_record(
    created: str, start: datetime
) -> None:
    found = calls(read_har(har(push("12:00:00", ORDER | {"createdDate": created}))).requests)
    registry = SandboxRegistry(Settings(speed=0, start_at=found[0].recorded.started))
    player = Player(registry.sandbox("recorded"), found)
    player.replay()
    with player.sandbox.session() as session:
        schedule = companies.configuration(session, COMPANY).schedule
    registry.close()
    assert schedule.start_date == start


def test_a_push_that_the_mock_would_have_refused_is_noted() -> None:
    """The company has no commerce connection until later, though its push was accepted."""
    run = judged(
        entry("11:00:00", "POST", "/companies", {"name": "Café"}, answered=MADE),
        push("12:00:00", ORDER),
        connections("12:05:00", ("Commerce", "PendingAuth")),
    )
    assert any("Pushes not replayed" in note for note in run.notes)


def test_a_company_that_is_read_was_there_before_the_recording() -> None:
    read = entry("11:00:00", "GET", f"/companies/{COMPANY}", answered=MADE)
    [company] = judged(read, push("12:00:00", ORDER)).companies
    assert len(company.datasets) == 1


@pytest.mark.parametrize(("status", "count"), [(200, 1), (0, 1), (401, 0), (503, 0)])
def test_a_push_that_was_refused_makes_no_company(status: int, count: int) -> None:
    assert len(judged(push("12:00:00", ORDER, status=status)).companies) == count


def test_a_push_from_before_its_company_was_made_is_passed_over() -> None:
    made = entry("12:00:00", "POST", "/meta/companies/sync", {"name": "Café"}, answered=MADE)
    run = judged(push("11:00:00", ORDER), made)
    assert [len(each.datasets) for each in run.companies] == [0]
    assert not any("not replayed" in note for note in run.notes)


@pytest.mark.parametrize(("name", "shown"), [("Café", "Café"), (" Café ", "Café"), (" ", COMPANY)])
def test_a_company_without_a_name_has_its_id(name: str, shown: str) -> None:
    made = entry("11:00:00", "POST", "/meta/companies/sync", {"name": name},
                 answered={"id": COMPANY, "name": name})  # fmt: skip
    [company] = judged(made, push("12:00:00", ORDER)).companies
    assert company.name == shown


def test_lost_answers_are_counted() -> None:
    notes = judged(push("12:00:00", ORDER, status=0)).notes
    assert next(each for each in notes if "without a recorded answer" in each).endswith(": 1.")


def test_a_dataset_from_before_the_recording_is_no_other_status() -> None:
    path = f"/meta/companies/{COMPANY}/pull/history/earlier"
    read = entry("13:00:00", "GET", path, answered={"id": "earlier", "status": "Complete"})
    found = read_har(har(push("12:00:00", ORDER), read)).requests
    assert other_statuses(found) == []
