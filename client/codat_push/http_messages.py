"""The headers of a request, and reading its answer.

Source: contract section 1.
"""

from __future__ import annotations

import re
from base64 import b64encode
from codecs import BOM_UTF8
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from codat_push.content import parse_moment
from codat_push.errors import AnswerLost, RequestError, Unreachable, UnreadableAnswer, error_class
from codat_push.models import MOMENTS, ErrorBody
from codat_push.operations import Call

MAX_RETRY_AFTER_SECONDS: Final = 86_400.0  # the published limits are by the day
SECONDS: Final = re.compile(r"\d+(\.\d+)?")  # the norm has whole seconds only
NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def headers_of(call: Call, api_key: str) -> dict[str, str]:
    """The headers of a call.

    Authorization is the encoded key itself, without a colon; source: contract section 1.
    """
    headers = {
        "Accept": "application/json",
        "Authorization": f"Basic {b64encode(api_key.encode()).decode()}",
    }
    if call.content is not None:
        headers["Content-Type"] = "application/json"
    return headers


def read_answer(call: Call, answer: httpx.Response, now: float) -> Any:
    """Decode the answer to a call.

    Args:
        call: the call, which has the type of its answer.
        answer: the answer, read to its end.
        now: seconds since 1970, for a `Retry-After` date.

    Raises:
        RequestError: the service refused, or the answer is not the service's.
    """
    if not answer.is_success:
        raise status_error(answer, now)
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if media != "application/json":
            raise ValueError(f"the answer is {media or 'without a type'}, not application/json")
        return decode(answer.content, call.answer)
    except ValueError as error:  # malformed JSON, another shape, or not UTF-8
        start = answer.content[:80].decode(errors="replace")
        message = f"{error}; it starts with {start!r}"
        correlation_id = answer.headers.get("X-Correlation-Id", "")
        raise UnreadableAnswer(message, answer.request, answer, correlation_id) from error


def decode(content: bytes, kind: Any) -> Any:
    """Decode JSON, liberally.

    A byte order mark is skipped, a null where none is expected is as good as no property, a number
    or flag may also be given as text, or a whole number with a fraction of zero, and a date-time as
    a bare date or in any form of ISO 8601.

    Raises:
        ValueError: it is not JSON, or of another shape.
    """
    content = content.removeprefix(BOM_UTF8)
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        plain = simplified(msgspec.json.decode(content))
        try:
            return msgspec.convert(plain, kind, strict=False)
        except msgspec.ValidationError:
            raise error from None


def simplified(value: Any) -> Any:
    """A JSON value without the properties that are null, with moments and whole numbers as such."""
    if isinstance(value, list):
        return [simplified(item) for item in value]
    if isinstance(value, dict):
        return {
            name: (parse_moment(item) if name in MOMENTS else None) or simplified(item)
            for name, item in value.items()
            if item is not None
        }
    return int(value) if isinstance(value, float) and value.is_integer() else value


def status_error(answer: httpx.Response, now: float) -> RequestError:
    """The error for an answer other than 2xx, with the vendor's message if there is one."""
    try:
        body = decode(answer.content, ErrorBody)
    except ValueError:  # a proxy's page, or nothing
        body = ErrorBody()
    return error_class(answer.status_code)(
        body.error or "no reason given",
        answer.request,
        answer,
        body.correlation_id or answer.headers.get("X-Correlation-Id", ""),
        retry_after(answer.headers, now),
    )


def no_answer(error: httpx.HTTPError, request: httpx.Request) -> RequestError:
    """The error for a failure of the connection."""
    message = str(error) or type(error).__name__
    if isinstance(error, NEVER_SENT):
        return Unreachable(message, request)
    if isinstance(error, httpx.TransportError):
        return AnswerLost(message, request)
    return UnreadableAnswer(message, request)


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """The seconds of an answer's `Retry-After`, a day at most; None if it is unreadable.

    A date counts from the answer's own `Date`, so the two clocks need not agree.
    """
    value = headers.get("Retry-After", "").strip()
    if SECONDS.fullmatch(value):
        return min(float(value), MAX_RETRY_AFTER_SECONDS)
    until = http_date(value)
    if until is None:
        return None
    sent = http_date(headers.get("Date", ""))
    left = until - (now if sent is None else sent)
    return min(max(0.0, left), MAX_RETRY_AFTER_SECONDS)


def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, None if it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp()
