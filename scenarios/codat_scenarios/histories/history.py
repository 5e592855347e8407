"""What a history is, and performing it on a mock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from codat_mock.records.datasets import DataType
from codat_scenarios.histories.reckoning import RecordId, differences
from codat_scenarios.merchants import Change, Record
from codat_scenarios.stage import Stage
from codat_scenarios.stories.narrating import told_records


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push.

    Args:
        moment: UTC.
        data_type: of what kind the records are.
        records: in their order.
        meanwhile: records of a push of the same kind that is sent and answered during this one.
    """

    moment: datetime
    data_type: DataType
    records: list[Record]
    meanwhile: list[Record] | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """A night passes with its sync; `moment` is the morning after, UTC."""

    moment: datetime


Step = Change | Pushed | Night


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """What a merchant recorded and what an integration pushed, by date; it ends in a morning.

    Args:
        steps: what the merchant recorded, what was pushed, and the nights.
        due: what the books must show at the end, by data type and key.
        breaks: the code of the one rule that is broken; None where all are kept.
    """

    steps: tuple[Step, ...]
    due: Mapping[RecordId, Record]
    breaks: str | None = None

    def __repr__(self) -> str:
        """The steps as lines of prose, which is what Hypothesis shows of an example."""
        lines = (
            f"  {moment:%d %b %H:%M}  {told_steps([*steps])}"
            for (_, moment), steps in groupby(self.steps, lambda step: (type(step), step.moment))
        )
        return "\n".join(("History:", *lines))


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a history.

    Args:
        findings: the codes of the rules found broken, in order, once a push.
        datasets: the status of each dataset at the end.
        differences: how the books differ from what is due, a sentence each.
    """

    findings: tuple[str, ...]
    datasets: tuple[str, ...]
    differences: tuple[str, ...]


def perform(history: History, stage: Stage) -> Came:
    """Push a history on a stage, which begins anew; the clock is moved along with it."""
    stage.begin("Historic Café")
    for step in history.steps:
        stage.wait_until(step.moment)
        if isinstance(step, Pushed):
            if step.meanwhile is None:
                stage.try_push(step.data_type, step.records)
            else:
                stage.push_during(step.data_type, step.records, step.meanwhile)
    return Came(
        findings=tuple(finding["code"] for finding in stage.findings()["findings"]),
        datasets=tuple(stage.dataset(id_)["status"] for id_ in stage.datasets),
        differences=tuple(differences(history.due, stage.books())),
    )


def told_steps(steps: Sequence[Step]) -> str:
    """Steps of one kind and moment in one line."""
    pushes = [told_push(step) for step in steps if isinstance(step, Pushed)]
    if pushes:
        return f"pushed: {'; '.join(pushes)}"
    recorded: dict[DataType, list[Record]] = {}
    for step in steps:
        if isinstance(step, Change):
            recorded.setdefault(step.data_type, []).append(step.record)
    told = (told_records(data_type, records) for data_type, records in recorded.items())
    return f"recorded: {'; '.join(told)}" if recorded else "the night has passed"


def told_push(push: Pushed) -> str:
    """A push in few words."""
    during = f", during it {told_records(push.data_type, push.meanwhile)}" if push.meanwhile else ""
    return f"{told_records(push.data_type, push.records)}{during}"
