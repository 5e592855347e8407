"""The headers of a request, and reading its answer.

Source: contract section 1.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import msgspec

from codat_push.errors import AnswerLost, RequestError, Unreachable, UnreadableAnswer, error_class
from codat_push.models import ErrorBody
from codat_push.operations import Call

MAX_RETRY_AFTER_SECONDS: Final = 86_400.0  # the published limits are by the day
NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer to a request."""

    request: httpx.Request
    status: int
    headers: httpx.Headers
    content: bytes


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


def read_answer(call: Call, answer: Answer, now: float) -> Any:
    """Decode the answer to a call.

    Args:
        call: the call, which has the type of its answer.
        answer: the answer.
        now: seconds since 1970, for a `Retry-After` date.

    Raises:
        RequestError: the service refused, or the answer is not the service's.
    """
    if not 200 <= answer.status < 300:
        raise status_error(answer, now)
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if media != "application/json":
            raise ValueError(f"the answer is {media or 'without a type'}, not application/json")
        return msgspec.json.decode(answer.content, type=call.answer)
    except ValueError as error:  # malformed JSON, another shape, or not UTF-8
        start = answer.content[:80].decode(errors="replace")
        raise UnreadableAnswer(
            f"{error}; it starts with {start!r}",
            answer.request,
            answer.status,
            answer.headers.get("X-Correlation-Id", ""),
        ) from error


def status_error(answer: Answer, now: float) -> RequestError:
    """The error for an answer other than 2xx, with the vendor's message if there is one."""
    try:
        body = msgspec.json.decode(answer.content, type=ErrorBody)
    except ValueError:  # a proxy's page, or nothing
        body = ErrorBody()
    return error_class(answer.status)(
        body.error or "no reason given",
        answer.request,
        answer.status,
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
    if value.isdecimal():
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
