"""What is kept of the integration's requests.

Source: none; the journal is the mock's own.
"""

from __future__ import annotations

from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.values import MomentText


class CausedFinding(Wire, omit_defaults=False):
    """A rule that a request broke, and how often."""

    code: str
    count: int


class LoggedRequest(Wire, kw_only=True, omit_defaults=False):
    """One request of the integration, with its answer.

    Args:
        number: its place among the sandbox's requests, from 1.
        at: the sandbox's time when it came, or was answered where no verb asked for it before.
        seconds: how long the answer took, by the machine's clock.
        query: what followed the question mark, empty where nothing did.
        status: of the answer; where the answer was lost on its way, of what was to be answered.
        is_planned: whether a fault had its hand in the answer.
        operation: the name of the operation, None where the API has none of that method and path.
        nearest: the operation most like it, where there is none: method and path.
        company_id: the company in its path, None where there is none.
        dataset_id: the dataset that it made or asked for, None where there is none.
        sent_bytes: of its body as it came.
        answered_bytes: of the answer's body.
        findings: what it broke.
        caller: where the integration says that it sent it, such as `sync.py:42`.
        is_lost: whether the client was not able to read the answer.
        retry_after: what the answer's `Retry-After` says, in seconds; None without.
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
    """The bodies of a request and of its answer, unpacked."""

    sent: bytes
    answered: bytes
