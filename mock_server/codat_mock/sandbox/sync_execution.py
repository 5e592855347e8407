"""What comes of a sync: its status code, and what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Final

from codat_mock.accounting.booking import (
    Booking,
    book,
    days,
    days_to_extend,
    rates_without_account,
    references,
    unmapped_payment_types,
    unmapped_rates,
)
from codat_mock.accounting.catalogue import Catalogue
from codat_mock.accounting.documents import Document, RecordId
from codat_mock.accounting.order_taxes import percentages
from codat_mock.accounting.reconciliation import (
    ORDERS,
    BookedOrder,
    BookedPayment,
    Earlier,
    Unreconciled,
)
from codat_mock.accounting.selection import Picked, Version, select
from codat_mock.accounting.sync_codes import SYNC_CODES
from codat_mock.clock import FIRST
from codat_mock.configuration.checks import problems
from codat_mock.configuration.rates import rate_key
from codat_mock.models.commerce import Order, Payment
from codat_mock.models.companies import SourceKind
from codat_mock.models.configuration import Configuration
from codat_mock.models.datasets import RECORD_TYPES, DataType
from codat_mock.models.stored_records import stored_record
from codat_mock.models.values import find_zone
from codat_mock.sandbox import companies
from codat_mock.sandbox.known_records import raw_records
from codat_mock.sandbox.planned_outcomes import PlannedSync
from codat_mock.sandbox.session import MANY_RECORDS, Session
from codat_mock.storage import CompanyRow
from codat_mock.storage.syncs import SyncKind
from codat_mock.storage.versions import as_versions

UNMAPPED_TAX: Final = (
    "Cannot match the tax id '{id}' to a mapped account on the accounting platform for journal"
    " entry."
)
LOST: Final = {"Unlinked": 4040, "Deauthorized": 4220}


@dataclass(frozen=True, slots=True)
class SyncPeriod:
    """What a sync is to cover, from `start` to before `finish`, UTC."""

    kind: SyncKind
    start: datetime
    finish: datetime


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of a sync.

    Args:
        reason: why it failed, beyond what its code says.
        documents: what was written.
        orders: what each order of these owes now, by its key.
        payments: the payments in these, by their keys.
        synced: the versions that are in the books now, or are left out for good.
        deferred: the versions that the next sync takes again.
        unreconciled: what is left for somebody to reconcile.
        taken: what it would have booked, or has: each version with its record.
        missing_types: the data types that had never been pushed, where that made it fail.
        blamed: the records that made it fail.
        is_planned: whether its failure was planned.
    """

    code: int
    reason: str = ""
    documents: Sequence[Document] = ()
    orders: Mapping[str, BookedOrder] = field(default_factory=dict)
    payments: Mapping[str, BookedPayment] = field(default_factory=dict)
    synced: Sequence[Version] = ()
    deferred: Sequence[Version] = ()
    unreconciled: Sequence[Unreconciled] = ()
    taken: Sequence[tuple[Version, Picked]] = ()
    missing_types: Sequence[DataType] = ()
    blamed: Sequence[RecordId] = ()
    is_planned: bool = False


def attempt(
    session: Session,
    row: CompanyRow,
    settings: Configuration,
    period: SyncPeriod,
    sync_id: str,
    planned: PlannedSync | None,
) -> SyncResult:
    """Try to sync a period; what is planned goes before what would have come of it.

    Args:
        session: the session.
        row: the company's row.
        settings: the company's configuration.
        period: what the sync covers, UTC.
        sync_id: the sync's id.
        planned: how it is planned to end; None where nothing is.

    Source: contract section 6.
    """
    if planned is None or planned.code == 2000:
        return natural(session, row, settings, period, sync_id)
    if planned.code == 5130:
        kept = natural(session, row, settings, period, sync_id, only=ORDERS)
        return replace(kept, code=5130, reason=planned.message, is_planned=True)
    return SyncResult(planned.code, planned.message, is_planned=True)


def natural(
    session: Session,
    row: CompanyRow,
    settings: Configuration,
    period: SyncPeriod,
    sync_id: str,
    only: DataType | None = None,
) -> SyncResult:
    """The result of a sync, unless another is planned.

    Args:
        session: at the moment of the sync.
        row: the company.
        settings: its configuration, with its options.
        period: what the sync covers.
        sync_id: the sync's.
        only: the data type that is booked, where the platform refuses the rest: the next sync
            writes that, and nothing twice (assumed).
    """
    stopped = next(obstacles(session, row, settings, period), None)
    if stopped and stopped.code != 4000:
        return stopped
    start, finish = period.start, period.finish
    since = session.tables.syncs.last_looked(row.number) or FIRST
    rows = session.tables.versions.candidates(
        row.number, start, finish, since, session.now, session.give_way
    )
    with session.computing(len(rows)):
        picked = select(as_versions(rows), start, finish, session.now).picked
    if stopped:
        return blaming(stopped, records_of(session, picked), settings, row)
    if not picked:
        return SyncResult(2040)
    if missing := sorted(RECORD_TYPES.keys() - session.tables.datasets.pushed_types(row.number)):
        message = f"No {' and no '.join(missing)} have been pushed."
        return SyncResult(5120, message, missing_types=missing)
    records = records_of(session, picked)
    with session.computing(len(records)):
        unmapped = blaming(SyncResult(4000), records, settings, row)
    if unmapped.reason:
        return unmapped
    taken = [*zip(picked, records, strict=True)]
    tried = [record for record in records if only in (None, record.data_type)]
    booking = booked(session, row, tried, settings, sync_id, finish)
    return SyncResult(
        code=2000 if booking.documents else 2040,
        documents=booking.documents,
        orders=booking.orders,
        payments=booking.payments,
        synced=[
            version
            for version in picked
            if only in (None, version.data_type)
            and (version.data_type, version.key) not in booking.deferred
        ],
        deferred=[
            version for version in picked if (version.data_type, version.key) in booking.deferred
        ],
        unreconciled=booking.unreconciled,
        taken=taken,
    )


def blaming(
    stopped: SyncResult,
    records: Sequence[Picked],
    settings: Configuration,
    row: CompanyRow,
) -> SyncResult:
    """A failure of the configuration, with what records use that the merchant has not mapped.

    Args:
        stopped: the failure.
        records: what the sync would have booked.
        settings: the company's configuration.
        row: the company's, with its own tax rates.
    """
    is_journal = companies.output_format(settings) == "JournalEntry"
    rates = unmapped_rates(records, settings)
    if is_journal and not rates:
        rates = rates_without_account(records, settings, platform_of(row))
    if rates:
        blamed = [
            (each.data_type, each.key)
            for each in records
            if isinstance(each.record, Order) and percentages([each.record]) & {*rates}
        ]
        if is_journal:
            message = UNMAPPED_TAX.format(id=tax_id(rates[0], row.catalogue))
            return replace(stopped, code=4200, reason=message, blamed=blamed)
        shown = ", ".join(rate_key(rate) for rate in rates)
        message = f"Tax rate is missing selected tax rate id. ({shown} percent)"
        return replace(stopped, reason=message, blamed=blamed)
    if types := unmapped_payment_types(records, settings):
        message = f"No account is selected for payments of type {', '.join(types)}."
        blamed = [
            (each.data_type, each.key)
            for each in records
            if isinstance(each.record, Payment) and each.record.type in types
        ]
        return replace(stopped, reason=message, blamed=blamed)
    return stopped


def tax_id(rate: Decimal, catalogue: Catalogue) -> str:
    """The id of the merchant's own tax rate of a percentage; without one, the percentage (assumed).

    Args:
        rate: of an order's line.
        catalogue: with the merchant's own tax rates.
    """
    own = (each.id for each in catalogue.tax_components if each.rate == rate)
    return next(own, None) or rate_key(rate)


def obstacles(
    session: Session, row: CompanyRow, settings: Configuration, period: SyncPeriod
) -> Iterator[SyncResult]:
    """What keeps a sync from looking at any record.

    Args:
        session: the session.
        row: the company's row.
        settings: the company's configuration.
        period: what the sync covers, UTC.
    """
    if period.kind == "historic":
        earlier = session.tables.syncs.overlapped(row.number, period.start, period.finish)
        if earlier:
            message = (
                "Date overlaps with a previous sync date range."
                f" It overlaps the range of sync {earlier.id}."
            )
            yield SyncResult(5080, message)
    kinds: tuple[SourceKind, ...] = ("Commerce", "Accounting")
    for kind in kinds:
        if not companies.linked(row, kind):
            yield from lost(row, kind)
    reasons = problems(settings, row.company.data_connections)
    if reasons:
        yield SyncResult(4000, " ".join(dict.fromkeys(each.message for each in reasons)))


def lost(row: CompanyRow, kind: SourceKind) -> Iterator[SyncResult]:
    """A connection of that kind that was deleted or de-authorised; the latest one counts."""
    for connection in reversed(row.company.data_connections):
        if connection.source_type == kind and connection.status in LOST:
            code = LOST[connection.status]
            message = f"The {kind.lower()} connection is {connection.status}: link it again."
            yield SyncResult(code, f"{SYNC_CODES[code].message} {message}")


def booked(
    session: Session,
    row: CompanyRow,
    records: Sequence[Picked],
    settings: Configuration,
    sync_id: str,
    finish: datetime,
) -> Booking:
    """Make documents of records, which continue what the books hold.

    Args:
        session: the session.
        row: the company's row.
        records: what the sync takes.
        settings: the company's configuration.
        sync_id: the sync's id.
        finish: of the period, UTC.
    """
    numbers = session.tables.documents.last_numbers(row.number)
    zone = find_zone(settings.schedule.time_zone) or UTC
    with session.computing(len(records)):
        named, on_days = [*references(records)], sorted(days(records, zone, finish))
    earlier = booked_earlier(session, row, named, on_days)
    if more := days_to_extend(records, earlier) - {*on_days}:
        documents = session.tables.documents.of_days(row.number, sorted(more))
        earlier = replace(earlier, documents=[*earlier.documents, *documents])
    with session.computing(len(records)):
        return book(
            records,
            settings,
            platform_key=platform_of(row),
            sync_id=sync_id,
            finish=finish,
            numbers_used=numbers,
            earlier=earlier,
            catalogue=row.catalogue,
        )


def platform_of(row: CompanyRow) -> str:
    """The key of a company's linked accounting platform; empty where none is linked."""
    accounting = companies.linked(row, "Accounting")
    return accounting.integration_key if accounting else ""


def booked_earlier(
    session: Session, row: CompanyRow, names: Iterable[RecordId], days: Iterable[str] = ()
) -> Earlier:
    """What earlier syncs booked of some records, and on some days.

    Args:
        session: the session.
        row: the company's row.
        names: of orders and payments.
        days: whose documents are read, ISO 8601.
    """
    rest = iter(names)
    first = session.tables.documents.earlier(row.number, islice(rest, MANY_RECORDS), days)
    orders, payments = {**first.orders}, {**first.payments}
    while some := [*islice(rest, MANY_RECORDS)]:
        session.give_way()
        part = session.tables.documents.earlier(row.number, some)
        orders |= part.orders
        payments |= part.payments
    return Earlier(orders, payments, first.documents)


def records_of(session: Session, versions: Sequence[Version]) -> list[Picked]:
    """The records that versions point to, each push read once."""
    raws = raw_records(session, dict.fromkeys(version.dataset for version in versions))
    with session.computing(len(versions)):
        return [
            Picked(
                each.data_type,
                each.key,
                stored_record(each.data_type, raws[each.dataset][each.row]),
            )
            for each in versions
        ]
