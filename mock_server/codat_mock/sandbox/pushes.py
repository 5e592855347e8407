"""A push: decoded, judged, and stored with its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, Struct, to_builtins
from msgspec.json import Encoder

from codat_mock.accounting.orders import percentages
from codat_mock.accounting.selection import Version
from codat_mock.configuration.options import with_options
from codat_mock.domain.dataset_lifecycle import Plan, end_of, make_plan
from codat_mock.models.commerce import Record
from codat_mock.models.companies import Connection
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.errors import Malformed, NotFound, Problem
from codat_mock.models.native_records import exact_amount
from codat_mock.models.pushes import (
    PushedRecord,
    deleted_keys,
    objects_in,
    pushed_record,
    read_push,
)
from codat_mock.models.unread_properties import unread_in
from codat_mock.rules.contexts import NextSync, PushContext, RecordContext, Request
from codat_mock.sandbox import companies, evaluation, planned_outcomes, webhooks
from codat_mock.sandbox.known_records import known_versions
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow

MAX_NAMED: Final = 1000  # invalid records in the message of a dataset
encode = Encoder(order="deterministic").encode


class ReceivedPush(Struct, frozen=True):
    """A push whose body has been decoded, which needs no session.

    Args:
        body: JSON, as it came.
        records: what was decoded; none where that failed.
        error: why the body cannot be decoded, None where it can.
    """

    company_id: str
    data_type: DataType
    body: bytes
    records: Sequence[PushedRecord]
    error: Malformed | None = None


class Arrival(Struct, frozen=True):
    """How a push came in.

    Args:
        request: its place among the sandbox's requests.
        overlaps: pushes of the same company and data type that were in flight when it came.
        dataset_id: the id of the new dataset; None for one of the sandbox's own.
        is_answered: False where its answer is still to be sent: until `Datasets.confirm` says
            that it was, a restarted server takes it for lost.
    """

    company_id: str
    data_type: DataType
    request: Request
    overlaps: Sequence[Request] = ()
    dataset_id: str | None = None
    is_answered: bool = True


def receive(company_id: str, data_type: DataType, body: bytes) -> ReceivedPush:
    """Decode a push; an error of that is kept, for `accept` to judge.

    Args:
        company_id: the company's id.
        data_type: what is pushed.
        body: the bytes of the request, unpacked.
    """
    try:
        return ReceivedPush(company_id, data_type, body, read_push(data_type, body))
    except Malformed as error:
        return ReceivedPush(company_id, data_type, body, (), error)


def accept(
    session: Session,
    push: ReceivedPush,
    request: Request,
    overlaps: Sequence[Request] = (),
    dataset_id: str | None = None,
    *,
    is_answered: bool = True,
) -> str:
    """Judge a push, and store it with its dataset.

    Args:
        session: the session.
        push: the decoded push.
        request: its place among the sandbox's requests.
        overlaps: pushes of the same company and data type that were in flight when it came.
        dataset_id: the id of the new dataset; None for one of the sandbox's own.
        is_answered: False where the server has still to send the answer.

    Returns:
        The dataset's id.

    Raises:
        NotFound: there is no such company, or it has no commerce connection.
        Malformed: the body cannot be decoded; its findings are kept.

    Source: guide, "Rules for sending data"; contract section 2.
    """
    arrival = Arrival(push.company_id, push.data_type, request, overlaps, dataset_id, is_answered)
    if push.error:
        refuse(session, arrival, push.error, push.body)
        session.checkpoint()
        raise push.error
    return store(session, arrival, push.records, push.body)


def store(session: Session, arrival: Arrival, records: Sequence[PushedRecord], body: bytes) -> str:
    """Judge a decoded push, and store it with its dataset; returns the dataset's id.

    Args:
        session: the session.
        arrival: what is known of the push before it is judged.
        records: the records, in order.
        body: the bytes of the request, unpacked.
    """
    row = session.company(arrival.company_id)
    connection = commerce_connection(row, arrival.data_type)
    problems = problems_in(arrival.data_type, records)
    judged = judged_records(session, row, arrival.data_type, records)
    unread = unread_in(arrival.data_type, body, records)
    judge(session, row, arrival, judged, problems, unread=unread)
    plan = plan_for(session, arrival, problems, is_linked=connection.status == "Linked")
    dataset = DatasetRow(
        id=arrival.dataset_id or session.new_id(),
        connection_id=connection.id,
        data_type=arrival.data_type,
        requested=session.now,
        ends=end_of(plan, session.now),
        plan=plan,
        request=arrival.request,
        is_answered=arrival.is_answered,
    )
    number = session.tables.datasets.add(row.number, dataset, body)
    if plan.outcome == "Complete":
        note_rates(session, row, records)
    versions: list[Version] = []
    is_missed = bool(arrival.overlaps) and session.settings.concurrent_pushes == "miss"
    if plan.outcome == "Complete" and not is_missed:
        versions = versions_of(session, row, judged, number, dataset)
        session.tables.datasets.add_versions(row.number, versions)
        session.tables.datasets.carry(row.number, dataset.data_type, excused(judged), number)
    webhooks.expect_end(session, row, dataset, is_changed=bool(versions))
    return dataset.id


def commerce_connection(row: CompanyRow, data_type: DataType) -> Connection:
    """The commerce connection of a company's pushes: a linked one before any other.

    Raises:
        NotFound: the company has no commerce connection.
    """
    connections = row.company.data_connections
    offered = [each for each in connections if each.source_type == "Commerce"]
    found = companies.linked(row, "Commerce") or next(iter(offered), None)
    if found is None:
        platforms = ", ".join(each.platform_name for each in connections)
        raise NotFound(f"Datatype [{data_type}] not supported by platform(s) [{platforms}]")
    return found


def note_rates(session: Session, row: CompanyRow, records: Sequence[PushedRecord]) -> None:
    """Remember the tax percentages of orders, which the configuration offers to map.

    Args:
        session: the session.
        row: the company's row.
        records: the records, in order.
    """
    orders = [pushed.native for pushed in records if pushed.data_type == "commerce-orders"]
    named = {rate for order in orders for rate in percentages(order)}
    seen = {exact_amount(rate) for rate in named}
    if not seen <= row.rates:
        row.rates |= seen
        companies.map_new_rates(session, row, seen)
        session.tables.companies.save(row)


def refuse(session: Session, arrival: Arrival, refusal: Malformed, body: bytes) -> None:
    """Judge a push that cannot be decoded; nothing of it is stored.

    Args:
        session: the session.
        arrival: what is known of the push before it is judged.
        refusal: why it cannot be decoded.
        body: the bytes of the request, unpacked.

    Raises:
        NotFound: there is no such company.
    """
    row = session.company(arrival.company_id)
    judge(session, row, arrival, (), refusal.problems, objects_in(arrival.data_type, body))


def judge(
    session: Session,
    row: CompanyRow,
    arrival: Arrival,
    records: Sequence[RecordContext],
    problems: Sequence[Problem],
    unreadable: Sequence[bytes] = (),
    unread: Sequence[str] = (),
) -> None:
    """Judge a push by the rules, and store the findings.

    Args:
        session: the session.
        row: the company's row.
        arrival: what is known of the push before it is judged.
        records: each beside the version that is known of it.
        problems: what is wrong with the records.
        unreadable: records that could not be decoded, as bytes.
        unread: properties of the body that were not read.
    """
    session.tables.row.requests = max(session.tables.row.requests, arrival.request.number)
    previous = session.tables.datasets.latest(row.number, arrival.data_type)
    settings = row.configuration
    push = PushContext(
        company_id=arrival.company_id,
        data_type=arrival.data_type,
        at=session.now,
        request=arrival.request,
        records=records,
        problems=problems,
        unreadable=unreadable,
        unread=unread,
        follows=previous.request if previous else None,
        overlaps=arrival.overlaps,
        unended=unended(session, arrival, previous),
        is_linked=commerce_connection(row, arrival.data_type).status == "Linked",
        is_ready=is_ready(row),
        start_date=settings.schedule.start_date if settings else None,
        covered=session.tables.syncs.covered(row.number),
        next_sync=NextSync(row.due + session.settings.sync_delay, row.due) if row.due else None,
    )
    evaluation.take(session, push)


def is_ready(row: CompanyRow) -> bool:
    """Whether accounting was linked, and the mapping is complete.

    A tax rate that appears later is not the integration's to wait for; rule B05 names it.
    """
    if row.configuration is None or not companies.has_been_linked(row, "Accounting"):
        return False
    accounting = companies.linked(row, "Accounting")
    if accounting is None:
        return True
    key, components = accounting.integration_key, row.catalogue.tax_components
    shown = with_options(row.company.id, key, row.configuration, (), components=components)
    return shown.configured


def unended(session: Session, arrival: Arrival, previous: DatasetRow | None) -> Request | None:
    """The push before, where its dataset could have been waited for.

    It could not where the answer with its id was lost, or where it never ends; a push that
    overlaps this one is found as such.

    Args:
        session: the session.
        arrival: what is known of the push before it is judged.
        previous: the latest dataset of that type; None if there is none.
    """
    if previous is None or previous.ends <= session.now:
        return None
    is_excused = not previous.is_answered or previous.plan.is_stuck
    is_overlap = any(each.number == previous.request.number for each in arrival.overlaps)
    return None if is_excused or is_overlap else previous.request


def problems_in(data_type: DataType, records: Sequence[PushedRecord]) -> list[Problem]:
    """Records that are well-formed but cannot be used: those without an id.

    Source: contract section 2.
    """
    return [
        Problem(f"$.{LIST_NAMES[data_type]}[{record.position}].id", "The record has no id.")
        for record in records
        if record.native.id in (None, "", UNSET)
    ]


def plan_for(
    session: Session, arrival: Arrival, problems: Sequence[Problem], *, is_linked: bool
) -> Plan:
    """How the dataset of a push will go: as it is planned, else as the push itself has it.

    Args:
        session: the session.
        arrival: what is known of the push before it is judged.
        problems: what is wrong with the records.
        is_linked: whether the commerce connection is linked.

    Source: contract sections 2 and 4.
    """
    planned = planned_outcomes.planned_dataset(session, arrival.company_id, arrival.data_type)
    durations = planned_outcomes.durations_of(planned) or planned_outcomes.pace(session)
    if planned and (planned.outcome != "Complete" or planned.stuck_in):
        return planned_outcomes.plan_of(planned, durations)
    if not is_linked:
        return make_plan("AuthError", "The commerce connection is not linked.", durations)
    if problems:
        shown = ", ".join(problem.path for problem in problems[:MAX_NAMED])
        more = f" and {len(problems) - MAX_NAMED} more" if len(problems) > MAX_NAMED else ""
        message = f"Records without an id: {shown}{more}."
        return make_plan("ValidationError", message, durations)
    return make_plan(durations=durations)


def judged_records(
    session: Session, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> list[RecordContext]:
    """The pushed records, each beside the version that is known of it.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        records: the records, in order.
    """
    datasets = session.tables.datasets
    if not datasets.has_versions(row.number, data_type):
        failed = failed_keys(session, row, data_type, records)
        return [RecordContext(each, None, has_failed=each.key in failed) for each in records]
    meant = {
        record.position: deleted_keys(data_type, str(record.native.id))
        for record in records
        if record.key and record.is_delete
    }
    keys = {record.key for record in records}.union(*meant.values())
    known = datasets.known(row.number, data_type, keys)
    versions = known_versions(session, data_type, list(known.values()))
    gone = [
        each.key
        for each in records
        if not each.is_delete and each.key in versions and versions[each.key].is_delete
    ]
    before = datasets.known(row.number, data_type, gone, condition="NOT is_delete")
    undeleted = known_versions(session, data_type, list(before.values()))
    failed = failed_keys(session, row, data_type, records)
    is_new = any(each.key not in versions and not each.is_delete for each in records)
    retried = unanswered_contents(session, row, data_type) if is_new else {}
    return [
        RecordContext(
            record,
            versions.get(record.key),
            [versions[key] for key in meant.get(record.position, ()) if key in versions],
            before_delete=undeleted.get(record.key),
            retries=retried.get(content_without_ids(record.record), "")
            if retried and not record.is_delete and record.key not in versions
            else "",
            has_failed=record.key in failed,
        )
        for record in records
    ]


def failed_keys(
    session: Session, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> set[str]:
    """The deletes among the records whose targets an earlier push held, that failed.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        records: the records, in order.
    """
    deletes = {str(each.native.id): each.key for each in records if each.is_delete and each.key}
    if not deletes:
        return set()
    return {
        deletes[id_]
        for dataset in session.tables.datasets.failed(row.number, data_type)
        for raw in session.tables.datasets.raw_records(dataset.number)
        if (id_ := str(pushed_record(data_type, 0, raw).native.id)) in deletes
    }


def unanswered_contents(session: Session, row: CompanyRow, data_type: DataType) -> dict[bytes, str]:
    """The keys of records whose push got no answer, by their contents without ids (rule S18).

    Empty if the merchant's records are declared: the books are compared with those.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
    """
    contents: dict[bytes, str] = {}
    unanswered = session.tables.datasets.unanswered(row.number, data_type)
    if not unanswered or session.tables.declared.counts(row.number):
        return contents
    for dataset in unanswered:
        held = [
            pushed_record(data_type, position, raw)
            for position, raw in enumerate(session.tables.datasets.raw_records(dataset.number))
        ]
        rows = session.tables.datasets.known(row.number, data_type, [each.key for each in held])
        still = known_versions(session, data_type, [*rows.values()])
        for each in held:
            version = still.get(each.key)
            if version and not version.is_answered and not version.is_delete:
                contents[content_without_ids(each.record)] = each.key
    return contents


def content_without_ids(record: Record) -> bytes:
    """A record as JSON without the ids in it."""
    return encode(without_ids(to_builtins(record)))


def without_ids(value: Any) -> Any:
    """A value without the ids in it, and without the order's number, which is often its id."""
    if isinstance(value, dict):
        return {k: without_ids(v) for k, v in value.items() if k not in ("id", "orderNumber")}
    return [without_ids(each) for each in value] if isinstance(value, list) else value


def excused(judged: Sequence[RecordContext]) -> list[str]:
    """The keys of records that repeat what was accepted without its answer being received."""
    return [
        record.key
        for record in judged
        if record.known and not record.known.is_answered and record.is_repeat
    ]


def versions_of(
    session: Session,
    row: CompanyRow,
    judged: Sequence[RecordContext],
    number: int,
    dataset: DatasetRow,
) -> list[Version]:
    """The versions that a push brings: of a key that stands twice, the last one.

    Args:
        session: the session.
        row: the company's row.
        judged: each beside the version that is known of it.
        number: the dataset's.
        dataset: the dataset that brings them.
    """
    data_type = dataset.data_type
    last = {record.key: record for record in judged}
    versions: dict[str, Version] = {}
    for record in sorted(last.values(), key=lambda record: record.pushed.position):
        if not is_effective(record):
            continue
        keys = [record.key]
        if record.pushed.is_delete:
            meant = deleted_keys(data_type, str(record.pushed.native.id))
            known = session.tables.datasets.known(row.number, data_type, meant)
            keys = [key for key in meant if key in known and not known[key].is_delete]
            for key in meant:
                versions.pop(key, None)
        versions |= {
            key: Version(
                row=record.pushed.position,
                data_type=data_type,
                key=key,
                dataset=number,
                created=created_date(record.pushed),
                completes=dataset.ends,
                is_delete=record.pushed.is_delete,
                synced=False,
            )
            for key in keys
        }
    return [*versions.values()]


def is_effective(record: RecordContext) -> bool:
    """Whether a pushed record changes anything.

    A repeat is discarded, and so is an update whose source date has not moved on, or the delete of
    what is not known. Source: contract section 6, rules S03, U03, D02 and D04.
    """
    known = record.known
    if record.pushed.is_delete:
        return True
    if known is None or known.is_delete:
        return True
    if record.is_repeat:
        return False
    old, new = known.native.source_modified_date, record.pushed.native.source_modified_date
    if isinstance(old, datetime) and isinstance(new, datetime):
        return new > old
    return True


def created_date(pushed: PushedRecord) -> datetime | None:
    """When the record was created in the merchant's system, None where it does not say."""
    created = pushed.native.created_date
    return created if isinstance(created, datetime) else None


def forget_answer(session: Session, company_id: str, dataset_id: str) -> None:
    """Note that the integration did not get the answer to a push.

    Args:
        session: the session.
        company_id: the company's id.
        dataset_id: the dataset's id.
    """
    row = session.company(company_id)
    session.tables.datasets.mark_unanswered(row.number, dataset_id)
