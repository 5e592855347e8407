"""A push: judged, stored, and given a dataset that goes its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET, Struct

from codat_mock.books.orders import percentages
from codat_mock.books.selection import Version
from codat_mock.lifecycle import Plan, end_of, make_plan
from codat_mock.records.commerce import Order
from codat_mock.records.companies import Connection
from codat_mock.records.datasets import LIST_NAMES, DataType
from codat_mock.records.errors import Malformed, Problem, Unknown
from codat_mock.records.pushes import PushedRecord, keys_meant, objects_in
from codat_mock.rules.subjects import JudgedPush, JudgedRecord, KnownVersion, NextSync, Request
from codat_mock.sandbox import alerting, companies, outcomes, verdicts
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow, DatasetRow, KnownRow

MOST_NAMED: Final = 1000  # invalid records in the message of a dataset


class Arrival(Struct, frozen=True):
    """A push as it came in.

    Args:
        request: its place among the sandbox's requests.
        overlaps: pushes of the same company and data type that were under way when it came.
        dataset_id: of the dataset that is made; None for one of ours.
    """

    company_id: str
    data_type: DataType
    request: Request
    overlaps: Sequence[Request] = ()
    dataset_id: str | None = None


def accept(turn: Turn, arrival: Arrival, records: Sequence[PushedRecord], body: bytes) -> str:
    """Judge a push and store it with its dataset; gives the dataset's id.

    Raises:
        Unknown: there is no such company, or it has no commerce connection.
    """
    row = turn.company(arrival.company_id)
    connection = commerce_connection(row, arrival.data_type)
    problems = problems_in(arrival.data_type, records)
    judged = judged_records(turn, row, arrival.data_type, records)
    take_judgement(turn, row, arrival, judged, problems)
    plan = plan_for(turn, arrival, problems, is_linked=connection.status == "Linked")
    dataset = DatasetRow(
        id=arrival.dataset_id or turn.new_id(),
        connection_id=connection.id,
        data_type=arrival.data_type,
        requested=turn.now,
        ends=end_of(plan, turn.now),
        plan=plan,
        request=arrival.request,
    )
    number = turn.shelf.datasets.add(row.number, dataset, body)
    if plan.outcome == "Complete":
        note_rates(turn, row, records)
    versions: list[Version] = []
    is_missed = bool(arrival.overlaps) and turn.settings.concurrent_pushes == "miss"
    if plan.outcome == "Complete" and not is_missed:
        versions = versions_of(turn, row, judged, number, dataset)
        turn.shelf.datasets.add_versions(row.number, versions)
        turn.shelf.datasets.carry(row.number, dataset.data_type, excused(judged), number)
    alerting.expect_end(turn, row, dataset, is_changed=bool(versions))
    return dataset.id


def commerce_connection(row: CompanyRow, data_type: DataType) -> Connection:
    """The connection that a company's pushes come in by: a linked one before any other.

    Raises:
        Unknown: the company has no commerce connection.
    """
    connections = row.company.data_connections
    offered = [each for each in connections if each.source_type == "Commerce"]
    found = companies.linked(row, "Commerce") or next(iter(offered), None)
    if found is None:
        platforms = ", ".join(each.platform_name for each in connections)
        raise Unknown(f"Datatype [{data_type}] not supported by platform(s) [{platforms}]")
    return found


def note_rates(turn: Turn, row: CompanyRow, records: Sequence[PushedRecord]) -> None:
    """Remember the tax percentages of orders, which the configuration offers to map."""
    orders = (pushed.record for pushed in records if isinstance(pushed.record, Order))
    seen = {rate for order in orders for rate in percentages(order)}
    if not seen <= row.rates:
        row.rates |= seen
        turn.shelf.companies.save(row)


def refuse(turn: Turn, arrival: Arrival, refusal: Malformed, body: bytes) -> None:
    """Judge a push that cannot be read; nothing of it is stored.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(arrival.company_id)
    take_judgement(turn, row, arrival, (), refusal.problems, objects_in(arrival.data_type, body))


def take_judgement(
    turn: Turn,
    row: CompanyRow,
    arrival: Arrival,
    records: Sequence[JudgedRecord],
    problems: Sequence[Problem],
    unreadable: Sequence[bytes] = (),
) -> None:
    """Ask the rules, and keep what they say."""
    turn.shelf.row.requests = max(turn.shelf.row.requests, arrival.request.number)
    previous = turn.shelf.datasets.latest(row.number, arrival.data_type)
    settings = row.configuration
    push = JudgedPush(
        company_id=arrival.company_id,
        data_type=arrival.data_type,
        at=turn.now,
        request=arrival.request,
        records=records,
        problems=problems,
        unreadable=unreadable,
        follows=previous.request if previous else None,
        overlaps=arrival.overlaps,
        unended=unended(turn, arrival, previous),
        is_linked=commerce_connection(row, arrival.data_type).status == "Linked",
        is_ready=settings is not None and companies.has_been_linked(row, "Accounting"),
        start_date=settings.schedule.start_date if settings else None,
        covered=turn.shelf.syncs.covered(row.number),
        next_sync=NextSync(row.due + turn.settings.sync_delay, row.due) if row.due else None,
    )
    verdicts.take(turn, push)


def unended(turn: Turn, arrival: Arrival, previous: DatasetRow | None) -> Request | None:
    """The push before, where its dataset could have been waited for.

    It could not where the answer with its id was lost, or where it never ends; a push that
    overlaps this one is told of as such.
    """
    if previous is None or previous.ends <= turn.now:
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
        if record.record.id in (None, "", UNSET)
    ]


def plan_for(turn: Turn, arrival: Arrival, problems: Sequence[Problem], *, is_linked: bool) -> Plan:
    """How the dataset of a push will go: as it is planned, else as the push itself has it.

    Source: contract sections 2 and 4.
    """
    planned = outcomes.planned_dataset(turn, arrival.company_id, arrival.data_type)
    durations = outcomes.durations_of(planned) or outcomes.pace(turn)
    if planned and (planned.outcome != "Complete" or planned.stuck_in):
        return outcomes.plan_of(planned, durations)
    if not is_linked:
        told = "The commerce connection is not linked any more."
        return make_plan("AuthError", told, durations)
    if problems:
        shown = ", ".join(problem.path for problem in problems[:MOST_NAMED])
        more = f" and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
        told = f"Records without an id: {shown}{more}."
        return make_plan("ValidationError", told, durations)
    return make_plan(durations=durations)


def judged_records(
    turn: Turn, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> list[JudgedRecord]:
    """The pushed records, each beside the version that is known of it."""
    datasets = turn.shelf.datasets
    if not datasets.has_versions(row.number, data_type):
        return [JudgedRecord(record, None) for record in records]
    meant = {
        record.position: keys_meant(data_type, str(record.record.id))
        for record in records
        if record.key and record.is_delete
    }
    keys = {record.key for record in records}.union(*meant.values())
    known = datasets.known(row.number, data_type, keys)
    versions = known_versions(turn, data_type, list(known.values()))
    return [
        JudgedRecord(
            record,
            versions.get(record.key),
            [versions[key] for key in meant.get(record.position, ()) if key in versions],
        )
        for record in records
    ]


def known_versions(
    turn: Turn, data_type: DataType, rows: Sequence[KnownRow]
) -> dict[str, KnownVersion]:
    """The versions that those rows point to, by key."""
    datasets = turn.shelf.datasets
    numbers = {row.dataset for row in rows}
    carriers = numbers | {row.carrier for row in rows}
    brought = {number: datasets.by_number(number) for number in carriers}
    raws = {number: datasets.raw_records(number) for number in numbers}
    versions = {}
    for row in rows:
        raw = raws[row.dataset][row.position]
        dataset = brought[row.dataset]
        versions[row.key] = KnownVersion(
            data_type=data_type,
            raw=raw,
            is_delete=row.is_delete,
            accepted_by=dataset.request,
            is_answered=brought[row.carrier].is_answered,
            is_synced=row.is_synced,
        )
    return versions


def excused(judged: Sequence[JudgedRecord]) -> list[str]:
    """The keys of records that repeat what was accepted without its answer being received."""
    return [
        record.key
        for record in judged
        if record.known and not record.known.is_answered and record.is_repeat
    ]


def versions_of(
    turn: Turn,
    row: CompanyRow,
    judged: Sequence[JudgedRecord],
    number: int,
    dataset: DatasetRow,
) -> list[Version]:
    """The versions that a push brings: of a key that stands twice, the last one."""
    data_type = dataset.data_type
    last = {record.key: record for record in judged}
    versions: dict[str, Version] = {}
    for record in sorted(last.values(), key=lambda record: record.pushed.position):
        if not is_effective(record):
            continue
        keys = [record.key]
        if record.pushed.is_delete:
            meant = keys_meant(data_type, str(record.pushed.record.id))
            known = turn.shelf.datasets.known(row.number, data_type, meant)
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


def is_effective(record: JudgedRecord) -> bool:
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
    old, new = known.record.source_modified_date, record.pushed.record.source_modified_date
    if isinstance(old, datetime) and isinstance(new, datetime):
        return new > old
    return True


def created_date(pushed: PushedRecord) -> datetime | None:
    """When the record was created in the merchant's system, None where it does not say."""
    created = pushed.record.created_date
    return created if isinstance(created, datetime) else None


def forget_answer(turn: Turn, company_id: str, dataset_id: str) -> None:
    """Note that the integration did not get the answer to a push."""
    row = turn.company(company_id)
    turn.shelf.datasets.mark_unanswered(row.number, dataset_id)
