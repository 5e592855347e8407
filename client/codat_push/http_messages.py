"""The two ends of an exchange: a call's headers out, its answer read in.

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
from codat_push.models import Refusal
from codat_push.operations import Call

NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request, read to its end."""

    request: httpx.Request
    status: int
    headers: httpx.Headers
    content: bytes


def headers_of(call: Call, api_key: str) -> dict[str, str]:
    """The headers of a call's request.

    Authorization carries the key itself, without a colon; source: contract section 1.
    """
    headers = {
        "Accept": "application/json",
        "Authorization": f"Basic {b64encode(api_key.encode()).decode()}",
    }
    if call.content is not None:
        headers["Content-Type"] = "application/json"
    return headers


def read_answer(call: Call, answer: Answer, now: float) -> Any:
    """What the answer of a call says.

    Args:
        call: what was asked.
        answer: what came back.
        now: seconds since 1970, to count a `Retry-After` date from.

    Raises:
        RequestError: the service refused, or the answer is not the service's.
    """
    if not 200 <= answer.status < 300:
        raise refusal(answer, now)
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if media != "application/json":
            raise ValueError(f"the answer is {media or 'of no stated type'}, not application/json")
        return msgspec.json.decode(answer.content, type=call.answer)
    except ValueError as error:  # malformed JSON, of another shape, or not UTF-8
        begins = answer.content[:80].decode(errors="replace")
        raise UnreadableAnswer(
            f"{error}; it begins {begins!r}",
            answer.request,
            answer.status,
            answer.headers.get("X-Correlation-Id", ""),
        ) from error


def refusal(answer: Answer, now: float) -> RequestError:
    """The error that an answer other than 2xx is raised as, in the vendor's words if it has any."""
    try:
        said = msgspec.json.decode(answer.content, type=Refusal)
    except ValueError:  # a proxy's page, or nothing
        said = Refusal()
    return error_class(answer.status)(
        said.error or "no reason was given",
        answer.request,
        answer.status,
        said.correlation_id or answer.headers.get("X-Correlation-Id", ""),
        retry_after(answer.headers, now),
    )


def no_answer(error: httpx.HTTPError, request: httpx.Request) -> RequestError:
    """The error that a failure of the connection is raised as."""
    told = str(error) or type(error).__name__
    if isinstance(error, NEVER_SENT):
        return Unreachable(told, request)
    if isinstance(error, httpx.TransportError):
        return AnswerLost(told, request)
    return UnreadableAnswer(told, request)


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Seconds that an answer asks to be left alone; None where it does not ask, or unreadably.

    A date is counted from the answer's own `Date`, so that the two clocks need not agree.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    until = http_date(asked)
    if until is None:
        return None
    sent = http_date(headers.get("Date", ""))
    return max(0.0, until - (now if sent is None else sent))


def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp()
