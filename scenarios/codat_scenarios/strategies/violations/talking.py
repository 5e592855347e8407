"""Breaches of the rules for talking to the service."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from codat_scenarios.histories import HistoryBuilder, Reading
from codat_scenarios.histories.steps import Read, Sent
from codat_scenarios.strategies.violations.registry import settle, violation

COMPANY: Final = "/companies/{companyId}"
LIMIT: Final = 1_000  # requests a minute
KEYS: Final = ("", "Basic", "Bearer c2VjcmV0", "c2VjcmV0")
MISTAKEN: Final = (
    ("GET", "/company/{companyId}"),
    ("POST", "/data/companies/{companyId}/sync/orders"),
    ("DELETE", "/data/companies/{companyId}/sync/commerce-orders"),
    ("GET", "/sync/latest"),
)


def send(builder: HistoryBuilder, key: str | None = None, times: int = 1) -> None:
    """Ask for the company."""
    builder.timeline.add(Sent(builder.timeline.now, "GET", COMPANY, key=key, times=times))


@violation("T01", key=st.sampled_from(KEYS))
def show_no_key(builder: HistoryBuilder, key: str) -> None:
    """Send something without a key, or with one that is not well-formed."""
    builder.timeline.tick()
    send(builder, key=key)


@violation("T02", sent=st.sampled_from(MISTAKEN))
def misspell(builder: HistoryBuilder, sent: tuple[str, str]) -> None:
    """Send something that the API does not have."""
    builder.timeline.add(Sent(builder.timeline.tick(), *sent))


@violation("T03")
def ask_too_much(builder: HistoryBuilder) -> None:
    """Send one request more than a minute may have."""
    builder.timeline.tick()
    send(builder, times=LIMIT + 1)
    builder.timeline.tick()


@violation(
    "T04", status=st.sampled_from((429, 503)), asked=st.integers(2, 90), share=st.floats(0, 0.9)
)
def be_pushy(builder: HistoryBuilder, status: int, asked: int, share: float) -> None:
    """Send something before the time of Retry-After is over."""
    builder.timeline.tick()
    fault = {"kind": "refuse", "status": status, "retryAfter": asked, "at": [1]}
    builder.timeline.plan("faults", {"faults": [fault]})
    send(builder)
    early = int(share * asked)
    builder.timeline.tick(seconds=early)
    send(builder)
    builder.timeline.tick(seconds=asked - early)


@violation("T05", tries=st.integers(3, 8), seconds=st.integers(1, 59))
def hammer(builder: HistoryBuilder, tries: int, seconds: int) -> None:
    """Try again and again, at intervals that do not grow."""
    builder.timeline.tick()
    fault = {"kind": "refuse", "status": 500, "at": [*range(1, tries + 1)]}
    builder.timeline.plan("faults", {"faults": [fault]})
    for _ in range(tries + 1):
        send(builder)
        builder.timeline.tick(seconds=seconds)


@violation("T06", milliseconds=st.integers(0, 900))
def poll_hotly(builder: HistoryBuilder, milliseconds: int) -> None:
    """Read a dataset twice within a second."""
    settle(builder)
    builder.sell(100)
    builder.push(reading=Reading("later"))
    builder.timeline.add(Read(builder.timeline.tick(seconds=1)))
    builder.timeline.add(Read(builder.timeline.tick(milliseconds=milliseconds)))
    builder.push_remaining()


@violation("T07", seconds=st.integers(0, 7))
def give_up(builder: HistoryBuilder, seconds: int) -> None:
    """Read a dataset, but not until it has ended."""
    settle(builder)
    builder.sell(100)
    builder.push(reading=Reading("later"))
    builder.timeline.add(Read(builder.timeline.tick(seconds=seconds)))
    builder.pass_night()
    builder.broken_rules.add("S13")
