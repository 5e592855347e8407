"""The vendor's own SDK drives the beta flow, and its objects parse."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import authorization

FLOW = Path(__file__).with_name("sdk_flow.py")
EVENING = datetime(2022, 3, 21, 21, tzinfo=UTC)


def test_every_method_of_the_sdk_works_and_its_objects_parse(sdk_python: Path) -> None:
    registry = SandboxRegistry(Settings(start_at=EVENING, speed=0))
    with Server(registry, listen("127.0.0.1", 0)) as server:
        command = [sdk_python, FLOW, server.address, authorization("sdk-key")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "company": "SDK Café",
        "companyConnections": ["Linked"],
        "connection": "PendingAuth",
        "configured": True,
        "startDate": "2022-03-21T00:00:00+00:00",
        "order": 85.0,
        "payment": "Paid",
        "transactions": ["Payment", "PaymentFee"],
        "history": 200,
        "sync": [2000, True, None],
        "syncUtc": "2022-03-21T21:01:00+00:00",
        "status": 200,
        "clash": "got multiple values for argument 'self'",
        "companies": [True],
        "connections": ["Linked", "Linked"],
        "integrations": ["Commerce", "Accounting", "Accounting", "Accounting"],
        "branding": 200,
        "flow": 200,
        "unlinked": "Unlinked",
    }
