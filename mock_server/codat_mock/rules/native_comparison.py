"""Comparing natively decoded records, which spares comparing most exactly.

What is found here is sure; where nothing is, the exact records must be compared.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Struct
from msgspec.structs import astuple

from codat_mock.models.native_records import are_native

FLOAT_ERROR: Final = 1e-12  # of an amount, as a float
STAMPS: Final = ("modified_date", "source_modified_date")
Differing = list[tuple[str, Any, Any]]  # properties by name, with their values before and after


def differing(old: Any, new: Any) -> Differing | None:
    """The properties in which two natively decoded records surely differ.

    None where they were not decoded alike, and cannot be compared.
    """
    if not are_native(old, new):
        return None
    return [
        (name, before, after)
        for name, before, after in zip(
            old.__struct_fields__, astuple(old), astuple(new), strict=True
        )
        if before is not after and before != after
    ]


def says_more_than_stamps(found: Differing, noise: float) -> bool:
    """Whether records surely differ in more than stamps and float noise; of single values.

    Args:
        found: the properties in which they differ.
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
        found: the properties in which they differ.
    """
    for _, before, after in found:
        if before is UNSET or before is None:
            continue
        if after is UNSET or isinstance(before, list):
            return True
        if isinstance(before, Struct) and (after is None or may_lose(inner(before, after))):
            return True
    return False


def inner(before: Any, after: Any) -> Differing:
    """The properties in which two parts of records that were decoded alike differ."""
    return differing(before, after) or []
