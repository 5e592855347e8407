"""Stories as prose: a driver that narrates its steps and their results, by date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import httpx

from codat_mock.clock import parse_moment
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import Json, SandboxDriver
from codat_scenarios.stories.registry import document_text

Narrate = Callable[[datetime, str], None]

MAX_NAMED: Final = 4  # records of a push
LONG_ID: Final = 20
SHORT_ID: Final = 9


class NarratedDriver(SandboxDriver):
    """A driver that narrates every step, with the sandbox's time.

    Args:
        http: a client whose base URL is the mock's.
        api_key: selects the sandbox.
        name: selects a sandbox by name instead.
        narrate: takes a moment, UTC, and a sentence.
    """

    def __init__(
        self, http: httpx.Client, api_key: str, name: str | None, narrate: Narrate
    ) -> None:
        super().__init__(http, api_key, name)
        self._narrate = narrate
        self._narrated_syncs: set[str] = set()
        self._narrated_errors: set[str] = set()
        self._narrated_findings: Counter[str] = Counter()
        self._narrated_tries: dict[int, int] = {}  # by the alert's place in the log

    def configure(
        self, start: datetime, frequency: str = "Daily", sync_hour: int | None = None
    ) -> Json:
        """Store a mapping, and narrate it and the linking before it.

        Args:
            start: the start date of syncing.
            frequency: `Daily` or `Monthly`.
            sync_hour: the hour of the nightly sync, UTC; None for that of the options.
        """
        stored = super().configure(start, frequency, sync_hour)
        plan, books = stored["schedule"], stored["accountingSoftwareCompanyName"]
        self._say(
            f"The merchant links {books} and maps its accounts. Syncs are due at"
            f" {plan['syncHourUtc']}:00, {plan['timeZone']}."
        )
        return stored

    def set_connection(self, kind: str, status: str) -> Json:
        """Set the status of a connection, and narrate it."""
        self._say(f"The {kind.lower()} connection becomes {status}.")
        changed = super().set_connection(kind, status)
        self._narrate_alerts()
        return changed

    def plan_fault(self, kind: str, operation: str, **details: Any) -> Json:
        """Plan a fault, and narrate it.

        Args:
            kind: the kind of fault, such as `refuse`.
            operation: such as `push-orders`.
            details: more properties of the fault, such as `status`.
        """
        planned = super().plan_fault(kind, operation, **details)
        text = ", ".join(f"{name} {value}" for name, value in details.items())
        self._say(f"Fault planned for the next {operation}: {kind} ({text}).")
        return planned

    def plan_outcome(self, target: str, outcome: str = "Complete", **details: Any) -> Json:
        """Plan an outcome, and narrate it.

        Args:
            target: `dataset` or `sync`.
            outcome: the final status of the dataset, or the outcome of the sync.
            details: more properties that `POST /_mock/outcomes` takes, such as `stuckIn`.
        """
        planned = super().plan_outcome(target, outcome, **details)
        text = "".join(f", {name} {value}" for name, value in details.items())
        self._say(f"Outcome planned for the next {target}: {outcome}{text}.")
        return planned

    def delete_connection(self) -> Json:
        """Delete the sync connection, and narrate it."""
        self._say("The merchant deletes the sync connection.")
        company = super().delete_connection()
        self._narrate_alerts()
        return company

    def add_alert_rule(self, kind: str, url: str, **details: Any) -> Json:
        """Create an alerting rule, and narrate it.

        Args:
            kind: the type of alert.
            url: where alerts are posted; not narrated.
            details: more properties of the rule.
        """
        text = "".join(f", {name} {value}" for name, value in details.items())
        self._say(f"Alerting rule created: {kind}{text}.")
        return super().add_alert_rule(kind, url, **details)

    def advance_to_next_event(self) -> Json:
        """Move the clock to the next event, and narrate it."""
        clock = super().advance_to_next_event()
        self._narrate_events()
        return clock

    def try_push(self, data_type: DataType, records: Sequence[Any]) -> httpx.Response:
        """Push records, and narrate it."""
        self._say(f"Push {describe_records(data_type, records)}.")
        answer = super().try_push(data_type, records)
        if not answer.is_success:
            self._say(f"The answer is {answer.status_code}.")
        self._narrate_findings()
        return answer

    def push_despite_faults(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records over an unreliable connection, and narrate it."""
        self._say(f"Push {describe_records(data_type, records)}.")
        failure = super().push_despite_faults(data_type, records)
        self._say(f"It fails: {failure}." if failure else "The answer is complete.")
        self._narrate_findings()
        return failure

    def push_during(
        self, data_type: DataType, records: Sequence[Any], meanwhile: Sequence[Any]
    ) -> None:
        """Push records while others are pushed, and narrate it.

        Args:
            data_type: of both pushes.
            records: of the outer push.
            meanwhile: the records of the push that starts later and ends first.
        """
        self._say(f"Push {describe_records(data_type, records)}, and before the answer arrives:")
        super().push_during(data_type, records, meanwhile)
        self._narrate_findings()

    def dataset(self, dataset_id: str) -> Json:
        """A dataset's status; narrate an error."""
        dataset = super().dataset(dataset_id)
        is_failed = "completed" in dataset and not dataset["isCompleted"]
        if is_failed and dataset_id not in self._narrated_errors:
            self._narrated_errors.add(dataset_id)
            number = self.datasets.index(dataset_id) + 1
            self._say(f"The dataset of push {number} ends in {dataset['status']}.")
        return dataset

    def try_call(self, method: str, path: str, *, times: int = 1, key: str | None = None) -> int:
        """Send a request, once or often, and narrate it.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            times: how often to send it.
            key: an Authorization header to send instead of the API key's.

        Returns:
            The last answer's status.
        """
        often = f" {times:,} times" if times > 1 else ""
        self._say(f"Send {method} {path}{often}.")
        status = super().try_call(method, path, times=times, key=key)
        self._say(f"The answer is {status}.")
        self._narrate_findings()
        return status

    def report_sale(self, service: str, seconds: float, error: str | None = None) -> Json:
        """Report how recording a sale went, and narrate it.

        Args:
            service: the disturbance: `slow`, `down`, `hanging` or `refusing`.
            seconds: how long the point of sale took.
            error: its error message if it did not record the sale.
        """
        result = f"fails: {error}" if error else f"takes {seconds:g} s"
        self._say(f"The service is {service}, and recording a sale {result}.")
        report = super().report_sale(service, seconds, error)
        self._narrate_findings()
        return report

    def set_clock(self, moment: datetime) -> None:
        """Let time pass event by event, and narrate each."""
        while (upcoming := self._next_event()) and upcoming <= moment:
            super().set_clock(upcoming)
            self._narrate_events()
        super().set_clock(moment)

    def _say(self, sentence: str) -> None:
        self._narrate(self.now(), sentence)

    def _next_event(self) -> datetime | None:
        upcoming = self.call("GET", "/_mock/clock")["nextEvent"]
        return parse_moment(upcoming) if upcoming else None

    def _narrate_findings(self) -> None:
        found = Counter(f"{each['code']} {each['name']}" for each in self.findings()["findings"])
        for rule in (found - self._narrated_findings).elements():
            self._say(f"{rule} is broken.")
        self._narrated_findings = found

    def _narrate_events(self) -> None:
        self._narrate_sync()
        self._narrate_alerts()
        self._narrate_findings()

    def _narrate_alerts(self) -> None:
        for place, alert in enumerate(self.alerts()):
            tries = alert["attempts"][self._narrated_tries.get(place, 0) :]
            self._narrated_tries[place] = len(alert["attempts"])
            for attempt in tries:
                answer = attempt["status"] or attempt["error"]
                self._say(f"Alert: {alert['body']['Message']} The answer is {answer}.")

    def _narrate_sync(self) -> None:
        sync = self.last_sync()
        if sync is None or sync["syncId"] in self._narrated_syncs:
            return
        self._narrated_syncs.add(sync["syncId"])
        written = [
            document_text(document)
            for document in self.books()["documents"]
            if any(record["syncId"] == sync["syncId"] for record in document["records"])
        ]
        books = f", and writes {', '.join(written)}" if written else ""
        self._say(f"Sync: {sync['syncStatusCode']} {sync['syncStatus']}{books}.")


def describe_records(data_type: DataType, records: Sequence[Any]) -> str:
    """Describe pushed records, such as `2 orders (A-1, A-2)`."""
    name = LIST_NAMES[data_type]
    noun = name if len(records) != 1 else name.removesuffix("s")
    named = ", ".join(describe_record(record) for record in records[:MAX_NAMED])
    more = ", …" if len(records) > MAX_NAMED else ""
    return f"{len(records):,} {noun} ({named}{more})" if records else f"no {noun}"


def describe_record(record: Any) -> str:
    """Describe a record: its id, its amount, whether it is a delete."""
    if not isinstance(record, dict):
        return f"not an object: {encode(record).decode()}"
    shown = repr(record.get("id"))
    if len(shown) > LONG_ID:
        shown = f"{shown[:SHORT_ID]}…'"
    if record.keys() == {"id"}:
        return f"delete {shown}"
    amount = record.get("totalAmount", record.get("amount"))
    return shown if amount is None else f"{shown} of {encode(amount).decode()}"
