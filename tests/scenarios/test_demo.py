"""The demo, as a person would run it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

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
    stepped = run_demo("--step", typed="\n" * (scenes - 1))
    assert stepped.returncode == 0, stepped.stderr
    assert stepped.stdout.count("Press Enter to continue") == scenes - 1
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
