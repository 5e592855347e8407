"""`codat-mock push`: what it sends, prints and returns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from client_mock import HOST, KEY, NOON, FakeClock, MockCompany

from codat_mock.cli.main import main
from codat_push import Ledger, PushClient, ServerError
from codat_push.cli.push import deliveries, push
from codat_push.push_report import PushReport

ORDERS = "commerce-orders"


def lines(*identities: str) -> str:
    created = '"createdDate":"2022-03-21T11:00:00Z"'
    return "".join(f'{{"id":"{each}",{created},"totalAmount":1.10}}\n' for each in identities)


Run = Callable[..., Result]


@pytest.fixture
def run(here: MockCompany, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("codat_push.cli.push.make_client", lambda *_: here.connect(here.wire))
    monkeypatch.setenv("CODAT_API_KEY", KEY)

    def push(*arguments: str, records: str = "") -> Result:
        options = ["--company", here.company, "--data-type", ORDERS]
        return CliRunner().invoke(main, ["push", *(arguments or ["-"]), *options], input=records)

    return push


def test_each_dataset_is_printed_and_summed_up(run: Run, here: MockCompany) -> None:
    result = run(records=lines("a", "b"))
    assert result.exit_code == 0
    assert "2 records  Complete" in result.stderr
    assert result.stdout.splitlines()[-1] == "2 records read, 2 new or changed"
    assert here.findings == []


def test_with_a_ledger_only_what_is_new_is_pushed(
    run: Run, tmp_path: Path, here: MockCompany
) -> None:
    ledger = str(tmp_path / "ledger.db")
    first = run("-", "--ledger", ledger, records=lines("a"))
    assert (first.exit_code, "1 record  Complete" in first.stderr) == (0, True)
    result = run("-", "--ledger", ledger, "--json", records=lines("a", "b"))
    report = json.loads(result.stdout)
    assert [(row["records"], row["status"]) for row in report["pushes"]] == [(1, "Complete")]
    assert (report["read"], report["refused"], report["error"]) == (2, [], None)
    assert here.findings == []


def test_a_dry_run_shows_what_would_be_sent_and_leaves_no_trace(run: Run, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    result = run("-", "--ledger", str(ledger), "--dry-run", "--json", records=lines("a", "b"))
    (row,) = json.loads(result.stdout)["pushes"]
    assert (row["ids"], row["status"]) == (["a", "b"], "not sent")
    assert not ledger.exists()
    assert "would push 2 (" in run("-", "--dry-run", records=lines("a", "b")).stdout


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('[{"id":"a","totalAmount":1},{"id":"b","totalAmount":1}]', ["a", "b"]),
        ('[\n {"id": "a",\n  "totalAmount": 1}\n]\n', ["a"]),
        ('{"orders": [{"id":"a","totalAmount":1}]}', ["a"]),
        ('{\n "orders": [\n {"id":"a","totalAmount":1}]}', ["a"]),
        ('{\n "id": "a", "totalAmount": 1}', ["a"]),
        ('\n{"id":"a","totalAmount":1}\n\n{"id":"b","totalAmount":1}', ["a", "b"]),
    ],
)
def test_json_lines_arrays_and_bodies_are_read(run: Run, text: str, ids: list[str]) -> None:
    result = run("-", "--dry-run", "--json", records=text)
    assert json.loads(result.stdout)["pushes"][0]["ids"] == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines("a") + '{"id":\n', "line 2: Input data was truncated"),
        (lines("a") + '{"totalAmount":1}\n', "line 2: $.id: a record needs an id"),
        ('[\n{"id":"a","totalAmount":1},\n{"id" 3}]', "line 3: JSON is malformed"),
        ('[{"id":"a","totalAmount":1},{}]', "record 2: $.id: a record needs an id"),
        ("7", "line 1: expected JSON Lines"),
    ],
)
def test_bad_input_is_named_by_its_line_and_nothing_is_sent(
    run: Run, here: MockCompany, text: str, message: str
) -> None:
    result = run(records=text)
    assert result.exit_code == 2
    assert message in result.stderr
    assert here.pushes == 0


def test_a_byte_order_mark_is_skipped(run: Run) -> None:
    for text in (lines("a", "b"), '[{"id":"a","totalAmount":1},{"id":"b","totalAmount":1}]'):
        result = run("-", "--dry-run", "--json", records=f"\ufeff{text}")
        assert json.loads(result.stdout)["pushes"][0]["ids"] == ["a", "b"]
    broken = run("-", "--dry-run", records="\ufeff" + lines("a") + '{"id":')
    assert "line 2: " in broken.stderr


def test_control_characters_are_escaped(run: Run) -> None:
    record = {"id": "\x1b[31mred\r\n\x07", "totalAmount": 1}
    shown = run("-", "--dry-run", records=json.dumps(record))
    assert "would push 1 (" in shown.stdout
    assert r"\x1b[31mred\r\n\x07" in shown.stdout
    mistaken = run("-", records=json.dumps({"id": "a", "\x1b]0;t\x07": [[1] * 2, {"x": 1e999}]}))
    assert all(letter.isprintable() for letter in (mistaken.stdout + mistaken.stderr).strip("\n"))


def test_after_a_failure_only_accepted_records_are_counted(run: Run, here: MockCompany) -> None:
    here.driver.plan_fault("refuse", "push-orders", status=403)
    result = run(records=lines("a", "b"))
    assert result.exit_code == 1
    assert "2 records read, 0 accepted before it failed" in result.stdout


def test_a_full_disk_is_reported(run: Run, tmp_path: Path, here: MockCompany) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.store.database.run(
            "CREATE TRIGGER full BEFORE INSERT ON queue BEGIN "
            "SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    result = run("-", "--ledger", str(path), records=lines("a"))
    assert (result.exit_code, here.pushes) == (1, 0)
    assert "ledger.db cannot be used now: database or disk is full" in result.stdout


def test_an_api_key_is_required(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODAT_API_KEY")
    result = run(records=lines("a"))
    assert result.exit_code == 2
    assert "Give --api-key or set CODAT_API_KEY" in result.stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [("here", "must start with http"), ("http://localhost:99999", "ports are 1 to 65535")],
)
def test_a_bad_address_is_a_usage_error(address: str, message: str) -> None:
    arguments = ["push", "-", "--company", "c", "--data-type", ORDERS, "--api-key", "k"]
    result = CliRunner().invoke(main, [*arguments, "--base-url", address], input=lines("a"))
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_empty_company_is_a_usage_error() -> None:
    arguments = ["push", "-", "--company", "", "--data-type", ORDERS, "--api-key", "k"]
    result = CliRunner().invoke(main, arguments, input=lines("a"))
    assert result.exit_code == 2
    assert "--company" in result.stderr


def test_a_refusal_of_the_service_ends_the_command(run: Run, here: MockCompany) -> None:
    here.company = "nobody"
    result = run(records=lines("a"))
    assert result.exit_code == 1
    assert "Error: POST" in result.stdout
    assert "nobody" in result.stdout


def test_nothing_is_pushed_to_a_connection_that_is_not_linked(run: Run, here: MockCompany) -> None:
    path = f"/meta/companies/{here.company}/connections/{here.commerce}"
    here.driver.call("PATCH", path, {"status": "Unlinked"})
    result = run(records=lines("a"))
    assert (result.exit_code, here.pushes) == (1, 0)
    assert "its commerce connection is not linked" in result.stdout


def test_a_failed_dataset_exits_with_1(run: Run, here: MockCompany) -> None:
    here.driver.call("POST", "/_mock/outcomes", {"target": "dataset", "outcome": "ProcessingError"})
    result = run(records=lines("a"))
    assert result.exit_code == 1
    assert "ProcessingError" in result.stdout
    assert result.stdout.splitlines()[-2] == "1 record read, 1 new or changed, 0 of them accepted"


def test_transient_failures_are_retried_six_times() -> None:
    answers = iter([503, 502, 503, 502, 503, 502])
    transport = httpx.MockTransport(lambda _: httpx.Response(next(answers)))
    clock = FakeClock()
    client = PushClient(KEY, HOST, httpx.Client(transport=transport), clock=clock)
    report = PushReport("c", "commerce-orders", is_dry_run=False, read=1)
    with pytest.raises(ServerError):
        next(deliveries(client, Ledger(":memory:"), report, [], clock))
    assert len(clock.pauses) == 5
    assert clock.pauses == sorted(clock.pauses)


def test_an_interrupted_push_is_finished_by_the_next_run(here: MockCompany) -> None:
    weather = Weather(here)
    report = PushReport(here.company, "commerce-orders", is_dry_run=False, read=3)
    records: list[dict[str, Any]] = [
        {"id": str(number), "totalAmount": Decimal(1), "createdDate": NOON} for number in range(3)
    ]
    ledger = Ledger(":memory:", max_records=1)
    client = here.connect(weather)
    ended = [*deliveries(client, ledger, report, records, here.clock)]
    assert [dataset.status for _, dataset in ended] == ["Complete"] * 3
    assert here.pushes == 3
    assert here.findings == []


class Weather(httpx.BaseTransport):
    """Loses the answer to the second push."""

    def __init__(self, here: MockCompany) -> None:
        self.inner = here.wire
        self.pushes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        if request.method == "POST":
            self.pushes += 1
            if self.pushes == 2:
                raise httpx.ReadError("reset", request=request)
        return response


def test_it_is_a_command_of_codat_mock() -> None:
    flow = "from codat_mock.cli.main import main; main()"
    shown = subprocess.run(
        [sys.executable, "-c", flow, "push", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--dry-run" in shown


@pytest.mark.parametrize("nothing", ["", "\n", "[]"])
def test_an_empty_file_has_no_records(run: Run, here: MockCompany, nothing: str) -> None:
    result = run("-", records=nothing)
    assert (result.exit_code, here.pushes) == (0, 0)
    assert result.stdout == "0 records read, 0 new or changed\n"


@pytest.mark.parametrize("name", ["nowhere/ledger.db", "orders.jsonl"])
def test_a_ledger_that_cannot_be_used_is_a_usage_error(
    run: Run, tmp_path: Path, here: MockCompany, name: str
) -> None:
    (tmp_path / "orders.jsonl").write_text(lines("a"))
    result = run("-", "--ledger", str(tmp_path / name), records=lines("a"))
    assert (result.exit_code, here.pushes) == (2, 0)
    assert "--ledger" in result.stderr


def test_a_refused_record_exits_with_3(run: Run, tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger.db")
    whole = {"id": "a", "totalAmount": 1, "currency": "GBP", "createdDate": "2022-03-21T12:00:00Z"}
    assert run("-", "--ledger", ledger, records=json.dumps(whole)).exit_code == 0
    partial = {name: value for name, value in whole.items() if name != "currency"}
    result = run("-", "--ledger", ledger, records=json.dumps(partial | {"totalAmount": 2}))
    assert "not pushed: a: an update is a whole object; add currency" in result.stdout
    assert result.exit_code == 3


def test_a_record_that_cannot_be_sent_is_named_and_the_others_are_pushed(
    run: Run, tmp_path: Path, here: MockCompany
) -> None:
    ledger = ("-", "--ledger", str(tmp_path / "ledger.db"))
    typo = '{"id":"typo","totalAmont":1}\n'
    result = run(*ledger, records=lines("a") + typo + lines("b"))
    assert (result.exit_code, here.pushes) == (3, 1)
    assert "3 records read, 2 new or changed" in result.stdout
    assert "not pushed: typo: $[1].totalAmont: unknown property" in result.stdout
    assert run(*ledger, records=lines("a", "b")).exit_code == 3  # until it is corrected
    result = run(*ledger, records=lines("a", "typo", "b"))
    assert (result.exit_code, here.pushes) == (0, 2)


def test_the_help_names_the_command_that_was_called() -> None:
    for name in ("codat-push", "codat-mock push"):
        shown = CliRunner().invoke(push, ["--help"], prog_name=name).output
        assert f"  {name} orders.jsonl --company" in shown
        assert f"  sales | {name} - --company" in shown
