"""A quiet day of each merchant, with one record per line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from codat_scenarios.merchants import KINDS, Merchant, encode, merchant

SEED: Final = 7
SATURDAY: Final = date(2022, 3, 26)  # every kind of merchant is open
VOLUME: Final = 16  # orders on an average day, so that the files stay small


def day_names() -> dict[str, str]:
    """The names of the fixtures with the kind of merchant."""
    return {f"days/{kind}": kind for kind in KINDS}


def record_day(kind: str) -> bytes:
    """Write a quiet Saturday of a merchant as JSON, with one record per line.

    Args:
        kind: the kind of merchant.

    Returns:
        An object with the merchant's kind, name, seed, currency, time zone and date; the day's
        `orders`, `payments` and `transactions` as first recorded; and the later `changes`.
    """
    usual = merchant(kind, seed=SEED)
    shop = Merchant(replace(usual.profile, volume=VOLUME), SEED)
    day = shop.day(SATURDAY)
    changes = (
        {"moment": change.moment, "dataType": change.data_type, "record": change.record}
        for change in day.changes
    )
    document = {
        "merchant": encode(kind),
        "name": encode(shop.name),
        "seed": encode(SEED),
        "currency": encode(shop.currency),
        "timeZone": encode(shop.profile.time_zone),
        "date": encode(SATURDAY),
        "orders": lines(day.orders),
        "payments": lines(day.payments),
        "transactions": lines(day.transactions),
        "changes": lines(changes),
    }
    properties = (encode(name) + b": " + value for name, value in document.items())
    return b"{\n" + b",\n".join(properties) + b"\n}\n"


def lines(records: Iterable[Any]) -> bytes:
    """Write an array with one element per line."""

    def indented() -> Iterator[bytes]:
        for record in records:
            yield b"  " + encode(record)

    return b"[\n" + b",\n".join(indented()) + b"\n]"
