"""The request bodies that a replay reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.models.decoding import BOM, decoder
from codat_mock.models.errors import ApiError
from codat_mock.models.pushes import read_push
from codat_mock.models.syncs import RequestedRange, SyncRequest, WrappedRange
from codat_mock.replay.inferred_outcomes import PUSHES, pushes_of
from codat_mock.replay.routes import Call

# A value that a sanitizer has put in place of the real one. Unlike in a whole body, a bare word
# such as "removed" may be the merchant's own.
WORDS: Final = re.compile(rb"redacted|removed|omitted|masked|filtered|saniti|scrubbed|\*{3}", re.I)
STRING: Final = re.compile(rb'"((?:[^"\\]|\\.){3,60})"')
PLACEHOLDER: Final = re.compile(
    r"[\[<({*_]+\s*(?i:redacted|removed|omitted|masked|filtered|sanitized|sanitised|scrubbed)\b.*"
    r"|REDACTED|\*{3,}"
)
read_sync_request: Final = decoder(SyncRequest)
read_wrapped_range: Final = decoder(WrappedRange)
read_range: Final = decoder(RequestedRange)


class NewCompany(Wire):
    """The body that creates a company."""

    name: str = ""


class NewConnection(Wire):
    """The body that creates a connection, in the later generation of the API."""

    platform_key: str = ""


class NewStatus(Struct):
    """The body that sets the status of a connection."""

    status: str = "Linked"


def push_body(call: Call) -> bytes | None:
    """The body of a push, as the beta's operations take it; None if it was not recorded."""
    sent = call.recorded.sent
    if sent is None:
        return None
    body = sent.removeprefix(BOM)
    if call.operation.startswith("partner-"):
        return b'{"%b":%b}' % (LIST_NAMES[PUSHES[call.operation]].encode(), body)
    return body


def is_removed(call: Call, body: bytes) -> bool:
    """Whether the recorded body of a push cannot be the one that was sent.

    A sanitizer may replace values, or all of it; and what the service accepted was JSON.
    """
    if WORDS.search(body) and any(
        PLACEHOLDER.fullmatch(text[1].decode(errors="replace")) for text in STRING.finditer(body)
    ):
        return True
    if not call.recorded.is_accepted:
        return False
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    return False


def is_readable(call: Call, body: bytes) -> bool:
    """Whether the body of a push is valid."""
    try:
        read_push(PUSHES[call.operation], body)
    except ApiError:
        return False
    return True


def oldest_records(calls: Sequence[Call]) -> dict[str, datetime]:
    """The earliest `createdDate` that each company pushed, by its id."""
    found: dict[str, datetime] = {}
    for call in pushes_of(calls):
        body = push_body(call) if call.recorded.is_accepted else None
        try:
            pushed = read_push(PUSHES[call.operation], body) if body else []
        except ApiError:
            continue
        for each in pushed:
            created = each.record.created_date
            if isinstance(created, datetime):
                found[call.company_id] = min(found.get(call.company_id, created), created)
    return found


def read_historic(body: bytes) -> tuple[datetime, datetime]:
    """Start and finish of a requested range, bare or in `dateRange`.

    Raises:
        msgspec.ValidationError: the body is neither.
    """
    try:
        asked: RequestedRange = read_wrapped_range(body).date_range
    except msgspec.ValidationError:
        asked = read_range(body)
    return asked.start, asked.finish
