"""What all subjects of the rules share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from codat_mock.rules.differences import PropertyDifference


class Request(Struct, frozen=True, omit_defaults=True):
    """A request of the integration, as findings refer to it.

    Args:
        number: its place among the sandbox's requests, from 1.
        at: the sandbox's time when it came.
        caller: where the integration says that it sent it, such as `sync.py:42`.
    """

    number: int
    at: str
    method: str
    path: str
    caller: str = ""


class Evidence(Struct, frozen=True):
    """One thing that breaks a rule.

    Args:
        record: the key of the record (or the JSON path) it shows in.
        note: what is wrong there, where the rule's own words do not tell.
        changes: where two versions are compared, what differs.
        data_type: of the record, where the subject has more than one.
        requests: the requests it shows in, where the subject does not tell.
        topic: what it is about; findings of one rule about one topic are told as one.
    """

    record: str
    note: str = ""
    changes: Sequence[PropertyDifference] = ()
    data_type: str = ""
    requests: Sequence[Request] = ()
    dedup_key: str = ""


class Context(Struct, frozen=True, dict=True, kw_only=True):
    """What the rules judge at one moment.

    Args:
        company_id: whose it is; empty where it is nobody's in particular.
        data_type: its only data type; empty where there is none, or more than one.
        request: the request that it is, or that caused it; None where time alone did.
    """

    company_id: str = ""
    data_type: str = ""
    request: Request | None = None

    @property
    def place(self) -> str:
        """Where it was, as a message ends; empty where the request tells that."""
        return ""

    def requests_about(self, evidence: Sequence[Evidence]) -> Iterable[Request]:
        """The other requests that this evidence involves."""
        return (request for each in evidence for request in each.requests)
