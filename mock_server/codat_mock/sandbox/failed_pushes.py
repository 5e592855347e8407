"""Pushes that failed, and what of them was not pushed again (rule S14).

A push fails at once if the answer is an error or none, or later if its dataset does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

from msgspec import DecodeError, ValidationError

from codat_mock.clock import parse_moment
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.decoding import is_too_deep
from codat_mock.models.errors import Malformed
from codat_mock.models.pushes import PushedRecord, deleted_keys, pushed_record, split_push
from codat_mock.models.request_log import LoggedRequest
from codat_mock.rules.contexts import FailedPush, Request
from codat_mock.sandbox import companies
from codat_mock.sandbox.known_records import known
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow

BAD_REQUEST: Final = 400  # rule S15 names what is wrong with such a push
NOT_FOUND: Final = 404
PARTNER: Final = "partner-"
TYPES: Final[dict[str, DataType]] = {f"push-{name}": kind for kind, name in LIST_NAMES.items()}


def failed_requests(
    session: Session, row: CompanyRow, since: datetime, until: datetime
) -> Iterator[FailedPush]:
    """The pushes of a company that were answered with an error, or not at all.

    Args:
        session: the session.
        row: the company.
        since: UTC; a push at this moment is left out.
        until: UTC; a push at this moment is included.
    """
    if companies.linked(row, "Commerce") is None:
        return
    for entry in reversed([*failed_entries(session, since)]):
        if parse_moment(entry.at) > until or not is_of(session, row, entry):
            continue
        data_type, records = held_by_request(session, entry)
        request = Request(entry.number, entry.at, entry.method, entry.path, entry.caller)
        unresolved = [*unmended(session, row, data_type, records, request)]
        yield FailedPush(data_type, request, why(session, entry), unresolved)


def failed_entries(session: Session, since: datetime) -> Iterator[LoggedRequest]:
    """The pushes after a moment that failed at once, the latest first."""
    for entry in session.tables.request_log.with_bodies():
        if parse_moment(entry.at) <= since:
            return
        if is_failed(session, entry):
            yield entry


def is_failed(session: Session, entry: LoggedRequest) -> bool:
    """Whether a request is a push that was not accepted, though its body may be right."""
    if (entry.operation or "").removeprefix(PARTNER) not in TYPES:
        return False
    if entry.status == BAD_REQUEST or (entry.status < BAD_REQUEST and not entry.is_lost):
        return False
    company = session.tables.companies.find(entry.company_id or "")
    dataset_id = entry.dataset_id or ""
    return company is None or session.tables.datasets.find(company.number, dataset_id) is None


def is_of(session: Session, row: CompanyRow, entry: LoggedRequest) -> bool:
    """Whether a push belongs to a company: a mistyped id is most similar to the right one.

    A push to a company that was deleted belongs to none: it cannot be repeated.

    Args:
        session: the session.
        row: the company's row.
        entry: the push as it is logged.
    """
    named = entry.company_id or ""
    if named == row.company.id:
        return True
    ids = [each.company.id for each in session.tables.companies.all()]
    if named in ids or session.tables.request_log.has_answered(named):
        return False
    return row.company.id == max(ids, key=lambda id_: SequenceMatcher(None, id_, named).ratio())


def why(session: Session, entry: LoggedRequest) -> str:
    """How a push failed."""
    if entry.is_lost:
        return f"request {entry.number} got no answer"
    if entry.status == NOT_FOUND and session.tables.companies.find(entry.company_id or "") is None:
        return f"request {entry.number} was to the unknown company '{entry.company_id}'"
    return f"request {entry.number} was answered {entry.status}"


def unmended_in_dataset(session: Session, row: CompanyRow, failed: DatasetRow) -> Iterator[str]:
    """The keys of what a failed dataset held, and no later push did.

    Args:
        session: the session.
        row: the company's row.
        failed: the dataset.
    """
    records = held_by_dataset(session, failed)
    return unmended(session, row, failed.data_type, records, failed.request)


def unmended(
    session: Session,
    row: CompanyRow,
    data_type: DataType,
    records: Iterable[PushedRecord],
    request: Request,
) -> Iterator[str]:
    """The keys of what a failed push held, and no later push did.

    What the merchant is declared not to have any more need not be mended.

    Args:
        session: the session.
        row: the company.
        data_type: the push's.
        records: those in it.
        request: the push.
    """
    pushed = {each.key: each for each in records if each.key}
    if not pushed:
        return
    for each in later_records(session, row, data_type, request.number):
        pushed.pop(each.key, None)
        if each.is_delete:  # what was never booked is gone with it
            for key in keys_of(each):
                pushed.pop(key, None)
    keys = {key for each in pushed.values() for key in keys_of(each)}
    latest = known(session, row, data_type, keys)
    own = declared(session, row, data_type, pushed)
    for key, each in pushed.items():
        if each.is_delete:
            meant = [latest[name] for name in keys_of(each) if name in latest]
            is_mended = all(version.is_delete for version in meant)
        else:
            is_known = key in latest and latest[key].record == each.record
            is_mended = is_known or (own is not None and key not in own)
        if not is_mended:
            yield key


def later_records(
    session: Session, row: CompanyRow, data_type: DataType, number: int
) -> Iterator[PushedRecord]:
    """The records of the pushes after a request; one of those that failed is judged itself.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        number: the request's number in the log.
    """
    for later in session.tables.datasets.all(row.number):
        if later.data_type == data_type and later.request.number > number:
            yield from held_by_dataset(session, later)
    for entry in session.tables.request_log.with_bodies():
        if entry.number <= number:
            return
        if is_failed(session, entry) and is_of(session, row, entry):
            kind, records = held_by_request(session, entry)
            yield from records if kind == data_type else ()


def held_by_dataset(session: Session, dataset: DatasetRow) -> Iterator[PushedRecord]:
    """The records in the push of a dataset."""
    for position, raw in enumerate(session.tables.datasets.raw_records(dataset.number)):
        yield pushed_record(dataset.data_type, position, raw)


def held_by_request(
    session: Session, entry: LoggedRequest
) -> tuple[DataType, Sequence[PushedRecord]]:
    """The data type of a push that failed at once, and those of its records that can be read."""
    operation = entry.operation or ""
    data_type = TYPES[operation.removeprefix(PARTNER)]
    body = session.tables.request_log.bodies(entry.number).sent
    if operation.startswith(PARTNER):
        body = b'{"%b":%b}' % (LIST_NAMES[data_type].encode(), body)
    records: list[PushedRecord] = []
    if is_too_deep(body):  # why it was refused
        return data_type, records
    with suppress(Malformed):
        for position, raw in enumerate(split_push(data_type, body)):
            with suppress(ValidationError, DecodeError, UnicodeDecodeError):
                records.append(pushed_record(data_type, position, raw))
    return data_type, records


def keys_of(pushed: PushedRecord) -> list[str]:
    """The keys that a pushed record is about."""
    if pushed.is_delete:
        return deleted_keys(pushed.data_type, str(pushed.native.id))
    return [pushed.key]


def declared(
    session: Session, row: CompanyRow, data_type: DataType, keys: Iterable[str]
) -> set[str] | None:
    """Those of the keys that the merchant has records of; None where none are declared.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        keys: the records'.
    """
    if not session.tables.declared.has_any(row.number):
        return None
    return session.tables.declared.known(row.number, data_type, keys)
