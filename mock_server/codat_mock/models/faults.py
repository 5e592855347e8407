"""Planned faults on the wire: one class per kind, from which everything about it follows.

Its fields are decoded from the control API's JSON, and become options of `codat-mock fault add`.
Its docstring and the descriptions of its fields become the table in `docs/faults.md`. Its `effect`
is what the middleware carries out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from inspect import getdoc
from math import ceil
from random import Random
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Problem

MAX_SECONDS: Final = 86_400
MAX_FAULTS: Final = 1000
MAX_POSITIONS: Final = 10_000
Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
Position = Annotated[int, Meta(ge=1)]
Delivery = Literal["close", "reset", "hang", "delay", "slow"]
Spoiling = Literal["truncated", "wrong-json", "wrong-type"]
RetryAfterForm = Literal["seconds", "date", "machine-date"]


class Refusal(Struct, frozen=True):
    """An error answer instead of carrying out the request.

    Args:
        retry_after: seconds of the header `Retry-After`, None for no such header.
        retry_after_as: how the header says them.
    """

    status: int
    message: str
    retry_after: int | None = None
    retry_after_as: RetryAfterForm = "seconds"


class Effect(Struct, frozen=True, kw_only=True):
    """What a fault does to a request that it hits, in terms of what the server can do.

    Args:
        refusal: the answer instead of carrying out the request.
        shut_seconds: how long the server takes no connections after it has reset this one; None if
            it does not reset it.
        spoiling: how the answer is made unreadable.
        delivery: how the answer is sent otherwise than at once; None for at once.
        delay_seconds: how late, by the machine's clock.
        bytes_per_second: how fast.
        is_lost: whether the client cannot read the answer. Without a socket, or where no
            `delivery` says how it is lost, a gateway answers 502.
    """

    refusal: Refusal | None = None
    shut_seconds: float | None = None
    spoiling: Spoiling | None = None
    delivery: Delivery | None = None
    delay_seconds: float = 0.0
    bytes_per_second: int = 0
    is_lost: bool = False


class Planned(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Which requests a fault applies to.

    Args:
        operation: the name of an API operation; None for any.
        company_id: a company; None for any.
        at: positions among those requests, counted from 1 since the fault was planned; empty for
            every one.
    """

    operation: Annotated[str, Meta(max_length=100)] | None = None
    company_id: str | None = None
    at: Annotated[tuple[Position, ...], Meta(max_length=MAX_POSITIONS)] = ()

    @property
    def elapsed_seconds(self) -> float:
        """How much of the sandbox's time passes before the request, beside any other fault."""
        return 0.0

    def problems(self, path: str) -> Iterator[Problem]:
        """What is wrong with it beyond the types, at that JSON path."""
        yield from ()

    def ends(self, planned: datetime) -> datetime | None:
        """When it is over, in the sandbox's time; None where it never is."""

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """What it does to a request that it hits.

        Args:
            left: how long it still lasts, in the sandbox's time; zero where it never ends.
            chance: a source seeded for this hit.
        """
        return Effect()


class Refuse(Planned, tag="refuse"):
    """The request is answered with an error, and not carried out."""

    status: Annotated[
        int, Meta(ge=400, le=599, description="the answer's status, 400 to 599, default 500")
    ] = 500
    retry_after: (
        Annotated[int, Meta(ge=0, le=MAX_SECONDS, description="seconds of Retry-After")] | None
    ) = None
    retry_after_as: Annotated[
        RetryAfterForm,
        Meta(
            description="`seconds`, or when they are over: `date` in the sandbox's time,"
            " `machine-date` in the machine's"
        ),
    ] = "seconds"

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """An error answer."""
        return Effect(
            refusal=Refusal(self.status, "A planned fault.", self.retry_after, self.retry_after_as)
        )


class Lose(Planned, tag="lose"):
    """The request is carried out, and the answer is lost."""

    by: Annotated[
        Literal["close", "reset", "hang", "bad-gateway"],
        Meta(description="`close`, `reset`, `hang` (until the client leaves) or `bad-gateway`"),
    ] = "close"

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """A lost answer."""
        return Effect(is_lost=True, delivery=None if self.by == "bad-gateway" else self.by)


class Delay(Planned, tag="delay"):
    """The request is carried out, and the answer comes late, by the machine's clock."""

    seconds: Annotated[Seconds, Meta(description="how late")] | None = None
    between: (
        Annotated[
            tuple[Seconds, Seconds],
            Meta(description="two values: drawn from a uniform distribution"),
        ]
        | None
    ) = None
    mean: Annotated[Seconds, Meta(description="drawn from an exponential distribution")] | None = (
        None
    )

    def problems(self, path: str) -> Iterator[Problem]:
        """It has none of its three lengths, or more than one."""
        given = [value for value in (self.seconds, self.between, self.mean) if value is not None]
        if len(given) != 1:
            yield Problem(path, "A delay needs exactly one of 'seconds', 'between' and 'mean'.")
        if self.between and self.between[0] > self.between[1]:
            yield Problem(f"{path}.between", "The least is more than the most.")

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """A late answer."""
        seconds = self.seconds or 0.0
        if self.between:
            seconds = chance.uniform(*self.between)
        elif self.mean:
            seconds = chance.expovariate(1 / self.mean)
        return Effect(delivery="delay", delay_seconds=seconds)


class Slow(Planned, tag="slow"):
    """The request is carried out, and the answer comes a few bytes at a time."""

    bytes_per_second: Annotated[int, Meta(ge=1, description="how many, default 10")] = 10

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """A slow answer."""
        return Effect(delivery="slow", bytes_per_second=self.bytes_per_second)


class Spoil(Planned, tag="spoil"):
    """The request is carried out, and the answer cannot be read."""

    how: Annotated[
        Spoiling, Meta(description="`truncated`, `wrong-json` or `wrong-type` (labelled as HTML)")
    ] = "truncated"

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """An unreadable answer."""
        return Effect(spoiling=self.how, is_lost=True)


class Unreachable(Planned, tag="unreachable"):
    """The connection is reset before anything is done, and the whole server is unreachable."""

    seconds: Annotated[
        float, Meta(ge=0, le=3600, description="how long, by the machine's clock, default 1")
    ] = 1

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """No connection."""
        refusal = Refusal(502, "The service cannot be reached.")
        return Effect(refusal=refusal, shut_seconds=self.seconds)


class Maintenance(Planned, tag="maintenance"):
    """The request is answered 503 with `Retry-After`, and not carried out."""

    seconds: Annotated[
        float,
        Meta(gt=0, le=MAX_SECONDS, description="from now, in the sandbox's time, default 600"),
    ] = 600

    def ends(self, planned: datetime) -> datetime:
        """So many seconds after it was planned."""
        return planned + timedelta(seconds=self.seconds)

    def effect(self, left: timedelta, chance: Random) -> Effect:
        """An error answer that says when it is over."""
        retry_after = ceil(left.total_seconds())
        return Effect(refusal=Refusal(503, "The service is under maintenance.", retry_after))


class Elapse(Planned, tag="elapse"):
    """Time passes before the request is carried out, whatever other fault hits it."""

    seconds: Annotated[
        float,
        Meta(gt=0, le=MAX_SECONDS, description="in the sandbox's time, default 60"),
    ] = 60

    @property
    def elapsed_seconds(self) -> float:
        """The time that passes."""
        return self.seconds


Fault = Refuse | Lose | Delay | Slow | Spoil | Unreachable | Maintenance | Elapse
KINDS: Final[dict[str, type[Planned]]] = {
    str(each.__struct_config__.tag): each for each in get_args(Fault)
}


class FaultProperty(Struct, frozen=True):
    """A property of one kind of fault.

    Args:
        name: as it is written in JSON.
        schema: its JSON schema, with its description.
    """

    name: str
    schema: dict[str, Any]

    @property
    def description(self) -> str:
        """What it says, in a few words."""
        return str(self.schema.get("description", ""))


def summary_of(kind: type[Planned]) -> str:
    """What a kind of fault does, in one sentence."""
    return (getdoc(kind) or "").partition("\n")[0]


def properties_of(kind: type[Planned]) -> list[FaultProperty]:
    """The properties that a kind of fault has beside those of all kinds."""
    _, components = msgspec.json.schema_components([kind, Planned], ref_template="{name}")
    schemas = components[kind.__name__]["properties"]
    shared = {"kind", *components["Planned"]["properties"]}
    return [
        FaultProperty(name, variant(schema))
        for name, schema in schemas.items()
        if name not in shared
    ]


def kinds_table() -> str:
    """The kinds of faults as the table of `docs/faults.md`."""
    rows = ["| kind | what happens | properties |", "|---|---|---|"]
    for tag, kind in KINDS.items():
        properties = "; ".join(f"`{each.name}`: {each.description}" for each in properties_of(kind))
        rows.append(f"| `{tag}` | {summary_of(kind)} | {properties} |")
    return "\n".join(rows)


def variant(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a property without the null that stands for leaving it out."""
    for each in schema.get("anyOf", ()):
        if each.get("type") != "null":
            return dict(each)
    return schema


class CountedFault(Wire, omit_defaults=False):
    """A fault, how many requests it applied to, and how many of them it hit."""

    number: int
    fault: Fault
    seen: int
    hits: int


class Faults(Wire, omit_defaults=False):
    """The faults of a sandbox."""

    faults: list[CountedFault]


class FaultPlan(Struct, forbid_unknown_fields=True):
    """The body that plans a sandbox's faults."""

    faults: Annotated[list[Fault], Meta(max_length=MAX_FAULTS)]
