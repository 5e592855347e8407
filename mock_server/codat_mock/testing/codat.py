"""A sandbox of a mock, as a test holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from codat_mock.rehearsal import MockFailed, Rehearsal
from codat_mock.reports import FORMATS
from codat_mock.reports.run import Run
from codat_mock.rules.judging import Finding
from codat_mock.testing import decoupling
from codat_mock.testing.handles import AlertsHandle, ClockHandle, FaultsHandle, OutcomesHandle
from codat_mock.testing.mocks import Mock


class Codat:
    """One sandbox, for one test; it is begun anew.

    Args:
        mock: where it is.
        api_key: the key, which chooses it.
        start: what it starts from, as `POST /_mock/reset` takes it.

    Attributes:
        url: what the integration takes for `https://api.codat.io`.
        api_key: the key that it is given.
        clock: moves the sandbox's time.
        faults: plans trouble on the wire.
        outcomes: plans how datasets and syncs end.
        alerts: asks for webhooks, and tells what became of them.
        has_failed: whether a fault of the mock was told to the test.

    Every method raises `MockFailed` where the mock fails, and `Refused` where it says no.
    """

    def __init__(self, mock: Mock, api_key: str, start: Mapping[str, Any]) -> None:
        self.url = mock.url
        self.api_key = api_key
        self.has_failed = False
        self._rehearsal = Rehearsal(mock.http, api_key)
        self._rehearsal.begin(anew=True, start=start)
        self.clock = ClockHandle(self._rehearsal)
        self.faults = FaultsHandle(self._rehearsal)
        self.outcomes = OutcomesHandle(self._rehearsal)
        self.alerts = AlertsHandle(self._rehearsal)

    @cached_property
    def company_id(self) -> str:
        """A company that is ready to be pushed to; made when it is first asked for."""
        return self._rehearsal.prepare()

    def prepare(self, name: str) -> str:
        """Make one more company that is ready to be pushed to; gives its id."""
        return self._rehearsal.prepare(name)

    def choose_rules(self, choices: Mapping[str, Any]) -> None:
        """Choose about rules: `{"S12": "off", "T06": {"seconds": 5}}`."""
        self._rehearsal.call("PUT", "/rules", {"rules": choices})

    def declare(self, company_id: str | None = None, **records: Sequence[Any]) -> None:
        """Say what the merchant really has: `orders`, `payments`, `transactions`.

        Args:
            company_id: whose they are; the test's own company if not said.
            records: lists of JSON objects; what was declared before is forgotten.
        """
        of_whom = company_id or self.company_id
        self._rehearsal.call("PUT", f"/companies/{of_whom}/merchant-records", records)

    def findings(self) -> list[Finding]:
        """What the rules have found until now, the worst first."""
        return self.run().judgement.findings

    def books(self, company_id: str | None = None) -> dict[str, Any]:
        """What a company's accounting software shows; the test's own if not said."""
        path = f"/books?companyId={company_id or self.company_id}"
        return dict(self._rehearsal.call("GET", path).json()["companies"][0])

    def run(self) -> Run:
        """All that has happened until now."""
        return self._rehearsal.run()

    def report(self, form: str) -> bytes:
        """A report until now: `json`, `junit`, `sarif`, `html`, `markdown` or `github`."""
        return FORMATS[form].write(self.run())

    def check_decoupled(
        self, record_sale: Callable[[], object], *, sales: int = 3
    ) -> list[Finding]:
        """Record sales while the service is in trouble, and judge how long that took (rule S16).

        The service is slow, down, hanging and refusing in turn; faults that were planned before
        are restored. In each trouble it goes on until a sale was held up or failed.

        Args:
            record_sale: what the shop does to record one sale.
            sales: how many it records in each trouble.

        Returns:
            What rule S16 found; a test that uses the `codat` fixture fails with it by itself.
        """
        return decoupling.probe(self._rehearsal, self.faults, record_sale, sales)

    def raise_failures(self) -> None:
        """Tell of faults of the mock.

        Raises:
            MockFailed: there was one.
        """
        if failures := self.run().failures:
            self.has_failed = True
            raise MockFailed(failures[0])

    def forget(self) -> None:
        """Give back what the sandbox takes of memory."""
        self._rehearsal.call("POST", "/reset")
