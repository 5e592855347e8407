"""`codat-mock push`: what it sends, prints and returns."""

from __future__ import annotations

import io
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
from codat_push import Dataset, Ledger, NotFound, PushClient, ServerError
from codat_push.cli.push import deliveries, open_ledger, plan, push, seekable
from codat_push.push_report import PushReport
from codat_push.record_files import Source

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


class Service:
    """Answers whatever is asked, and each dataset with its planned status or failure."""

    def __init__(self, *ends: str | httpx.Response) -> None:
        self.ends = [*ends]
        self.pushes = 0
        self.clock = FakeClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        links = [{"sourceType": kind, "status": "Linked"} for kind in ("Commerce", "Accounting")]
        if request.method == "POST":
            self.pushes += 1
            return httpx.Response(200, json={"datasetId": f"d-{self.pushes}"})
        if "/pull/history/" in path:
            end = self.ends.pop(0) if self.ends else "Complete"
            if isinstance(end, httpx.Response):
                return end
            status = {"status": end, "errorMessage": "no" if end != "Complete" else None}
            return httpx.Response(200, json={"id": path.rpartition("/")[2], **status})
        answers = {"connections": {"results": links}, "history": {"results": []}, "status": []}
        return httpx.Response(200, json=answers.get(path.rpartition("/")[2], {}))

    def client(self) -> PushClient:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return PushClient(KEY, HOST, http, clock=self.clock)


@pytest.mark.parametrize(
    ("count", "ends", "code", "shown", "summed"),
    [
        (1, [], 0, ["d-1  1 record  Complete"], "1 record read, 1 new or changed"),
        (2, [], 0, ["d-1  2 records  Complete"], "2 records read, 2 new or changed"),
        (1, ["Cancelled"], 1, ["d-1  1 record  Cancelled"],
         "1 record read, 1 new or changed, 0 of them accepted"),
        (1, ["MapError"], 1, ["d-1  1 record  MapError"],
         "1 record read, 1 new or changed, 0 of them accepted"),
        (0, [], 0, [], "0 records read, 0 new or changed"),
    ],
)  # fmt: skip
def test_each_end_is_printed_when_it_comes_and_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    ends: list[str],
    code: int,
    shown: list[str],
    summed: str,
) -> None:
    service = Service(*ends)
    monkeypatch.setattr("codat_push.cli.push.make_client", lambda *_: service.client())
    arguments = ["-", "--company", "c", "--data-type", ORDERS, "--api-key", "k"]
    result = CliRunner().invoke(push, arguments, input=lines(*"abcd"[:count]))
    assert result.exit_code == code
    assert result.stderr.splitlines() == shown
    assert summed in result.stdout.splitlines()


DOWN = httpx.Response(500)


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_after_transient_failures_the_push_goes_on_and_each_dataset_is_given_once(
    failures: int, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service()
    client = service.client()
    wait = client.deliver
    left = [failures, failures]

    def deliver(*given: Any, **how: Any) -> Any:
        if left[service.pushes % 2]:
            left[service.pushes % 2] -= 1
            raise ServerError("down", httpx.Request("GET", HOST), DOWN)
        return wait(*given, **how)

    client.deliver = deliver  # type: ignore[method-assign]  # fails before anything is sent
    report = PushReport("c", "commerce-orders", is_dry_run=False, read=2)
    orders = [{"id": identity, "totalAmount": 1, "createdDate": NOON} for identity in "ab"]
    ledger = Ledger(":memory:", max_records=1)
    ended = [*deliveries(client, ledger, report, orders, service.clock)]
    assert [dataset.id for _, dataset in ended] == ["d-1", "d-2"]
    pauses = [pause for pause in service.clock.pauses if pause != 2.0]
    assert len(pauses) == 2 * failures
    assert capsys.readouterr().err.count("; trying again in ") == 2 * failures


def test_a_failure_for_good_ends_the_push_at_once() -> None:
    service = Service()
    client = service.client()

    def refuse(*_given: Any, **_how: Any) -> Any:
        raise NotFound("no such company", httpx.Request("GET", HOST), httpx.Response(404))

    client.deliver = refuse  # type: ignore[method-assign]
    report = PushReport("c", "commerce-orders", is_dry_run=False, read=1)
    orders = [{"id": "a", "totalAmount": 1, "createdDate": NOON}]
    with pytest.raises(NotFound):
        next(deliveries(client, Ledger(":memory:"), report, orders, service.clock))
    assert service.clock.pauses == []


def test_a_chunk_of_which_nothing_is_left_is_no_delivery() -> None:
    service = Service()
    client = service.client()
    nothing = Dataset(id="", company_id="c", data_type=ORDERS, status="Complete")
    client.deliver = lambda *_given, **_how: nothing  # type: ignore[method-assign]
    report = PushReport("c", "commerce-orders", is_dry_run=False, read=1)
    orders = [{"id": "a", "totalAmount": 1, "createdDate": NOON}]
    ledger = Ledger(":memory:")
    chunks = iter(ledger.changes("c", ORDERS, orders))
    ledger.changes = lambda *_given: [next(chunks)]  # type: ignore[method-assign,assignment]
    assert [*deliveries(client, ledger, report, [], service.clock)] == []


@pytest.mark.parametrize(
    ("has_file", "is_dry", "is_made"),
    [(False, True, False), (True, True, True), (False, False, True)],
)
def test_a_dry_run_reads_a_ledger_that_is_there_and_makes_none(
    tmp_path: Path, has_file: bool, is_dry: bool, is_made: bool
) -> None:
    file = tmp_path / "ledger.db"
    if has_file:
        Ledger(file).close()
    with open_ledger(file, is_dry) as ledger:
        assert (ledger._lock is not None) is is_made
    assert file.exists() is is_made
    with open_ledger(None, is_dry) as ledger:
        assert ledger._lock is None


class Piped(io.BytesIO):
    """A file that can be read only once."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(("kind", "is_copied"), [(io.BytesIO, False), (Piped, True)])
def test_what_can_be_read_only_once_is_copied(kind: type[io.BytesIO], is_copied: bool) -> None:
    given = kind(b"abc")
    with seekable(given) as file:
        assert (file is not given) is is_copied
        assert file.seekable()
        file.seek(0)
        assert file.read() == b"abc"


def test_a_dry_run_counts_every_record_once_and_its_bytes() -> None:
    ledger = Ledger(":memory:", max_records=2)
    text = lines("a", "b", "c").encode()
    report = PushReport("c", "commerce-orders", is_dry_run=True, read=3)
    plan(ledger, Source(io.BytesIO(text), "commerce-orders"), report)
    size = len(text) // 3 - 1
    shown = [(row["records"], row["bytes"], row["ids"], row["status"]) for row in report.pushes]
    assert shown == [(2, 2 * size, ["a", "b"], "not sent"), (1, size, ["c"], "not sent")]
    assert ledger.store.queue.depth() == (0, None)
