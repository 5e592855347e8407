"""The bodies of errors: the vendor's, and the mock's own under `/_mock/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Problem

# How the vendor's `error` begins; source: contract part 2, section C. What is wrong with a `query`
# has words of its own.
VENDORS_WORDS: Final = {400: "Error processing request - not valid.", 401: "Unauthorized."}
# The same of refusals that only a plan leads to; source: likewise.
PLANNED_WORDS: Final = {
    403: "You are using an outdated API key or a key not associated with that resource.",
    409: "The data set has not been requested.",
    429: "You have made too many requests in a given amount of time; please retry later.",
}
ABOUT_QUERIES: Final = "Error parsing query - "
TITLES: Final = {400: "Bad request", 401: "Unauthorised", 403: "Forbidden", 404: "Not found"}


class ValidationItem(Wire, omit_defaults=False):
    """One thing wrong with a request, in the vendor's words."""

    item_id: str
    message: str
    validator_name: str


class Validation(Wire, omit_defaults=False):
    """All that is wrong with a request, in the vendor's words."""

    errors: list[ValidationItem]
    warnings: list[ValidationItem]


class ErrorBody(Wire, omit_defaults=False, kw_only=True):
    """The vendor's answer to what it does not carry out (contract section 1)."""

    status_code: int
    service: str = "PublicApi"
    error: str
    correlation_id: str
    validation: Validation | None = None
    can_be_retried: str = "False"
    detailed_error_code: int = 0


class ProblemBody(Wire, kw_only=True):
    """Our own answer under `/_mock/`, as RFC 9457 has it."""

    title: str
    status: int
    detail: str
    problems: list[Problem]


def error_body(
    status: int,
    message: str,
    correlation_id: str,
    problems: Iterable[Problem] = (),
    validator: str = "RequestBody",
) -> ErrorBody:
    """An error in the vendor's shape.

    Args:
        status: the HTTP status.
        message: the mistake and its remedy.
        correlation_id: the id of the answer.
        problems: every mistake in the request's body.
        validator: the `validatorName` of the problems.

    Source: contract section 1.
    """
    items = [ValidationItem(p.item, str(p), validator) for p in problems]
    words = "" if message.startswith(ABOUT_QUERIES) else VENDORS_WORDS.get(status, "")
    return ErrorBody(
        status_code=status,
        error=f"{words} {message}".lstrip(),
        correlation_id=correlation_id,
        validation=Validation(items, []) if items else None,
    )


def problem_body(status: int, message: str, problems: Iterable[Problem] = ()) -> ProblemBody:
    """An error in the shape of RFC 9457, for the control API.

    Args:
        status: the HTTP status.
        message: the text for a person.
        problems: what is wrong, with the place of each.
    """
    title = TITLES.get(status, "Refused")
    return ProblemBody(title=title, status=status, detail=message, problems=[*problems])
