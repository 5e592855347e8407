"""Handles on one side of a sandbox each: its clock, its trouble, its alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from codat_mock.clock import format_moment, parse_moment
from codat_mock.control_client import ControlClient

Json = dict[str, Any]


def wired(details: Json) -> Json:
    """Details with their names as the wire has them: `retry_after` is `retryAfter` there."""

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(map(str.title, rest))

    return {camel(name): value for name, value in details.items()}


class Handle:
    """A side of a sandbox.

    Args:
        rehearsal: the sandbox.
    """

    def __init__(self, rehearsal: ControlClient) -> None:
        self._rehearsal = rehearsal

    def _ask(self, method: str, path: str, body: Any = None) -> Json:
        return dict(self._rehearsal.call(method, path, body).json())


class ClockHandle(Handle):
    """The sandbox's clock; every verb gives its time afterwards, UTC."""

    @property
    def now(self) -> datetime:
        """The sandbox's time, UTC."""
        return parse_moment(self._ask("GET", "/clock")["now"])

    def advance(self, **duration: float) -> datetime:
        """Let time pass: `days`, `hours`, `minutes`, `seconds`; what falls due happens in order."""
        seconds = timedelta(**duration).total_seconds()
        return self._moved("advance", {"seconds": seconds})

    def advance_to_next_event(self) -> datetime:
        """Let time pass until something happens: a dataset's status changes, or a sync runs."""
        return self._moved("advance-to-next-event")

    def set(self, to: datetime | str) -> datetime:
        """Let time pass until that moment."""
        return self._moved("set", {"to": to if isinstance(to, str) else format_moment(to)})

    def close_day(self) -> datetime:
        """Let time pass until all datasets have ended, and past the next sync."""
        return self._moved("close-day")

    def _moved(self, how: str, body: Json | None = None) -> datetime:
        return parse_moment(self._ask("POST", f"/clock/{how}", body)["now"])


class FaultsHandle(Handle):
    """Trouble on the wire."""

    def plan(self, kind: str, **details: Any) -> None:
        """Plan a fault beside those that there are.

        Args:
            kind: `refuse`, `lose`, `delay`, `slow`, `spoil`, `unreachable`, `maintenance`
                or `elapse`.
            details: what it takes, such as `operation="push-orders"`, `at=[1]`, `status=503`.
        """
        self._ask("POST", "/faults", {"faults": [{"kind": kind, **wired(details)}]})

    def replace(self, faults: list[Json]) -> None:
        """Have these faults, and no others."""
        self._ask("PUT", "/faults", {"faults": [wired(each) for each in faults]})

    def all(self) -> list[Json]:
        """The faults, with how many requests they were meant for (`seen`) and hit (`hits`)."""
        return list(self._ask("GET", "/faults")["faults"])

    def clear(self) -> None:
        """Forget all faults."""
        self._ask("DELETE", "/faults")


class OutcomesHandle(Handle):
    """How coming datasets and syncs end."""

    def plan(self, target: str, outcome: str = "Complete", **details: Any) -> None:
        """Plan how the next ones end.

        Args:
            target: `dataset` or `sync`.
            outcome: a dataset's last status, or the name of a sync's end.
            details: what it takes besides, such as `message`, `count`, `stuck_in`, `profile`.
        """
        self._ask("POST", "/outcomes", {"target": target, "outcome": outcome, **wired(details)})

    def all(self) -> list[Json]:
        """The outcomes that are still to come."""
        return list(self._ask("GET", "/outcomes")["outcomes"])

    def clear(self) -> None:
        """Let everything go its own way again."""
        self._ask("DELETE", "/outcomes")


class AlertsHandle(Handle):
    """Alerts, as webhooks."""

    def ask_for(self, kind: str, url: str, **details: Any) -> None:
        """Have alerts of a type, such as `Data sync completed`, posted to a URL."""
        self._ask("POST", "/alerts/rules", {"type": kind, "url": url, **wired(details)})

    def all(self) -> list[Json]:
        """All alerts with every try to deliver them, once every try that is due has been made."""
        while not (told := self._ask("GET", "/alerts"))["isSettled"]:
            pass
        return list(told["alerts"])

    def resend(self, alert_id: str) -> None:
        """Deliver one once more."""
        self._ask("POST", f"/alerts/{alert_id}/resend")
