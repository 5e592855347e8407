"""Comparing the outlines of records, which spares comparing most of them exactly.

An outline has the single values of a record as they are decoded natively; its lists are JSON, of
which equal bytes are equal lists. What is found to differ does so surely, but for lists.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Raw, Struct
from msgspec.structs import astuple

from codat_mock.clock import parse_moment
from codat_mock.models.counterparts import moment_names
from codat_mock.models.datasets import RECORD_TYPES

MOMENTS: Final = {name for kind in RECORD_TYPES.values() for name in moment_names(kind)}
STAMPS: Final = ("modified_date", "source_modified_date")
FLOAT_ERROR: Final = 1e-12  # of an amount, as a float
Differing = list[tuple[str, Any, Any]]  # properties by name, with their values before and after


def differing(old: Any, new: Any) -> Differing | None:
    """The properties in which the outlines of two records differ; None where one has none."""
    if old is None or new is None:
        return None
    found = [
        (name, before, after)
        for name, before, after in zip(
            old.__struct_fields__, astuple(old), astuple(new), strict=True
        )
        if before is not after and before != after
    ]
    read = ((name, moment(name, before), moment(name, after)) for name, before, after in found)
    return [each for each in read if each[1] != each[2]]


def moment(name: str, value: Any) -> Any:
    """A property of an outline: a time where it is the text of one."""
    return parse_moment(value) if name in MOMENTS and isinstance(value, str) else value


def differ_surely(found: Differing) -> bool:
    """Whether records differ in more than what may be the same lists written otherwise.

    Args:
        found: the properties in which their outlines differ.
    """
    pairs = ((before, after) for _, before, after in found)
    return any(not isinstance(each, Raw) for pair in pairs for each in pair)


def says_more_than_stamps(found: Differing, noise: float) -> bool:
    """Whether records surely differ in more than stamps and float noise; of single values.

    Args:
        found: the properties in which their outlines differ.
        noise: of an amount, beside the error of a float.
    """
    for name, before, after in found:
        if name in STAMPS:
            continue
        if isinstance(before, float) and isinstance(after, float):
            if abs(before - after) > max(2 * noise, abs(before) * FLOAT_ERROR):
                return True
        elif name == "created_date" or (isinstance(before, str) and isinstance(after, str)):
            return True
    return False


def may_lose(found: Differing) -> bool:
    """Whether a record may lack a property that an earlier version has; lists that differ may.

    Args:
        found: the properties in which their outlines differ.
    """
    for _, before, after in found:
        if before is UNSET or before is None:
            continue
        if after is UNSET or isinstance(before, Raw):
            return True
        if isinstance(before, Struct) and (after is None or lacks(before, after)):
            return True
    return False


def lacks(before: Struct, after: Struct) -> bool:
    """Whether a part of an outline may lack a property that it had."""
    return may_lose(differing(before, after) or [])
