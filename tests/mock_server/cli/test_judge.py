"""`codat-mock judge`: traffic that has happened, judged as if it happened before the mock."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from har_samples import COMPANY, ORDER, entry, har, push, push_path, read_dataset
from msgspec.json import decode

import codat_fixtures
from codat_mock.cli.main import main
from codat_mock.har.reader import read_har
from codat_mock.replay import replay
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

FIXTURE = Path(codat_fixtures.__file__).parent / "traffic" / "worked-example.har"
PIE = ORDER | {"id": "p-1"}


def judged(*entries: dict[str, Any]) -> Run:
    return replay(read_har(har(*entries)).requests, Settings())


def codes(run: Run) -> set[str]:
    return {finding.code for finding in run.judgement.findings}


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command on a file of that content."""
    monkeypatch.chdir(tmp_path)

    def run(content: bytes, *arguments: str) -> Result:
        (tmp_path / "traffic.har").write_bytes(content)
        return CliRunner().invoke(main, ["judge", "traffic.har", *arguments])

    return run


Judge = Callable[..., Result]


def test_the_worked_example_passes_and_its_syncs_run_at_their_times(judge: Judge) -> None:
    ran = judge(FIXTURE.read_bytes(), "--report", "json:run.json")
    assert ran.exit_code == 0, ran.output
    run = json.loads(Path("run.json").read_text())
    [company] = run["companies"]
    assert company["syncs"][0]["at"] == "2022-03-22T03:00:00Z"
    assert {each["completed"] for each in company["datasets"]} == {"2022-03-21T12:05:07.7788Z"}
    assert run["notes"][0] == "14 of 14 recorded requests are to the API."


def test_a_repeated_push_is_found_with_the_recorded_ids() -> None:
    run = judged(push("12:00:00", ORDER), push("12:10:00", ORDER, PIE, dataset="d-2"))
    [again] = [each for each in run.judgement.findings if each.code == "S03"]
    assert (again.code, again.company_id, again.records) == ("S03", COMPANY, ["o-1"])
    assert again.requests[0].path == push_path()
    assert [each.id for each in run.companies[0].datasets] == ["d-1", "d-2"]


@pytest.mark.parametrize("status", [400, 401, 409, 429, 500, 503])
def test_a_push_answered_with_an_error_was_not_stored(status: int) -> None:
    run = judged(push("12:00:00", ORDER, status=status), push("12:10:00", ORDER))
    assert "S03" not in codes(run)
    assert len(run.companies[0].datasets) == 1


def test_a_push_without_an_answer_may_be_sent_again() -> None:
    run = judged(push("12:00:00", ORDER, status=0, dataset=""), push("12:10:00", ORDER))
    assert "S03" not in codes(run)
    assert any("without a recorded answer" in note for note in run.notes)


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (401, {}, "T01"),
        (429, {}, "T03"),
        (503, {"Retry-After": "60"}, "T04"),
        (503, {"retry-after": "Mon, 21 Mar 2022 12:01:00 GMT"}, "T04"),
    ],
)
def test_a_recorded_refusal_is_judged(status: int, headers: dict[str, str], code: str) -> None:
    run = judged(push("12:00:00", ORDER, status=status, headers=headers), push("12:00:05", ORDER))
    assert code in codes(run)


def test_a_respected_retry_after_is_no_finding() -> None:
    first = push("12:00:00", ORDER, status=503, headers={"Retry-After": "60"}, milliseconds=10_000)
    assert "T04" not in codes(judged(first, push("12:01:11", ORDER)))
    assert "T04" in codes(judged(first, push("12:01:05", ORDER)))


def test_an_unknown_path_is_a_finding_on_the_api_host_only() -> None:
    wrong = entry("12:01:00", "POST", push_path("order"), {}, 404)
    assert "T02" in codes(judged(push("12:00:00", ORDER), wrong))
    wrong["request"]["url"] = "https://elsewhere.example/x"
    run = judged(push("12:00:00", ORDER), wrong)
    assert "T02" not in codes(run)
    assert run.notes[0] == "1 of 2 recorded requests are to the API."


@pytest.mark.parametrize(("milliseconds", "is_found"), [(5_000, True), (500, False)])
def test_overlapping_pushes_are_found(milliseconds: float, is_found: bool) -> None:
    first = push("12:00:00", ORDER, milliseconds=milliseconds)
    run = judged(first, push("12:00:01", PIE, dataset="d-2"))
    assert ("S05" in codes(run)) is is_found


def test_a_dataset_ends_at_the_observed_time_with_the_observed_status() -> None:
    failed = {
        "status": "ProcessingError", "isErrored": True,
        "requested": "2022-03-21T12:00:09Z", "completed": "2022-03-21T12:00:39Z",
    }  # fmt: skip
    run = judged(push("12:00:00", ORDER), read_dataset("12:02:00", **failed))
    [dataset] = run.companies[0].datasets
    assert (dataset.status, dataset.completed) == ("ProcessingError", "2022-03-21T12:00:30Z")
    assert "S13" not in codes(run)
    assert "S14" in codes(run)


def test_a_dataset_observed_in_progress_had_not_ended_before() -> None:
    run = judged(
        push("12:00:00", ORDER),
        read_dataset("12:05:00", status="Processing"),
        push("12:04:00", PIE, dataset="d-2"),
    )
    assert "S06" in codes(run)


def test_a_dataset_without_a_recorded_id_is_the_next_one_read() -> None:
    pushed = push("12:00:00", ORDER)
    del pushed["response"]["content"]
    run = judged(pushed, read_dataset("12:01:00", "d-9"))
    assert [each.id for each in run.companies[0].datasets] == ["d-9"]
    assert "S13" not in codes(run)


def test_a_push_without_a_recorded_body_is_noted() -> None:
    pushed = push("12:00:00", ORDER)
    del pushed["request"]["postData"]
    run = judged(pushed, push("12:01:00", ORDER, dataset="d-2"))
    assert any("their body was not recorded" in note for note in run.notes)
    assert len(run.companies[0].datasets) == 1


@pytest.mark.parametrize("sent", [[], {"syncTo": 5}, {"dateRange": None}, "x"])
@pytest.mark.parametrize("end", ["orders", "connections", "latest", "historic", "commerce"])
def test_request_bodies_of_any_form_are_replayed(sent: Any, end: str) -> None:
    paths = {
        "orders": push_path(),
        "connections": f"/meta/companies/{COMPANY}/connections",
        "latest": f"/companies/{COMPANY}/sync/commerce/latest",
        "historic": f"/meta/companies/{COMPANY}/sync/commerce/historic",
        "commerce": f"/config/companies/{COMPANY}/sync/commerce",
    }
    odd = entry("12:10:00", "POST", paths[end], sent, answered=[1], milliseconds=1e300)
    assert not judged(push("12:00:00", ORDER), odd).failures


def test_both_generations_are_judged() -> None:
    path = f"/companies/{COMPANY}/data/commerce-orders"
    again = entry("12:10:00", "POST", path, [ORDER], answered=[ORDER])
    assert "S03" in codes(judged(push("12:00:00", ORDER), again))


def test_a_company_observed_as_unlinked_after_its_push_was_unlinked() -> None:
    made = entry(
        "11:00:00", "POST", "/meta/companies/sync", {"name": "Café"}, answered={"id": COMPANY}
    )
    later = entry(
        "13:00:00",
        "GET",
        f"/meta/companies/{COMPANY}/connections",
        answered={"results": [{"id": "c", "sourceType": "Commerce", "status": "Linked"}]},
    )
    assert "S11" in codes(judged(made, push("12:00:00", ORDER), later))
    assumed = judged(made, push("12:00:00", ORDER))
    assert "S11" not in codes(assumed)
    assert any("accounting linked before the first push" in note for note in assumed.notes)


def test_observed_syncs_run_at_their_times_with_their_codes() -> None:
    period = {"start": "2022-03-20T22:00:00Z", "finish": "2022-03-21T22:00:00Z"}
    summary = {"syncId": "s", "syncStatusCode": 5000, "syncDateRangeUtc": period}
    shown = entry(
        "23:00:00", "GET", f"/meta/companies/{COMPANY}/sync/commerce/status", answered=summary
    )
    [first, *_] = judged(push("12:00:00", ORDER), shown).companies[0].syncs
    assert (first.at, first.start, first.code) == (period["finish"], period["start"], 5000)


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (har(push("12:00:00", ORDER), push("12:10:00", ORDER)), 1, "S03 only-new-or-changed"),
        (har(), 5, "Nothing was pushed, so there is nothing to judge."),
        (har(push("12:00:00", status=401)), 1, "T01 authorised"),
        (b'{"log":', 2, "$.log: the file ends too early, at byte 7."),
    ],
)
def test_exit_codes_are_those_of_check(
    judge: Judge, content: bytes, code: int, message: str
) -> None:
    ran = judge(content)
    assert ran.exit_code == code, ran.output
    assert message in ran.output


def test_an_exception_of_the_mock_is_reported_as_its_own(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("codat_mock.replay.player.Player.replay", broken)
    ran = judge(har(push("12:00:00", ORDER)))
    assert ran.exit_code == 70
    assert "codat-mock itself failed" in ran.output


def test_a_request_in_two_files_counts_once(judge: Judge) -> None:
    content = har(push("12:00:00", ORDER))
    Path("second.har").write_bytes(content)
    ran = judge(content, "second.har", "--fail-on", "never")
    assert "S03" not in ran.output
    assert "1 of 1 recorded requests" in ran.output


def test_expected_findings_rules_and_severities_work_as_in_check(judge: Judge) -> None:
    content = har(push("12:00:00", ORDER), push("12:10:00", ORDER, dataset="d-2"))
    assert judge(content, "--expected", "known.json", "--update-expected").exit_code == 0
    assert judge(content, "--expected", "known.json").exit_code == 0
    assert judge(content, "--rule", "S03=off", "--fail-on", "never").exit_code == 0
    assert judge(har(push("12:00:00", ORDER)), "--expected", "known.json").exit_code == 1


def test_every_report_shows_the_assumptions(judge: Judge) -> None:
    forms = {"json": "a.json", "junit": "a.xml", "html": "a.html", "markdown": "a.md"}
    reports = ",".join(f"{form}:{path}" for form, path in forms.items())
    ran = judge(har(push("12:00:00", ORDER)), "--report", reports, "--fail-on", "never")
    assert ran.exit_code == 0, ran.output
    for path in forms.values():
        assert "linked before the recording begins" in Path(path).read_text(), path


def test_the_request_log_as_har_gives_the_findings_of_the_mock(http: Any, driver: Any) -> None:
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    for _ in range(2):
        dataset = http.post(path, json={"orders": [ORDER]}).json()["datasetId"]
        driver.advance(minutes=10)
        http.get(f"/meta/companies/{driver.company_id}/pull/history/{dataset}")
    http.post(f"/companies/{driver.company_id}/data/commerce-orders", json=[ORDER])
    http.get("/meta/compnies?api_key=s3cret")
    live = http.get("/_mock/findings").json()["findings"]
    answer = http.get("/_mock/requests?format=har")
    assert b"s3cret" not in answer.content
    run = replay(read_har(answer.content).requests, Settings(), until=driver.now())
    replayed = [(each.code, each.count, each.records) for each in run.judgement.findings]
    assert sorted(replayed) == sorted(
        (each["code"], each["count"], each["records"]) for each in live
    )
    assert {"S03", "T02"} <= codes(run)


def test_the_request_log_as_har_cannot_be_filtered(http: Any) -> None:
    assert http.get("/_mock/requests?format=har&code=S03").status_code == 400


def test_entries_that_cannot_be_read_are_listed_in_every_report(judge: Judge) -> None:
    odd = [{"_type": "error"}] * 7
    content = har(push("12:00:00", ORDER), *odd)
    ran = judge(content, "--report", "json:run.json,html:run.html", "--fail-on", "never")
    assert ran.exit_code == 0, ran.output
    note = "traffic.har: skipped 7 entries: $.log.entries[1]: it has no request. "
    for text in (ran.output, *(Path(name).read_text() for name in ("run.json", "run.html"))):
        assert note in text
        assert "$.log.entries[5]: it has no request. 2 more." in text


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three recordings: one with a finding, one without, and one without a push."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "recordings" / "nested"
    folder.mkdir(parents=True)
    repeated = har(push("12:00:00", ORDER), push("12:10:00", ORDER, PIE, dataset="d-2"))
    (folder / "repeated.har").write_bytes(repeated)
    (folder.parent / "good.har.gz").write_bytes(gzip.compress(FIXTURE.read_bytes()))
    (folder.parent / "silent.HAR").write_bytes(har())
    (folder.parent / "notes.txt").write_text("no recording")
    return folder.parent


@pytest.mark.parametrize(("jobs", "is_shared"), [("1", False), ("2", True)])
def test_each_file_of_a_folder_is_a_recording_in_one_report(
    recordings: Path, jobs: str, is_shared: bool
) -> None:
    if is_shared:  # a company that is in two recordings
        (recordings / "good.har.gz").write_bytes(har(push("12:00:00", ORDER)))
    arguments = ["judge", "recordings", "--jobs", jobs, "--report", "json:run.json"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 1, ran.output
    assert "in recordings/silent.HAR." in ran.output
    run = decode(Path("run.json").read_bytes(), type=Run)
    [finding] = [each for each in run.judgement.findings if each.code == "S03"]
    assert finding.message.startswith("recordings/nested/repeated.har: ")
    assert [company.name.partition(": ")[0] for company in run.companies] == [
        "recordings/good.har.gz",
        "recordings/nested/repeated.har",
    ]
    [company_id] = {company.id for company in run.companies if finding.company_id == company.id}
    assert company_id == (f"{COMPANY} (recordings/nested/repeated.har)" if is_shared else COMPANY)
    alone = [replay(read_har(path.read_bytes()).requests, Settings()).judgement
             for path in recordings.rglob("*.har*")]  # fmt: skip
    assert run.judgement.books.booked == sum(each.books.booked for each in alone)
    exercised = {code for each in alone for code in each.exercised}
    assert set(run.judgement.exercised) == exercised
    assert not exercised & set(run.judgement.not_exercised)


@pytest.mark.usefixtures("recordings")
def test_files_beside_a_folder_are_one_recording() -> None:
    for name, entry_ in (("a", push("12:00:00", ORDER)), ("b", push("12:10:00", ORDER))):
        Path(f"{name}.har").write_bytes(har(entry_))
    arguments = ["judge", "a.har", "b.har", "recordings", "--jobs", "1", "--fail-on", "never"]
    ran = CliRunner().invoke(main, arguments)
    assert "a.har + b.har: 2 of 2 recorded requests are to the API." in ran.output


def test_a_folder_of_silence_and_one_without_recordings_do_not_pass(recordings: Path) -> None:
    for each in recordings.rglob("*.har*"):
        each.unlink()
    assert CliRunner().invoke(main, ["judge", "recordings", "--jobs", "1"]).exit_code == 5
    (recordings / "silent.HAR").unlink()
    ran = CliRunner().invoke(main, ["judge", "recordings"])
    assert ran.exit_code == 2
    assert "recordings holds no file whose name ends in .har or .har.gz." in ran.output


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_of_a_folder_that_is_no_recording_is_named(recordings: Path, jobs: str) -> None:
    (recordings / "cut.har").write_bytes(b'{"log":')
    ran = CliRunner().invoke(main, ["judge", "recordings", "--jobs", jobs])
    assert ran.exit_code == 2, ran.output
    assert "recordings/cut.har is not a readable HAR file: $.log" in ran.output
