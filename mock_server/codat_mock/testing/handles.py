"""The parts of the `codat` fixture: clock, faults, outcomes and alerts of its sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from codat_mock.clock import format_moment, parse_moment
from codat_mock.control_client import ControlClient

Json = dict[str, Any]


def to_wire(details: Json) -> Json:
    """The properties with their names on the wire: `retry_after` becomes `retryAfter`."""

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(map(str.title, rest))

    return {camel(name): value for name, value in details.items()}


class Handle:
    """A part of a sandbox.

    Args:
        client: the control client of the sandbox.
    """

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def _call(self, method: str, path: str, body: Any = None) -> Json:
        return dict(self._client.call(method, path, body).json())


class ClockHandle(Handle):
    """The sandbox's clock; every method gives its time afterwards, UTC."""

    @property
    def now(self) -> datetime:
        """The sandbox's time, UTC."""
        return parse_moment(self._call("GET", "/clock")["now"])

    def advance(self, **duration: float) -> datetime:
        """Move the clock by `days`, `hours`, `minutes`, `seconds`; due events happen in order."""
        seconds = timedelta(**duration).total_seconds()
        return self._move("advance", {"seconds": seconds})

    def advance_to_next_event(self) -> datetime:
        """Move the clock to the next change of a dataset's status, sync or alert."""
        return self._move("advance-to-next-event")

    def set(self, to: datetime | str) -> datetime:
        """Move the clock to a time."""
        return self._move("set", {"to": to if isinstance(to, str) else format_moment(to)})

    def close_day(self) -> datetime:
        """Move the clock until all datasets have ended, and past the next sync."""
        return self._move("close-day")

    def _move(self, how: str, body: Json | None = None) -> datetime:
        return parse_moment(self._call("POST", f"/clock/{how}", body)["now"])


class FaultsHandle(Handle):
    """Faults of requests."""

    def plan(self, kind: str, **details: Any) -> None:
        """Plan another fault.

        Args:
            kind: `refuse`, `lose`, `delay`, `slow`, `spoil`, `unreachable`, `maintenance`
                or `elapse`.
            details: its properties, such as `operation="push-orders"`, `at=[1]`, `status=503`.
        """
        self._call("POST", "/faults", {"faults": [{"kind": kind, **to_wire(details)}]})

    def replace(self, faults: list[Json]) -> None:
        """Plan these faults instead of all others."""
        self._call("PUT", "/faults", {"faults": [to_wire(each) for each in faults]})

    def all(self) -> list[Json]:
        """The faults, with the numbers of requests that matched (`seen`) and were hit (`hits`)."""
        return list(self._call("GET", "/faults")["faults"])

    def clear(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/faults")


class OutcomesHandle(Handle):
    """The planned outcomes of datasets and syncs."""

    def plan(self, target: str, outcome: str = "Complete", **details: Any) -> None:
        """Plan the outcome of the next datasets or syncs.

        Args:
            target: `dataset` or `sync`.
            outcome: the last status of a dataset, or the outcome of a sync.
            details: more properties, such as `message`, `count`, `stuck_in`, `profile`.
        """
        self._call("POST", "/outcomes", {"target": target, "outcome": outcome, **to_wire(details)})

    def all(self) -> list[Json]:
        """The planned outcomes that are still to come."""
        return list(self._call("GET", "/outcomes")["outcomes"])

    def clear(self) -> None:
        """Remove all planned outcomes."""
        self._call("DELETE", "/outcomes")


class AlertsHandle(Handle):
    """Alerts (webhooks)."""

    def add_rule(self, kind: str, url: str, **details: Any) -> None:
        """Add an alert rule.

        Args:
            kind: the type of the alerts, such as `Data sync completed`.
            url: where they are posted.
            details: more properties, such as `secrets`, `copies`, `overtaken_seconds`.
        """
        self._call("POST", "/alerts/rules", {"type": kind, "url": url, **to_wire(details)})

    def all(self) -> list[Json]:
        """All alerts with their deliveries, once every delivery that is due has been made."""
        return self._client.settled_alerts()

    def resend(self, alert_id: str) -> None:
        """Send an alert again."""
        self._call("POST", f"/alerts/{alert_id}/resend")
