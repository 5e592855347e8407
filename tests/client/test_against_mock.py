"""The client against the mock, from the first push to the books."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import respx
from client_mock import KEY, NOON, MockCompany
from respx.handlers import WSGIHandler
from threaded_server import served

from codat_mock.http.access import Access
from codat_mock.http.app import create_app
from codat_push import Ledger, LedgerError, PushClient


def order(number: int, total: str = "85.00", **more: Any) -> dict[str, Any]:
    return {
        "id": f"order-{number}",
        "currency": "GBP",
        "createdDate": NOON - timedelta(minutes=number % 600),
        "totalAmount": Decimal(total),
        "totalTaxAmount": Decimal(0),
        "sourceModifiedDate": NOON,
    } | more


def push_all(here: MockCompany, ledger: Ledger, orders: list[Any], *, snapshot: bool = True) -> int:
    here.client.resume(ledger, here.company)
    pushed = 0
    for chunk in ledger.changes(here.company, "commerce-orders", orders, snapshot=snapshot):
        assert here.client.deliver(ledger, chunk).is_complete
        pushed += chunk.size
    return pushed


def test_a_snapshot_is_pushed_once_and_then_only_what_changed(here: MockCompany) -> None:
    ledger = Ledger(":memory:", max_records=10)
    orders = [order(number) for number in range(25)]
    assert push_all(here, ledger, orders) == 25
    assert push_all(here, ledger, orders) == 0
    orders[3] = order(3, "90.00", sourceModifiedDate=NOON + timedelta(minutes=1))
    assert push_all(here, ledger, orders[:20]) == 1 + 5  # five are gone: sparse deletes
    assert not here.findings


def test_a_second_run_on_the_same_file_stops_and_the_first_goes_on(
    here: MockCompany, tmp_path: Path
) -> None:
    orders = [order(number) for number in range(30)]
    with (
        Ledger(tmp_path / "ledger.db", max_records=10) as first,
        Ledger(tmp_path / "ledger.db", max_records=10) as second,
    ):
        chunks = first.changes(here.company, "commerce-orders", orders, snapshot=True)
        assert here.client.deliver(first, next(chunks)).is_complete
        with pytest.raises(LedgerError, match="another worker pushes from this file"):
            here.client.resume(second, here.company)
        chunk = next(second.changes(here.company, "commerce-orders", orders, snapshot=True))
        with pytest.raises(LedgerError, match="another worker pushes from this file"):
            here.client.deliver(second, chunk)
        for chunk in chunks:
            assert here.client.deliver(first, chunk).is_complete
        assert push_all(here, first, orders) == 0
    assert not here.findings


def test_the_vendors_address_can_be_routed_to_the_mock(here: MockCompany) -> None:
    with respx.mock, PushClient(KEY, clock=here.clock) as client:
        app = create_app(here.registry, Access(hosts=frozenset({"api.codat.io"})))
        respx.route(host="api.codat.io").mock(side_effect=WSGIHandler(app))
        dataset = client.push(here.company, "commerce-orders", [order(1)])
        assert client.wait(dataset).is_complete


@pytest.mark.long
def test_100_000_records_are_pushed_end_to_end_in_steady_memory(tmp_path: Path) -> None:
    speed = 50.0  # so that the mock's datasets end within 0.2 s
    here = MockCompany(speed=speed)
    with served(here.app) as url:
        flow = Path(__file__).parents[1] / "support" / "bulk_push.py"
        command = [sys.executable, str(flow), str(tmp_path / "ledger.db"), url, KEY]
        command += [here.company, str(speed), "100000"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in shown.splitlines()]
    assert sum(int(size) for size, _, _ in rows) == 100_000
    assert {status for _, status, _ in rows} == {"Complete"}
    peaks = [int(peak) for _, _, peak in rows]  # KiB
    assert peaks[-1] - peaks[2] < 8_000
    assert here.findings == []
