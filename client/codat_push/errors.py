"""What can go wrong, as one tree.

CodatError
├── BadRecord            a record cannot be sent; says where in it
├── LedgerError          a ledger or outbox file cannot be used so
├── WaitTimeout          a dataset had not ended by the deadline
├── PushUnderway         the push before it has not ended yet
├── NotSetUp             the merchant has not linked or mapped yet, or no longer
└── RequestError         a request came to nothing; carries it
    ├── RetryAfterActive it was not sent: the service had asked to be left alone
    ├── Unreachable      it never left: no connection
    ├── AnswerLost       it left, and no whole answer came back: it may have been carried out
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

Every RequestError has the `request`, the `status` (None where no answer came), the `message` (the
vendor's own, where there is one), the `correlation_id` to quote to the vendor, and
`retry_after` (seconds, None where the service named none).
"""

from __future__ import annotations

from typing import Final

import httpx


class CodatError(Exception):
    """Anything that this package raises on purpose."""


class BadRecord(CodatError, ValueError):
    """A record that cannot be put on the wire.

    Args:
        path: where in it, as a JSON path from its root (`$.payments[0].createdDate`).
        reason: what is wrong and what to do.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class LedgerError(CodatError):
    """A file of this package is used in a way that it does not allow."""


class WaitTimeout(CodatError):
    """A dataset had not ended by the deadline; it may still do so."""


class PushUnderway(CodatError):
    """The push before of that company and data type has not ended; wait for its dataset first."""


class NotSetUp(CodatError):
    """A company cannot be pushed to until its merchant has linked the platforms and mapped."""


class RequestError(CodatError):
    """A request that came to nothing.

    Args:
        message: what happened, in the vendor's words where there are any.
        request: the request as it was (to be) sent.
        status: the HTTP status, None where no answer came.
        correlation_id: what the vendor finds the request by, empty where it gave none.
        retry_after: seconds that the service asks to be left alone, None where it does not.
    """

    may_have_arrived = False  # whether the service may have carried the request out all the same
    is_passing = False  # whether the same request may succeed later without any change

    def __init__(
        self,
        message: str,
        request: httpx.Request,
        status: int | None = None,
        correlation_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        told = f" [correlation id {correlation_id}]" if correlation_id else ""
        answered = f"{status}: " if status else ""
        super().__init__(f"{request.method} {request.url}: {answered}{message}{told}")
        self.message = message
        self.request = request
        self.status = status
        self.correlation_id = correlation_id
        self.retry_after = retry_after


class RetryAfterActive(RequestError):
    """Not sent, since the service asked to be left alone for `retry_after` seconds from now."""

    is_passing = True


class Unreachable(RequestError):
    """No connection could be made, so nothing was sent."""

    is_passing = True


class AnswerLost(RequestError):
    """The request went out and no whole answer came back in time."""

    may_have_arrived = True
    is_passing = True


class UnreadableAnswer(RequestError):
    """Something answered, but not as the service does."""

    may_have_arrived = True
    is_passing = True


class StatusError(RequestError):
    """The service refused, with a status that has no class of its own."""


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
    def is_the_services_own(self) -> bool:
        """Whether the service said so, and not something on the way to it."""
        return bool(self.correlation_id)


class NotReady(StatusError):
    """409: the thing exists, but not in a state that allows this yet."""

    is_passing = True


class PushTooLarge(StatusError):
    """413: the push holds too many bytes."""


class TooManyRequests(StatusError):
    """429: slow down."""

    is_passing = True


class ServerError(StatusError):
    """5xx: the service, or something before it, failed; it may have acted nevertheless."""

    may_have_arrived = True
    is_passing = True


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
