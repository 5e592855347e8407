"""The shop that an integration works for: its points of sale, its clock, its events."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from threading import RLock
from typing import Any, Final, Self

import httpx

from codat_mock.clock import format_moment, machine_seconds, parse_moment
from codat_scenarios.integrations.environment import MONDAY, TUESDAY, Environment
from codat_scenarios.integrations.scripted_pos import Change, ScriptedPos, at

VARIABLES: Final = ("CODAT_BASE_URL", "CODAT_API_KEY", "CODAT_COMPANY_ID")
RecordSale = Callable[[Sequence[Change]], None]


class Shop:
    """The merchant's side of the integration.

    Time is the sandbox's: waiting moves its clock, and events happen on the way.

    Args:
        base_url: of the mock.
        api_key: the platform's.
        company_ids: one for each point of sale.
        environment: what surrounds the integration.

    Attributes:
        now: the time, UTC.
        pos_by_company: the points of sale, by the ids of their companies.
    """

    def __init__(
        self, base_url: str, api_key: str, company_ids: tuple[str, ...], environment: Environment
    ) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self.pos_by_company = {
            company_id: ScriptedPos(environment, number)
            for number, company_id in enumerate(company_ids, 1)
        }
        self._events = list(environment.events)
        self._http = httpx.Client(
            base_url=base_url, headers=authorization(api_key), timeout=60, trust_env=False
        )
        self._lock = RLock()
        self.now = parse_moment(self._http.get("/_mock/clock").json()["now"])
        self._recorded: list[dict[str, Any]] = []

    @classmethod
    def from_environment(cls, environment: Environment) -> Self:
        """The shop of `CODAT_BASE_URL`, `CODAT_API_KEY` and `CODAT_COMPANY_ID`.

        Several companies' ids are separated by commas.
        """
        base_url, api_key, company_ids = (os.environ[name] for name in VARIABLES)
        return cls(base_url, api_key, tuple(company_ids.split(",")), environment)

    @property
    def company_id(self) -> str:
        """The id of the only company, or the first."""
        return next(iter(self.pos_by_company))

    @property
    def pos(self) -> ScriptedPos:
        """The only point of sale, or the first."""
        return self.pos_by_company[self.company_id]

    def times(self, *clocks: str) -> Iterator[datetime]:
        """Wait for each of those times, `HH:MM`, on Monday and on Tuesday, and yield it.

        A time beyond 24:00 lies in the next day.
        """
        for day in (MONDAY, TUESDAY):
            for clock in clocks:
                moment = at(day, clock)
                self.wait_until(moment)
                yield moment

    def business(self) -> Iterator[list[Change]]:
        """Wait for each change at the point of sale; yields the changes of one moment."""
        coming = [change for change in self.pos.changes if change.at > self.now]
        for moment, changes in groupby(coming, key=lambda change: change.at):
            self.wait_until(moment)
            yield list(changes)

    def sleep(self, seconds: float) -> None:
        """Let a number of seconds pass."""
        with self._lock:
            self.wait_until(self.now + timedelta(seconds=seconds))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until that moment; do nothing if it is past."""
        with self._lock:
            while self._events and self._events[0].at <= moment:
                event = self._events.pop(0)
                self._set_clock(event.at)
                self._control(event.path.format(company=self.company_id), event.body)
            self._set_clock(moment)

    def ask_for_alerts(self, url: str, *types: str) -> None:
        """Create alerting rules, as the platform's staff does in the portal."""
        for kind in types:
            self._control("/_mock/alerts/rules", {"type": kind, "url": url})

    def record(self, changes: Sequence[Change], record_sale: RecordSale) -> None:
        """Have the integration record a sale, and measure how long that takes."""
        began, error = machine_seconds(), None
        try:
            record_sale(changes)
        except httpx.HTTPError as failure:
            error = str(failure) or type(failure).__name__
        self._recorded.append({"seconds": machine_seconds() - began, "error": error})

    def report_sales(self, service: str) -> None:
        """Report to the mock how the sales went while the service was in trouble."""
        self._control("/_mock/decoupling", {"service": service, "sales": self._recorded})

    def _set_clock(self, moment: datetime) -> None:
        if moment > self.now:
            self._control("/_mock/clock/set", {"to": format_moment(moment)})
            self.now = moment

    def _control(self, path: str, body: Any) -> None:
        self._http.post(path, json=body).raise_for_status()


def authorization(api_key: str) -> dict[str, str]:
    """The header that carries an API key."""
    return {"Authorization": f"Basic {b64encode(api_key.encode()).decode()}"}
