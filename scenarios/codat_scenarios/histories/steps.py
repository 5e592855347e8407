"""The steps of a history: each is taken on a stage, at its moment, and can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from codat_mock.domain.dataset_lifecycle import QUEUED_ROUTE
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.merchants import Change, Record
from codat_scenarios.sandbox_driver import START, Json, SandboxDriver
from codat_scenarios.stories.prose import told_records

UNDER_WAY: Final = frozenset(QUEUED_ROUTE) - {"Complete"}


@dataclass(slots=True)
class StepContext:
    """A stage, and what the integration on it knows.

    Args:
        runner: a company on a mock.
        unread: the ids of datasets whose end has not been read.
    """

    driver: SandboxDriver
    unread: list[str] = field(default_factory=list)


class Step(Protocol):
    """Something that happens at a moment, UTC."""

    @property
    def moment(self) -> datetime:
        """When it happens, UTC."""

    def take(self, scene: StepContext) -> None:
        """Do it; the clock stands at its moment."""

    def __str__(self) -> str:
        """What happens, in few words."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The merchant's system records something.

    Args:
        moment: UTC.
        changes: in their order.
        is_declared: whether the mock is told of it, as a test may.
    """

    moment: datetime
    changes: tuple[Change, ...]
    is_declared: bool = False

    def take(self, scene: StepContext) -> None:
        """Tell the mock of it, if it is to be told."""
        if self.is_declared:
            driver = scene.driver
            path = f"/_mock/companies/{driver.company_id}/merchant-records"
            driver.call("POST", path, by_type(self.changes))

    def __str__(self) -> str:
        told = (
            told_records(data_type, records)
            for data_type, name in LIST_NAMES.items()
            if (records := by_type(self.changes)[name])
        )
        return f"{'declared' if self.is_declared else 'recorded'}: {'; '.join(told)}"


@dataclass(frozen=True, slots=True)
class Configured:
    """Accounting is linked, and the mapping configured."""

    moment: datetime

    def take(self, scene: StepContext) -> None:
        """Do the merchant's part, and the mapping."""
        scene.driver.link_accounting()
        scene.driver.configure(START)

    def __str__(self) -> str:
        return "linked and configured"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push, whatever the answer.

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

    def take(self, scene: StepContext) -> None:
        """Push."""
        driver = scene.driver
        known = len(driver.datasets)
        if self.meanwhile is None:
            driver.try_push(self.data_type, self.records)
        else:
            driver.push_during(self.data_type, self.records, self.meanwhile)
        scene.unread += driver.datasets[known:]

    def __str__(self) -> str:
        told = f"pushed: {told_records(self.data_type, self.records)}"
        if self.meanwhile:
            told += f", during it {told_records(self.data_type, self.meanwhile)}"
        return told


@dataclass(frozen=True, slots=True)
class Read:
    """The datasets that are not known to have ended are read.

    Args:
        moment: UTC.
        in_list: all at once, and not each by its id.
    """

    moment: datetime
    in_list: bool = False

    def take(self, scene: StepContext) -> None:
        """Read them; where a read fails, the others are left for later."""
        if not scene.unread:
            return
        company = scene.driver.company_id
        if self.in_list:
            found = scene.driver.call("GET", f"/companies/{company}/data/history?pageSize=2000")
            for dataset in found["results"]:
                note_status(scene, dataset)
            return
        for dataset_id in [*scene.unread]:
            answer = scene.driver.send(
                "GET", f"/meta/companies/{company}/pull/history/{dataset_id}"
            )
            if not answer.is_success:
                return
            note_status(scene, answer.json())

    def __str__(self) -> str:
        return f"read: {'the list of datasets' if self.in_list else 'each dataset under way'}"


@dataclass(frozen=True, slots=True)
class Sent:
    """Any request, whatever the answer.

    Args:
        moment: UTC.
        method: of the request.
        path: with `{companyId}` for the company's id.
        content: of the body; None for no body.
        key: what the header Authorization says instead of the API key.
        times: how often it is sent.
    """

    moment: datetime
    method: str
    path: str
    content: Any = None
    key: str | None = None
    times: int = 1

    def take(self, scene: StepContext) -> None:
        """Send it."""
        path = self.path.replace("{companyId}", scene.driver.company_id)
        for _ in range(self.times):
            scene.driver.send(self.method, path, self.content, self.key)

    def __str__(self) -> str:
        times = f" {self.times} times" if self.times > 1 else ""
        content = "" if self.content is None else f" {self.content}"
        return f"sent{times}: {self.method} {self.path}{content}"


@dataclass(frozen=True, slots=True)
class Relinked:
    """A connection of the company's gets another status."""

    moment: datetime
    status: str
    kind: str = "Commerce"

    def take(self, scene: StepContext) -> None:
        """Set it."""
        scene.driver.set_connection(self.kind, self.status)

    def __str__(self) -> str:
        return f"the {self.kind} connection becomes {self.status}"


@dataclass(frozen=True, slots=True)
class Night:
    """A night passes with its sync; `moment` is the morning after, UTC."""

    moment: datetime

    def take(self, scene: StepContext) -> None:
        """Do nothing: the clock has moved."""

    def __str__(self) -> str:
        return "the night has passed"


def by_type(changes: Sequence[Change]) -> Json:
    """The changed records as lists by their kinds."""
    return {
        name: [change.record for change in changes if change.data_type == data_type]
        for data_type, name in LIST_NAMES.items()
    }


def note_status(scene: StepContext, dataset: Json) -> None:
    """Note what a dataset's status says; one that has ended need not be read again."""
    id_, status = dataset["id"], dataset["status"]
    if id_ in scene.unread and status not in UNDER_WAY:
        scene.unread.remove(id_)
