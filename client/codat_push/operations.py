"""The operations of the API as flows, without I/O.

A `Call` is a request and the type of its answer. A `Flow` is a generator that yields calls and
pauses and receives the answers; a client runs it, blocking or not, and does the I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from codat_push.content import EPOCH
from codat_push.encoding import to_wire, write_json
from codat_push.errors import BadRecord, NotFound
from codat_push.models import (
    Configuration,
    ConnectionPage,
    Dataset,
    DatasetPage,
    PushAnswer,
    SyncStatus,
)
from codat_push.schema import LIST_NAMES, check_company, check_data_type
from codat_push.versions import key_of, make_version

PAGE_SIZE: Final = 100  # datasets in a list of the newest
MAX_RECORDS: Final = 4_999  # "under 5000 records"; source: guide, Rules for sending data
SyncAnswer = SyncStatus | list[SyncStatus] | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        operation: its name, such as `push`, for metrics.
        method: of HTTP.
        path: from the base URL's root, with its query.
        answer: the type of its answer.
        company: the company that it is about.
        content: JSON to send, None for no body.
    """

    operation: str
    method: str
    path: str
    answer: Any
    company: str
    content: bytes | None = None

    @property
    def is_poll(self) -> bool:
        """Whether it reads the status of a dataset, at most once a second (rule T06)."""
        return self.operation == "dataset"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in a flow."""

    seconds: float


Flow = Generator[Call | Pause, Any, T]


class FlowRun(Generic[T]):
    """A flow on its way, for a client that takes its steps.

    Attributes:
        step: what to do next; None once the flow has ended.
        result: what the flow returned, once it has ended.
    """

    step: Call | Pause | None
    result: T

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow

    def resume(self, answer: Any) -> None:
        """Go on after a step, with its answer; at first with None."""
        self._advance(self._flow.send, answer)

    def fail(self, error: Exception) -> None:
        """Go on after a step that raised an error, which the flow may handle."""
        self._advance(self._flow.throw, error)

    def _advance(self, function: Callable[[Any], Call | Pause], value: Any) -> None:
        try:
            self.step = function(value)
        except StopIteration as end:
            self.step, self.result = None, end.value


def push(company: str, data_type: str, records: Iterable[Any]) -> Flow[Dataset]:
    """Push records to one data type: `POST /data/companies/{company}/sync/{data type}`.

    Keeps rules S04 and S07: it refuses what breaks them.

    Args:
        company: its id.
        data_type: what the records are.
        records: mappings, dataclasses or msgspec Structs, whole.

    Raises:
        BadRecord: a record cannot be sent, or is in the push twice.
        ValueError: the data type is unknown, or there are 5,000 records or more.

    Source: guide, step 1; contract section 2.
    """
    kind = check_data_type(data_type)
    bodies: dict[tuple[str, str], bytes] = {}
    for index, record in enumerate(records):
        path = f"$.{LIST_NAMES[kind]}[{index}]"
        version = make_version(kind, record, path)
        if bodies.setdefault((version.id, version.kind), version.body) is not version.body:
            raise BadRecord(path, f"{version.id!r} is in this push twice; send it once")
    return (yield from push_bodies(company, data_type, list(bodies.values())))


def delete(company: str, data_type: str, ids: Iterable[str]) -> Flow[Dataset]:
    """Push sparse deletes: objects with an id and nothing else. Keeps rule D01.

    A delete of a transaction deletes every transaction with that id.

    Args:
        company: its id.
        data_type: what the ids are of.
        ids: the merchant's ids; duplicates are sent once.

    Raises:
        BadRecord: an id is empty.
        ValueError: the data type is unknown, or there are 5,000 ids or more.

    Source: guide, Rules for deleting data.
    """
    kind = check_data_type(data_type)
    deletes = [{"id": identity} for identity in dict.fromkeys(ids)]
    for index, record in enumerate(deletes):
        key_of(kind, record, f"$.{LIST_NAMES[kind]}[{index}]")
    return (yield from push_bodies(company, data_type, [write_json(record) for record in deletes]))


def push_bodies(company: str, data_type: str, bodies: Sequence[bytes]) -> Flow[Dataset]:
    """Push records that are already encoded as JSON.

    Args:
        company: its id.
        data_type: what the records are.
        bodies: the JSON of each record, in UTF-8.

    Raises:
        ValueError: the company is not an id, the data type is unknown, or there are 5,000 records
            or more.

    Source: guide, step 1; contract section 2.
    """
    kind = check_data_type(data_type)
    if len(bodies) > MAX_RECORDS:
        raise ValueError(
            f"{len(bodies)} records in one push; at most {MAX_RECORDS} are recommended "
            "(a Ledger splits any number into chunks)"
        )
    content = b'{"%s":[%s]}' % (LIST_NAMES[kind].encode(), b",".join(bodies))
    path = f"/data/companies/{segment(check_company(company))}/sync/{kind}"
    answer: PushAnswer = yield Call("push", "POST", path, PushAnswer, company, content)
    return Dataset(id=answer.dataset_id, company_id=company, data_type=data_type)


def dataset(company: str, dataset_id: str) -> Flow[Dataset]:
    """Read the status of a dataset: `GET /meta/companies/{company}/pull/history/{dataset}`.

    Source: guide, step 3.
    """
    path = f"/meta/companies/{segment(company)}/pull/history/{segment(dataset_id)}"
    found: Dataset = yield Call("dataset", "GET", path, Dataset, company)
    return found


def newest_datasets(company: str, data_type: str) -> Flow[list[Dataset]]:
    """List the newest datasets of one data type: `GET /companies/{company}/data/history`.

    An operation of the API's later generation; source: contract section 2.
    """
    clause = segment(f"dataType={data_type}")
    query = f"page=1&pageSize={PAGE_SIZE}&orderBy=-requested&query={clause}"
    path = f"/companies/{segment(company)}/data/history?{query}"
    page: DatasetPage = yield Call("newest_datasets", "GET", path, DatasetPage, company)
    return [found for found in page.results if found.data_type in (data_type, "")]


def sync_status(company: str) -> Flow[SyncStatus | None]:
    """Read the latest sync: `GET /meta/companies/{company}/sync/commerce/status`.

    Returns None before the first sync, when the service answers 404. Of a list, which the vendor's
    words promise though its example is one object, the latest counts.

    Source: guide, step 4; contract section 6, contract-2 section I.
    """
    path = f"/meta/companies/{segment(company)}/sync/commerce/status"
    try:
        found = yield Call("sync_status", "GET", path, SyncAnswer, company)
    except NotFound:
        return None
    if isinstance(found, list):
        return max(found, key=lambda each: each.sync_utc or EPOCH, default=None)
    status: SyncStatus | None = found
    return status


def sync_now(company: str, sync_to: datetime | None = None) -> Flow[SyncStatus]:
    """Run a sync now: `POST /companies/{company}/sync/commerce/latest`.

    Args:
        company: its id.
        sync_to: sync what was created before this moment (aware); None for now.

    Source: contract section 2.
    """
    body = {} if sync_to is None else to_wire({"syncTo": sync_to})
    path = f"/companies/{segment(company)}/sync/commerce/latest"
    status: SyncStatus = yield Call("sync_now", "POST", path, SyncStatus, company, write_json(body))
    return status


def connections(company: str) -> Flow[ConnectionPage]:
    """List the connections of a company: `GET /meta/companies/{company}/connections`.

    Source: contract section 2.
    """
    path = f"/meta/companies/{segment(company)}/connections?page=1&pageSize=100"
    page: ConnectionPage = yield Call("connections", "GET", path, ConnectionPage, company)
    return page


def configuration(company: str) -> Flow[Configuration]:
    """Read whether the mapping is complete: `GET /config/companies/{company}/sync/commerce`.

    Source: contract section 5.
    """
    path = f"/config/companies/{segment(company)}/sync/commerce"
    found: Configuration = yield Call("configuration", "GET", path, Configuration, company)
    return found


def segment(text: str) -> str:
    """A text as one segment of a URL's path."""
    return quote(text, safe="")
