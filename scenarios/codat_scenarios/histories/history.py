"""What a history is, and how it is performed on a mock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from codat_scenarios.histories.books_oracle import RecordId, differences
from codat_scenarios.histories.steps import Step, StepContext
from codat_scenarios.merchants import Record
from codat_scenarios.sandbox_driver import MORNING, SandboxDriver


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """What a merchant recorded and what an integration sent, in order; it ends in a morning.

    Args:
        steps: the steps in order.
        expected_records: what the books must show at the end, by data type and key.
        failed_pushes: the number of pushes without a known dataset that is Complete.
        broken_rules: the codes of the rules that the history breaks: the intended one and those
            that are broken as a consequence; empty for a correct history.
        corrupts_books: whether the books differ from `expected_records` because of that.
    """

    steps: tuple[Step, ...]
    expected_records: Mapping[RecordId, Record]
    failed_pushes: int = 0
    broken_rules: frozenset[str] = frozenset()
    corrupts_books: bool = False

    def __repr__(self) -> str:
        """The steps as lines of prose, which Hypothesis prints for an example."""
        lines = (
            f"  {moment:%d %b %H:%M:%S}  {'; '.join(map(str, steps))}"
            for moment, steps in groupby(self.steps, lambda step: step.moment)
        )
        return "\n".join(("History:", *lines))


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What a mock reports after a history.

    Args:
        findings: the codes of the findings, in order, repeated for each finding.
        exercised: the codes of the rules that were exercised.
        datasets: the final status of each dataset whose id was answered.
        differences: how the books differ from the expected records, a sentence each.
    """

    findings: tuple[str, ...]
    exercised: frozenset[str]
    datasets: tuple[str, ...]
    differences: tuple[str, ...]


def perform(history: History, driver: SandboxDriver) -> HistoryResult:
    """Run the steps of a history in a sandbox, which is reset first; its clock moves along."""
    driver.reset(MORNING)
    driver.create_company("Example Café")
    context, now = StepContext(driver), MORNING
    for step in history.steps:
        if step.moment > now:
            driver.set_clock(step.moment)
            now = step.moment
        step.run(context)
    verdict = driver.findings()
    return HistoryResult(
        findings=tuple(finding["code"] for finding in verdict["findings"]),
        exercised=frozenset(verdict["exercised"]),
        datasets=tuple(driver.dataset(id_)["status"] for id_ in driver.datasets),
        differences=tuple(differences(history.expected_records, driver.books())),
    )
