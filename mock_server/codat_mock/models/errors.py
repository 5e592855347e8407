"""The errors of the API, each with its HTTP status."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Problem(Struct, frozen=True, gc=False):
    """One mistake in a request.

    Args:
        path: its JSON path from the body's root, such as `$.orders[3].totalAmount`; empty if the
            body has nothing to do with it.
        message: one sentence.
        item: the id of the record that contains it, empty if there is none.
    """

    path: str
    message: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ApiError(Exception):
    """A request that the service refuses.

    Args:
        message: the answer's `error`: the mistake and its remedy.
        problems: every mistake in the request's body.
    """

    status = 400
    validator = "RequestBody"  # the `validatorName` of its problems

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class Malformed(ApiError):
    """The body does not fit the operation; nothing of it is stored."""


class TooDeep(ApiError):
    """The body is nested so deeply that it is not even looked at."""


class Unauthorised(ApiError):
    """The API key is missing, malformed or unknown."""

    status = 401


class LimitExceeded(ApiError):
    """The account has reached its limit of companies."""

    status = 402
    validator = "CreateCompany"


class Forbidden(ApiError):
    """The request comes from a host or origin that is not allowed."""

    status = 403


class NotFound(ApiError):
    """The company, connection, dataset, data type or sync does not exist."""

    status = 404


class Conflict(ApiError):
    """The state of the resource does not allow the operation."""

    status = 409


class TooLarge(ApiError):
    """The body exceeds the size limit."""

    status = 413


class UnsupportedMedia(ApiError):
    """The service does not support the body's type or encoding."""

    status = 415


class SyncUnavailable(ApiError):
    """A sync cannot be run yet, which the vendor answers with 500."""

    status = 500
