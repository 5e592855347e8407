"""Planned faults on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.http.operations import OPERATIONS
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.faults import Fault, FaultPlan
from codat_mock.sandbox import fault_injection

blueprint = Blueprint("faults", __name__)

MAX_NAMED: Final = 20  # unknown operations in one answer: looking for the most similar takes long


@blueprint.put("/faults")
def replace() -> Response:
    """Replace all faults."""
    return plan(replaces=True)


@blueprint.post("/faults")
def add() -> Response:
    """Plan faults beside the earlier ones."""
    return plan(replaces=False)


def plan(*, replaces: bool) -> Response:
    """Plan the faults of the request's body."""
    faults = request_context.body(FaultPlan).faults
    check_operations(faults)
    with resolve_sandbox.session() as session:
        planned = fault_injection.plan(session, faults, replaces=replaces)
    return request_context.answer(planned)


@blueprint.get("/faults")
def planned() -> Response:
    """The faults, and how many requests they have hit."""
    with resolve_sandbox.session() as session:
        found = fault_injection.planned(session)
    return request_context.answer(found)


@blueprint.delete("/faults")
def clear() -> Response:
    """Delete all faults."""
    with resolve_sandbox.session() as session:
        left = fault_injection.clear(session)
    return request_context.answer(left)


def check_operations(faults: Sequence[Fault]) -> None:
    """Make sure that the operations are known.

    Raises:
        Malformed: one is not; the nearest is named.
    """
    unknown_ones = [
        (place, fault.operation)
        for place, fault in enumerate(faults)
        if fault.operation is not None and fault.operation not in OPERATIONS
    ]
    problems = [
        Problem(f"$.faults[{place}].operation", unknown(name))
        for place, name in unknown_ones[:MAX_NAMED]
    ]
    if problems:
        raise Malformed(f"This cannot be planned. {problems[0].message}", problems)


def unknown(name: str) -> str:
    """The message for an unknown operation, with the most similar one."""
    near = get_close_matches(name, OPERATIONS, n=1, cutoff=0.0)
    return f"There is no operation '{name}'; the nearest is '{near[0]}'."
