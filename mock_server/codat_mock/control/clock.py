"""The sandbox's clock."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response
from msgspec import Struct

from codat_mock import wire
from codat_mock.control import who
from codat_mock.records.errors import Malformed, Problem
from codat_mock.records.values import Moment

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
    return wire.answer(who.sandbox().clock())


@blueprint.post("/clock/advance")
def advance() -> Response:
    """Move the clock forward; what falls due on the way happens in order."""
    wanted = wire.body(Advance)
    try:
        duration = timedelta(**{unit: getattr(wanted, unit) for unit in UNITS})
    except (OverflowError, ValueError):
        raise Malformed("The duration is too long.", [Problem("$", "Too long.")]) from None
    if duration < timedelta(0):
        raise Malformed("The clock moves forward only.", [Problem("$", "It is negative.")])
    return wire.answer(who.sandbox().advance(duration))


@blueprint.post("/clock/advance-to-next-event")
def advance_to_next_event() -> Response:
    """Move the clock to the next change of a dataset's status, or the next sync."""
    return wire.answer(who.sandbox().advance_to_next_event())


@blueprint.post("/clock/close-day")
def close_day() -> Response:
    """Move the clock until all datasets have ended, and past every company's next sync."""
    return wire.answer(who.sandbox().close_day())


@blueprint.post("/clock/set")
def set_to() -> Response:
    """Set the clock."""
    return wire.answer(who.sandbox().set_clock(wire.body(Setting).to))
