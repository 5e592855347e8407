"""What is known of a company's records: their latest versions, and what belongs to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Literal

from codat_mock.models.commerce import Payment, Transaction
from codat_mock.models.datasets import DataType
from codat_mock.models.pushes import RawRecords
from codat_mock.rules.contexts import KnownVersion, RecordId, Request, SyncedRecord
from codat_mock.rules.contexts.syncs import FEES, PAYMENTS, TRANSACTIONS, source_of, transactions_of
from codat_mock.sandbox.session import MANY_RECORDS, Session
from codat_mock.storage import CompanyRow, KnownRow


def known_versions(
    session: Session,
    data_type: DataType,
    rows: Sequence[KnownRow],
    pushed: RawRecords | None = None,
) -> dict[str, KnownVersion]:
    """The versions that those rows point to, by key.

    Args:
        session: the session.
        data_type: the records'.
        rows: where the versions stand.
        pushed: those of a push that may be one that brought versions, byte for byte.
    """
    datasets = session.tables.datasets
    numbers = {row.dataset for row in rows}
    carriers = numbers | {row.carrier for row in rows}
    brought = {number: datasets.by_number(number) for number in carriers}
    raws = {number: stored_records(session, data_type, number, pushed) for number in numbers}
    with session.computing(len(rows)):
        return {
            row.key: KnownVersion(
                data_type=data_type,
                raws=raws[row.dataset],
                position=row.position,
                is_delete=row.is_delete,
                accepted_by=brought[row.dataset].request,
                is_answered=brought[row.carrier].is_answered,
                is_synced=row.is_synced,
            )
            for row in rows
        }


def stored_records(
    session: Session, data_type: DataType, number: int, pushed: RawRecords | None
) -> RawRecords:
    """The bytes of each record in a dataset's push: those of a later push where it is the same.

    Args:
        session: the session.
        data_type: the records'.
        number: the dataset's.
        pushed: the later push.
    """
    body = session.tables.datasets.body(number)
    session.give_way()
    return pushed if pushed and pushed.body == body else RawRecords(data_type, body)


def raw_records(session: Session, numbers: Iterable[int]) -> dict[int, list[bytes]]:
    """The bytes of each record in the pushes of datasets, by the datasets' numbers."""
    raws = {}
    for number in numbers:
        raws[number] = session.tables.datasets.raw_records(number)
        session.give_way()
    return raws


def known_rows(
    session: Session,
    row: CompanyRow,
    data_type: DataType,
    keys: Iterable[str],
    condition: Literal["", "NOT is_delete", "synced IS NOT NULL"] = "",
) -> dict[str, KnownRow]:
    """Where the latest versions of those keys stand.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        keys: the records'.
        condition: of the versions that count; empty for all.
    """
    found: dict[str, KnownRow] = {}
    rest = iter(keys)
    while some := [*islice(rest, MANY_RECORDS)]:
        datasets = session.tables.datasets
        found |= datasets.known(row.number, data_type, some, condition=condition)
        session.give_way()
    return found


class Requests(dict[int, Request]):
    """The pushes that datasets came from, by the datasets' numbers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __missing__(self, number: int) -> Request:
        """Look it up, once."""
        self[number] = request = self._session.tables.datasets.by_number(number).request
        return request


def others(
    session: Session, row: CompanyRow, records: Sequence[SyncedRecord]
) -> Mapping[RecordId, KnownVersion]:
    """The known records that a sync did not take, and that those it took belong to.

    Args:
        session: the session.
        row: the company's row.
        records: those that the sync took.
    """
    related: dict[DataType, set[str]] = defaultdict(set)
    for data_type, key in named_by(records):
        related[data_type].add(key)
    return {
        (data_type, key): version
        for data_type, keys in related.items()
        for key, version in known(session, row, data_type, keys).items()
    }


def named_by(records: Sequence[SyncedRecord]) -> Iterator[RecordId]:
    """What records belong to and is not among them: sources, payments of transactions, the reverse.

    The transaction of a payment is the first that is found, so that none is named after one of
    these records.

    Args:
        records: those that a sync took.
    """
    taken = {(each.data_type, each.key) for each in records}
    for each in records:
        if isinstance(each.record, Transaction):
            source = source_of(each.record)
            names: list[RecordId] = [(PAYMENTS, str(each.record.id))]
            if source:
                names.append(source)
            if source and source[0] == PAYMENTS:
                names += until_taken(transactions_of(source[1]), taken)
                if each.record.type in FEES:  # which it may reverse
                    names.append((TRANSACTIONS, f"{source[1]}/{each.record.type}"))
            yield from (name for name in names if name not in taken)
        elif isinstance(each.record, Payment):
            yield from until_taken(transactions_of(each.key), taken)


def until_taken(names: Iterable[RecordId], taken: Container[RecordId]) -> Iterator[RecordId]:
    """The names before the first that a sync took.

    Args:
        names: the likeliest first.
        taken: what the sync took.
    """
    return takewhile(lambda name: name not in taken, names)


def known(
    session: Session,
    row: CompanyRow,
    data_type: DataType,
    keys: Iterable[str],
    condition: Literal["", "NOT is_delete", "synced IS NOT NULL"] = "",
    pushed: RawRecords | None = None,
) -> dict[str, KnownVersion]:
    """The latest versions of those keys.

    Args:
        session: the session.
        row: the company's row.
        data_type: the records'.
        keys: the records'.
        condition: of the versions that count; empty for all.
        pushed: those of a push that may be one that brought versions, byte for byte.
    """
    found = known_rows(session, row, data_type, keys, condition)
    return known_versions(session, data_type, [*found.values()], pushed) if found else {}
