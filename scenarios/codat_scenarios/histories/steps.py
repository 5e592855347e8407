"""The steps of a history: each runs in a sandbox at its moment and describes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from codat_mock.domain.dataset_lifecycle import QUEUED_ROUTE
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_scenarios.merchants import Change, Record
from codat_scenarios.sandbox_driver import START, Json, SandboxDriver
from codat_scenarios.stories.prose import describe_records

UNDER_WAY: Final = frozenset(QUEUED_ROUTE) - {"Complete"}


@dataclass(slots=True)
class StepContext:
    """A company on a mock, and the datasets that are still to be read.

    Args:
        driver: drives the company.
        unread: the ids of datasets whose final status has not been read.
    """

    driver: SandboxDriver
    unread: list[str] = field(default_factory=list)


class Step(Protocol):
    """Something that happens at a moment, UTC."""

    @property
    def moment(self) -> datetime:
        """When it happens, UTC."""

    def run(self, context: StepContext) -> None:
        """Run it; the clock shows its moment."""

    def __str__(self) -> str:
        """A short description."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The merchant's system records changes.

    Args:
        moment: UTC.
        changes: in order.
        is_declared: whether the changes are declared to the mock as the merchant's records.
    """

    moment: datetime
    changes: tuple[Change, ...]
    is_declared: bool = False

    def run(self, context: StepContext) -> None:
        """Declare the changes to the mock, if they are to be declared."""
        if self.is_declared:
            driver = context.driver
            path = f"/_mock/companies/{driver.company_id}/merchant-records"
            driver.call("POST", path, by_type(self.changes))

    def __str__(self) -> str:
        described = (
            describe_records(data_type, records)
            for data_type, name in LIST_NAMES.items()
            if (records := by_type(self.changes)[name])
        )
        return f"{'declared' if self.is_declared else 'recorded'}: {'; '.join(described)}"


@dataclass(frozen=True, slots=True)
class Configured:
    """The merchant links accounting and configures the mapping."""

    moment: datetime

    def run(self, context: StepContext) -> None:
        """Link and configure."""
        context.driver.link_accounting()
        context.driver.configure(START)

    def __str__(self) -> str:
        return "linked and configured"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push; any answer is accepted.

    Args:
        moment: UTC.
        data_type: the data type of the records.
        records: in order.
        meanwhile: records of another push of the same data type, sent and answered during this
            one.
    """

    moment: datetime
    data_type: DataType
    records: list[Record]
    meanwhile: list[Record] | None = None

    def run(self, context: StepContext) -> None:
        """Push."""
        driver = context.driver
        known = len(driver.datasets)
        if self.meanwhile is None:
            driver.try_push(self.data_type, self.records)
        else:
            driver.push_during(self.data_type, self.records, self.meanwhile)
        context.unread += driver.datasets[known:]

    def __str__(self) -> str:
        described = f"pushed: {describe_records(self.data_type, self.records)}"
        if self.meanwhile:
            described += f", during it {describe_records(self.data_type, self.meanwhile)}"
        return described


@dataclass(frozen=True, slots=True)
class Read:
    """The datasets whose final status is unknown are read.

    Args:
        moment: UTC.
        in_list: whether the list of datasets is read instead of each dataset by id.
    """

    moment: datetime
    in_list: bool = False

    def run(self, context: StepContext) -> None:
        """Read them; if a read fails, the rest is left for later."""
        if not context.unread:
            return
        company = context.driver.company_id
        if self.in_list:
            found = context.driver.call("GET", f"/companies/{company}/data/history?pageSize=2000")
            for dataset in found["results"]:
                note_status(context, dataset)
            return
        for dataset_id in [*context.unread]:
            answer = context.driver.send(
                "GET", f"/meta/companies/{company}/pull/history/{dataset_id}"
            )
            if not answer.is_success:
                return
            note_status(context, answer.json())

    def __str__(self) -> str:
        return f"read: {'the list of datasets' if self.in_list else 'each dataset in progress'}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request; any answer is accepted.

    Args:
        moment: UTC.
        method: the HTTP method.
        path: with `{companyId}` for the company's id.
        content: the body as a JSON value; None for no body.
        key: an Authorization header to send instead of the API key's.
        times: how often to send it.
    """

    moment: datetime
    method: str
    path: str
    content: Any = None
    key: str | None = None
    times: int = 1

    def run(self, context: StepContext) -> None:
        """Send it."""
        path = self.path.replace("{companyId}", context.driver.company_id)
        for _ in range(self.times):
            context.driver.send(self.method, path, self.content, self.key)

    def __str__(self) -> str:
        times = f" {self.times} times" if self.times > 1 else ""
        content = "" if self.content is None else f" {self.content}"
        return f"sent{times}: {self.method} {self.path}{content}"


@dataclass(frozen=True, slots=True)
class Relinked:
    """A connection of the company changes its status."""

    moment: datetime
    status: str
    kind: str = "Commerce"

    def run(self, context: StepContext) -> None:
        """Set the status."""
        context.driver.set_connection(self.kind, self.status)

    def __str__(self) -> str:
        return f"the {self.kind} connection becomes {self.status}"


@dataclass(frozen=True, slots=True)
class Night:
    """A night passes with its sync; `moment` is the morning after, UTC."""

    moment: datetime

    def run(self, context: StepContext) -> None:
        """Do nothing: the clock has moved."""

    def __str__(self) -> str:
        return "the night has passed"


def by_type(changes: Sequence[Change]) -> Json:
    """The changed records in a list for each data type."""
    return {
        name: [change.record for change in changes if change.data_type == data_type]
        for data_type, name in LIST_NAMES.items()
    }


def note_status(context: StepContext, dataset: Json) -> None:
    """Stop reading a dataset whose status is final."""
    id_, status = dataset["id"], dataset["status"]
    if id_ in context.unread and status not in UNDER_WAY:
        context.unread.remove(id_)
