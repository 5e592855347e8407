"""What happens to an integration while it runs, and what its merchant does between its runs."""

from __future__ import annotations

from math import ceil
from typing import Any, Final, Literal

from codat_mock.clock import machine_seconds
from codat_mock.control_client import ControlClient
from codat_mock.fuzz.schedule import OVERLAP_SECONDS, LostStatus, Schedule

IDLE_SECONDS: Final = 1.0  # without a request: it waits
SHORT_WAIT_SECONDS: Final = 5  # of Retry-After, which are waited for


class Watcher:
    """Looks at the requests of a run for the moment at which to interrupt it.

    Args:
        client: the control client of the sandbox.
        schedule: when the integration is killed, has to wait or is overtaken by a second run.
        is_killable: whether the kill of the schedule is still to come.
    """

    def __init__(self, client: ControlClient, schedule: Schedule, *, is_killable: bool) -> None:
        self._client = client
        self._can_kill = is_killable
        self._waits_long = schedule.longest_wait_seconds > SHORT_WAIT_SECONDS
        self._overlap = schedule.overlap
        self._requests = 0
        self._quiet_since = machine_seconds()

    @property
    def is_needed(self) -> bool:
        """Whether the schedule interrupts a run at all."""
        return bool(self._can_kill or self._waits_long or self._overlap)

    def look(self) -> Literal["kill", "overlap"] | None:
        """What to do now, if anything."""
        planned = self._client.call("GET", "/faults").json()["faults"]
        hit = [each["fault"] for each in planned if each["hits"]]
        if self._overlap and any(each.get("seconds") == OVERLAP_SECONDS for each in hit):
            self._overlap = None
            return "overlap"
        if self._can_kill and planned[-1]["hits"]:  # the last one is held back for it
            return "kill"
        if self._waits_long and any(map(asks_for_long_wait, hit)) and self._is_idle():
            return "kill"
        return None

    def _is_idle(self) -> bool:
        """Whether no request has come for a while."""
        latest = self._client.call("GET", "/requests?limit=1").json()["requests"]
        number, now = latest[-1]["number"] if latest else 0, machine_seconds()
        if number != self._requests:
            self._requests, self._quiet_since = number, now
        return now - self._quiet_since > IDLE_SECONDS


def asks_for_long_wait(fault: dict[str, Any]) -> bool:
    """Whether a fault asks for a wait that is too long to be waited for."""
    seconds = fault.get("seconds", 0) if fault["kind"] == "maintenance" else None
    asked = fault.get("retryAfter") if seconds is None else ceil(seconds)
    return (asked or 0) > SHORT_WAIT_SECONDS


def set_connection(
    client: ControlClient, company_id: str, status: LostStatus | Literal["Linked"]
) -> None:
    """Link or unlink the shop, as the merchant does, or the platform.

    Args:
        client: the control client of the sandbox.
        company_id: the company's id.
        status: of its connection afterwards.
    """
    path = f"/meta/companies/{company_id}/connections"
    found = client.as_merchant("GET", path).json()
    connections = found["results"] if isinstance(found, dict) else found
    shop = next(each for each in connections if each["sourceType"] == "Commerce")
    client.as_merchant("PATCH", f"{path}/{shop['id']}", {"status": status})


def store_configuration(client: ControlClient, company_id: str, hour: int | None = None) -> None:
    """Store the configuration of the sync again, and switch it on, as the merchant does.

    Args:
        client: the control client of the sandbox.
        company_id: the company's id.
        hour: to which the nightly sync moves, UTC; None to leave it where it is.
    """
    path = f"/config/companies/{company_id}/sync/commerce"
    stored = client.as_merchant("GET", path).json()
    stored["enabled"] = True
    if hour is not None:
        stored["schedule"]["syncHourUtc"] = hour
    client.as_merchant("POST", path, stored)
