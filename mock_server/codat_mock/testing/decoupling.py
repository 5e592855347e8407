"""The probe for rule S16: does recording a sale depend on the service?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from codat_mock.clock import machine_seconds
from codat_mock.control_client import ControlClient
from codat_mock.models.decoding import decoder
from codat_mock.rules.contexts import ProbedSale
from codat_mock.rules.judge import Finding
from codat_mock.testing.handles import FaultsHandle, Json

HELD_UP_SECONDS: Final = 1.0  # the default threshold of rule S16
# The states of the service, each with the fault of every request. "hanging" takes far longer than a
# sale may, but ends: a shop without a time limit would never finish the test.
SERVICE_FAULTS: Final[dict[str, Json]] = {
    "slow": {"kind": "delay", "seconds": 2},
    "down": {"kind": "unreachable", "seconds": 0},
    "hanging": {"kind": "delay", "seconds": 5},
    "refusing": {"kind": "refuse", "status": 503, "retryAfter": 60},
}
read_findings = decoder(dict[str, list[Finding]])


def probe(
    client: ControlClient, faults: FaultsHandle, record_sale: Callable[[], object], sales: int
) -> list[Finding]:
    """Record sales in every state of the service, and judge how long they take.

    Args:
        client: the control client of the sandbox.
        faults: its faults, which are restored at the end.
        record_sale: records one sale in the shop.
        sales: the maximum number of sales in each state.

    Returns:
        The findings of rule S16.
    """
    before = [fault for each in faults.all() if (fault := remaining(each))]
    found: list[Finding] = []
    try:
        for service, fault in SERVICE_FAULTS.items():
            faults.replace([fault])
            measured = measure(record_sale, sales)
            answer = client.call("POST", "/decoupling", {"service": service, "sales": measured})
            found += read_findings(answer.content)["findings"]
    finally:
        faults.replace(before)
    return found


def measure(record_sale: Callable[[], object], sales: int) -> list[ProbedSale]:
    """Record sales until one is held up or fails, as the others would be too."""
    measured: list[ProbedSale] = []
    for _ in range(sales):
        sale = timed(record_sale)
        measured.append(sale)
        if sale.error is not None or sale.seconds > HELD_UP_SECONDS:
            break
    return measured


def timed(record_sale: Callable[[], object]) -> ProbedSale:
    """Record a sale, and measure how long it takes."""
    error, began = None, machine_seconds()
    try:
        record_sale()
    except Exception as raised:  # noqa: BLE001  (whatever it is, the sale was not recorded)
        error = f"{type(raised).__name__}: {raised}"
    return ProbedSale(seconds=machine_seconds() - began, error=error)


def remaining(counted: Json) -> Any:
    """A fault with the requests it is still to hit; None if none are left."""
    fault, seen = dict(counted["fault"]), counted["seen"]
    if fault.get("at"):
        fault["at"] = [number - seen for number in fault["at"] if number > seen]
        return fault if fault["at"] else None
    return fault
