"""What a history is, and performing it on a mock."""

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
    """What a merchant recorded and what an integration sent, by date; it ends in a morning.

    Args:
        steps: what happened, in its order.
        due: what the books must show at the end, by data type and key.
        failed: how many pushes have no dataset that is known of and Complete.
        breaks: the codes of the rules that are broken: of the one that is, and of those that are
            broken with it; empty where all are kept.
        spoils: whether that leaves the books otherwise than due.
    """

    steps: tuple[Step, ...]
    due: Mapping[RecordId, Record]
    failed: int = 0
    breaks: frozenset[str] = frozenset()
    spoils: bool = False

    def __repr__(self) -> str:
        """The steps as lines of prose, which is what Hypothesis shows of an example."""
        lines = (
            f"  {moment:%d %b %H:%M:%S}  {'; '.join(map(str, steps))}"
            for moment, steps in groupby(self.steps, lambda step: step.moment)
        )
        return "\n".join(("History:", *lines))


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a history.

    Args:
        findings: the codes of the rules found broken, in order, once a finding.
        exercised: the codes of the rules that had an occasion to be kept or broken.
        datasets: the status of each dataset at the end, where its id was answered.
        differences: how the books differ from what is due, a sentence each.
    """

    findings: tuple[str, ...]
    exercised: frozenset[str]
    datasets: tuple[str, ...]
    differences: tuple[str, ...]


def perform(history: History, driver: SandboxDriver) -> Came:
    """Take a history's steps on a stage, which begins anew; the clock is moved along with it."""
    driver.reset(MORNING)
    driver.create_company("Historic Café")
    scene, now = StepContext(driver), MORNING
    for step in history.steps:
        if step.moment > now:
            driver.pass_to(step.moment)
            now = step.moment
        step.take(scene)
    verdicts = driver.findings()
    return Came(
        findings=tuple(finding["code"] for finding in verdicts["findings"]),
        exercised=frozenset(verdicts["exercised"]),
        datasets=tuple(driver.dataset(id_)["status"] for id_ in driver.datasets),
        differences=tuple(differences(history.due, driver.books())),
    )
