"""Makes sure that the file of a snapshot, which anybody may have written, holds what it should."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from operator import attrgetter
from typing import Annotated, Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from codat_mock.clock import FIRST, LAST, parse_moment, to_microseconds
from codat_mock.domain.dataset_lifecycle import PROGRESS, route_of
from codat_mock.domain.planned_ends import problems_in
from codat_mock.models.datasets import RECORD_TYPES
from codat_mock.models.decoding import is_too_deep
from codat_mock.models.errors import Malformed
from codat_mock.models.planned_outcomes import Seconds
from codat_mock.models.pushes import RECORDS, split_push
from codat_mock.models.sync_flow import Localization, VisibleAccounts
from codat_mock.models.values import MomentText
from codat_mock.rules.rule_settings import RuleSetting
from codat_mock.storage import (
    alerts,
    companies,
    datasets,
    documents,
    faults,
    findings,
    link_sessions,
    planned_outcomes,
    request_log,
    sandboxes,
    syncs,
)
from codat_mock.storage.schema import UnusableFile

MAX_NUMBER: Final = 2**53
MAX_BODY_BYTES: Final = 64 << 20  # of a body in the log once it is unpacked
MAX_BODIES_BYTES: Final = 256 << 20  # of all of them
PIECE_BYTES: Final = 1 << 20
DAY_SECONDS: Final = 86_400
MOMENTS: Final = range(to_microseconds(FIRST), to_microseconds(LAST) + DAY_SECONDS * 1_000_000)

Check = Callable[[Any], object]


class Wrong(ValueError):
    """A value is not what its column holds."""


def number(value: Any) -> None:
    """A number of ours is not negative, and not so great that counting on would fail."""
    if not isinstance(value, int) or not 0 <= value < MAX_NUMBER:
        raise Wrong("is no number of ours")


def moment(value: Any) -> None:
    """A moment is within the calendar."""
    if not isinstance(value, int) or value not in MOMENTS:
        raise Wrong("is no moment of the calendar")


def text(value: Any) -> None:
    """A text is a text."""
    if not isinstance(value, str):
        raise Wrong("is no text")


def amount(value: Any) -> None:
    """A decimal, as text."""
    text(value)
    try:
        is_finite = Decimal(value).is_finite()
    except InvalidOperation:
        is_finite = False
    if not is_finite:
        raise Wrong("is no amount")


def one_of(*known: str) -> Check:
    """A name is one of the known ones."""

    def check(value: Any) -> None:
        if value not in known:
            raise Wrong(f"is none of {', '.join(known)}")

    return check


def json(decode: Callable[[Any], Any]) -> Check:
    """JSON can be decoded, and is not nested too deeply."""

    def check(value: Any) -> None:
        if not isinstance(value, bytes) or is_too_deep(value):
            raise Wrong("is no JSON, or nested too deeply")
        for found in moments_in(decode(value)):
            parse_moment(found)

    return check


def moments_in(value: Any) -> Iterator[str]:
    """The moments that stand as texts in what was decoded."""
    if isinstance(value, list):
        for each in value:
            yield from moments_in(each)
    elif isinstance(value, Struct):
        for name, is_moment in fields_of(type(value)):
            found = getattr(value, name)
            if not is_moment:
                yield from moments_in(found)
            elif isinstance(found, str):
                yield found


@cache
def fields_of(kind: type[Struct]) -> list[tuple[str, bool]]:
    """The fields of a kind of object, and whether each is a moment as text."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        (name, hints[name] == MomentText or MomentText in get_args(hints[name]))
        for name in kind.__struct_fields__
    ]


def optional(check: Check) -> Check:
    """A value that may be missing."""
    return lambda value: None if value is None else check(value)


def shallow(value: Any) -> None:
    """JSON as it came, which is decoded when it is used."""
    if not isinstance(value, bytes) or is_too_deep(value):
        raise Wrong("is no JSON, or nested too deeply")


def packed(value: Any) -> None:
    """A body as the log keeps it is bytes; what they unpack to is counted after all else."""
    if not isinstance(value, bytes):
        raise Wrong("is no body")


def planned_end(value: bytes) -> None:
    """An outcome can be planned."""
    for problem in problems_in(planned_outcomes.decode_outcome(value)):
        raise Wrong(problem.message)


def plan(value: bytes) -> None:
    """A dataset passes steps, and ends within a day, as all that can be planned do."""
    steps = datasets.decode_plan(value).steps
    if not steps or not PROGRESS.keys() >= {each.status for each in steps[:-1] or steps}:
        raise Wrong("has steps that no dataset passes")
    if not all(0 <= each.after_seconds < DAY_SECONDS for each in steps):
        raise Wrong("does not end within a day")


DATA_TYPE: Final = one_of(*RECORD_TYPES)
COLUMNS: Final[dict[str, dict[str, Check]]] = {
    "sandboxes": {
        "number": number, "name": text, "clock": json(sandboxes.decode_clock), "minted": number,
        "requests": number, "dropped": number,
    },
    "companies": {
        "number": number, "sandbox": number, "id": text, "company": json(companies.decode_company),
        "configuration": optional(json(companies.decode_configuration)),
        "rates": json(companies.decode_rates), "catalogue": json(companies.decode_catalogue),
        "due": optional(moment), "failures": number,
    },
    "codes": {
        "code": text, "sandbox": number, "kind": one_of(*get_args(link_sessions.CodeKind)),
        "link_session": json(link_sessions.decode_link_session), "expires": optional(moment),
    },
    "preferences": {"sandbox": number, "name": text, "preference": json(msgspec.json.decode)},
    "outcomes": {
        "number": number, "sandbox": number, "outcome": json(planned_end),
        "remaining": number,
    },
    "faults": {
        "number": number, "sandbox": number, "fault": json(faults.decode_fault), "planned": moment,
        "seen": number, "hits": number,
    },
    "alert_rules": {
        "number": number, "sandbox": number, "id": text, "rule": json(alerts.decode_rule),
    },
    "events": {
        "number": number, "sandbox": number, "moment": moment, "event": json(alerts.decode_event),
    },
    "alerts": {
        "number": number, "sandbox": number, "rule": text, "due": optional(moment),
        "alert": json(alerts.decode_alert),
    },
    "datasets": {
        "number": number, "company": number, "id": text, "connection": text,
        "data_type": DATA_TYPE, "requested": moment, "ends": moment,
        "plan": json(plan), "request": json(datasets.decode_request),
        "is_answered": number, "is_polled": number, "is_read": number, "is_alerted": number,
        "body": shallow,
    },
    "syncs": {
        "number": number, "company": number, "id": text, "kind": one_of(*get_args(syncs.SyncKind)),
        "start": moment, "finish": moment, "ran": moment, "ends": moment, "code": number,
        "summary": json(syncs.decode_summary), "unreconciled": json(syncs.decode_unreconciled),
    },
    "versions": {
        "company": number, "data_type": DATA_TYPE, "key": text, "dataset": number,
        "position": number, "created": optional(moment), "is_delete": number,
        "synced": optional(number), "deferred": number, "carrier": number,
    },
    "documents": {
        "number": number, "company": number, "name": text, "date": text,
        "document": json(documents.decode_document),
    },
    "numbers": {"company": number, "kind": text, "last": number},
    "booked": {
        "company": number, "data_type": DATA_TYPE, "key": text, "record": shallow,
        "is_due_back": number,
    },
    "declared": {
        "company": number, "data_type": DATA_TYPE, "key": text, "record": shallow,
        "created": optional(moment), "modified": optional(moment), "amount": amount,
        "currency": text, "state": text, "is_nil": number,
    },
    "findings": {
        "number": number, "sandbox": number, "code": text, "dedup_key": optional(text),
        "finding": json(findings.decode_found),
    },
    "exercised": {"sandbox": number, "code": text},
    "requests": {
        "place": number, "sandbox": number, "number": number,
        "entry": json(request_log.decode_entry), "sent": optional(packed),
        "answered": optional(packed), "size": number,
    },
}  # fmt: skip
BOOKED: Final = {
    "commerce-orders": documents.decode_order, "commerce-payments": documents.decode_payment,
}  # fmt: skip

# By table: a column of JSON, and the columns that repeat a part of it.
REPEATED: Final[dict[str, tuple[str, Callable[[Any], Any], dict[str, str]]]] = {
    "companies": ("company", companies.decode_company, {"id": "id"}),
    "alerts": ("alert", alerts.decode_alert, {"rule": "rule"}),
    "syncs": ("summary", syncs.decode_summary, {"id": "sync_id", "code": "sync_status_code"}),
    "documents": ("document", documents.decode_document, {"name": "number", "date": "date"}),
    "findings": ("finding", findings.decode_found, {"code": "finding.code"}),
    "requests": ("entry", request_log.decode_entry, {"number": "number"}),
}

Moment = Annotated[datetime, Meta(tz=True)]
PREFERENCES: Final[dict[str, Any]] = {  # by the first part of their names
    "texts": dict[str, Localization], "accounts": VisibleAccounts, "rules": list[RuleSetting],
    "pace": tuple[Seconds, ...], "prepared": list[str],
    "clock": list[tuple[Moment, Moment]], "unfinished-push": list[int],
}  # fmt: skip


def check_contents(file: sqlite3.Connection) -> None:
    """Make sure that every value is what its column holds, and that what is referred to is there.

    Raises:
        UnusableFile: one is not; names its column and row.
    """
    for table, columns in COLUMNS.items():
        rows = file.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608  (our own names)
        for place, row in enumerate(rows, 1):
            for (column, check), value in zip(columns.items(), row, strict=True):
                with_place(f"{table}.{column} of row {place}", check, value)
    for table, place in orphans(file):
        raise UnusableFile(f"The snapshot is damaged: {table} of row {place} is of no row.")
    check_repeated(file)
    check_preferences(file)
    check_records(file)
    left = MAX_BODIES_BYTES
    for place, bodies in enumerate(file.execute("SELECT sent, answered FROM requests"), 1):
        for body in bodies:
            if body is None:
                continue
            where = f"a body of row {place} of requests"
            left -= with_place(where, lambda body: unpacked_bytes(body, left), body)  # noqa: B023  (called at once)


def with_place(where: str, check: Check, value: Any) -> Any:
    """Check a value.

    Args:
        where: the value stands.
        check: raises where it is wrong.
        value: the value.

    Raises:
        UnusableFile: it is wrong; names the place.
    """
    try:
        return check(value)
    except (ValueError, TypeError, Malformed, OverflowError, zlib.error) as error:
        raise UnusableFile(f"The snapshot is damaged: {where}: {error}.") from None


def orphans(file: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """References to rows that are not there."""
    for table, row, *_ in file.execute("PRAGMA foreign_key_check"):
        yield table, row or 0
    for column, others in (("dataset", "datasets"), ("carrier", "datasets"), ("synced", "syncs")):
        found = file.execute(
            f"SELECT 1 FROM versions v WHERE {column} IS NOT NULL AND NOT EXISTS"  # noqa: S608  (our own names)
            f" (SELECT 1 FROM {others} o WHERE o.number = v.{column} AND o.company = v.company)"
        )
        for (place,) in found:
            yield f"versions.{column}", place
    found = file.execute(
        "SELECT a.number FROM alerts a WHERE a.due IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM alert_rules r WHERE r.id = a.rule AND r.sandbox = a.sandbox)"
    )
    for (place,) in found:
        yield "alerts", place


def check_repeated(file: sqlite3.Connection) -> None:
    """Make sure that what a row says besides its JSON is what that says."""
    for table, (content, decode, names) in REPEATED.items():
        columns = ", ".join(names)
        rows = file.execute(f"SELECT {content}, {columns} FROM {table}")  # noqa: S608  (our own names)
        for place, (stored, *values) in enumerate(rows, 1):
            if [attrgetter(path)(decode(stored)) for path in names.values()] != values:
                where = f"{table}.{content} of row {place}"
                raise UnusableFile(f"The snapshot is damaged: {where}: differs from {columns}.")


def check_preferences(file: sqlite3.Connection) -> None:
    """Make sure that every preference is what its name says."""
    for name, preference in file.execute("SELECT name, preference FROM preferences"):
        kind = PREFERENCES.get(name.partition("/")[0])
        if kind is None:
            raise UnusableFile(f"The snapshot is damaged: the preference '{name}' is unknown.")
        where = f"the preference '{name}'"
        read = with_place(where, partial(msgspec.json.decode, type=kind), preference)
        if name == "pace":
            with_place(where, route_of, read)


def check_records(file: sqlite3.Connection) -> None:
    """Make sure that versions point to records of their pushes, and that records can be read."""
    used = dict(file.execute("SELECT dataset, max(position) FROM versions GROUP BY dataset"))
    for at, data_type, body in file.execute("SELECT number, data_type, body FROM datasets"):
        where = f"datasets.body of the number {at}"
        records = with_place(where, lambda body: split_push(data_type, body), body)  # noqa: B023
        if used.get(at, -1) >= len(records):
            raise UnusableFile(f"The snapshot is damaged: {where} has too few records.")
        for record in records:
            with_place(where, RECORDS[data_type], record)
    for key, data_type, record in file.execute("SELECT key, data_type, record FROM declared"):
        with_place(f"declared.record of '{key}'", RECORDS[data_type], record)
    for key, data_type, record in file.execute("SELECT key, data_type, record FROM booked"):
        if data_type not in BOOKED:
            raise UnusableFile(f"The snapshot is damaged: booked.data_type of '{key}'.")
        with_place(f"booked.record of '{key}'", BOOKED[data_type], record)
    unfinished = (
        "SELECT 1 FROM preferences WHERE name = 'unfinished-push' AND preference <> x'5B5D'"
    )
    if file.execute(unfinished).fetchone():
        raise UnusableFile("The snapshot is damaged: a push in it is unfinished.")


def unpacked_bytes(body: bytes, left: int) -> int:
    """How many bytes a body unpacks to, none of which are kept.

    Args:
        body: as the request log keeps it: deflated, or as it is behind a byte.
        left: how many it may have, beside those of one body.
    """
    if body.startswith(request_log.PLAIN):
        return len(body) - len(request_log.PLAIN)
    member = zlib.decompressobj()
    most, size = min(left, MAX_BODY_BYTES), len(member.decompress(body, PIECE_BYTES))
    while member.unconsumed_tail:
        size += len(member.decompress(member.unconsumed_tail, PIECE_BYTES))
        if size > most:
            raise Wrong(f"unpacks to more than {most >> 20} MiB")
    if not member.eof:
        raise Wrong("breaks off")
    return size
