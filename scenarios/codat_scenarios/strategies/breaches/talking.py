"""Breaches of the rules for talking to the service."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from codat_scenarios.histories import Life, Reading
from codat_scenarios.histories.steps import Read, Sent
from codat_scenarios.strategies.breaches.registry import breach, settle

COMPANY: Final = "/companies/{companyId}"
LIMIT: Final = 1_000  # requests a minute
KEYS: Final = ("", "Basic", "Bearer c2VjcmV0", "c2VjcmV0")
MISTAKEN: Final = (
    ("GET", "/company/{companyId}"),
    ("POST", "/data/companies/{companyId}/sync/orders"),
    ("DELETE", "/data/companies/{companyId}/sync/commerce-orders"),
    ("GET", "/sync/latest"),
)


def send(life: Life, key: str | None = None, times: int = 1) -> None:
    """Ask for the company."""
    life.diary.note(Sent(life.diary.now, "GET", COMPANY, key=key, times=times))


@breach("T01", key=st.sampled_from(KEYS))
def show_no_key(life: Life, key: str) -> None:
    """Send something without a key, or with one that is not well-formed."""
    life.diary.tick()
    send(life, key=key)


@breach("T02", sent=st.sampled_from(MISTAKEN))
def misspell(life: Life, sent: tuple[str, str]) -> None:
    """Send something that the API does not have."""
    life.diary.note(Sent(life.diary.tick(), *sent))


@breach("T03")
def ask_too_much(life: Life) -> None:
    """Send one request more than a minute may have."""
    life.diary.tick()
    send(life, times=LIMIT + 1)
    life.diary.tick()


@breach(
    "T04", status=st.sampled_from((429, 503)), asked=st.integers(2, 90), share=st.floats(0, 0.9)
)
def be_pushy(life: Life, status: int, asked: int, share: float) -> None:
    """Send something before the time of Retry-After is over."""
    life.diary.tick()
    fault = {"kind": "refuse", "status": status, "retryAfter": asked, "at": [1]}
    life.diary.plan("faults", {"faults": [fault]})
    send(life)
    early = int(share * asked)
    life.diary.tick(seconds=early)
    send(life)
    life.diary.tick(seconds=asked - early)


@breach("T05", tries=st.integers(3, 8), seconds=st.integers(1, 59))
def hammer(life: Life, tries: int, seconds: int) -> None:
    """Try again and again, at intervals that do not grow."""
    life.diary.tick()
    fault = {"kind": "refuse", "status": 500, "at": [*range(1, tries + 1)]}
    life.diary.plan("faults", {"faults": [fault]})
    for _ in range(tries + 1):
        send(life)
        life.diary.tick(seconds=seconds)


@breach("T06", milliseconds=st.integers(0, 900))
def poll_hotly(life: Life, milliseconds: int) -> None:
    """Read a dataset twice within a second."""
    settle(life)
    life.sell(100)
    life.push(reading=Reading("later"))
    life.diary.note(Read(life.diary.tick(seconds=1)))
    life.diary.note(Read(life.diary.tick(milliseconds=milliseconds)))
    life.push_rest()


@breach("T07", seconds=st.integers(0, 7))
def give_up(life: Life, seconds: int) -> None:
    """Read a dataset, but not until it has ended."""
    settle(life)
    life.sell(100)
    life.push(reading=Reading("later"))
    life.diary.note(Read(life.diary.tick(seconds=seconds)))
    life.sleep()
    life.breaks.add("S13")
