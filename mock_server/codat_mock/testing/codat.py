"""The `codat` fixture: a sandbox of a mock, for one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from codat_mock.control_client import ControlClient, MockFailed
from codat_mock.fuzz.schedule_files import DATABASE, schedule_of
from codat_mock.reports import text
from codat_mock.reports.formats import FORMATS
from codat_mock.reports.run import Run
from codat_mock.reports.source_locations import with_project_root
from codat_mock.rules.judge import Finding
from codat_mock.testing import decoupling, fuzzing
from codat_mock.testing.fuzzing import EXAMPLES, TIMEOUT_SECONDS, Scenario
from codat_mock.testing.handles import AlertsHandle, ClockHandle, FaultsHandle, OutcomesHandle
from codat_mock.testing.marker_options import MarkerOptions
from codat_mock.testing.mocks import Mock


def failure(message: str) -> BaseException:
    """The exception that fails a test with a message, without a traceback."""
    return pytest.fail.Exception(message, pytrace=False)


def summary(run: Run) -> list[str]:
    """The findings, and the rules that were exercised."""
    exercised = ", ".join(run.judgement.exercised) or "none"
    return [*text.lines(run), f"  Rules exercised: {exercised}"]


def message_of(run: Run, complaints: Sequence[str]) -> str:
    """The message of a test that fails.

    Args:
        run: the run of the test.
        complaints: why it fails, a sentence each; one at least.
    """
    return "\n".join([text.first_line(run, complaints), *summary(run), *complaints])


class Codat:
    """A sandbox of a mock, reset for one test.

    Every method raises `MockFailed` if the mock fails, and `ControlRequestRefused` if it refuses a
    request.

    Args:
        mock: the mock.
        api_key: the key, which selects the sandbox.
        options: the settings of the sandbox, and how the test is judged.
        test: the test's id.
        root: the folder of the project, which paths in reports are relative to.

    Attributes:
        url: the URL that the integration uses instead of `https://api.codat.io`.
        api_key: the API key that it uses.
        clock: moves the sandbox's clock.
        faults: plans faults of requests.
        outcomes: plans the outcomes of datasets and syncs.
        alerts: manages alert rules, and lists alerts.
        is_reported: whether the test has failed already by what this sandbox reports.
    """

    def __init__(
        self, mock: Mock, api_key: str, options: MarkerOptions, test: str, root: Path
    ) -> None:
        self.url = mock.url
        self.api_key = api_key
        self.is_reported = False
        self._options = options
        self._test = test
        self._root = root
        self._client = ControlClient(mock.http, api_key, mock.control_token)
        self._client.begin(reset=True, settings=options.settings, rules=options.rules)
        self.clock = ClockHandle(self._client)
        self.faults = FaultsHandle(self._client)
        self.outcomes = OutcomesHandle(self._client)
        self.alerts = AlertsHandle(self._client)
        if options.faults:
            self.faults.replace(options.faults)

    @cached_property
    def company_id(self) -> str:
        """The id of a company that is ready to be pushed to; created at first use."""
        return self._client.prepare()

    def prepare(self, name: str) -> str:
        """Create another company that is ready to be pushed to; gives its id."""
        return self._client.prepare(name)

    def configure_rules(self, rules: Mapping[str, Any]) -> None:
        """Configure rules: `{"S12": "off", "T06": {"seconds": 5}}`."""
        self._client.call("PUT", "/rules", {"rules": rules})

    def declare(self, company_id: str | None = None, **records: Sequence[Any]) -> None:
        """Declare the records that the merchant has: `orders`, `payments`, `transactions`.

        Args:
            company_id: the company; by default the one of the test.
            records: lists of JSON objects, instead of those declared before.
        """
        company = company_id or self.company_id
        self._client.call("PUT", f"/companies/{company}/merchant-records", records)

    def findings(self) -> list[Finding]:
        """The findings until now, the worst first."""
        return self.run().judgement.findings

    def books(self, company_id: str | None = None) -> dict[str, Any]:
        """The books of a company; by default of the one of the test."""
        path = f"/books?companyId={company_id or self.company_id}"
        return dict(self._client.call("GET", path).json()["companies"][0])

    def run(self) -> Run:
        """The run until now."""
        return with_project_root(self._client.run(), self._root)

    def report(self, name: str) -> bytes:
        """A report on the run until now, in a format of `codat-mock check --report`."""
        return FORMATS[name].write(self.run())

    def check_decoupled(
        self, record_sale: Callable[[], object], *, sales: int = 3
    ) -> list[Finding]:
        """Record sales while the service fails, and judge how long that takes (rule S16).

        The service is slow, down, hanging and refusing in turn, each until a sale was held up or
        failed. Faults that were planned before are restored.

        Args:
            record_sale: records one sale in the shop.
            sales: the number of sales in each state of the service.

        Returns:
            The findings of rule S16; they also fail the test when it ends.
        """
        return decoupling.probe(self._client, self.faults, record_sale, sales)

    def explore(
        self,
        scenario: Scenario,
        *,
        examples: int = EXAMPLES,
        seed: int = 0,
        replay: Path | str | None = None,
        save: Path | str | None = None,
        database: Path | str | Sequence[Path | str] = DATABASE,
        timeout: float = TIMEOUT_SECONDS,
        declare: Mapping[str, Sequence[Any]] | None = None,
        days: int = 1,
    ) -> None:
        """Search for the shortest schedule of faults that breaks an integration.

        The scenario runs again and again, each time in a reset sandbox and with other faults of the
        service. A schedule breaks it if a rule is broken, if the books differ from those without
        faults, if an assertion fails, or if the scenario still raises an exception when it is
        called again, up to three times, without faults. The sandbox is that of the last run then.

        Args:
            scenario: runs the integration for a company, given its id and a folder for the state
                of the integration, which is empty at the start of each schedule.
            examples: the maximum number of schedules to try until one breaks it.
            seed: the seed of the search.
            replay: a file with a schedule to run, instead of searching for one.
            save: the file to write the schedule to that breaks it; by default named after the test.
            database: the folder, or the URL of the Redis database, where the schedules that were
                found are kept, to try them first next time. Of several, the first keeps them, and
                the others are only read.
            timeout: the time limit of each call of the scenario, in seconds. There is none outside
                the main thread, on Windows, or while pytest-timeout sets one.
            declare: the merchant's true records, as lists of `orders`, `payments` and
                `transactions`; then sales that every run loses are found, too.
            days: how many days the scenario runs, once a day by the sandbox's clock; each ends with
                a sync, which fails in some schedules.

        Raises:
            Broken: a schedule breaks the integration; the text shows its faults and the findings.
            BadFile: the file to replay cannot be read.
            TypeError: the scenario cannot be called with a company's id and a folder.
            ValueError: `examples`, `timeout` or `days` is out of range, or a database cannot be
                used.
        """
        __tracebackhide__ = True
        options = fuzzing.FuzzOptions(
            examples=examples,
            seed=seed,
            replay=Path(replay) if replay else None,
            save=Path(save or schedule_of(self._test)),
            databases=[database] if isinstance(database, Path | str) else database,
            timeout_seconds=timeout,
            declared=declare,
            days=days,
        )
        fuzzing.check_signature(scenario)

        def with_company(company_id: str, folder: Path) -> object:
            self.__dict__["company_id"] = company_id
            return scenario(company_id, folder)

        # A partial, say, has no name of its own.
        called = getattr(scenario, "__qualname__", self._test.partition("[")[0])
        name = f"{scenario.__module__}.{called}"
        try:
            fuzzing.explore(self._client, self._options, with_company, name, options)
        except fuzzing.Broken:
            self.is_reported = True
            raise

    def raise_failures(self) -> None:
        """Raise a failure of the mock, if there was one.

        Raises:
            MockFailed: the mock has failed.
        """
        if failures := self.run().failures:
            self.is_reported = True
            raise MockFailed(failures[0])

    def raise_findings(self) -> None:
        """Fail if rules are broken, as the test would at its end.

        Raises:
            Failed: rules are broken.
        """
        run = self._options.apply(self.run())
        if complaints := self._options.complaints(run):
            self.is_reported = True
            raise failure(message_of(run, complaints))

    def findings_text(self) -> str:
        """The findings as text, for the report on a test that failed; empty if there are none."""
        if self.is_reported:
            return ""
        run = self._options.apply(self.run())
        return "\n".join(summary(run)) if run.judgement.findings else ""

    def forget(self) -> None:
        """Reset the sandbox, to free its memory."""
        self._client.call("POST", "/reset")
