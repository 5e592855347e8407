"""Faults: planned failures of HTTP requests."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from codat_mock.models.commerce import Wire

LONGEST_SECONDS: Final = 86_400
Seconds = Annotated[float, Meta(ge=0, le=LONGEST_SECONDS)]
Position = Annotated[int, Meta(ge=1)]


class Planned(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """The requests that a fault applies to.

    Args:
        operation: the name of an API operation; None for any.
        company_id: a company; None for any.
        at: positions among those requests, counted from 1 since the fault was planned; empty for
            every one.
    """

    operation: str | None = None
    company_id: str | None = None
    at: tuple[Position, ...] = ()


class Refuse(Planned, tag="refuse"):
    """The request is answered with an error and has no effect.

    Args:
        status: from 400 to 599.
        retry_after: seconds, for the header `Retry-After`; None omits the header.
    """

    status: Annotated[int, Meta(ge=400, le=599)] = 500
    retry_after: Annotated[int, Meta(ge=0, le=LONGEST_SECONDS)] | None = None


class Lose(Planned, tag="lose"):
    """The request takes effect, but its answer is lost.

    Args:
        by: the connection closes, is reset, hangs until the client gives up, or a gateway answers.
    """

    by: Literal["close", "reset", "hang", "bad-gateway"] = "close"


class Delay(Planned, tag="delay"):
    """The request takes effect, and its answer is late.

    Args:
        seconds: the delay, by the machine's clock.
        between: bounds in seconds of a uniformly distributed delay instead.
        mean: mean in seconds of an exponentially distributed delay instead.
    """

    seconds: Seconds | None = None
    between: tuple[Seconds, Seconds] | None = None
    mean: Seconds | None = None


class Slow(Planned, tag="slow"):
    """The answer arrives a few bytes at a time."""

    bytes_per_second: Annotated[int, Meta(ge=1)] = 10


class Spoil(Planned, tag="spoil"):
    """The request takes effect, but its answer is unreadable.

    Args:
        how: truncated JSON, different JSON, or the content type of HTML.
    """

    how: Literal["truncated", "wrong-json", "wrong-type"] = "truncated"


class Unreachable(Planned, tag="unreachable"):
    """The request is lost without effect, and then the server is unreachable for a while.

    Args:
        seconds: how long connections are refused, by the machine's clock.
    """

    seconds: Annotated[float, Meta(ge=0, le=3600)] = 1


class Maintenance(Planned, tag="maintenance"):
    """Every request is answered 503 with `Retry-After` and has no effect.

    Args:
        seconds: the duration, in the sandbox's time.
    """

    seconds: Annotated[float, Meta(gt=0, le=LONGEST_SECONDS)] = 600


class Elapse(Planned, tag="elapse"):
    """Time passes before the request takes effect; another fault may hit the same request.

    Args:
        seconds: in the sandbox's time.
    """

    seconds: Annotated[float, Meta(gt=0, le=LONGEST_SECONDS)] = 60


Fault = Refuse | Lose | Delay | Slow | Spoil | Unreachable | Maintenance | Elapse


class CountedFault(Wire, omit_defaults=False):
    """A fault, the number of requests that matched it, and the number it hit."""

    number: int
    fault: Fault
    seen: int
    hits: int


class Faults(Wire, omit_defaults=False):
    """The faults of a sandbox."""

    faults: list[CountedFault]


class FaultPlan(Struct, forbid_unknown_fields=True):
    """The body that plans a sandbox's faults."""

    faults: list[Fault]
