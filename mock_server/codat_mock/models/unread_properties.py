"""What the service does not read of a push: a missing list, and misspelt properties.

The service ignores unknown properties, so that a misspelt one is lost without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import Any, Final, get_args

from msgspec import UNSET, Struct
from msgspec.json import Decoder
from msgspec.structs import fields as struct_fields

from codat_mock.models.datasets import LIST_NAMES, RECORD_TYPES, DataType
from codat_mock.models.decoding import parts
from codat_mock.models.pushes import PushedRecord

MAX_LOOKED_AT: Final = 20  # records of a push in which misspelt properties are looked for
AMOUNTS: Final[dict[DataType, str]] = {
    "commerce-orders": "total_amount",
    "commerce-payments": "amount",
    "commerce-transactions": "total_amount",
}
decode = Decoder().decode


def unread_in(data_type: DataType, body: bytes, records: Sequence[PushedRecord]) -> list[str]:
    """What the service did not read of a push: a missing list, and misspelt properties.

    Looked at are the first record, and the first others that lack a usual property: in thousands
    of records the same mistake is the same.

    Args:
        data_type: the push's.
        body: the bytes of the push, which could be decoded.
        records: those in it.

    Returns:
        JSON paths, such as `$.order`, a misspelt one with the right name beside it.
    """
    unread = []
    if not records:
        names = parts(body).keys() if body.lstrip().startswith(b"{") else ()
        own = LIST_NAMES[data_type]
        if own not in names:
            others = [name for name in names if name != "contractVersion"]
            unread += [f"$.{name}" for name in others] or [f"$ has no {own}"]
    if are_documented(records):
        return unread
    usual = attrgetter("created_date", "currency", AMOUNTS[data_type])
    lacking = (each for each in records[1:] if UNSET in usual(each.native))
    for record in [*records[:1], *islice(lacking, MAX_LOOKED_AT)]:
        if not record.is_delete:
            unread += misspelt(
                f"$.{LIST_NAMES[data_type]}[]", decode(record.raw), RECORD_TYPES[data_type]
            )
    return [*dict.fromkeys(unread)]


def are_documented(records: Sequence[PushedRecord]) -> bool:
    """Whether no record has other than documented properties, as far as their decoder knows."""
    kinds = {record.native.__class__ for record in records}
    return all(kind.__struct_config__.forbid_unknown_fields for kind in kinds)


def misspelt(path: str, value: Any, kind: type) -> Iterator[str]:
    """The properties of an object that are documented ones spelt otherwise, nested ones too.

    Args:
        path: the object's JSON path.
        value: the object, decoded; anything else has none. Of a list the first member is looked at.
        kind: the struct that documents it.

    Yields:
        A property's JSON path with the right name beside it.
    """
    if not isinstance(value, dict):
        return
    inner_kinds, spellings = documented(kind)
    for name, part in value.items():
        if name not in inner_kinds:
            right = spellings.get(simplified(name))
            if right and right not in value:
                yield f"{path}.{name} (it is {right})"
            continue
        inner = inner_kinds[name]
        if inner and isinstance(part, list):
            yield from misspelt(f"{path}.{name}[]", part[0] if part else None, inner)
        elif inner:
            yield from misspelt(f"{path}.{name}", part, inner)


@cache
def documented(kind: type[Struct]) -> tuple[Mapping[str, type | None], Mapping[str, str]]:
    """The documented properties of a struct: looked up once, as its annotations are slow to read.

    Returns:
        By name the struct that the property may hold, None for none; and the names by
        their `simplified` spelling.
    """
    inner_kinds = {
        each.encode_name: next(kinds_in(each.type), None) for each in struct_fields(kind)
    }
    return inner_kinds, {simplified(name): name for name in inner_kinds}


def kinds_in(annotation: Any) -> Iterator[type]:
    """The structs that a property may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
    for each in get_args(annotation):
        yield from kinds_in(each)


def simplified(name: str) -> str:
    """A name without its spelling: `total_amount`, `TotalAmount` and `total-amount` are equal."""
    return re.sub("[^a-z0-9]", "", name.casefold())
