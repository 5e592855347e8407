"""The verbs as requests to send and answers to read, without sending anything.

A `Call` says what to ask and how to read the answer. A script is a generator that yields calls and
pauses and is sent the answers; whoever plays it, blocking or not, does the I/O.
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

MOST_RECORDS: Final = 4_999  # "under 5000 records"; source: guide, Rules for sending data
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        path: from the base URL's root, with its query.
        answer: the type its answer is read as.
        content: JSON to send, None for no body.
        is_look: whether it looks at a dataset, which may be done once a second (rule T06).
    """

    method: str
    path: str
    answer: Any
    content: bytes | None = None
    is_look: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Let that many seconds pass."""

    seconds: float


Script = Generator[Call | Pause, Any, T]


def push(company: str, data_type: str, records: Iterable[Any]) -> Script[Dataset]:
    """Push records to one data type: `POST /data/companies/{company}/sync/{data type}`.

    Keeps rules S04 and S07 by refusing what breaks them.

    Raises:
        BadRecord: a record cannot be sent, or stands twice in the push.
        ValueError: the data type is unknown, or there are 5,000 records or more.

    Source: guide, step 1; contract section 2.
    """
    kind = check_data_type(data_type)
    bodies: dict[tuple[str, str], bytes] = {}
    for index, record in enumerate(records):
        path = f"$.{LIST_NAMES[kind]}[{index}]"
        version = make_version(kind, record, path)
        if bodies.setdefault((version.id, version.kind), version.body) is not version.body:
            raise BadRecord(path, f"{version.id!r} stands twice in this push; send it once")
    return (yield from push_bodies(company, data_type, list(bodies.values())))


def delete(company: str, data_type: str, ids: Iterable[str]) -> Script[Dataset]:
    """Push sparse deletes: objects with an id and nothing else. Keeps rule D01.

    Of transactions, each delete takes all that share the id.

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


def push_bodies(company: str, data_type: str, bodies: Sequence[bytes]) -> Script[Dataset]:
    """Push records that are encoded already."""
    kind = check_data_type(data_type)
    if len(bodies) > MOST_RECORDS:
        raise ValueError(
            f"{len(bodies)} records in one push; at most {MOST_RECORDS} are recommended "
            "(a Ledger makes chunks of any number)"
        )
    content = b'{"%s":[%s]}' % (LIST_NAMES[kind].encode(), b",".join(bodies))
    path = f"/data/companies/{segment(check_company(company))}/sync/{kind}"
    answer: PushAnswer = yield Call("POST", path, PushAnswer, content)
    return Dataset(id=answer.dataset_id, company_id=company, data_type=data_type)


def dataset(company: str, dataset_id: str) -> Script[Dataset]:
    """Ask how a dataset is doing: `GET /meta/companies/{company}/pull/history/{dataset}`.

    Source: guide, step 3.
    """
    path = f"/meta/companies/{segment(company)}/pull/history/{segment(dataset_id)}"
    found: Dataset = yield Call("GET", path, Dataset, is_look=True)
    return found


def newest_datasets(company: str, data_type: str) -> Script[list[Dataset]]:
    """Ask for the newest datasets of one data type: `GET /companies/{company}/data/history`.

    An operation of the API's later generation; source: contract section 2.
    """
    wanted = segment(f"dataType={data_type}")
    query = f"page=1&pageSize=100&orderBy=-requested&query={wanted}"
    page: DatasetPage = yield Call(
        "GET", f"/companies/{segment(company)}/data/history?{query}", DatasetPage
    )
    return [found for found in page.results if found.data_type == data_type]


def sync_status(company: str) -> Script[SyncStatus | None]:
    """Ask for the latest sync: `GET /meta/companies/{company}/sync/commerce/status`.

    Before the first sync the service answers 404, which gives None.

    Source: guide, step 4; contract section 6.
    """
    path = f"/meta/companies/{segment(company)}/sync/commerce/status"
    try:
        status: SyncStatus = yield Call("GET", path, SyncStatus)
    except NotFound:
        return None
    return status


def sync_now(company: str, sync_to: datetime | None = None) -> Script[SyncStatus]:
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


def connections(company: str) -> Script[ConnectionPage]:
    """Ask which platforms a company is linked to: `GET /meta/companies/{company}/connections`.

    Source: contract section 2.
    """
    path = f"/meta/companies/{segment(company)}/connections?page=1&pageSize=100"
    page: ConnectionPage = yield Call("GET", path, ConnectionPage)
    return page


def configuration(company: str) -> Script[Configuration]:
    """Ask whether a company's mapping is done: `GET /config/companies/{company}/sync/commerce`.

    Source: contract section 5.
    """
    path = f"/config/companies/{segment(company)}/sync/commerce"
    found: Configuration = yield Call("GET", path, Configuration)
    return found


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")
