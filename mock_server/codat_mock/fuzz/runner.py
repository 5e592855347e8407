"""Where schedules are played: one sandbox, which begins anew for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from codat_mock.accounting.comparison import read_books
from codat_mock.accounting.documents import RecordId
from codat_mock.control_client import ControlClient, MockFailed
from codat_mock.fuzz.schedule import AlertEvent, Schedule, Uses
from codat_mock.models.decoding import decoder
from codat_mock.reports.run import CommandEnd, Run
from codat_mock.reports.verdict import KEPT, code_of
from codat_mock.sandbox.books_view import Books
from codat_mock.sandbox.client_behaviour import DATASET_READS

# The sandbox's clock stands still, so that a run does not hang on the machine's pace: whoever asks
# how far a dataset or a sync is lets this time pass.
ASKING_SECONDS: Final = 10
LATER_MINUTES: Final = 10  # until what is not done is run once more
POLLS: Final = (
    *DATASET_READS,
    "list-datasets",
    "get-sync",
    "get-sync-status",
    "get-latest-sync",
    "get-last-successful-sync",
    "list-syncs",
)
MOST_TOLD: Final = 10
MOST_REQUESTS: Final = 999_999
EMPTY: Final = (
    "On a day without trouble nothing comes into the books, so that there are none to compare."
)
UNEVEN: Final = (
    "Two days without trouble do not book the same records, so that books were not compared."
)


class OutOfTime(BaseException):
    """An integration does not end in its time; `Exception` is what it may handle itself."""


End = CommandEnd | Exception | OutOfTime | None
# A company's id, and an empty folder for what is to be remembered between the runs of one schedule.
Integrate = Callable[[str, Path], End]
# What the books show of each record: its amount, and how many syncs booked it.
Sheet = dict[RecordId, tuple[Decimal, int]]
read_all = decoder(Books)


class FuzzRunner:
    """Plays schedules, one after the other.

    Args:
        here: the sandbox.
        start: what it starts from, as `POST /_mock/reset` takes it.
        rules: what is chosen about rules.
        integrate: runs the integration once.
        judge: sets on what terms a run is judged.

    Attributes:
        error: the exception that the integration raised last, None where it raised none.
        doubt: why books cannot be compared, as a sentence; empty where they can.
    """

    def __init__(
        self,
        here: ControlClient,
        start: Mapping[str, Any],
        rules: Mapping[str, Any],
        integrate: Integrate,
        judge: Callable[[Run], Run],
    ) -> None:
        self._here = here
        self._start = start
        self._rules = rules
        self._integrate = integrate
        self._judge = judge
        self._usual: Sheet | None = None
        self._alert_rules: list[dict[str, Any]] = []
        self.error: Exception | OutOfTime | None = None
        self.doubt = ""

    def open(self, origin: Schedule) -> tuple[Run, Uses]:
        """Play a day without trouble, twice: what it books is what every other one must book.

        Alerts that the sandbox was asked for until now are raised in every run.
        """
        self._usual = None
        stored = self._here.call("GET", "/alerts/rules").json()["rules"]
        self._alert_rules = [each["rule"] for each in stored]
        run = self.play(origin)
        first = self._booked()
        if code_of(run) == KEPT:  # otherwise there is nothing to search for
            run = self.play(origin)
        if not first:
            self.doubt = EMPTY
        elif first != self._booked():
            self.doubt = UNEVEN
        else:
            self._usual = first
        return run, self._uses(run)

    def play(self, schedule: Schedule) -> Run:
        """Run the integration once, and close its day.

        One that raises an exception, or ends with another exit code than 0, has told that it is not
        done: it is run once more, ten minutes later and without trouble, as whatever starts it
        every night would do.

        Raises:
            MockFailed: the mock fails.
        """
        here = self._here
        start = {**self._start, "startAt": schedule.start_at}
        here.begin(anew=True, start=start, rules=self._rules)
        company_id = here.prepare()
        here.call("DELETE", "/alerts/rules")
        for rule in self._alert_rules:
            whose = company_id if rule["companyId"] else None
            here.call("POST", "/alerts/rules", rule | {"companyId": whose})
        self._plan(schedule)
        # What the integration has started may outlive it, and still write there.
        with TemporaryDirectory(prefix="codat-mock-", ignore_cleanup_errors=True) as folder:
            end = self._integrate(company_id, Path(folder))
            if schedule.events and is_to_be_run_again(end):
                here.call("POST", "/clock/advance", {"minutes": LATER_MINUTES})
                self._plan(schedule.origin)
                end = self._integrate(company_id, Path(folder))
        self._settle()
        here.close_day()
        self._settle()
        run = here.run()
        if run.failures:
            raise MockFailed(run.failures[0])
        self.error = end if isinstance(end, Exception | OutOfTime) else None
        run.command = end if isinstance(end, CommandEnd) else None
        run.complaints = list(self._complaints())
        return self._judge(run)

    def _complaints(self) -> Iterator[str]:
        """What is wrong beside what the rules found."""
        if isinstance(self.error, OutOfTime):
            yield f"The integration {self.error}."
        elif self.error:
            yield f"The integration raised {type(self.error).__name__}: {self.error}"
        if self._usual is not None:
            found = list(differences(self._usual, self._booked()))
            yield from found[:MOST_TOLD]
            if found[MOST_TOLD:]:
                yield f"So it is with {len(found) - MOST_TOLD} more records."

    def _plan(self, schedule: Schedule) -> None:
        """Have the service do what is scheduled, and nothing that was before."""
        here = self._here
        polls = [{"kind": "elapse", "operation": name, "seconds": ASKING_SECONDS} for name in POLLS]
        here.call("PUT", "/faults", {"faults": [*polls, *schedule.faults]})
        here.call("DELETE", "/outcomes")
        for outcome in schedule.outcomes:
            here.call("POST", "/outcomes", outcome)
        coming = schedule.alerts or AlertEvent()
        for stored in here.call("GET", "/alerts/rules").json()["rules"]:
            rule = stored["rule"] | {
                "copies": coming.copies,
                "overtakenSeconds": coming.overtaken_seconds,
            }
            here.call("PUT", f"/alerts/rules/{stored['ruleId']}", rule)

    def _settle(self) -> None:
        """Wait until every alert that was due has been tried, which takes seconds at most."""
        while not self._here.call("GET", "/alerts").json()["isSettled"]:
            pass

    def _booked(self) -> Sheet:
        """What the books show."""
        books: Books = read_all(self._here.call("GET", "/books").content)
        documents = (each for company in books.companies for each in company.documents)
        return {
            record: (booked.amount, len(booked.syncs))
            for record, booked in read_books(documents).items()
        }

    def _uses(self, run: Run) -> Uses:
        """What the integration does of the API."""
        requests = self._here.call("GET", f"/requests?limit={MOST_REQUESTS}").json()["requests"]
        operations = Counter(each["operation"] for each in requests if each["operation"])
        return Uses(
            operations=operations,
            datasets=sum(len(company.datasets) for company in run.companies),
            has_alerts=bool(self._alert_rules),
        )


def is_to_be_run_again(end: End) -> bool:
    """Whether the integration has told that it is not done."""
    if isinstance(end, CommandEnd):
        return end.ending == "exited" and end.code != 0
    return isinstance(end, Exception) and not isinstance(end, AssertionError)


def differences(usual: Sheet, booked: Sheet) -> Iterator[str]:
    """Where the books are not those of a day without trouble, a sentence each."""
    for record in sorted(usual.keys() | booked.keys()):
        name = " ".join(record)
        if record not in booked:
            yield f"Not in the books: {name}."
            continue
        amount, times = booked[record]
        if record not in usual:
            yield f"In the books, and not on a day without trouble: {name}, {amount}."
            continue
        usual_amount, usual_times = usual[record]
        if times != usual_times:
            yield f"Booked {times} times instead of {usual_times}: {name}, {amount}."
        if amount != usual_amount:
            yield f"Booked with {amount} instead of {usual_amount}: {name}."
