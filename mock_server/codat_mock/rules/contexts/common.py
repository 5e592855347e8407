"""What all subjects share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from codat_mock.models.values import MomentText
from codat_mock.rules.differences import PropertyDifference


class Request(Struct, frozen=True, omit_defaults=True):
    """A request of the integration, as findings refer to it.

    Args:
        number: its position in the sandbox's request log, from 1.
        at: the sandbox's time at its arrival.
        caller: where the integration sent it, by its own header, such as `sync.py:42`.
    """

    number: int
    at: MomentText
    method: str
    path: str
    caller: str = ""


class Evidence(Struct, frozen=True, gc=False):
    """One thing that breaks a rule.

    Args:
        record: the key of the record, or a JSON path, or a request.
        note: what is wrong, if the rule's message does not say it.
        changes: the properties that differ, if two versions are compared.
        data_type: of the record, if the subject has more than one.
        requests: the requests involved, if the subject does not know them.
        dedup_key: findings of one rule with the same key are joined; empty for none.
    """

    record: str
    note: str = ""
    changes: Sequence[PropertyDifference] = ()
    data_type: str = ""
    requests: Sequence[Request] = ()
    dedup_key: str = ""


class Context(Struct, frozen=True, dict=True, kw_only=True):
    """A subject of the rules.

    Args:
        company_id: the company's; empty if it concerns no company.
        data_type: its only data type; empty if there is none, or more than one.
        request: the request that it is or that caused it; None if time alone did.
    """

    company_id: str = ""
    data_type: str = ""
    request: Request | None = None

    @property
    def place(self) -> str:
        """The end of a message that says which subject it is; empty if the request says so."""
        return ""

    @property
    def size(self) -> int:
        """The number of records in it, on which the time of its rules depends."""
        return 0

    def requests_about(self, evidence: Sequence[Evidence]) -> Iterable[Request]:
        """The other requests involved in this evidence."""
        return (request for each in evidence for request in each.requests)
