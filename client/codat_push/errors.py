"""The exceptions of this package, as one tree.

CodatError
├── BadRecord            a record cannot be sent; has the JSON path
├── LedgerError          a ledger or outbox file cannot be used
│   └── TooManyDeletes   a snapshot is empty, or lacks too many known records
├── WaitTimeout          a dataset did not end in time
├── PushUnderway         the previous push has not ended yet
├── NotSetUp             the company is not linked or mapped
├── ClientClosed         the client was closed before this request
└── RequestError         a request failed; has the request
    ├── RetryAfterActive it was not sent: Retry-After has not passed
    ├── Unreachable      it was not sent: no connection
    ├── AnswerLost       it was sent, and no complete answer came: it may have been carried out
    ├── UnreadableAnswer an answer came that is not the service's
    └── StatusError      the service refused
        ├── BadRequest        400
        ├── Unauthorized      401
        ├── AccountLimit      402
        ├── Forbidden         403
        ├── NotFound          404
        ├── NotReady          409
        ├── PushTooLarge      413
        ├── TooManyRequests   429
        └── ServerError       500 and above

Every RequestError has the `request`, the `response` and its `status` (None without an answer), the
`message` (the vendor's own if there is one), the `correlation_id` to quote to the vendor, and
`retry_after` (seconds, or None).
"""

from __future__ import annotations

from typing import Final

import httpx


class CodatError(Exception):
    """The base of every exception that this package raises."""


class BadRecord(CodatError, ValueError):
    """A record cannot be sent.

    Args:
        path: the JSON path of the mistake in the record (`$.payments[0].createdDate`).
        reason: what is wrong and what to do.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = _printable(path)
        self.reason = _printable(reason)
        super().__init__(f"{self.path}: {self.reason}")


class LedgerError(CodatError):
    """A ledger or outbox file cannot be used, or not in this way."""


class TooManyDeletes(LedgerError):
    """A snapshot is empty or lacks too many of the known records; nothing was deleted."""


class WaitTimeout(CodatError):
    """A dataset did not end in time; it may still do so."""


class PushUnderway(CodatError):
    """The previous push of that company and data type has not ended; wait for its dataset."""


class NotSetUp(CodatError):
    """A company cannot be pushed to until its merchant has linked and mapped the platforms."""


class ClientClosed(CodatError):
    """The client was closed before this request; an Outbox is closed before its client."""


class RequestError(CodatError):
    """A request failed.

    Args:
        message: what happened, in the vendor's words if there are any.
        request: the request.
        response: the answer, read to its end; None without a complete one.
        correlation_id: the vendor's id of the request, empty if the answer has none.
        retry_after: seconds until the service accepts requests again, None if it did not say.
    """

    may_have_arrived = False  # whether the service may have carried the request out
    may_arrive_late = False  # whether the service may still carry it out later
    is_transient = False  # whether the same request may succeed later
    is_outage = False  # whether the service is down, for every company

    def __init__(
        self,
        message: str,
        request: httpx.Request,
        response: httpx.Response | None = None,
        correlation_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        status = None if response is None else response.status_code
        prefix = f"{status}: " if status else ""
        suffix = f" [correlation id {correlation_id}]" if correlation_id else ""
        super().__init__(f"{request.method} {request.url}: {prefix}{message}{suffix}")
        self.message = message
        self.request = request
        self.response = response
        self.status = status
        self.correlation_id = correlation_id
        self.retry_after = retry_after


class RetryAfterActive(RequestError):
    """The request was not sent: `retry_after` seconds of Retry-After are left."""

    is_transient = True


class Unreachable(RequestError):
    """No connection could be made; nothing was sent."""

    is_transient = True


class AnswerLost(RequestError):
    """The request was sent, and no complete answer came in time."""

    may_have_arrived = True
    may_arrive_late = True
    is_transient = True


class UnreadableAnswer(RequestError):
    """The answer is not one of the service's."""

    may_have_arrived = True
    is_transient = True


class StatusError(RequestError):
    """The service refused; other statuses than those below."""


class BadRequest(StatusError):
    """400: the service could not read the request; the message says where."""


class Unauthorized(StatusError):
    """401: the API key is missing or wrong."""


class AccountLimit(StatusError):
    """402: the account may have no more companies."""


class Forbidden(StatusError):
    """403: the API key may not do this."""


class NotFound(StatusError):
    """404: there is no such company, dataset, data type or sync."""

    @property
    def is_from_service(self) -> bool:
        """Whether the service itself answered, rather than a proxy."""
        return bool(self.correlation_id)


class NotReady(StatusError):
    """409: the resource exists but is not ready for this."""

    is_transient = True


class PushTooLarge(StatusError):
    """413: the push has too many bytes."""


class TooManyRequests(StatusError):
    """429: too many requests."""

    is_transient = True


class ServerError(StatusError):
    """5xx: the service or a proxy failed; the request may have been carried out."""

    may_have_arrived = True
    is_transient = True

    @property
    def may_arrive_late(self) -> bool:  # type: ignore[override]  # depends on the status
        """Whether a gateway answered while the service may still be working (502, 504)."""
        return self.status in (502, 504)

    @property
    def is_outage(self) -> bool:  # type: ignore[override]  # as above
        """Whether the service is unavailable (503), so that its Retry-After is for everybody."""
        return self.status == 503


BY_STATUS: Final[dict[int, type[StatusError]]] = {
    400: BadRequest,
    401: Unauthorized,
    402: AccountLimit,
    403: Forbidden,
    404: NotFound,
    409: NotReady,
    413: PushTooLarge,
    429: TooManyRequests,
}


def error_class(status: int) -> type[StatusError]:
    """The class for an HTTP status."""
    return ServerError if status >= 500 else BY_STATUS.get(status, StatusError)


def _printable(text: str) -> str:
    """A text with halves of surrogate pairs escaped, so that any file or terminal takes it."""
    return text.encode(errors="backslashreplace").decode()
