"""Planned trouble on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.http.operations import OPERATIONS
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.faults import Fault, FaultPlan

blueprint = Blueprint("faults", __name__)


@blueprint.put("/faults")
def replace() -> Response:
    """Plan faults instead of those that there are."""
    here, wanted = resolve_sandbox.sandbox(), request_context.body(FaultPlan).faults
    check_operations(wanted)
    return request_context.answer(here.trouble.plan_faults(wanted, is_instead=True))


@blueprint.post("/faults")
def add() -> Response:
    """Plan faults beside those that there are."""
    here, wanted = resolve_sandbox.sandbox(), request_context.body(FaultPlan).faults
    check_operations(wanted)
    return request_context.answer(here.trouble.plan_faults(wanted))


@blueprint.get("/faults")
def planned() -> Response:
    """The faults, and how many requests they have hit."""
    return request_context.answer(resolve_sandbox.sandbox().trouble.faults())


@blueprint.delete("/faults")
def clear() -> Response:
    """Forget all faults."""
    return request_context.answer(resolve_sandbox.sandbox().trouble.clear_faults())


def check_operations(wanted: Sequence[Fault]) -> None:
    """Make sure that the operations are known.

    Raises:
        Malformed: one is not; the nearest is named.
    """
    problems = [
        Problem(f"$.faults[{place}].operation", unknown(fault.operation))
        for place, fault in enumerate(wanted)
        if fault.operation is not None and fault.operation not in OPERATIONS
    ]
    if problems:
        raise Malformed(f"This cannot be planned. {problems[0].message}", problems)


def unknown(name: str) -> str:
    """Say that there is no such operation, and what may have been meant."""
    near = get_close_matches(name, OPERATIONS, n=1, cutoff=0.0)
    return f"There is no operation '{name}'; the nearest is '{near[0]}'."
