"""The probe of a shop's till: does recording a sale hang on the service?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from codat_mock.clock import machine_seconds
from codat_mock.control_client import ControlClient
from codat_mock.models.decoding import decoder
from codat_mock.rules.contexts import ProbedSale
from codat_mock.rules.judge import Finding
from codat_mock.testing.handles import FaultsHandle, Json

HELD_UP_SECONDS: Final = 1.0  # what rule S16 allows a sale, unless it is chosen otherwise
# The trouble, and the fault that every request to the API meets in it. One that hangs does so
# longer than a sale may take by far, and not for ever: a till without a time limit would keep the
# test from its end.
TROUBLES: Final[dict[str, Json]] = {
    "slow": {"kind": "delay", "seconds": 2},
    "down": {"kind": "unreachable", "seconds": 0},
    "hanging": {"kind": "delay", "seconds": 5},
    "refusing": {"kind": "refuse", "status": 503, "retryAfter": 60},
}
read_findings = decoder(dict[str, list[Finding]])


def probe(
    rehearsal: ControlClient, faults: FaultsHandle, record_sale: Callable[[], object], sales: int
) -> list[Finding]:
    """Record sales in every trouble, and have what was measured judged; gives what was found."""
    before = [fault for each in faults.all() if (fault := left_of(each))]
    found: list[Finding] = []
    try:
        for service, fault in TROUBLES.items():
            faults.replace([fault])
            measured = measure(record_sale, sales)
            answer = rehearsal.call("POST", "/decoupling", {"service": service, "sales": measured})
            found += read_findings(answer.content)["findings"]
    finally:
        faults.replace(before)
    return found


def measure(record_sale: Callable[[], object], sales: int) -> list[ProbedSale]:
    """Record sales until one is held up or fails: the others would only be so again."""
    measured: list[ProbedSale] = []
    for _ in range(sales):
        sale = timed(record_sale)
        measured.append(sale)
        if sale.error is not None or sale.seconds > HELD_UP_SECONDS:
            break
    return measured


def timed(record_sale: Callable[[], object]) -> ProbedSale:
    """Record a sale."""
    error, began = None, machine_seconds()
    try:
        record_sale()
    except Exception as raised:  # noqa: BLE001  (whatever it is, the sale was not recorded)
        error = f"{type(raised).__name__}: {raised}"
    return ProbedSale(seconds=machine_seconds() - began, error=error)


def left_of(counted: Json) -> Any:
    """A fault with the positions that are still to come, None where none are."""
    fault, seen = dict(counted["fault"]), counted["seen"]
    if fault.get("at"):
        fault["at"] = [place - seen for place in fault["at"] if place > seen]
        return fault if fault["at"] else None
    return fault
