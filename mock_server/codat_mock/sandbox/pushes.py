"""A push: decoded, judged, and stored with its dataset."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Final

from msgspec import Struct

from codat_mock.accounting.order_taxes import percentages
from codat_mock.configuration.options import with_options
from codat_mock.domain.dataset_lifecycle import Plan, end_of, make_plan
from codat_mock.domain.planned_ends import durations_of
from codat_mock.garbage_collection import collections
from codat_mock.models.companies import Connection
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.errors import Malformed, NotFound, Problem
from codat_mock.models.native_records import exact_amount
from codat_mock.models.pushes import (
    PushedRecord,
    objects_in,
    read_push,
)
from codat_mock.models.unread_properties import unread_in
from codat_mock.rules.contexts import NextSync, PushContext, RecordContext, Request
from codat_mock.sandbox import companies, evaluation, planned_outcomes, webhooks
from codat_mock.sandbox.pushed_records import changes_in, excused, judged_records
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow, DatasetRow
from codat_mock.storage.datasets import NewVersion

VERSIONS_AT_ONCE: Final = 5000
LARGE_BYTES: Final = 1 << 20  # of a body, whose decoding makes many objects
UNFINISHED: Final = "unfinished-push"  # a preference: the numbers of the company and the dataset
MAX_NAMED: Final = 1000  # invalid records in the message of a dataset


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
        is_answered: False where its answer is still to be sent: until `Answers.confirm` says
            that it was, a restarted server takes it for lost.
    """

    company_id: str
    data_type: DataType
    request: Request
    overlaps: Sequence[Request] = ()
    dataset_id: str | None = None
    is_answered: bool = True


def uncollected(body: bytes) -> AbstractContextManager[None]:
    """Let collections of garbage wait until the records of a large push are gone again.

    Args:
        body: of the push; with a small one they go on.
    """
    return collections.waiting() if len(body) >= LARGE_BYTES else nullcontext()


def receive(
    company_id: str, data_type: DataType, body: bytes, *, is_checked: bool = True
) -> ReceivedPush:
    """Decode a push; an error of that is kept, for `accept` to judge.

    Args:
        company_id: the company's id.
        data_type: what is pushed.
        body: the bytes of the request, unpacked.
        is_checked: whether it is known not to be nested too deeply.

    Raises:
        TooDeep: it is nested too deeply, and not looked at any further.
    """
    try:
        records = read_push(data_type, body, is_checked=is_checked)
        return ReceivedPush(company_id, data_type, body, records)
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
    with session.computing(len(records)):
        problems = problems_in(arrival.data_type, records)
        unread = unread_in(arrival.data_type, body, records)
    judged = judged_records(session, row, arrival.data_type, records)
    with session.computing(len(records)):
        rates = named_rates(judged)
    push = push_context(session, row, arrival, judged, problems, unread=unread)
    judgement = evaluation.judged(session, push)
    changes = changes_in(session, row, arrival.data_type, judged)
    # From here on all that is written is one commit, but for very many versions.
    note_number(session, arrival)
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
        note_rates(session, row, rates)
    is_missed = bool(arrival.overlaps) and session.settings.concurrent_pushes == "miss"
    is_taken = plan.outcome == "Complete" and not is_missed
    if is_taken:
        store_versions(session, row, dataset.data_type, number, changes)
        session.tables.datasets.carry(row.number, dataset.data_type, excused(judged), number)
    evaluation.keep(session, push, judgement)
    webhooks.expect_end(session, row, dataset, is_changed=is_taken and bool(changes))
    return dataset.id


def store_versions(
    session: Session,
    row: CompanyRow,
    data_type: DataType,
    number: int,
    versions: Sequence[NewVersion],
) -> None:
    """Store the versions that a push brings, in portions between which other sandboxes may go.

    Until the last one is committed, with all the rest of the push, a mark says that the push is
    unfinished: should the server be killed or fail, `undo_unfinished` deletes it.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        number: the dataset's.
        versions: in the order of their keys.
    """
    is_long = len(versions) > VERSIONS_AT_ONCE
    if is_long:
        session.tables.preferences.save(UNFINISHED, [row.number, number])
    for start in range(0, len(versions), VERSIONS_AT_ONCE):
        if is_long:
            session.give_way()
        some = versions[start : start + VERSIONS_AT_ONCE]
        session.tables.datasets.add_versions(row.number, data_type, number, some)
    if is_long:
        session.tables.preferences.save(UNFINISHED, [])


def undo_unfinished(session: Session) -> None:
    """Delete what is there of a push that was not stored to its end; it was never answered."""
    unfinished = session.tables.preferences.find(UNFINISHED, list[int])
    if unfinished:
        session.tables.datasets.delete_push(*unfinished)
        session.tables.preferences.save(UNFINISHED, [])


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


def named_rates(judged: Sequence[RecordContext]) -> set[Decimal]:
    """The tax percentages of orders, but of those that are known byte for byte."""
    pushed = [record.pushed for record in judged if not record.is_same]
    orders = (each.native for each in pushed if each.data_type == "commerce-orders")
    return {exact_amount(rate) for rate in percentages(orders)}


def note_rates(session: Session, row: CompanyRow, seen: Set[Decimal]) -> None:
    """Remember the tax percentages of orders, which the configuration offers to map.

    Args:
        session: the session.
        row: the company's row.
        seen: the percentages.
    """
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
    unreadable = objects_in(arrival.data_type, body)
    push = push_context(session, row, arrival, (), refusal.problems, unreadable)
    judgement = evaluation.judged(session, push)
    note_number(session, arrival)
    evaluation.keep(session, push, judgement)


def note_number(session: Session, arrival: Arrival) -> None:
    """Remember the number of the push's request, after which those of a restarted server go on."""
    session.tables.row.requests = max(session.tables.row.requests, arrival.request.number)


def push_context(
    session: Session,
    row: CompanyRow,
    arrival: Arrival,
    records: Sequence[RecordContext],
    problems: Sequence[Problem],
    unreadable: Sequence[bytes] = (),
    unread: Sequence[str] = (),
) -> PushContext:
    """A push as the rules judge it.

    Args:
        session: the session.
        row: the company's row.
        arrival: what is known of the push before it is judged.
        records: each beside the version that is known of it.
        problems: what is wrong with the records.
        unreadable: records that could not be decoded, as bytes.
        unread: properties of the body that were not read.
    """
    previous = session.tables.datasets.latest(row.number, arrival.data_type)
    settings = row.configuration
    return PushContext(
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


def is_ready(row: CompanyRow) -> bool:
    """Whether accounting was linked, and the mapping is complete.

    A tax rate that appears later is not the integration's to wait for; rule B05 names it.
    """
    if row.is_ready is None:
        row.is_ready = has_complete_mapping(row)
    return row.is_ready


def has_complete_mapping(row: CompanyRow) -> bool:
    """The same, computed."""
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
        if not record.key
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
    durations = durations_of(planned) or planned_outcomes.pace(session)
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


def forget_answer(session: Session, company_id: str, dataset_id: str) -> None:
    """Note that the integration did not get the answer to a push.

    Args:
        session: the session.
        company_id: the company's id.
        dataset_id: the dataset's id.
    """
    row = session.company(company_id)
    session.tables.datasets.answers.mark_lost(row.number, dataset_id)
