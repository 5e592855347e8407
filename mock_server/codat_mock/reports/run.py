"""A run of an integration, the content of every report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import field

from codat_mock.accounting.comparison import Compared
from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import DatasetStatus, DataType
from codat_mock.models.values import Amount, MomentText
from codat_mock.rules.judge import Finding, Findings
from codat_mock.rules.registry import RuleDescription, Severity
from codat_mock.sandbox.books_view import MissedRecord

FailOn = Literal["error", "warning", "info", "never"]
Ending = Literal["exited", "killed", "timed-out"]
RANKS: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "info": 2}


class ReportedDataset(Wire, kw_only=True, omit_defaults=False):
    """A dataset: a push and its result."""

    id: str
    data_type: DataType
    requested: MomentText
    completed: MomentText | None
    status: DatasetStatus
    error: str


class ReportedSync(Wire, kw_only=True, omit_defaults=False):
    """A sync, the period it covered, and how it ended."""

    id: str
    at: MomentText
    start: MomentText
    finish: MomentText
    code: int
    status: str
    error: str


class ReportedDocument(Wire, kw_only=True, omit_defaults=False):
    """A document in the accounting software, without its lines."""

    number: str
    kind: str
    date: str
    contact: str
    status: str
    currency: str
    total: Amount


class ReportedComparison(Wire, kw_only=True, omit_defaults=False):
    """The books compared with what the merchant declared; records that agree are only counted."""

    agreeing: int
    doubled: list[Compared]
    missing: list[Compared]
    stale: list[Compared]
    surplus: list[Compared]


class ReportedCompany(Wire, kw_only=True, omit_defaults=False):
    """The part of one company in a run.

    Args:
        comparison: None if the records of the merchant are not declared.
    """

    id: str
    name: str
    platform: str | None
    datasets: list[ReportedDataset]
    syncs: list[ReportedSync]
    documents: list[ReportedDocument]
    missed: list[MissedRecord]
    comparison: ReportedComparison | None


class CommandEnd(Wire, kw_only=True, omit_defaults=False):
    """How the command under test ended.

    Args:
        line: the command line.
        code: its exit code, or the number of the signal that killed it.
    """

    line: str
    ending: Ending
    code: int

    @property
    def is_success(self) -> bool:
        """Whether it exited with code 0."""
        return self.ending == "exited" and self.code == 0


class Expected(Wire, omit_defaults=False):
    """A known finding, which does not fail the run.

    Args:
        records: the keys that the finding names, in any order; None for any records.
    """

    code: str
    data_type: str
    records: tuple[str, ...] | None = None

    def matches(self, finding: Finding) -> bool:
        """Whether this entry covers a finding."""
        if (self.code, self.data_type) != (finding.code, finding.data_type):
            return False
        return self.records is None or sorted(self.records) == sorted(finding.records)


class Run(Wire, kw_only=True, omit_defaults=False):
    """A run of an integration against the mock.

    Args:
        now: the sandbox's time at the end of the run.
        judgement: the findings of the rules, the worst first.
        failures: failures of the mock itself, which invalidate the rest.
        failure_reports: what to send to its authors about each of them.
        fail_on: the lowest severity of a finding that fails the run.
        expected: the findings that do not fail the run.
        command: how the command under test ended; None if there was none.
        configuration: the file that findings point at if their place in the code is unknown.
        root: the folder that paths in the code are relative to.
        complaints: what is wrong apart from findings, such as differences in the books that an
            exploration finds, a sentence each.
        notes: what the reader must know besides, such as assumptions, a sentence each.
    """

    now: MomentText
    judgement: Findings
    rules: list[RuleDescription]
    companies: list[ReportedCompany]
    failures: list[str]
    failure_reports: list[str] = field(default_factory=list)
    fail_on: FailOn = "error"
    expected: list[Expected] = field(default_factory=list)
    command: CommandEnd | None = None
    configuration: str = "codat-mock.toml"
    root: str = ""
    complaints: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def is_tolerated(self, finding: Finding) -> bool:
        """Whether a finding is among the expected ones."""
        return any(each.matches(finding) for each in self.expected)

    def is_failing(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        if self.fail_on == "never" or self.is_tolerated(finding):
            return False
        return RANKS[finding.severity] <= RANKS[self.fail_on]

    @property
    def failing(self) -> list[Finding]:
        """The findings that fail the run."""
        return [finding for finding in self.judgement.findings if self.is_failing(finding)]

    @property
    def stale(self) -> list[Expected]:
        """The expected findings that were not found."""
        found = self.judgement.findings
        return [each for each in self.expected if not any(map(each.matches, found))]

    @property
    def has_pushes(self) -> bool:
        """Whether anything was pushed."""
        return any(company.datasets for company in self.companies)

    @property
    def is_vacuous(self) -> bool:
        """Whether there was nothing to judge; such a run does not pass."""
        is_silent = not self.has_pushes and not self.judgement.findings
        is_unbooked = self.judgement.books.is_empty and not self.judgement.findings
        return is_silent or is_unbooked or self.judgement.verdict == "nothing-observed"

    def of_rule(self, code: str) -> Iterator[Finding]:
        """The findings of one rule."""
        return (finding for finding in self.judgement.findings if finding.code == code)


def as_expected(finding: Finding) -> Expected:
    """The identity of a finding, the same from run to run."""
    return Expected(finding.code, finding.data_type, tuple(sorted(finding.records)))
