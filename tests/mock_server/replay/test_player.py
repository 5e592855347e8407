"""What a replay makes of companies, connections and syncs that the traffic shows, or does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from har_samples import COMPANY, ORDER, entry, har, push, push_path, read_dataset

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
    [note] = [each for each in run.notes if "Pushes not replayed" in each]
    assert note.endswith("): 1.")


def test_a_company_that_is_read_was_there_before_the_recording() -> None:
    read = entry("11:00:00", "GET", f"/companies/{COMPANY}", answered=MADE)
    [company] = judged(read, push("12:00:00", ORDER)).companies
    assert len(company.datasets) == 1


@pytest.mark.parametrize(
    ("status", "count"), [(200, 1), (0, 1), (302, 0), (399, 0), (401, 0), (503, 0)]
)
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


def player_of(*entries: dict[str, Any]) -> tuple[SandboxRegistry, Player]:
    """A recording that has been replayed; the registry of its sandbox is to be closed."""
    found = calls(read_har(har(*entries)).requests)
    registry = SandboxRegistry(Settings(speed=0, start_at=found[0].recorded.started))
    player = Player(registry.sandbox("recorded"), found)
    player.replay()
    return registry, player


def kept_bodies(*entries: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """What the log itself keeps of the bodies of each request."""
    registry, player = player_of(*entries)
    with player.sandbox.session() as session:
        log = session.tables.request_log
        bodies = [log.bodies(number) for number in log.numbers()]
    registry.close()
    return [(each.sent, each.answered) for each in bodies]


SYNC = f"/companies/{COMPANY}/sync/commerce/latest"


def test_the_log_keeps_the_body_of_a_push_that_is_not_replayed() -> None:
    made = entry("11:00:00", "POST", "/companies", {"name": "Café"}, answered=MADE)
    unlinked = connections("12:05:00", ("Commerce", "PendingAuth"))
    read = entry("12:06:00", "GET", f"/companies/{COMPANY}", answered=MADE)
    for requests in (
        (made, push("12:00:00", ORDER), unlinked),  # the mock would have refused it
        (push("10:00:00", ORDER), made), (push("12:00:00", "[REDACTED]"), read),
    ):  # fmt: skip
        assert all(answered for _, answered in kept_bodies(*requests))


def test_a_dataset_ends_as_it_was_read() -> None:
    read = read_dataset("12:05:00", status="MapError")
    [company] = judged(push("12:00:00", ORDER), read).companies
    assert [each.status for each in company.datasets] == ["MapError"]


def test_syncs_that_failed_fail_in_their_order() -> None:
    first = push("02:00:00", ORDER | {"createdDate": "2022-03-21T01:00:00Z"})
    reads = [
        scheduled("04:00:00", code, day) | {"startedDateTime": f"2022-03-{day}T04:00:00Z"}
        for day, code in ((22, 4000), (21, 5000))
    ]
    [company] = judged(first, *reads).companies
    assert [each.code for each in company.syncs][:2] == [5000, 4000]


def test_nothing_comes_of_a_wrong_push_from_before_its_company_was_made() -> None:
    made = entry("12:00:00", "POST", "/meta/companies/sync", {"name": "Café"}, answered=MADE)
    early = push("11:00:00", {"id": 5}, status=400)
    assert all(sent for sent, _ in kept_bodies(early, made))
    run = judged(early, made)
    assert not any("not replayed" in note for note in run.notes)


def test_the_log_keeps_the_bodies_of_requests_but_for_pushes_which_their_datasets_keep() -> None:
    sent, answered = {"name": "Café"}, {"id": "other", "name": "Café"}
    refused = entry("11:00:00", "POST", SYNC, {"syncTo": None}, status=409, answered={"no": 1})
    requests = (
        push("10:00:00", ORDER), entry("10:30:00", "POST", "/companies", sent, answered=answered),
        refused, push("12:00:00", ORDER, status=503), push("12:01:00", {"id": 5}, status=400),
        push("12:02:00", ORDER, status=400), push("12:03:00", ORDER, status=0),
    )  # fmt: skip
    kept = [bool(each) and bool(answer) for each, answer in kept_bodies(*requests)]
    assert kept == [False, True, True, True, True, True, False]


@pytest.mark.parametrize(
    ("body", "finish"),
    [
        ({}, "2022-03-21T13:00:00Z"), ({"syncTo": "2022-03-21T12:30:00Z"}, "2022-03-21T12:30:00Z"),
        (None, "2022-03-21T13:00:00Z"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("code", "is_failed"), [(2000, False), (4000, True), (9, False)])
def test_a_sync_by_hand_ends_where_and_as_it_did(
    body: Any, finish: str, code: int, is_failed: bool
) -> None:
    answer = {"commerceSyncId": "s", "syncStatusCode": code}
    run = judged(push("12:00:00", ORDER), read_dataset("12:10:00"),
                 entry("13:00:00", "POST", SYNC, body, answered=answer))  # fmt: skip
    [company] = run.companies
    first = company.syncs[0]
    assert (first.at, first.finish) == ("2022-03-21T13:00:00Z", finish)
    assert (first.code == 4000) is is_failed


@pytest.mark.parametrize("form", ['{"dateRange": %s}', "%s"])
def test_a_historic_sync_has_the_range_that_was_asked_for(form: str) -> None:
    span = '{"start": "2022-03-21T05:00:00Z", "finish": "2022-03-21T06:00:00Z"}'
    path = f"/meta/companies/{COMPANY}/sync/commerce/historic"
    asked = entry("12:30:00", "POST", path, json.loads(form % span),
                  answered={"commerceSyncId": "s", "syncStatusCode": 2000})  # fmt: skip
    [company] = judged(push("12:00:00", ORDER), asked).companies
    ran = company.syncs[0]
    assert (ran.start, ran.finish) == ("2022-03-21T05:00:00Z", "2022-03-21T06:00:00Z")


def scheduled(at: str, code: int, day: int) -> dict[str, Any]:
    period = {"start": f"2022-03-{day - 1}T03:00:00Z", "finish": f"2022-03-{day}T03:00:00Z"}
    answered = {"syncId": f"s-{day}", "syncStatusCode": code, "syncDateRangeUtc": period}
    return entry(at, "GET", f"/meta/companies/{COMPANY}/sync/commerce/status", answered=answered)


@pytest.mark.parametrize(("code", "is_failed"), [(5000, True), (2000, False), (1000, False)])
@pytest.mark.parametrize("at", ["02:59:59", "03:00:00", "03:00:01"])
def test_a_scheduled_sync_fails_as_it_did_and_the_next_does_not(
    code: int, is_failed: bool, at: str
) -> None:
    first = push("02:00:00", ORDER | {"createdDate": "2022-03-21T01:00:00Z"})
    reads = read_dataset(at), scheduled("04:00:00", code, 21), read_dataset("05:00:00")
    [company] = judged(first, *reads).companies
    found = [each.code for each in company.syncs]
    assert (found[0] == 5000) is is_failed
    assert 5000 not in found[1:]


def test_which_pushes_are_not_judged_is_counted() -> None:
    removed = push("12:01:00", "[REDACTED]", dataset="d-2")
    unsent = entry("12:02:00", "POST", push_path(), answered={"datasetId": "d-3"})
    del unsent["response"]["content"]
    unsent["request"]["postData"] = {"mimeType": "application/json"}
    unsent["request"]["bodySize"] = 77
    notes = judged(push("12:00:00", ORDER), removed, removed | {"startedDateTime":
                   "2022-03-21T12:01:30Z"}).notes  # fmt: skip
    assert notes[0] == "3 of 3 recorded requests are to the API."
    assert [each for each in notes if "not judged" in each] == [
        "Pushes not judged, since their body was not recorded, or removed from the file: 2."
    ]


def test_only_requests_to_the_api_are_replayed() -> None:
    other = entry("12:01:00", "GET", "/portal")
    run = judged(push("12:00:00", ORDER), other | {"request": other["request"] |
                 {"url": "https://example.com/x"}})  # fmt: skip
    assert run.notes[0] == "1 of 2 recorded requests are to the API."


@pytest.mark.parametrize(
    ("record", "is_judged"),
    [({"id": 5}, True), (ORDER, False)],
)
def test_a_push_that_was_refused_is_judged_if_its_body_shows_why(
    record: dict[str, Any], is_judged: bool
) -> None:
    run = judged(push("12:00:00", ORDER), push("12:01:00", record, status=400))
    assert ("S15" in codes(run)) is is_judged


def test_requests_in_any_order_are_replayed_in_that_of_their_times() -> None:
    requests = (push("12:00:00", ORDER), read_dataset("12:01:00"),
                push("12:02:00", ORDER | {"id": "o-2"}, dataset="d-2"))  # fmt: skip
    one, other = judged(*requests), judged(*reversed(requests))
    assert one.judgement == other.judgement
    for run in (one, other):
        [company] = run.companies
        times = [each.requested for each in company.datasets]
        assert times == ["2022-03-21T12:00:00Z", "2022-03-21T12:02:00Z"]


@pytest.mark.parametrize("is_over", [True, False])
def test_a_recording_that_goes_on_is_judged_until_then(is_over: bool) -> None:
    until = None if is_over else datetime(2022, 3, 21, 12, 30, tzinfo=UTC)
    found = read_har(har(push("12:00:00", ORDER))).requests
    [company] = replay(found, Settings(), until=until).companies
    assert bool(company.syncs) is is_over


def test_nothing_at_all_is_judged_without_a_fault() -> None:
    run = replay([], Settings())
    assert (run.notes, run.companies) == (["0 of 0 recorded requests are to the API."], [])
