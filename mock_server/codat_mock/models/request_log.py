"""The log of the integration's requests.

Source: none; the log is the mock's own.
"""

from __future__ import annotations

from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.values import MomentText


class CausedFinding(Wire, omit_defaults=False):
    """A rule that a request violated, and how many times."""

    code: str
    count: int


class LoggedRequest(Wire, kw_only=True, omit_defaults=False):
    """One request of the integration and its answer.

    Args:
        number: its number in the sandbox, from 1.
        at: the sandbox's time at its arrival, or at its answer if nothing read the clock before.
        seconds: the duration of the answer, by the machine's clock.
        query: the query string, empty if there is none.
        status: of the answer; if the answer was lost, the status it would have had.
        is_planned: whether a fault affected the answer.
        operation: the operation's name, None if the API has none of that method and path.
        nearest: method and path of the most similar operation, if there is none.
        company_id: the company in its path, None if there is none.
        dataset_id: the dataset it created or asked for, None if there is none.
        sent_bytes: size of its body as received.
        answered_bytes: size of the answer's body.
        findings: the rules it violated.
        caller: the source location the integration reports, such as `sync.py:42`.
        is_lost: whether the client could not read the answer.
        retry_after: the answer's `Retry-After` in seconds, None if there is none.
    """

    number: int
    at: MomentText
    seconds: float
    method: str
    path: str
    query: str
    status: int
    is_planned: bool
    operation: str | None
    nearest: str | None
    company_id: str | None
    dataset_id: str | None
    sent_bytes: int
    answered_bytes: int
    sent_type: str
    answered_type: str
    findings: list[CausedFinding]
    caller: str = ""
    is_lost: bool = False
    retry_after: float | None = None


class LoggedBodies(Struct, frozen=True):
    """The bodies of a request and its answer, uncompressed."""

    sent: bytes
    answered: bytes
