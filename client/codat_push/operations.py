"""The operations of the API as flows, without I/O.

A `Call` is a request and the type of its answer. A `Flow` is a generator that yields calls and
pauses and receives the answers; a client runs it, blocking or not, and does the I/O.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

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

MAX_RECORDS: Final = 4_999  # "under 5000 records"; source: guide, Rules for sending data
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        path: from the base URL's root, with its query.
        answer: the type of its answer.
        content: JSON to send, None for no body.
        is_poll: whether it reads the status of a dataset, at most once a second (rule T06).
    """

    method: str
    path: str
    answer: Any
    content: bytes | None = None
    is_poll: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in a flow."""

    seconds: float


Flow = Generator[Call | Pause, Any, T]


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
    answer: PushAnswer = yield Call("POST", path, PushAnswer, content)
    return Dataset(id=answer.dataset_id, company_id=company, data_type=data_type)


def dataset(company: str, dataset_id: str) -> Flow[Dataset]:
    """Read the status of a dataset: `GET /meta/companies/{company}/pull/history/{dataset}`.

    Source: guide, step 3.
    """
    path = f"/meta/companies/{segment(company)}/pull/history/{segment(dataset_id)}"
    found: Dataset = yield Call("GET", path, Dataset, is_poll=True)
    return found


def newest_datasets(company: str, data_type: str) -> Flow[list[Dataset]]:
    """List the newest datasets of one data type: `GET /companies/{company}/data/history`.

    An operation of the API's later generation; source: contract section 2.
    """
    clause = segment(f"dataType={data_type}")
    query = f"page=1&pageSize=100&orderBy=-requested&query={clause}"
    page: DatasetPage = yield Call(
        "GET", f"/companies/{segment(company)}/data/history?{query}", DatasetPage
    )
    return [found for found in page.results if found.data_type == data_type]


def sync_status(company: str) -> Flow[SyncStatus | None]:
    """Read the latest sync: `GET /meta/companies/{company}/sync/commerce/status`.

    Returns None before the first sync, when the service answers 404.

    Source: guide, step 4; contract section 6.
    """
    path = f"/meta/companies/{segment(company)}/sync/commerce/status"
    try:
        status: SyncStatus = yield Call("GET", path, SyncStatus)
    except NotFound:
        return None
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
    status: SyncStatus = yield Call("POST", path, SyncStatus, write_json(body))
    return status


def connections(company: str) -> Flow[ConnectionPage]:
    """List the connections of a company: `GET /meta/companies/{company}/connections`.

    Source: contract section 2.
    """
    path = f"/meta/companies/{segment(company)}/connections?page=1&pageSize=100"
    page: ConnectionPage = yield Call("GET", path, ConnectionPage)
    return page


def configuration(company: str) -> Flow[Configuration]:
    """Read whether the mapping is complete: `GET /config/companies/{company}/sync/commerce`.

    Source: contract section 5.
    """
    path = f"/config/companies/{segment(company)}/sync/commerce"
    found: Configuration = yield Call("GET", path, Configuration)
    return found


def segment(text: str) -> str:
    """A text as one segment of a URL's path."""
    return quote(text, safe="")
