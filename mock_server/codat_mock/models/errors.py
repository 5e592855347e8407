"""What can go wrong with a request, each with the status the service answers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Problem(Struct, frozen=True, gc=False):
    """One thing wrong with a request.

    Args:
        path: where, as a JSON path from the body's root (`$.orders[3].totalAmount`).
        message: what, in one sentence.
        item: the id of the record it stands in, empty where there is none.
    """

    path: str
    message: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ApiError(Exception):
    """A request that the service does not carry out.

    Args:
        message: what is wrong and what to do, for the answer's `error`.
        problems: every place in the request's body that is wrong.
    """

    status = 400

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class Malformed(ApiError):
    """The body is not what the operation takes; nothing of it was stored."""


class Unauthorised(ApiError):
    """The API key is missing, malformed or unknown."""

    status = 401


class LimitExceeded(ApiError):
    """The account holds as many companies as it may."""

    status = 402


class Forbidden(ApiError):
    """The request comes from where none may come from."""

    status = 403


class NotFound(ApiError):
    """There is no such company, connection, dataset, data type or sync."""

    status = 404


class Conflict(ApiError):
    """The thing exists, but not in a state that allows this."""

    status = 409


class TooLarge(ApiError):
    """The body is larger than the service takes."""

    status = 413


class UnsupportedMedia(ApiError):
    """The body is of a type or encoding that the service does not read."""

    status = 415
