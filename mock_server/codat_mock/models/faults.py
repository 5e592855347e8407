"""Planned trouble on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from codat_mock.models.commerce import Wire

LONGEST: Final = 86_400
Seconds = Annotated[float, Meta(ge=0, le=LONGEST)]
Position = Annotated[int, Meta(ge=1)]


class Planned(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Which requests a fault meets.

    Args:
        operation: the name of an operation of the API, None for any.
        company_id: of which company, None for any.
        at: the positions among those requests, counted from 1 since it was planned; every one of
            them where none is given.
    """

    operation: str | None = None
    company_id: str | None = None
    at: tuple[Position, ...] = ()


class Refuse(Planned, tag="refuse"):
    """The request is answered with an error, and not carried out.

    Args:
        status: from 400 to 599.
        retry_after: seconds of the header `Retry-After`, None for no such header.
    """

    status: Annotated[int, Meta(ge=400, le=599)] = 500
    retry_after: Annotated[int, Meta(ge=0, le=LONGEST)] | None = None


class Lose(Planned, tag="lose"):
    """The request is carried out, and its answer is lost.

    Args:
        by: the connection is closed or reset, hangs until the client goes, or a gateway answers.
    """

    by: Literal["close", "reset", "hang", "bad-gateway"] = "close"


class Delay(Planned, tag="delay"):
    """The request is carried out, and its answer comes late.

    Args:
        seconds: how late, by the machine's clock.
        between: the least and the most of a uniform distribution instead.
        mean: the mean of an exponential distribution instead.
    """

    seconds: Seconds | None = None
    between: tuple[Seconds, Seconds] | None = None
    mean: Seconds | None = None


class Slow(Planned, tag="slow"):
    """The answer comes a few bytes at a time."""

    bytes_per_second: Annotated[int, Meta(ge=1)] = 10


class Spoil(Planned, tag="spoil"):
    """The request is carried out, and its answer cannot be read.

    Args:
        how: the JSON breaks off, is another one, or is said to be HTML.
    """

    how: Literal["truncated", "wrong-json", "wrong-type"] = "truncated"


class Unreachable(Planned, tag="unreachable"):
    """The request is lost before it is carried out, and then nobody answers for a while.

    Args:
        seconds: how long connections are refused, by the machine's clock.
    """

    seconds: Annotated[float, Meta(ge=0, le=3600)] = 1


class Maintenance(Planned, tag="maintenance"):
    """Every request is answered 503 with `Retry-After`, and not carried out.

    Args:
        seconds: how long from now, in the sandbox's time.
    """

    seconds: Annotated[float, Meta(gt=0, le=LONGEST)] = 600


class Elapse(Planned, tag="elapse"):
    """Time passes before the request is carried out; another fault may hit the same request.

    Args:
        seconds: how much, in the sandbox's time.
    """

    seconds: Annotated[float, Meta(gt=0, le=LONGEST)] = 60


Fault = Refuse | Lose | Delay | Slow | Spoil | Unreachable | Maintenance | Elapse


class CountedFault(Wire, omit_defaults=False):
    """A fault, how many requests it was meant for, and how many of them it hit."""

    number: int
    fault: Fault
    seen: int
    hits: int


class Faults(Wire, omit_defaults=False):
    """The faults of a sandbox."""

    faults: list[CountedFault]


class FaultPlan(Struct, forbid_unknown_fields=True):
    """The faults that a sandbox is to have."""

    faults: list[Fault]
