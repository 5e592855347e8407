"""What is known of the real service, what is assumed, and where its documents disagree.

The operations' part is made from their declarations, that of other behaviours from `provenance`.
"""

from __future__ import annotations

from codat_mock.http.operations import Source, operations
from codat_mock.http.provenance import BEHAVIOURS, Behaviour
from codat_mock.models.commerce import Wire


class KnownOperation(Wire, omit_defaults=False):
    """An operation: its source and section, what of it is assumed, and what contradicts it."""

    method: str
    path: str
    summary: str
    source: Source
    section: str
    assumed: str
    contradicted: str


class Limits(Wire, omit_defaults=False):
    """How far the mock can be trusted."""

    operations: list[KnownOperation]
    behaviours: list[Behaviour]


def limits() -> Limits:
    """Every operation and behaviour with its source."""
    known = [
        KnownOperation(
            method=each.method,
            path=each.path,
            summary=each.summary,
            source=each.source,
            section=each.section,
            assumed=each.assumed,
            contradicted=each.contradicted,
        )
        for each in operations()
    ]
    return Limits(known, BEHAVIOURS)
