"""The demo, as a person would run it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from codat_mock.http.portal.presentation import PATH, Presentation, present
from codat_mock.http.server import Server
from codat_scenarios.demo.presentation import Show
from codat_scenarios.demo.scenes import API_KEY, settings
from codat_scenarios.sandbox_driver import authorization

HEADER = authorization(API_KEY)

COMMAND = Path(sys.executable).with_name("codat-mock")


def run_demo(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "demo", *arguments], input=typed, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def shown() -> str:
    ran = run_demo()
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_demo_pushes_at_least_250_orders_with_payments_and_transactions(
    shown: str,
) -> None:
    counts = dict(re.findall(r"commerce-(\w+)  (\d+) records", shown))
    assert int(counts["orders"]) >= 250
    assert int(counts["payments"]) >= int(counts["orders"])
    assert int(counts["transactions"]) >= int(counts["payments"])


def test_every_dataset_is_watched_from_queued_to_complete(shown: str) -> None:
    statuses = "Queued → Fetching → Mapping → Validating → Processing → Complete"
    for data_type in ("orders", "payments", "transactions"):
        assert f"commerce-{data_type}: {statuses}" in shown


def test_the_books_show_invoice_lines_payments_by_type_and_the_fee_bill(shown: str) -> None:
    assert re.search(r"INV-0001 .* GBP  Paid", shown)
    assert "Sales at 20%" in shown
    assert "Sales at 0%" in shown
    assert len(set(re.findall(r"PAY-\d+ +(\w+) for INV-0001", shown))) >= 3
    assert re.search(r"BILL-0001 .* GBP  Paid", shown)


def test_the_three_mistakes_are_found_and_the_duplicate_invoice_is_shown(shown: str) -> None:
    assert "The verdict: findings (S03, U02, D01)." in shown
    assert re.search(r"The same sale is in INV-0001 and INV-0002: \d+\.\d\d GBP", shown)


def test_the_same_seed_prints_the_same_output_and_another_seed_does_not(shown: str) -> None:
    assert run_demo().stdout == shown
    assert run_demo("--seed", "2").stdout != shown


def test_step_waits_for_enter_between_the_scenes(shown: str) -> None:
    scenes = len(re.findall(r"^\d  .* ─+$", shown, re.M))
    stepped = run_demo("--step", typed="\n" * scenes)
    assert stepped.returncode == 0, stepped.stderr
    assert stepped.stdout.count("Press Enter to continue") == scenes - 1
    address = re.match(r"The mock is at (http://127\.0\.0\.1:\d+); look at", stepped.stdout)
    assert address
    for path in ("/portal", "/portal/books", "/portal/findings", "/_mock/report?format=html"):
        assert f"{address[1]}{path}\n" in stepped.stdout
    assert "Press Enter to stop it" in stepped.stdout
    starved = run_demo("--step", typed="\n")
    assert starved.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent as a POSIX signal")
def test_keep_leaves_the_server_running_and_prints_its_address() -> None:
    with subprocess.Popen([COMMAND, "demo", "--keep"], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        address = None
        while not address:
            line = demo.stdout.readline()
            assert line, "the demo ended before it printed its address"
            address = re.search(r"is running at (http://\S+)", line)
        findings = httpx.get(f"{address[1]}/_mock/findings").json()
        demo.send_signal(signal.SIGINT)
    assert findings["verdict"] == "findings"
    assert demo.returncode == 0


def test_a_port_can_be_chosen_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_demo("--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} cannot be used" in refused.stderr
    stepped = run_demo("--step", "--port", str(port))
    assert f"The mock is at http://127.0.0.1:{port}" in stepped.stdout


def test_one_way_from_scene_to_scene_is_enough() -> None:
    refused = run_demo("--present", "--step")
    assert refused.returncode == 2
    assert "two ways" in refused.stderr


@pytest.fixture(scope="module")
def presented() -> Iterator[httpx.Client]:
    """A browser without scripts, at the presentation."""
    with Server.bind(replace(settings(1), api_keys=(API_KEY,))) as server:
        url = {"base_url": server.address, "headers": {"Accept": "text/html"}}
        with httpx.Client(**url) as http, httpx.Client(**url, follow_redirects=True) as browser:
            present(server.app, Presentation(Show(http, 1, step_seconds=0).scenes()))
            yield browser


def test_the_presentation_leads_through_the_whole_flow_and_back(presented: httpx.Client) -> None:
    page = presented.get(PATH)
    paths, places = [], []
    while 'id="scene-forward"' in page.text:
        assert page.status_code == 200, page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        paths.append(page.url.path)
        places += re.findall(r">(\d+) of \d+<", page.text)
        token = re.findall(r'name="token" value="(.+?)"', page.text)[-1]
        if re.search(r'id="scene-forward"[^>]* disabled', page.text):
            break
        page = presented.post(PATH, data={"token": token, "to": str(len(paths))})
    assert places == [str(place + 1) for place in range(16)]
    for part in ("/link/company/", "/flow/session/", "/portal/books", "/portal/findings"):
        assert any(part in path for path in paths)
    findings = presented.get("/_mock/findings", headers={"Authorization": HEADER}).json()
    assert {each["code"] for each in findings["findings"]} == {"S03", "U02", "D01", "B01"}
    page = presented.post(PATH, data={"token": token, "to": "8"})
    assert "duplicate" in page.text  # going back undoes nothing
    assert "<b>The books</b>" in page.text


def test_the_presentation_is_driven_by_its_own_forms_alone(presented: httpx.Client) -> None:
    assert presented.post(PATH, data={"to": "3"}).status_code == 403
