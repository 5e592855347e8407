"""The commands for a server that runs: clock, company, books, findings, requests and so on."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from click.testing import CliRunner

from codat_mock.cli import clock
from codat_mock.cli.main import main
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings

Run = Callable[..., str]
KEY = {"Authorization": "Basic a2V5"}


@pytest.fixture
def address() -> Iterator[str]:
    settings = Settings(start_at=datetime(2022, 3, 21, 12, tzinfo=UTC), speed=0)
    with Server(SandboxRegistry(settings), listen("127.0.0.1", 0)) as server:
        yield server.address


@pytest.fixture
def run(address: str) -> Run:
    """Runs a command against the server with a key; gives what it prints."""

    def command(*arguments: str, key: str = "key", code: int = 0) -> str:
        ran = CliRunner().invoke(main, [*arguments, "--url", address, "--api-key", key])
        assert ran.exit_code == code, ran.output
        return ran.output

    return command


@pytest.fixture
def company(run: Run, address: str) -> str:
    """A company with an order that is pushed twice and booked."""
    company_id = run("company", "add", "Café").strip()
    stamp = "2022-03-21T11:00:00Z"
    order = {
        "id": "A-1", "currency": "GBP", "createdDate": stamp, "sourceModifiedDate": stamp,
        "totalAmount": 12, "totalTaxAmount": 0, "totalGratuity": 0,
        "orderLineItems": [{"quantity": 1, "totalAmount": 12, "taxPercentage": 0}],
    }  # fmt: skip
    with httpx.Client(base_url=address, headers=KEY, trust_env=False) as http:
        for _ in range(2):
            path = f"/data/companies/{company_id}/sync/commerce-orders"
            http.post(path, json={"orders": [order]}).raise_for_status()
            http.post("/_mock/clock/advance", json={"minutes": 5}).raise_for_status()
    return company_id


def test_the_clock_is_shown_and_moved(run: Run) -> None:
    assert run("clock", "show").startswith("2022-03-21T12:00:00Z (frozen)")
    assert run("clock", "advance", "9h").startswith("2022-03-21T21:00:00Z")
    assert run("clock", "advance", "1d0.5h30s").startswith("2022-03-22T21:30:30Z")
    assert run("clock", "set", "2022-03-23T08:00:00Z").startswith("2022-03-23T08:00:00Z")
    assert "nothing is going to happen" in run("clock", "close-day")
    assert "There is no next event" in run("clock", "next", code=2)


@pytest.mark.parametrize("text", ["", "9", "h", "9 h", "9w", "9h!", "1e9h"])
def test_no_duration_is_refused(run: Run, text: str) -> None:
    assert "is not a duration such as 9h" in run("clock", "advance", text, code=2)


def test_units_of_a_duration_add_up() -> None:
    assert clock.read_duration("1h30m1h") == {"hours": 2, "minutes": 30}


def test_companies_are_added_listed_and_linked(run: Run) -> None:
    assert run("company", "list") == "No companies.\n"
    company_id = run("company", "add", "Corner Café").strip()
    assert run("company", "list") == f"{company_id}  Corner Café\n"
    assert json.loads(run("company", "list", "--json")) == [
        {"id": company_id, "name": "Corner Café"}
    ]
    assert "No connection of the company waits" in run("company", "authorize", company_id, code=2)
    assert "nothing/of/it" not in run("requests"), "no request of the integration"


def test_books_are_shown_as_lines_csv_and_json(run: Run, company: str, address: str) -> None:
    with httpx.Client(base_url=address, headers=KEY, trust_env=False) as http:
        for kind in ("payments", "transactions"):
            http.post(f"/data/companies/{company}/sync/commerce-{kind}", json={kind: []})
    run("clock", "close-day")
    shown = run("books")
    assert shown.startswith("Café (")
    assert re.search(r"^  2022-03-21  INV-0001 +12\.00 GBP ", shown, re.M)
    rows = [*csv.DictReader(run("books", "--csv").lstrip("\ufeff").splitlines())]
    assert {row["number"] for row in rows} >= {"INV-0001"}
    assert json.loads(run("books", "--json", "--company", company))["companies"]
    assert run("books", key="another") == "No companies.\n"


def test_findings_are_shown_with_their_advice(run: Run, company: str) -> None:
    shown = run("findings")
    assert "  S03 only-new-or-changed commerce-orders (error)" in shown
    assert f"POST /data/companies/{company}/sync/commerce-orders" in shown
    assert json.loads(run("findings", "--json"))["verdict"] == "findings"


def test_requests_are_found_and_shown_with_their_bodies(run: Run, company: str) -> None:
    first, second = run("requests").splitlines()
    assert "POST /data/companies/" in first
    assert " 200 S03" in second
    assert run("requests", "--code", "S03") == f"{second}\n"
    assert run("requests", "--status", "400", "--company", company) == "No requests.\n"
    assert run("requests", "--limit", "1").endswith("1 earlier requests; --limit shows more.\n")
    assert '"A-1"' in run("requests", "2")
    assert json.loads(run("requests", "2", "--json"))["request"]["number"] == 2
    assert len(json.loads(run("requests", "--har"))["log"]["entries"]) == 2
    assert "99" in run("requests", "99", code=2)


@pytest.mark.usefixtures("company")
def test_a_sandbox_is_reset_and_all_are_listed(run: Run) -> None:
    run("reset", key="another")
    listed = run("sandbox", "list").splitlines()
    assert len(listed) == 2
    assert "1 companies, 2 requests" in listed[0]
    reset = run("reset", "--start-at", "2023-01-01T00:00:00Z", "--speed", "frozen")
    assert reset == "The sandbox is empty; its time is 2023-01-01T00:00:00Z.\n"
    assert run("company", "list") == "No companies.\n"
    [name, _] = [each["name"] for each in json.loads(run("sandbox", "list", "--json"))["sandboxes"]]
    assert name.startswith("key-")


def test_a_snapshot_is_saved_restored_cloned_and_moved(run: Run, company: str, tmp_path) -> None:
    assert run("snapshot", "list") == "No snapshots.\n"
    assert run("snapshot", "save", "my day").startswith("my day  ")
    run("reset")
    assert run("snapshot", "restore", "my day").startswith("Restored; the sandbox's time is 2022-")
    assert company in run("company", "list")
    run("snapshot", "restore", "my day", key="clone")
    assert company in run("company", "list", key="clone")
    file = str(tmp_path / "day.snapshot")
    assert run("snapshot", "export", "my day", file) == ""
    assert "moved  " in run("snapshot", "import", file, "moved")
    run("snapshot", "restore", "moved", key="third")
    assert company in run("company", "list", key="third")
    assert "my day" not in run("snapshot", "remove", "my day")
    assert "There is no snapshot 'my day'; known: moved." in run(
        "snapshot", "restore", "my day", code=2
    )


def test_a_file_that_is_no_snapshot_is_refused(run: Run, tmp_path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("words")
    message = "This is not a snapshot of codat-mock."
    assert message in run("snapshot", "import", str(file), "a", code=2)
