"""Recorded answers compared with the mock's document; its own answers show no difference."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import vendor_schemas
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, given, settings
from schema_values import values_of

from codat_mock import Server, Settings
from codat_mock.cli.main import main
from codat_mock.har.exchange import Recorded
from codat_mock.http.operations import OPERATIONS
from codat_mock.replay.drift import answer_differences

Change = Callable[[dict[str, Any]], None]
PRIVATE = "5f1e0a77-merchant"


def record() -> dict[str, Any]:
    """The traffic of a day on a mock, as HAR."""
    headers = {"Authorization": "Basic a2V5"}
    with (
        Server.bind(Settings(speed=0)) as server,
        httpx.Client(base_url=server.address, headers=headers, trust_env=False) as http,
    ):
        company = http.post("/meta/companies/sync", json={"name": "Café"}).json()["id"]
        http.post(f"/meta/companies/{company}/connections", json="gbol")
        http.post(f"/_mock/companies/{company}/authorize")
        mapping = http.get(f"/config/companies/{company}/sync/commerce").json()
        http.post(f"/config/companies/{company}/sync/commerce", json=mapping)
        push = f"/data/companies/{company}/sync/commerce-orders"
        dataset = http.post(push, json={"orders": [{"id": "A-1"}]}).json()["datasetId"]
        history = f"/meta/companies/{company}/pull/history/{dataset}"
        for seconds in (0, 10):
            http.post("/_mock/clock/advance", json={"seconds": seconds})
            http.get(history)
        http.get(f"/meta/companies/{company}/pull/history/unknown")
        http.post("/_mock/clock/close-day")
        http.get(f"/meta/companies/{company}/sync/commerce/status")
        http.get("/meta/companies")
        recorded: dict[str, Any] = http.get("/_mock/requests?format=har").json()
    return recorded


TRAFFIC = record()


def recording(folder: Path, change: Change | None = None) -> Path:
    """The recorded traffic of a day, each answer's JSON changed."""
    traffic = json.loads(json.dumps(TRAFFIC))
    for entry in traffic["log"]["entries"]:
        content = entry["response"]["content"]
        if change and content.get("text"):
            body = json.loads(content["text"])
            change(body)
            content["text"] = json.dumps(body)
    file = folder / "traffic.har"
    file.write_text(json.dumps(traffic), encoding="utf-8")
    return file


def drift(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["drift", *map(str, arguments)])


def test_the_mocks_own_answers_show_no_drift(tmp_path: Path) -> None:
    ran = drift(recording(tmp_path))
    assert ran.exit_code == 0, ran.output
    count = len(TRAFFIC["log"]["entries"])
    assert ran.output == f"{count} answers compared: 0 new differences, 0 known, 0 gone.\n"


def in_history(change: Change) -> Change:
    """A change of each answer that is a dataset's history."""

    def changed(body: dict[str, Any]) -> None:
        if "isCompleted" in body:
            change(body)

    return changed


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda body: body.update(eTag=PRIVATE),
            "get-dataset $.eTag: unknown-property: the mock never sends it",
        ),
        (
            lambda body: body.pop("progress"),
            "get-dataset $.progress: missing-property: the mock always sends it",
        ),
        (
            lambda body: body.update(progress=PRIVATE),
            "get-dataset $.progress: type: recorded string, documented integer",
        ),
        (
            lambda body: body.update(status="Paused"),
            "get-dataset $.status: enum-value: recorded 'Paused', which is not known",
        ),
    ],
)
def test_a_planted_difference_is_listed_without_its_value(
    change: Change, expected: str, tmp_path: Path
) -> None:
    ran = drift(recording(tmp_path, in_history(change)))
    assert ran.exit_code == 1
    [shown] = ran.output.splitlines()[:-1]
    assert shown.startswith(f"{expected} (")
    assert PRIVATE not in ran.output


def test_another_status_and_an_unknown_operation_are_listed(tmp_path: Path) -> None:
    file = recording(tmp_path)
    traffic = json.loads(file.read_text())
    entries = traffic["log"]["entries"]
    entries[0]["response"]["status"] = 418
    other = json.loads(json.dumps(entries[1]))
    scheme, _, host = entries[1]["request"]["url"].split("/")[:3]
    other["request"]["url"] = f"{scheme}//{host}/companies/{PRIVATE}/vouchers"
    other["response"]["status"] = 404
    entries.append(other)
    file.write_text(json.dumps(traffic))
    shown = drift(file).output
    assert "recorded 418, documented 200" in shown
    assert "/companies/{id}/vouchers: unknown-operation: recorded 404" in shown
    assert PRIVATE not in shown


def in_answers(operation: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Path], Path]:
    """Change the entries of requests whose URL contains a text."""

    def changed(folder: Path) -> Path:
        file = recording(folder)
        traffic = json.loads(file.read_text())
        for number, entry in enumerate(traffic["log"]["entries"]):
            if operation in entry["request"]["url"]:
                change(entry | {"number": number})
        file.write_text(json.dumps(traffic))
        return file

    return changed


def answer_status(status: int) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry["response"].update(status=status)


@pytest.mark.parametrize(
    ("part", "status", "expected"),
    [
        ("sync/commerce-orders", 400, "push-orders: status: recorded 400, the mock answers 200"),
        ("pull/history", 404, "get-dataset: status: recorded 404, the mock answers 200"),
    ],
)
def test_a_documented_status_that_the_mock_would_not_answer_is_listed(
    part: str, status: int, expected: str, tmp_path: Path
) -> None:
    ran = drift(in_answers(part, answer_status(status))(tmp_path))
    assert expected in ran.output
    assert ran.exit_code == 1


def test_a_push_that_the_mock_refuses_is_listed(tmp_path: Path) -> None:
    def without_list(entry: dict[str, Any]) -> None:
        entry["request"]["postData"]["text"] = '{"orders": 7}'

    ran = drift(in_answers("sync/commerce-orders", without_list)(tmp_path))
    assert "push-orders: status: recorded 200, the mock answers 400" in ran.output


def test_states_that_go_back_are_listed(tmp_path: Path) -> None:
    seen: list[str] = []

    def backwards(body: dict[str, Any]) -> None:
        seen.append(body["status"])
        body["status"] = "Complete" if len(seen) == 1 else "Mapping"

    ran = drift(recording(tmp_path, in_history(backwards)))
    expected = "get-dataset $.status: state-order: recorded Mapping after Complete (1 time)"
    assert expected in ran.output.splitlines()


def test_a_dataset_that_takes_longer_than_any_of_the_mocks_is_listed(tmp_path: Path) -> None:
    def late(body: dict[str, Any]) -> None:
        if "completed" in body:
            body["completed"] = body["completed"].replace("202", "212", 1)

    ran = drift(recording(tmp_path, in_history(late)))
    assert "get-dataset $.completed: time: recorded more than 1800 s after the push" in ran.output


def test_the_html_report_shows_the_differences_escaped(tmp_path: Path) -> None:
    file = tmp_path / "drift.html"
    changed = recording(tmp_path, in_history(lambda body: body.update({"<b>": 1})))
    drift(changed, "--report", f"html:{file}")
    page = file.read_text()
    assert "$.&lt;b&gt;" in page
    assert "The service and the mock differ" in page


@pytest.mark.parametrize(
    "value", [PRIVATE, "2022-03-21T12:00:00Z", "129.95", "Jane Doe, 7 Hill St"]
)
def test_the_value_of_an_enumeration_is_shown_only_if_it_is_a_word(
    value: str, tmp_path: Path
) -> None:
    ran = drift(recording(tmp_path, in_history(lambda body: body.update(status=value))))
    assert value not in ran.output
    assert "enum-value: recorded another value, which is not known" in ran.output


def test_known_differences_are_tolerated_and_fail_once_they_are_gone(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    changed = recording(tmp_path, in_history(lambda body: body.update(eTag="x")))
    assert drift(changed, "--known", known, "--update-known").exit_code == 0
    ran = drift(changed, "--known", known)
    assert ran.exit_code == 0
    assert "0 new differences, 1 known, 0 gone." in ran.output
    ran = drift(recording(tmp_path), "--known", known)
    assert ran.exit_code == 1
    assert "gone: get-dataset $.eTag: unknown-property" in ran.output


def test_the_report_lists_each_difference_with_its_number(tmp_path: Path) -> None:
    report = tmp_path / "drift.json"
    drift(
        recording(tmp_path, in_history(lambda body: body.update(eTag="x"))),
        "--report",
        f"json:{report}",
    )
    [difference] = json.loads(report.read_text())["differences"]
    assert difference["path"] == "$.eTag"
    assert difference["count"] >= 1
    assert difference["isKnown"] is False


def test_a_recording_without_the_api_is_no_pass(tmp_path: Path) -> None:
    file = tmp_path / "empty.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": []}}))
    assert drift(file).exit_code == 5


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    known.write_text("{}")
    ran = drift(recording(tmp_path), "--known", known)
    assert ran.exit_code == 2
    assert "not a file of known differences" in ran.output


# What the vendor's schemas allow, and the mock never answers.
ALLOWED_BY_THE_VENDOR_ONLY = {
    "$.configuration.countryCode",
    "$.configuration.fees.accounts",
    "$.configuration.newPayments.accounts",
    "$.configuration.payments.accounts",
    "$.configuration.sales.accounts",
    "$.configuration.sales.taxRates",
    "$.enable",
    "$.results[*].dataProvidedBy",
    "$.results[*].statusDescription",
    "$.schedule.syncHour",
    "$.statusDescription",
}
OPERATION_NAMES = {f"{each.method} {each.path}": name for name, each in OPERATIONS.items()}


@pytest.mark.parametrize(
    "operation", [name for name, schema in vendor_schemas.ANSWERS.items() if schema is not None]
)
def test_a_service_made_from_the_vendors_schemas_differs_in_known_properties_only(
    operation: str,
) -> None:
    @settings(
        max_examples=5,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(answer=values_of(vendor_schemas.ANSWERS[operation]))
    def compare(answer: Any) -> None:
        recorded = Recorded(
            started=datetime(2022, 3, 21, tzinfo=UTC),
            seconds=0,
            method="GET",
            url="http://127.0.0.1/",
            status=200,
            sent=None,
            answered=json.dumps(answer).encode(),
            sent_type="",
            answered_type="application/json",
            headers=(),
            answered_headers=(),
        )
        found = answer_differences(OPERATION_NAMES[operation], recorded)
        # What the vendor may leave out, and values where it only says text, are listed rightly.
        unlisted = {each for each in found if each.kind not in ("missing-property", "enum-value")}
        assert {each.path for each in unlisted} <= ALLOWED_BY_THE_VENDOR_ONLY

    compare()
