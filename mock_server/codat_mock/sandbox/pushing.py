"""A push: judged, stored, and given a dataset that goes its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct

from codat_mock.books.orders import percentages
from codat_mock.books.selection import Version
from codat_mock.clock import format_moment
from codat_mock.lifecycle import Plan, end_of, make_plan, state_at
from codat_mock.records.commerce import Order
from codat_mock.records.datasets import LIST_NAMES, DatasetHistory, DataType
from codat_mock.records.errors import Malformed, Problem, Unknown
from codat_mock.records.pushes import RECORDS, PushedRecord
from codat_mock.rules.judging import judge
from codat_mock.rules.subjects import JudgedPush, JudgedRecord, KnownVersion, Request
from codat_mock.sandbox import companies
from codat_mock.sandbox.turn import Turn
from codat_mock.store import CompanyRow, DatasetRow, KnownRow


class Arrival(Struct, frozen=True):
    """A push as it came in.

    Args:
        request: its place among the sandbox's requests.
        overlaps: pushes of the same company and data type that were under way when it came.
    """

    company_id: str
    data_type: DataType
    request: Request
    overlaps: Sequence[Request] = ()


def accept(turn: Turn, arrival: Arrival, records: Sequence[PushedRecord], body: bytes) -> str:
    """Judge a push and store it with its dataset; gives the dataset's id.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(arrival.company_id)
    connection = companies.linked(row, "Commerce")
    problems = problems_in(arrival.data_type, records)
    judged = judged_records(turn, row, arrival.data_type, records)
    take_judgement(turn, row, arrival, judged, problems)
    plan = plan_for(problems, is_linked=connection is not None)
    dataset = DatasetRow(
        id=turn.new_id(),
        connection_id=(connection or row.company.data_connections[0]).id,
        data_type=arrival.data_type,
        requested=turn.now,
        ends=end_of(plan, turn.now),
        plan=plan,
        request=arrival.request,
    )
    number = turn.shelf.datasets.add(row.number, dataset, body)
    if plan.outcome == "Complete":
        note_rates(turn, row, records)
    is_missed = bool(arrival.overlaps) and turn.settings.concurrent_pushes == "miss"
    if plan.outcome == "Complete" and not is_missed:
        versions = versions_of(turn, row, judged, number, dataset)
        turn.shelf.datasets.add_versions(row.number, versions)
    turn.shelf.row.requests = arrival.request.number
    return dataset.id


def note_rates(turn: Turn, row: CompanyRow, records: Sequence[PushedRecord]) -> None:
    """Remember the tax percentages of orders, which the configuration offers to map."""
    orders = (pushed.record for pushed in records if isinstance(pushed.record, Order))
    seen = {rate for order in orders for rate in percentages(order)}
    if not seen <= row.rates:
        row.rates |= seen
        turn.shelf.companies.save(row)


def refuse(turn: Turn, arrival: Arrival, refusal: Malformed) -> None:
    """Judge a push that cannot be read; nothing of it is stored.

    Raises:
        Unknown: there is no such company.
    """
    row = turn.company(arrival.company_id)
    take_judgement(turn, row, arrival, (), refusal.problems)


def take_judgement(
    turn: Turn,
    row: CompanyRow,
    arrival: Arrival,
    records: Sequence[JudgedRecord],
    problems: Sequence[Problem],
) -> None:
    """Ask the rules, and keep what they say."""
    previous = turn.shelf.datasets.latest(row.number, arrival.data_type)
    push = JudgedPush(
        company_id=arrival.company_id,
        data_type=arrival.data_type,
        at=turn.now,
        request=arrival.request,
        records=records,
        problems=problems,
        follows=previous.request if previous else None,
        overlaps=arrival.overlaps,
    )
    turn.shelf.findings.add(judge(push))


def problems_in(data_type: DataType, records: Sequence[PushedRecord]) -> list[Problem]:
    """Records that are well-formed but cannot be used: those without an id.

    Source: contract section 2.
    """
    return [
        Problem(f"$.{LIST_NAMES[data_type]}[{record.position}].id", "The record has no id.")
        for record in records
        if record.record.id in (None, "", UNSET)
    ]


def plan_for(problems: Sequence[Problem], *, is_linked: bool) -> Plan:
    """How the dataset of a push will go.

    Source: contract sections 2 and 4.
    """
    if not is_linked:
        return make_plan("AuthError", "The commerce connection is not linked any more.")
    if problems:
        shown = ", ".join(problem.path for problem in problems[:20])
        more = f" and {len(problems) - 20} more" if len(problems) > 20 else ""
        return make_plan("ValidationError", f"Records without an id: {shown}{more}.")
    return make_plan()


def judged_records(
    turn: Turn, row: CompanyRow, data_type: DataType, records: Sequence[PushedRecord]
) -> list[JudgedRecord]:
    """The pushed records, each beside the version that is known of it."""
    datasets = turn.shelf.datasets
    if not datasets.has_versions(row.number, data_type):
        return [JudgedRecord(record, None) for record in records]
    known = datasets.known(row.number, data_type, {record.key for record in records})
    versions = known_versions(turn, data_type, list(known.values()))
    return [JudgedRecord(record, versions.get(record.key)) for record in records]


def known_versions(
    turn: Turn, data_type: DataType, rows: Sequence[KnownRow]
) -> dict[str, KnownVersion]:
    """The versions that those rows point to, by key."""
    datasets = turn.shelf.datasets
    numbers = {row.dataset for row in rows}
    brought = {number: datasets.by_number(number) for number in numbers}
    raws = {number: datasets.raw_records(number) for number in numbers}
    decode = RECORDS[data_type]
    versions = {}
    for row in rows:
        raw = raws[row.dataset][row.position]
        dataset = brought[row.dataset]
        versions[row.key] = KnownVersion(
            record=None if row.is_delete else decode(raw),
            raw=raw,
            accepted_by=dataset.request,
            is_answered=dataset.is_answered,
            is_synced=row.is_synced,
        )
    return versions


def versions_of(
    turn: Turn,
    row: CompanyRow,
    judged: Sequence[JudgedRecord],
    number: int,
    dataset: DatasetRow,
) -> list[Version]:
    """The versions that a push brings: of a key that stands twice, the last one."""
    last = {record.key: record for record in judged}
    kept = (record for record in last.values() if is_effective(record))
    versions = []
    for record in kept:
        keys = [record.key]
        if record.pushed.is_delete:
            keys = keys_deleted(turn, row, dataset.data_type, record)
        versions += [
            Version(
                row=record.pushed.position,
                data_type=dataset.data_type,
                key=key,
                dataset=number,
                created=created_date(record.pushed),
                completes=dataset.ends,
                is_delete=record.pushed.is_delete,
                synced=False,
            )
            for key in keys
        ]
    return versions


def is_effective(record: JudgedRecord) -> bool:
    """Whether a pushed record changes anything.

    A repeat is discarded, and so is an update whose source date has not moved on, or the delete of
    what is not known. Source: contract section 6, rules S03, U03, D02 and D04.
    """
    known = record.known
    if record.pushed.is_delete:
        return True
    if known is None or known.record is None:
        return True
    if record.is_repeat:
        return False
    old, new = known.record.source_modified_date, record.pushed.record.source_modified_date
    if isinstance(old, datetime) and isinstance(new, datetime):
        return new > old
    return True


def keys_deleted(
    turn: Turn, row: CompanyRow, data_type: DataType, record: JudgedRecord
) -> list[str]:
    """The known keys that a sparse delete takes away; for a transaction, all with its id."""
    datasets = turn.shelf.datasets
    if data_type == "commerce-transactions":
        keys = datasets.keys_of_transactions(row.number, str(record.pushed.record.id))
        known = datasets.known(row.number, data_type, keys)
        return [key for key, version in known.items() if not version.is_delete]
    return [record.key] if record.known and record.known.record is not None else []


def created_date(pushed: PushedRecord) -> datetime | None:
    """When the record was created in the merchant's system, None where it does not say."""
    created = pushed.record.created_date
    return created if isinstance(created, datetime) else None


def history(turn: Turn, company_id: str, dataset_id: str) -> DatasetHistory:
    """A dataset as it stands now.

    Raises:
        Unknown: there is no such company or dataset.
    """
    row = turn.company(company_id)
    found = turn.shelf.datasets.find(row.number, dataset_id)
    if found is None:
        raise Unknown(f"Dataset '{dataset_id}' does not exist in company '{company_id}'.")
    state = state_at(found.plan, found.requested, turn.now)
    return DatasetHistory(
        id=found.id,
        company_id=company_id,
        connection_id=found.connection_id,
        data_type=found.data_type,
        status=state.status,
        error_message=state.message or UNSET,
        requested=format_moment(found.requested),
        completed=format_moment(state.completed) if state.completed else UNSET,
        progress=state.progress,
        is_completed=state.is_completed,
        is_errored=state.is_errored,
    )


def forget_answer(turn: Turn, company_id: str, dataset_id: str) -> None:
    """Note that the integration did not get the answer to a push."""
    row = turn.company(company_id)
    turn.shelf.datasets.mark_unanswered(row.number, dataset_id)
