"""A sandbox of a mock, as a test holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from codat_mock.control_client import ControlClient, MockFailed
from codat_mock.fuzz.schedule_files import DATABASE, schedule_of
from codat_mock.reports import FORMATS
from codat_mock.reports.run import Run
from codat_mock.rules.judge import Finding
from codat_mock.testing import decoupling, fuzzing
from codat_mock.testing.fuzzing import EXAMPLES, SECONDS, Night
from codat_mock.testing.handles import AlertsHandle, ClockHandle, FaultsHandle, OutcomesHandle
from codat_mock.testing.marker_options import MarkerOptions
from codat_mock.testing.mocks import Mock


class Codat:
    """One sandbox, for one test; it is begun anew.

    Args:
        mock: where it is.
        api_key: the key, which chooses it.
        terms: what it starts from.
        test: the test's id.

    Attributes:
        url: what the integration takes for `https://api.codat.io`.
        api_key: the key that it is given.
        clock: moves the sandbox's time.
        faults: plans trouble on the wire.
        outcomes: plans how datasets and syncs end.
        alerts: asks for webhooks, and tells what became of them.
        is_told: whether the test was told already what is wrong.

    Every method raises `MockFailed` where the mock fails, and `Refused` where it says no.
    """

    def __init__(self, mock: Mock, api_key: str, terms: MarkerOptions, test: str) -> None:
        self.url = mock.url
        self.api_key = api_key
        self.is_told = False
        self._terms = terms
        self._test = test
        self._rehearsal = ControlClient(mock.http, api_key)
        self._rehearsal.begin(anew=True, start=terms.start, rules=terms.rules)
        self.clock = ClockHandle(self._rehearsal)
        self.faults = FaultsHandle(self._rehearsal)
        self.outcomes = OutcomesHandle(self._rehearsal)
        self.alerts = AlertsHandle(self._rehearsal)
        if terms.faults:
            self.faults.replace(terms.faults)

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

    def explore(
        self,
        night: Night,
        *,
        examples: int = EXAMPLES,
        seed: int = 0,
        replay: Path | str | None = None,
        save: Path | str | None = None,
        database: Path | str = DATABASE,
        timeout: float = SECONDS,
    ) -> None:
        """Search for the shortest trouble that an integration does not survive.

        A night is played again and again, each time in a new sandbox and beside a service that
        behaves differently. It breaks where a rule is broken, where the books are not those of a
        night without trouble, where an assertion in it fails, or where it raises an exception even
        when it is called once more without trouble. The sandbox is that of the last night then.

        Args:
            night: runs the integration, for the company with that id; the folder is empty when a
                schedule begins, and for what the integration remembers.
            examples: how many schedules are drawn at most until one breaks it.
            seed: what they are drawn from.
            replay: a file with a schedule that is played, instead of searching for one.
            save: the file that the schedule which breaks it is written to; one named after the
                test where none is given.
            database: the folder where what was found is kept, to be tried first the next time.
            timeout: how many seconds each night may take. Beyond the main thread, on Windows, and
                where pytest-timeout watches already, there is no limit of ours.

        Raises:
            Broken: it does not survive; the text tells what the service did, and what was found.
            BadFile: the file to be played cannot be read.
            TypeError: the night cannot be called with a company's id and a folder.
            ValueError: there is no example to draw, or no time.
        """
        __tracebackhide__ = True
        wishes = fuzzing.FuzzOptions(
            examples=examples,
            seed=seed,
            replay=Path(replay) if replay else None,
            save=Path(save or schedule_of(self._test)),
            database=Path(database),
            timeout_seconds=timeout,
        )
        fuzzing.check_night(night)

        def with_company(company_id: str, folder: Path) -> object:
            self.__dict__["company_id"] = company_id
            return night(company_id, folder)

        # What has no name of its own, such as a partial, goes by that of the test.
        called = getattr(night, "__qualname__", self._test.partition("[")[0])
        name = f"{night.__module__}.{called}"
        try:
            fuzzing.explore(self._rehearsal, self._terms, with_company, name, wishes)
        except fuzzing.Broken:
            self.is_told = True
            raise

    def raise_failures(self) -> None:
        """Tell of faults of the mock.

        Raises:
            MockFailed: there was one.
        """
        if failures := self.run().failures:
            self.is_told = True
            raise MockFailed(failures[0])

    def forget(self) -> None:
        """Give back what the sandbox takes of memory."""
        self._rehearsal.call("POST", "/reset")
