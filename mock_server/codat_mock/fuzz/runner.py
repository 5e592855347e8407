"""Runs schedules in one sandbox, which is reset for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final

from msgspec import structs

from codat_mock.accounting.comparison import read_books
from codat_mock.accounting.documents import RecordId
from codat_mock.clock import format_moment, parse_moment
from codat_mock.control_client import ControlClient, MockFailed
from codat_mock.fuzz.interruptions import (
    SHORT_WAIT_SECONDS,
    Watcher,
    set_connection,
    store_configuration,
)
from codat_mock.fuzz.schedule import AlertEvent, Schedule, Uses
from codat_mock.models.decoding import decoder
from codat_mock.reports.run import CommandEnd, Run
from codat_mock.reports.verdict import KEPT, code_of
from codat_mock.sandbox.books_view import Books
from codat_mock.sandbox.client_behaviour import DATASET_READS

# The sandbox's clock stands still, so that a run does not depend on the speed of the machine: each
# read of the status of a dataset or a sync moves it.
POLL_SECONDS: Final = 10
SLOW_POLL_SECONDS: Final = 60  # where a dataset takes half an hour or more
RERUN_AFTER_MINUTES: Final = 10
DAY: Final = timedelta(days=1)
MAX_RERUNS: Final = 3  # so that an integration that fails fast has its chances before the sync
POLLS: Final = (
    *DATASET_READS,
    "list-datasets",
    "get-sync",
    "get-sync-status",
    "get-latest-sync",
    "get-last-successful-sync",
    "list-syncs",
)
MAX_COMPLAINTS: Final = 10
MAX_REQUESTS: Final = 999_999
WATCH_SECONDS: Final = 0.02  # between two looks for the request at which it is killed
NOT_DECLARED: Final = (
    "No records were declared: sales that are lost in every run cannot be seen. Declare them with"
    " --declare FOLDER or codat.explore(declare=…)."
)
TOTALS_ONLY: Final = (
    "Only totals of the books were compared: two days without faults book other records."
)
NO_BOOKS: Final = "The books were not compared: a day without faults books nothing."
UNSTABLE_BOOKS: Final = (
    "The books were not compared: two days without faults do not book the same totals."
)
ANSWER_HANGS: Final = (
    "It may have waited for the answer that is never sent: give its requests a timeout that is"
    " shorter than its time limit."
)
STILL_WAITS: Final = (
    "Not judged: it still waits for a Retry-After by a clock of its own, without a request. Let it"
    " read the time from CODAT_NOW, which is the sandbox's."
)


@dataclass(frozen=True, slots=True)
class RunOfDay:
    """A run of the integration.

    Args:
        company_id: the company's id.
        folder: where the integration keeps its state.
        day: the number of the day, from 1.
        now: the time that the integration's clock shows at its start, UTC.
    """

    company_id: str
    folder: Path
    day: int
    now: datetime


class OutOfTime(BaseException):
    """An integration exceeds its time limit. Not an `Exception`: it must not handle it."""


End = CommandEnd | Exception | OutOfTime | None
# Runs the integration once.
Integrate = Callable[[RunOfDay], End]
# Starts a second run, as above; what it gives waits until that has ended.
StartSecond = Callable[[RunOfDay], Callable[[], object]]
# The records in the books, each with its amount and the number of syncs that booked it.
BookedRecords = dict[RecordId, tuple[Decimal, int]]
# The number of bookings of each data type, and the sum of their amounts.
Totals = dict[str, tuple[int, Decimal]]
read_all = decoder(Books)


class FuzzRunner:
    """Runs schedules, one after the other.

    Args:
        client: the control client of the sandbox.
        settings: the settings of the sandbox, as `POST /_mock/reset` takes them.
        rules: the configuration of rules.
        integrate: runs the integration once.
        judge: sets how a run is judged.
        kill: kills the integration while it runs; None if it cannot be killed.
        start_second: starts a second run beside the first, and gives what waits for its end; None
            if it cannot be started.
        declared: the merchant's true records, as `POST /_mock/companies/{id}/merchant-records`
            takes them; None if they are not known.

    Attributes:
        error: the exception that the integration raised in the last run, if any.
        books_note: why the books cannot be compared, as a sentence; empty if they can.
    """

    def __init__(
        self,
        client: ControlClient,
        settings: Mapping[str, Any],
        rules: Mapping[str, Any],
        integrate: Integrate,
        judge: Callable[[Run], Run],
        *,
        kill: Callable[[], object] | None = None,
        start_second: StartSecond | None = None,
        declared: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._rules = rules
        self._integrate = integrate
        self._judge = judge
        self._kill = kill
        self._start_second = start_second
        self._declared = declared
        self._baseline: BookedRecords | None = None
        self._baseline_totals: Totals | None = None
        self._alert_rules: list[dict[str, Any]] = []
        self._is_kill_planned = False
        self._still_waits = False
        self.error: Exception | OutOfTime | None = None
        self.books_note = ""

    def run_baseline(self, origin: Schedule) -> tuple[Run, Uses]:
        """Run a day without faults, twice: every schedule must book the same records.

        The alert rules that the sandbox has now apply to every run.
        """
        self._baseline, self._baseline_totals, self.books_note = None, None, ""
        stored = self._client.call("GET", "/alerts/rules").json()["rules"]
        self._alert_rules = [each["rule"] for each in stored]
        run = self.run(origin)
        first = self._booked()
        if code_of(run) == KEPT:  # otherwise nothing is searched
            run = self.run(origin)
        second = self._booked()
        if not first:
            self.books_note = NO_BOOKS
        elif first == second:
            self._baseline = first
        elif totals(first) == totals(second):  # such as with random ids
            self._baseline_totals, self.books_note = totals(first), TOTALS_ONLY
        else:
            self.books_note = UNSTABLE_BOOKS
        return run, self._uses(run, origin.days)

    def run(self, schedule: Schedule) -> Run:
        """Run the integration once a day, and close each day.

        An integration that fails, by an exception or an exit code, runs again, up to three times,
        each ten minutes later and without faults, as the scheduler of a shop would start it.

        Raises:
            MockFailed: the mock fails.
        """
        client = self._client
        settings = {**self._settings, "startAt": schedule.start_at}
        client.begin(reset=True, settings=settings, rules=self._rules)
        company_id = client.prepare()
        client.call("DELETE", "/alerts/rules")
        for rule in self._alert_rules:
            company = company_id if rule["companyId"] else None
            client.call("POST", "/alerts/rules", rule | {"companyId": company})
        if self._declared is not None:
            client.call("POST", f"/companies/{company_id}/merchant-records", self._declared)
        self._plan(schedule)
        self._is_kill_planned, self._still_waits = schedule.kill is not None, False
        # A process of the integration may outlive it, and still write there.
        with TemporaryDirectory(prefix="codat-mock-", ignore_cleanup_errors=True) as folder:
            for day in range(1, schedule.days + 1):
                if day > 1:
                    self._begin_day(parse_moment(schedule.start_at) + (day - 1) * DAY)
                end = self._run_day(schedule, RunOfDay(company_id, Path(folder), day, self._now()))
                if not has_succeeded(end):
                    break
        run = client.run()
        if run.failures:
            raise MockFailed(run.failures[0])
        if self._still_waits:
            run.judgement = structs.replace(run.judgement, findings=[])
            run.notes.append(STILL_WAITS)
            return self._judge(run)
        self.error = end if isinstance(end, Exception | OutOfTime) else None
        run.command = end if isinstance(end, CommandEnd) else None
        if is_out_of_time(end) and schedule.has_hanging_answer:
            run.notes.append(ANSWER_HANGS)
        run.complaints = list(self._complaints())
        return self._judge(run)

    def _run_day(self, schedule: Schedule, first: RunOfDay) -> End:
        """Run the integration, again if it fails, and close the day.

        Args:
            schedule: the faults; those of requests are planned already.
            first: the first run of the day, by the sandbox's clock.
        """
        client, company_id, day = self._client, first.company_id, first.day
        lost_status, hour = schedule.lost_status_of(day), schedule.sync_hour_of(day)
        if lost_status or hour is not None:
            with self._without_faults():
                if lost_status:
                    set_connection(client, company_id, lost_status)
                if hour is not None:
                    store_configuration(client, company_id, hour)
        first = replace(first, now=first.now + schedule.skew)
        with self._interrupting(schedule, first) as is_killed:
            end = self._integrate(first)
        is_waiting = False
        reruns = MAX_RERUNS if schedule.events else 0
        must_rerun = has_failed(end) or is_killed() or lost_status is not None
        self._is_kill_planned = self._is_kill_planned and not is_killed()
        pending = self._unmet_faults() if must_rerun and day < schedule.days else []
        minutes = max(RERUN_AFTER_MINUTES, schedule.longest_wait_seconds // 60 + 1)
        while reruns and must_rerun:
            reruns -= 1
            client.call("POST", "/clock/advance", {"minutes": minutes})
            self._plan(schedule.origin)
            if lost_status:
                set_connection(client, company_id, "Linked")
                lost_status = None
            sent = self._requests_sent()
            end = self._integrate(replace(first, now=self._now() + schedule.skew))
            must_rerun = has_failed(end)
            is_waiting = not has_succeeded(end) and self._requests_sent() == sent
        if pending:
            client.call("POST", "/faults", {"faults": pending})
        client.settled_alerts()
        planned = schedule.sync_of(day)
        if planned is not None:
            client.call("POST", "/outcomes", planned)
        client.close_day()
        if planned is not None and planned.outcome == "CompanyNotFound":
            with self._without_faults():
                store_configuration(client, company_id)  # without it no sync follows
        if planned is not None and day == schedule.days:
            client.close_day()  # a sync that succeeds follows one that failed
        client.settled_alerts()
        if is_waiting and schedule.longest_wait_seconds > SHORT_WAIT_SECONDS:
            self._still_waits = True
        return end

    def _now(self) -> datetime:
        """The sandbox's time, UTC."""
        return parse_moment(self._client.call("GET", "/clock").json()["now"])

    def _requests_sent(self) -> int:
        """The number of requests that the integration has sent."""
        latest = self._client.call("GET", "/requests?limit=1").json()["requests"]
        return int(latest[-1]["number"]) if latest else 0

    def _unmet_faults(self) -> list[dict[str, Any]]:
        """The planned faults that have not hit a request yet, counted from now."""
        found = []
        for planned in self._client.call("GET", "/faults").json()["faults"]:
            fault = planned["fault"]
            later = [at - planned["seen"] for at in fault.get("at", ()) if at > planned["seen"]]
            if later:
                found.append(fault | {"at": later})
        return found

    def _begin_day(self, start: datetime) -> None:
        """Move the clock to the start of a day, unless its night went on until later."""
        to = format_moment(max(start, self._now()))
        self._client.call("POST", "/clock/set", {"to": to})

    @contextmanager
    def _without_faults(self) -> Iterator[None]:
        """Let the merchant act in the meantime: no fault hits its requests, or counts them."""
        planned = self._client.call("GET", "/faults").json()["faults"]
        always = [each["fault"] for each in planned if not each["fault"].get("at")]
        kept = [*always, *self._unmet_faults()]
        self._client.call("PUT", "/faults", {"faults": []})
        yield
        self._client.call("PUT", "/faults", {"faults": kept})

    @property
    def declared_note(self) -> str:
        """What cannot be seen because no records are declared; empty if they are."""
        return "" if self._declared is not None else NOT_DECLARED

    @contextmanager
    def _interrupting(self, schedule: Schedule, run: RunOfDay) -> Iterator[Callable[[], bool]]:
        """Interrupt the integration while it runs, as its schedule says.

        What it yields tells whether the integration was killed.

        It is killed at the request of the schedule, or while it waits for a long `Retry-After`: the
        wait is by the machine's clock. At another request a second run is started.

        Args:
            schedule: the faults; those of requests are planned already.
            run: what a second run is started with.
        """
        watcher = Watcher(self._client, schedule, is_killable=self._is_kill_planned)
        if self._kill is None or not watcher.is_needed:
            yield lambda: False
            return
        second: list[Callable[[], object]] = []
        is_over, is_killed = Event(), Event()

        def watch() -> None:
            while not is_over.wait(WATCH_SECONDS):
                seen = watcher.look()
                if seen == "overlap" and self._start_second is not None:
                    second.append(self._start_second(run))
                elif seen == "kill" and self._kill is not None:
                    is_killed.set()
                    self._kill()
                    return

        thread = Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield is_killed.is_set
        finally:
            is_over.set()
            thread.join()
            for wait_until_ended in second:
                wait_until_ended()

    def _complaints(self) -> Iterator[str]:
        """What is wrong in the run, apart from findings."""
        if isinstance(self.error, OutOfTime):
            yield f"The integration {self.error}."
        elif self.error:
            yield f"The integration raised {type(self.error).__name__}: {self.error}"
        if self._baseline is not None:
            found = list(differences(self._baseline, self._booked()))
            yield from found[:MAX_COMPLAINTS]
            if found[MAX_COMPLAINTS:]:
                yield f"The same holds for {len(found) - MAX_COMPLAINTS} more records."
        if self._baseline_totals is not None:
            yield from total_differences(self._baseline_totals, totals(self._booked()))

    def _plan(self, schedule: Schedule) -> None:
        """Plan the events of a schedule, instead of those planned before."""
        client = self._client
        seconds = SLOW_POLL_SECONDS if schedule.has_slow_datasets else POLL_SECONDS
        polls = [{"kind": "elapse", "operation": name, "seconds": seconds} for name in POLLS]
        client.call("PUT", "/faults", {"faults": [*polls, *schedule.faults]})
        client.call("DELETE", "/outcomes")
        for outcome in schedule.outcomes:
            client.call("POST", "/outcomes", outcome)
        event = schedule.alerts or AlertEvent()
        for stored in client.call("GET", "/alerts/rules").json()["rules"]:
            rule = stored["rule"] | {
                "copies": event.copies,
                "overtakenSeconds": event.overtaken_seconds,
            }
            client.call("PUT", f"/alerts/rules/{stored['ruleId']}", rule)

    def _booked(self) -> BookedRecords:
        """The records in the books."""
        books: Books = read_all(self._client.call("GET", "/books").content)
        documents = (each for company in books.companies for each in company.documents)
        return {
            record: (booked.amount, len(booked.syncs))
            for record, booked in read_books(documents).items()
        }

    def _uses(self, run: Run, days: int) -> Uses:
        """The requests of a run of so many days."""
        requests = self._client.call("GET", f"/requests?limit={MAX_REQUESTS}").json()["requests"]
        operations = Counter(each["operation"] for each in requests if each["operation"])
        return Uses(
            operations=operations,
            datasets=sum(len(company.datasets) for company in run.companies),
            has_alerts=bool(self._alert_rules),
            can_be_killed=self._kill is not None,
            days=days,
        )


def has_succeeded(end: End) -> bool:
    """Whether the integration has ended well."""
    if isinstance(end, CommandEnd):
        return end.ending == "exited" and end.code == 0
    return end is None


def has_failed(end: End) -> bool:
    """Whether the integration has failed, so that it runs once more."""
    if isinstance(end, CommandEnd):
        return end.ending == "exited" and end.code != 0
    return isinstance(end, Exception) and not isinstance(end, AssertionError)


def is_out_of_time(end: End) -> bool:
    """Whether the integration has exceeded its time limit."""
    if isinstance(end, CommandEnd):
        return end.ending == "timed-out"
    return isinstance(end, OutOfTime)


def totals(booked: BookedRecords) -> Totals:
    """The totals of what was booked, by data type."""
    found: Totals = {}
    for (data_type, *_), (amount, times) in booked.items():
        count, total = found.get(data_type, (0, Decimal(0)))
        found[data_type] = count + times, total + amount * times
    return found


def total_differences(baseline: Totals, booked: Totals) -> Iterator[str]:
    """The differences of totals from those of a day without faults, a sentence each."""
    nothing = 0, Decimal(0)
    for data_type in sorted(baseline.keys() | booked.keys()):
        (expected_count, expected), (count, total) = (
            each.get(data_type, nothing) for each in (baseline, booked)
        )
        if (expected_count, expected) != (count, total):
            yield (
                f"{data_type}: {count} bookings of {total} in total, instead of {expected_count} of"
                f" {expected} on a day without faults."
            )


def differences(baseline: BookedRecords, booked: BookedRecords) -> Iterator[str]:
    """The differences of the books from those of a day without faults, a sentence each."""
    for record in sorted(baseline.keys() | booked.keys()):
        name = " ".join(record)
        if record not in booked:
            yield f"Missing from the books: {name}."
            continue
        amount, times = booked[record]
        if record not in baseline:
            yield f"In the books, but not on a day without faults: {name}, {amount}."
            continue
        expected_amount, expected_times = baseline[record]
        if times != expected_times:
            yield f"Booked {times} times instead of {expected_times}: {name}, {amount}."
        if amount != expected_amount:
            yield f"Booked with {amount} instead of {expected_amount}: {name}."
