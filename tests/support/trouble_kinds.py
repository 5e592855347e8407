"""Every kind of trouble that the mock knows, and which of them the searches do not draw.

`python tests/support/trouble_kinds.py` writes docs/trouble.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

import msgspec

from codat_mock.domain.dataset_lifecycle import LAST_STEP, ROUTE
from codat_mock.domain.planned_ends import SYNC_ENDS
from codat_mock.fuzz.schedule import (
    AlertEvent,
    ClockSkew,
    DatasetEvent,
    Event,
    Kill,
    Overlap,
    SyncEvent,
)
from codat_mock.fuzz.schedule import SyncHour as MovedSync
from codat_mock.fuzz.schedule import Unlink as Unlinked
from codat_mock.models.companies import ConnectionStatus
from codat_mock.models.faults import KINDS as FAULT_KINDS
from codat_mock.models.faults import Fault, RetryAfterForm, Spoiling, properties_of
from codat_mock.models.planned_outcomes import Profile
from codat_scenarios.histories.days import (
    AlertDelivery,
    Correction,
    DatasetEnd,
    DayEnd,
    FaultyRequests,
    MerchantDays,
    Push,
    SyncHour,
    Unlink,
)

PAGE: Final = Path(__file__).parents[2] / "docs" / "trouble.md"
NORMAL_PROFILES: Final = ("instant", "fast", "realistic")
HEADER: Final = """# Trouble that the searches draw

The *machine* is `pushing_machine(…, trouble=True)`, and `drive` with `merchant_days(trouble=True)`:
see [scenarios](scenarios.md). *explore* is `codat-mock explore` and `codat.explore`, with several
days: see [search for faults](explore.md). Written by `python tests/support/trouble_kinds.py`; the
tests draw from both, and compare.

| trouble | machine | explore |
|---|---|---|
"""


def kinds() -> Iterator[str]:
    """Every kind of trouble, from the server's own tables where it has one."""
    lost = next(each for each in properties_of(FAULT_KINDS["lose"]) if each.name == "by")
    yield from (f"an answer is lost: {by}" for by in lost.schema["enum"])
    yield from (f"an answer is garbled: {how}" for how in get_args(Spoiling))
    yield from (f"a request is refused with {status}" for status in (401, 429, 500, 503))
    yield from ("Retry-After in seconds", "Retry-After as a date")
    yield "Retry-After of a minute or more"
    named = {"lose", "spoil", "refuse"}
    yield from (fault_name(kind) for kind in FAULT_KINDS if kind not in named)
    yield "all operations are refused for a while"
    yield from (f"a dataset ends in {end}" for end in LAST_STEP)
    yield from (f"a dataset at the pace {each}" for each in get_args(Profile)
                if each not in NORMAL_PROFILES)  # fmt: skip
    yield from (f"a dataset stays in {status}" for status in ROUTE[:-1])
    yield from (f"a sync ends in {end}" for end in SYNC_ENDS if end != "Complete")
    yield "a sync takes more than an hour"
    yield "the sync moves to another hour"
    yield from (f"the shop's connection is {status}" for status in get_args(ConnectionStatus)
                if status != "Linked")  # fmt: skip
    yield "the sync connection is deleted"
    yield "alerts are delivered repeatedly"
    yield "alerts are overtaken"
    yield "the integration is killed and started again"
    yield "two runs overlap"
    yield "records change while they are pushed"
    yield "records change twice in a second"
    yield "the integration's clock is fast or slow"
    yield "several days with their syncs"
    yield "a change to summer time"
    yield "the end of a month"


def fault_name(kind: str) -> str:
    """A kind of fault that is drawn with one of its values only."""
    return {
        "delay": "an answer comes late",
        "slow": "an answer comes a few bytes at a time",
        "unreachable": "a connection is closed before a request is carried out",
        "maintenance": "the service is under maintenance",
        "elapse": "time passes before a request",
    }[kind]


RETRY_AFTER: Final[dict[RetryAfterForm, str]] = {
    "seconds": "Retry-After in seconds",
    "date": "Retry-After as a date",
    "machine-date": "Retry-After as a date",
}
NOT_BY_MACHINE: Final = {
    "the sync connection is deleted": "no day after it could be booked",
}
OWN_SALES: Final = "the dates are those of your own sales"
NOT_BY_EXPLORE: Final = {
    "the sync connection is deleted": NOT_BY_MACHINE["the sync connection is deleted"],
    "records change while they are pushed": "only the machine makes the sales",
    "records change twice in a second": "only the machine makes the sales",
    "a change to summer time": OWN_SALES,
    "the end of a month": OWN_SALES,
}


def page() -> str:
    """The whole page."""
    rows = []
    for kind in kinds():
        cells = (
            f"no: {reasons[kind]}" if kind in reasons else "yes"
            for reasons in (NOT_BY_MACHINE, NOT_BY_EXPLORE)
        )
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    return HEADER + "\n".join(rows) + "\n"


def of_fault(fault: Fault) -> Iterator[str]:
    """The kinds of trouble that a fault is."""
    kind = str(fault.__struct_config__.tag)
    if kind == "lose":
        yield f"an answer is lost: {fault.by}"
    elif kind == "spoil":
        yield f"an answer is garbled: {fault.how}"
    elif kind == "refuse":
        yield f"a request is refused with {fault.status}"
        if fault.retry_after is not None:
            yield RETRY_AFTER[fault.retry_after_as]
            if fault.retry_after >= 60:
                yield "Retry-After of a minute or more"
        if fault.operation is None and len(fault.at) > 1:
            yield "all operations are refused for a while"
    else:
        yield fault_name(kind)
        if kind == "maintenance" and fault.operation is None:
            yield "all operations are refused for a while"


def of_dataset(outcome: str, profile: str | None, stuck_in: str | None) -> Iterator[str]:
    """The kinds of trouble of a dataset."""
    if outcome != "Complete":
        yield f"a dataset ends in {outcome}"
    if profile:
        yield f"a dataset at the pace {profile}"
    if stuck_in:
        yield f"a dataset stays in {stuck_in}"


def of_sync(outcome: str | None, minutes: int) -> Iterator[str]:
    """The kinds of trouble of a sync."""
    if outcome and outcome != "Complete":
        yield f"a sync ends in {outcome}"
    if minutes > 60:
        yield "a sync takes more than an hour"


def of_alerts(copies: int, overtaken_seconds: float) -> Iterator[str]:
    """The kinds of trouble of deliveries."""
    if copies > 1:
        yield "alerts are delivered repeatedly"
    if overtaken_seconds:
        yield "alerts are overtaken"


def in_days(days: MerchantDays) -> Iterator[str]:
    """The kinds of trouble that the machine draws on a merchant's days."""
    if days.skew_seconds:
        yield "the integration's clock is fast or slow"
    if days.start.date() == datetime(2022, 3, 26).date():  # noqa: DTZ001  (a day)
        yield "a change to summer time"
    if days.start.day == 31:
        yield "the end of a month"
    for event in days.events:
        match event:
            case FaultyRequests():
                yield from of_fault(msgspec.convert(event.fault, Fault))
            case DatasetEnd():
                yield from of_dataset(event.outcome, event.profile, event.stuck_in)
            case DayEnd():
                yield "several days with their syncs"
                yield from of_sync(event.sync_outcome, event.sync_minutes)
            case Unlink(is_linked=False):
                yield f"the shop's connection is {event.status}"
            case SyncHour():
                yield "the sync moves to another hour"
            case AlertDelivery():
                yield from of_alerts(event.copies, event.overtaken_seconds)
            case Correction(is_at_once=True):
                yield "records change twice in a second"
            case Push(kill_after=None, meanwhile="push"):
                yield "two runs overlap"
            case Push(kill_after=None, meanwhile=("sell" | "correct" | "delete")):
                yield "records change while they are pushed"
            case Push(kill_after=int()):
                yield "the integration is killed and started again"


def in_schedule(events: tuple[Event, ...]) -> Iterator[str]:
    """The kinds of trouble that explore draws in a schedule of several days."""
    yield "several days with their syncs"
    for event in events:
        match event:
            case DatasetEvent():
                yield from of_dataset(event.outcome, event.profile, event.stuck_in)
            case SyncEvent():
                yield from of_sync(event.outcome, event.minutes)
            case AlertEvent():
                yield from of_alerts(event.copies, event.overtaken_seconds)
            case Kill():
                yield "the integration is killed and started again"
            case Overlap():
                yield "two runs overlap"
            case Unlinked():
                yield f"the shop's connection is {event.status}"
            case ClockSkew():
                yield "the integration's clock is fast or slow"
            case MovedSync():
                yield "the sync moves to another hour"
            case _:
                yield from of_fault(event)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
