"""Stories as prose: a stage that tells what is done on it, and what comes of it, by date."""

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

Tell = Callable[[datetime, str], None]

MOST_NAMED: Final = 4  # records of a push
LONG_ID: Final = 20
SHORT_ID: Final = 9


class NarratedDriver(SandboxDriver):
    """A stage that tells every step, with the sandbox's moment of it.

    Args:
        http: a client whose base URL is the mock's.
        api_key: the key, which chooses the sandbox.
        name: a sandbox to choose instead.
        tell: takes a moment, UTC, and a sentence.
    """

    def __init__(self, http: httpx.Client, api_key: str, name: str | None, tell: Tell) -> None:
        super().__init__(http, api_key, name)
        self._tell = tell
        self._syncs_told: set[str] = set()
        self._errors_told: set[str] = set()
        self._findings_told: Counter[str] = Counter()
        self._documents_told = 0
        self._tries_told: dict[int, int] = {}  # by the alert's place in the log

    def configure(self, start: datetime, frequency: str = "Daily") -> Json:
        """Store a mapping, and tell of it and of the linking before it."""
        stored = super().configure(start, frequency)
        plan, books = stored["schedule"], stored["accountingSoftwareCompanyName"]
        self._say(
            f"The merchant links {books} and maps its accounts. Syncs are due at"
            f" {plan['syncHourUtc']}:00, {plan['timeZone']}."
        )
        return stored

    def set_connection(self, kind: str, status: str) -> Json:
        """Set the status of a connection, and tell it."""
        self._say(f"The {kind.lower()} connection becomes {status}.")
        changed = super().set_connection(kind, status)
        self._tell_alerts()
        return changed

    def plan_fault(self, kind: str, operation: str, **details: Any) -> Json:
        """Plan trouble, and tell of it."""
        planned = super().plan_fault(kind, operation, **details)
        told = ", ".join(f"{name} {value}" for name, value in details.items())
        self._say(f"The next {operation} will meet trouble: {kind} ({told}).")
        return planned

    def plan_outcome(self, target: str, outcome: str = "Complete", **details: Any) -> Json:
        """Plan an outcome, and tell of it."""
        planned = super().plan_outcome(target, outcome, **details)
        told = "".join(f", {name} {value}" for name, value in details.items())
        self._say(f"The next {target} will go its planned way: {outcome}{told}.")
        return planned

    def delete_connection(self) -> Json:
        """Delete the sync connection, and tell it."""
        self._say("The merchant deletes the sync connection.")
        company = super().delete_connection()
        self._tell_alerts()
        return company

    def add_alert_rule(self, kind: str, url: str, **details: Any) -> Json:
        """Ask for alerts, and tell it."""
        told = "".join(f", {name} {value}" for name, value in details.items())
        self._say(f"Ask for alerts: {kind}{told}.")
        return super().add_alert_rule(kind, url, **details)

    def advance_to_next_event(self) -> Json:
        """Move the clock to where something happens next, and tell what comes of it."""
        clock = super().advance_to_next_event()
        self._tell_events()
        return clock

    def try_push(self, data_type: DataType, records: Sequence[Any]) -> httpx.Response:
        """Push records, and tell it."""
        self._say(f"Push {told_records(data_type, records)}.")
        answer = super().try_push(data_type, records)
        if not answer.is_success:
            self._say(f"The answer is {answer.status_code}.")
        self._tell_findings()
        return answer

    def push_despite_faults(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records over a wire that may fail, and tell it."""
        self._say(f"Push {told_records(data_type, records)}.")
        wrong = super().push_despite_faults(data_type, records)
        self._say(f"It meets {wrong}." if wrong else "The answer comes whole.")
        self._tell_findings()
        return wrong

    def push_during(
        self, data_type: DataType, records: Sequence[Any], meanwhile: Sequence[Any]
    ) -> None:
        """Push records while others are pushed, and tell it."""
        self._say(f"Push {told_records(data_type, records)}, and before the answer comes:")
        super().push_during(data_type, records, meanwhile)
        self._tell_findings()

    def dataset(self, dataset_id: str) -> Json:
        """A dataset's status; tell it where it is an error."""
        told = super().dataset(dataset_id)
        is_failed = "completed" in told and not told["isCompleted"]
        if is_failed and dataset_id not in self._errors_told:
            self._errors_told.add(dataset_id)
            number = self.datasets.index(dataset_id) + 1
            self._say(f"The dataset of push {number} ends in {told['status']}.")
        return told

    def try_call(self, method: str, path: str, *, times: int = 1, key: str | None = None) -> int:
        """Send a request that may be wrong, or too often, and tell it."""
        often = f" {times:,} times" if times > 1 else ""
        self._say(f"Send {method} {path}{often}.")
        status = super().try_call(method, path, times=times, key=key)
        self._say(f"The answer is {status}.")
        self._tell_findings()
        return status

    def report_sale(self, service: str, seconds: float, error: str | None = None) -> Json:
        """Tell how recording a sale went."""
        came = f"and fails: {error}" if error else f"in {seconds:g} s"
        self._say(f"The service is {service}, and a sale is recorded {came}.")
        told = super().report_sale(service, seconds, error)
        self._tell_findings()
        return told

    def set_clock(self, moment: datetime) -> None:
        """Let time pass event by event, and tell what comes of them."""
        while (upcoming := self._next_event()) and upcoming <= moment:
            super().set_clock(upcoming)
            self._tell_events()
        super().set_clock(moment)

    def _say(self, sentence: str) -> None:
        self._tell(self.now(), sentence)

    def _next_event(self) -> datetime | None:
        upcoming = self.call("GET", "/_mock/clock")["nextEvent"]
        return parse_moment(upcoming) if upcoming else None

    def _tell_findings(self) -> None:
        found = Counter(f"{each['code']} {each['name']}" for each in self.findings()["findings"])
        for rule in (found - self._findings_told).elements():
            self._say(f"{rule} is broken.")
        self._findings_told = found

    def _tell_events(self) -> None:
        self._tell_sync()
        self._tell_alerts()
        self._tell_findings()

    def _tell_alerts(self) -> None:
        for place, alert in enumerate(self.alerts()):
            tries = alert["attempts"][self._tries_told.get(place, 0) :]
            self._tries_told[place] = len(alert["attempts"])
            for attempt in tries:
                answer = attempt["status"] or attempt["error"]
                self._say(f"Alert: {alert['body']['Message']} The answer is {answer}.")

    def _tell_sync(self) -> None:
        sync = self.last_sync()
        if sync is None or sync["syncId"] in self._syncs_told:
            return
        self._syncs_told.add(sync["syncId"])
        documents = self.books()["documents"]
        written = [document_text(document) for document in documents[self._documents_told :]]
        self._documents_told = len(documents)
        books = f", and writes {', '.join(written)}" if written else ""
        self._say(f"Sync: {sync['syncStatusCode']} {sync['syncStatus']}{books}.")


def told_records(data_type: DataType, records: Sequence[Any]) -> str:
    """Say which records are pushed, such as `2 orders (A-1, A-2)`."""
    name = LIST_NAMES[data_type]
    noun = name if len(records) != 1 else name.removesuffix("s")
    named = ", ".join(told_record(record) for record in records[:MOST_NAMED])
    more = ", …" if len(records) > MOST_NAMED else ""
    return f"{len(records):,} {noun} ({named}{more})" if records else f"no {noun}"


def told_record(record: Any) -> str:
    """Say a record in few words: its id, its amount, whether it is a delete."""
    if not isinstance(record, dict):
        return f"no object, but {encode(record).decode()}"
    shown = repr(record.get("id"))
    if len(shown) > LONG_ID:
        shown = f"{shown[:SHORT_ID]}…'"
    if record.keys() == {"id"}:
        return f"delete {shown}"
    amount = record.get("totalAmount", record.get("amount"))
    return shown if amount is None else f"{shown} of {encode(amount).decode()}"
