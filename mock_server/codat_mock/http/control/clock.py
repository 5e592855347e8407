"""The sandbox's clock."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response
from msgspec import Struct

from codat_mock.http import request_context
from codat_mock.http.control import resolve_sandbox
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.values import Moment
from codat_mock.sandbox import clock_control

blueprint = Blueprint("clock", __name__)

UNITS = ("days", "hours", "minutes", "seconds")


class Advance(Struct, forbid_unknown_fields=True):
    """How far to move the clock, in the sum of all that is given."""

    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0


class Setting(Struct, forbid_unknown_fields=True):
    """The moment to set the clock to."""

    to: Moment


@blueprint.get("/clock")
def read() -> Response:
    """The sandbox's time, and when something happens next."""
    with resolve_sandbox.session() as session:
        reading = clock_control.read(session)
    return request_context.answer(reading)


@blueprint.post("/clock/advance")
def advance() -> Response:
    """Move the clock forward; what falls due on the way happens in order."""
    asked = request_context.body(Advance)
    try:
        duration = timedelta(**{unit: getattr(asked, unit) for unit in UNITS})
    except (OverflowError, ValueError):
        raise Malformed("The duration is too long.", [Problem("$", "Too long.")]) from None
    if duration < timedelta(0):
        raise Malformed("The clock only moves forward.", [Problem("$", "It is negative.")])
    return request_context.answer(clock_control.advance(resolve_sandbox.sandbox(), duration))


@blueprint.post("/clock/advance-to-next-event")
def advance_to_next_event() -> Response:
    """Move the clock to the next change of a dataset's status, or the next sync."""
    return request_context.answer(clock_control.advance_to_next_event(resolve_sandbox.sandbox()))


@blueprint.post("/clock/close-day")
def close_day() -> Response:
    """Move the clock until all datasets have ended, and past every company's next sync."""
    return request_context.answer(clock_control.close_day(resolve_sandbox.sandbox()))


@blueprint.post("/clock/set")
def set_to() -> Response:
    """Set the clock."""
    moment = request_context.body(Setting).to
    return request_context.answer(clock_control.set_to(resolve_sandbox.sandbox(), moment))
