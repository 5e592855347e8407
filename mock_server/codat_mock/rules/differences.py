"""The difference between two versions of a record, property by property."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec import UNSET

from codat_mock.models.commerce import Record, Wire


class PropertyDifference(Wire, omit_defaults=False):
    """A property in which two versions differ.

    Args:
        path: the property, as a JSON path from the record.
        old: its value before; null if it had none.
        new: its value now; null if it has none.
    """

    path: str
    old: Any
    new: Any


def differences_between(old: Record, new: Record) -> list[PropertyDifference]:
    """The properties in which two versions differ, in the order of their names."""
    return [*compare("$", plain(old), plain(new))]


def plain(record: Record) -> Any:
    """A record as plain JSON values, with Decimals and datetimes kept."""
    return msgspec.to_builtins(record, builtin_types=(Decimal, datetime))


def compare(path: str, old: Any, new: Any) -> Iterator[PropertyDifference]:
    """Descend into objects and lists, and yield what differs.

    Args:
        path: the JSON path of both.
        old: a value as `json.loads` gives it.
        new: the same, of the later version.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from compare(f"{path}.{name}", old.get(name, UNSET), new.get(name, UNSET))
    elif isinstance(old, list) and isinstance(new, list):
        for place, (before, after) in enumerate(zip_longest(old, new, fillvalue=UNSET)):
            yield from compare(f"{path}[{place}]", before, after)
    elif old != new:
        yield PropertyDifference(path, None if old is UNSET else old, None if new is UNSET else new)


def losses_between(old: Record, new: Record) -> list[PropertyDifference]:
    """The properties that the old version has and the new one lacks.

    Null counts as present, but not for a list of an order whose total is the same as before. What
    was null or an empty list before is not lost. Elements of a list are matched by their ids; one
    without an id of its own, or without a match, is not compared.
    """
    before, after = plain(old), plain(new)
    return [*lost("$", before, after), *lost_lines(before, after)]


def lost_lines(old: Any, new: Any) -> Iterator[PropertyDifference]:
    """The lists that shrank although the total stayed the same.

    A list that is absent is found as a lost property.
    """
    if old.get("totalAmount") is None or old["totalAmount"] != new.get("totalAmount"):
        return
    for name, before in old.items():
        after = new.get(name, before)
        if isinstance(before, list) and len(before) > len(after or []):
            yield PropertyDifference(f"$.{name}", before, after)


def lost(path: str, old: Any, new: Any) -> Iterator[PropertyDifference]:
    """Descend into what both have, and yield what only the old one has.

    Args:
        path: the JSON path of both.
        old: a value as `json.loads` gives it.
        new: the same, of the later version.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old):
            if name in new:
                yield from lost(f"{path}.{name}", old[name], new[name])
            elif old[name] not in (None, []):
                yield PropertyDifference(f"{path}.{name}", old[name], None)
    elif isinstance(old, list) and isinstance(new, list):
        named = [part for part in old if isinstance(part, dict) and "id" in part]
        times = Counter(part["id"] for part in named)
        before = {part["id"]: part for part in named if times[part["id"]] == 1}
        for place, part in enumerate(new):
            if isinstance(part, dict) and part.get("id") in before:
                yield from lost(f"{path}[{place}]", before[part["id"]], part)
