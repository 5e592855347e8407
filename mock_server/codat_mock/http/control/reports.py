"""What happened in a sandbox, in every form of report."""

from __future__ import annotations

from flask import Blueprint, Response, request

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.reports.collect import run_of
from codat_mock.reports.formats import FORMATS

blueprint = Blueprint("reports", __name__)


@blueprint.get("/report")
def report() -> Response:
    """What has happened until now, in the form that `?format=` asks for; JSON without it."""
    named = request.args.get("format", "json")
    if named not in FORMATS:
        message = f"There is no report '{named}'; known: {', '.join(FORMATS)}."
        raise Malformed(message, [Problem("format", message)])
    run = run_of(resolve_sandbox.sandbox(), request_context.registry().failures)
    report_format = FORMATS[named]
    return request_context.raw_answer(
        report_format.write(run), content_type=report_format.content_type
    )
