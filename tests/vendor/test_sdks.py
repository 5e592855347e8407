"""The vendor's SDKs make all their calls, and parse every answer.

A call that fails by the SDK's own fault is listed with the reason in `OWN_FAULTS`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sdk_environments import install_node, install_python

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import authorization

FLOWS = Path(__file__).with_name("flows")
EVENING = datetime(2022, 3, 21, 21, tzinfo=UTC)
# `_links` has a property `self`, which clashes with the `self` of the constructor that the SDK's
# decorator makes: as released, these SDKs cannot read any list of the service. The flow repairs
# that and calls again. The later SDKs send no body to set a configuration, which changes nothing.
LINKS = "got multiple values for argument 'self'"
OWN_FAULTS = {
    "codat-synccommerce==0.1.1": {"company_management.companies": LINKS},
    "codat-synccommerce==0.4.0": {"company_management.companies": LINKS},
    "codat-synccommerce==0.8.5": {},
    "codat-sync-for-commerce==6.1.0": {},
    "@codat/sync-for-commerce@5.0.0": {},
}
BETA = {
    "company": "SDK Café",
    "companyConnections": ["Linked"],
    "connection": "PendingAuth",
    "enabled": [True, True],
    "configured": [False, True],
    "startDate": "2022-03-21T00:00:00+00:00",
    "syncHourUtc": 3,
    "order": 85.0,
    "payment": "Paid",
    "transactions": ["Payment", "PaymentFee"],
    "history": 200,
    "sync": [2000, "Complete", True, ""],
    "syncUtc": "2022-03-21T21:01:00+00:00",
    "hasCommerceSyncId": True,
    "status": 200,
    "companies": [True],
    "connections": ["Linked", "Linked"],
    "integrations": [
        ["lqai", "Commerce", "LiveAndSandbox"],
        ["gbol", "Accounting", "LiveAndSandbox"],
        ["qhyg", "Accounting", "LiveAndSandbox"],
        ["fbrh", "Accounting", "LiveAndSandbox"],
    ],
    "branding": 200,
    "flow": 200,
    "unlinked": "Unlinked",
}
# This SDK reads the whole configuration as its inner part, so each of its properties is absent.
V0_8_5 = {
    "company": "SDK Café",
    "platform": "Partner Commerce",
    "connection": ["PendingAuth", "gbol"],
    "configuration": [{}, {}],
    "latest": [2040, "Complete", ""],
    "historic": [2040, "Complete"],
    "status": 200,
    "companies": [True],
    "connections": [["Commerce", "Linked"], ["Accounting", "Linked"]],
    "integrations": [
        ["lqai", ["Post"]],
        ["gbol", ["Get", "Post"]],
        ["qhyg", ["Get", "Post"]],
        ["fbrh", ["Get", "Post"]],
    ],
    "branding": 200,
    "text": "Onwards",
    "texts": 55,
    "visible": [["payments-accounts-cash"], ["payments-accounts-cash"]],
    "flow": "lqai/gbol/start",
    "unlinked": "Unlinked",
}
LATER = {
    "made": [["lqai", "PendingAuth"], ["gbol", "PendingAuth"]],
    "authorised": "Linked",
    "enable": [True, True],
    "configured": [False, True],
    "syncHour": [0, 3],
    "latest": [2040, "Complete", ""],
    "historic": [2040, "Complete"],
    "status": [2040, True],
    "listed": [2040, 2040],
    "last": ["Complete", "Complete", "Complete"],
    "companies": [True],
    "connections": ["Linked", "Linked"],
    "integrations": [
        ["lqai", "Codat", ["Post"]],
        ["gbol", "Codat", ["Get", "Post"]],
        ["qhyg", "Codat", ["Get", "Post"]],
        ["fbrh", "Codat", ["Get", "Post"]],
    ],
    "branding": "Xero",
    "text": "Onwards",
    "texts": 55,
    "visible": [["payments-accounts-cash"], ["payments-accounts-cash"]],
    "flow": "lqai/gbol/start",
    "unlinked": "Unlinked",
    "unknownCompany": [404, "PublicApi", "False"],
}
Install = Callable[[Path, str], list[str | Path]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("package", "install", "flow", "expected"),
    [
        ("codat-synccommerce==0.1.1", install_python, "synccommerce_beta.py", BETA),
        ("codat-synccommerce==0.4.0", install_python, "synccommerce_beta.py", BETA),
        ("codat-synccommerce==0.8.5", install_python, "synccommerce_0_8_5.py", V0_8_5),
        (
            "codat-sync-for-commerce==6.1.0",
            install_python,
            "sync_for_commerce_6_1_0.py",
            LATER | {"company": ["SDK Café", "made by 6.1.0"]},
        ),
        (
            "@codat/sync-for-commerce@5.0.0",
            install_node,
            "sync_for_commerce_5_0_0.mjs",
            LATER | {"company": ["SDK Café", "made by 5.0.0"]},
        ),
    ],
    ids=OWN_FAULTS.keys(),
)
def test_every_call_of_an_sdk_works_and_its_objects_parse(
    tmp_path: Path, package: str, install: Install, flow: str, expected: dict[str, Any]
) -> None:
    command = [*install(tmp_path, package), FLOWS / flow]
    if install is install_node:
        command.append(tmp_path)
    report = run(command)
    failed = report.pop("failed")
    assert failed.keys() == OWN_FAULTS[package].keys()
    for call, reason in OWN_FAULTS[package].items():
        assert reason in failed[call]
    assert report.pop("notCalled") == []
    assert report == expected


def run(command: list[str | Path]) -> dict[str, Any]:
    """Run a flow against a mock; what it reports."""
    registry = SandboxRegistry(Settings(start_at=EVENING, speed=0))
    with Server(registry, listen("127.0.0.1", 0)) as server:
        whole = [*command, server.address, authorization("sdk-key")]
        ran = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr[-3000:]
    report: dict[str, Any] = json.loads(ran.stdout)
    return report
