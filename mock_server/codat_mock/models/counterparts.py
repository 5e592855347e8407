"""Counterparts of the wire types, which msgspec decodes without calling Python.

Their amounts have a type that it knows, and their times are texts until `Moments` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Raw, Struct

from codat_mock.clock import parse_moment, parse_moments
from codat_mock.models.commerce import Wire
from codat_mock.models.values import Amount, Moment

SHARED: Final = ("created_date", "modified_date", "source_modified_date")  # by every kind


class Counterparts:
    """The counterparts of wire types, each made once.

    Args:
        amount: the type of their amounts.
        are_kinds_of: whether each is a kind of the type that it stands for.
        are_documented: whether each refuses other than documented properties.
        are_outlines: whether their lists are left as JSON.
    """

    def __init__(
        self,
        amount: Any,
        *,
        are_kinds_of: bool = False,
        are_documented: bool = False,
        are_outlines: bool = False,
    ) -> None:
        self._amount = amount
        self._are_kinds_of = are_kinds_of
        self._are_documented = are_documented
        self._are_outlines = are_outlines
        self._made: dict[type[Struct], type[Struct]] = {}

    def of(self, kind: Any) -> Any:
        """The counterpart of a type."""
        if kind is Amount:
            return self._amount
        if kind is Moment:
            return str  # msgspec's own datetime differs from `parse_moment` in many corners
        if isinstance(kind, type) and issubclass(kind, Struct):
            if kind not in self._made:
                self._made[kind] = self._make(kind)
            return self._made[kind]
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            if self._are_outlines and any(get_origin(each) is list for each in get_args(kind)):
                return Raw
            return Union[tuple(self.of(each) for each in get_args(kind))]  # noqa: UP007  (made of values)
        if origin is list:
            return list[self.of(get_args(kind)[0])]  # type: ignore[misc]  # made of values
        return kind

    def _make(self, kind: type[Struct]) -> type[Struct]:
        hints = get_type_hints(kind, include_extras=True)
        fields = [
            (each.name, self.of(hints[each.name]), each.default)
            for each in msgspec.structs.fields(kind)
        ]
        own = {name: value for name, value in vars(kind).items() if name == "__post_init__"}
        return msgspec.defstruct(
            f"Fast{kind.__name__}",
            fields,
            bases=(kind if self._are_kinds_of else Wire,),
            namespace=own,
            rename="camel",
            gc=False,
            forbid_unknown_fields=self._are_documented,
        )


class Moments:
    """Reads the times in the counterparts of a type of record, and in those of its parts.

    Args:
        kind: the wire type.
    """

    def __init__(self, kind: type[Struct]) -> None:
        self._names = moment_names(kind)
        self._parts = [
            (name, moment_names(part)) for name, part in list_items(kind) if moment_names(part)
        ]

    def read(self, record: Any) -> None:
        """Replace the texts of a record that are times by the times that they name.

        Raises:
            ValueError: one is not a time.
        """
        read_moments(record, self._names)
        for name, moments in self._parts:
            parts = getattr(record, name)
            if parts.__class__ is list:
                for part in parts:
                    read_moments(part, moments)

    def read_all(self, records: Sequence[Any]) -> None:
        """Do so with many records, in less time than with each alone.

        Raises:
            ValueError: one is not a time.
        """
        read_columns(records, self._names)
        for name, moments in self._parts:
            lists = [getattr(record, name) for record in records]
            parts = [part for each in lists if each.__class__ is list for part in each]
            if parts:
                read_columns(parts, moments)


def read_columns(records: Sequence[Any], names: Iterable[str]) -> None:
    """Replace the texts of these properties of many records by the times they name.

    Raises:
        ValueError: one is not a time.
    """
    # What every record has is spelled out: that takes half the time of asking by name.
    created = moments_of([record.created_date for record in records])
    texts = [record.modified_date for record in records]
    modified = moments_of(texts)
    others = [record.source_modified_date for record in records]
    changed = modified if others == texts else moments_of(others)  # they are often the same
    for record, first, second, third in zip(records, created, modified, changed, strict=True):
        record.created_date, record.modified_date = first, second
        record.source_modified_date = third
    for name in {*names}.difference(SHARED):
        found = moments_of([*map(attrgetter(name), records)])
        for record, moment in zip(records, found, strict=True):
            setattr(record, name, moment)


def moments_of(texts: list[Any]) -> list[Any]:
    """The times that those of some values name that are texts, and the others.

    Raises:
        ValueError: a text is not a time.
    """
    if {*map(type, texts)} == {str}:
        return parse_moments(texts)
    return [parse_moment(text) if text.__class__ is str else text for text in texts]


def read_moments(record: Struct, names: tuple[str, ...]) -> None:
    """Replace the texts of these properties by the times they name.

    Raises:
        ValueError: one is not a time.
    """
    last, moment = "", None
    for name in names:
        text = getattr(record, name)
        if text.__class__ is str:
            if moment is None or text != last:  # both stamps of a record are often the same
                last, moment = text, parse_moment(text)
            setattr(record, name, moment)


def moment_names(kind: type[Struct]) -> tuple[str, ...]:
    """The properties of a type that are times."""
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if Moment in get_args(hints[name]))


def list_items(kind: type[Struct]) -> list[tuple[str, type[Struct]]]:
    """The properties of a type that are lists of structs, with the type of their items."""
    return [
        (name, get_args(option)[0])
        for name, hint in get_type_hints(kind).items()
        for option in get_args(hint)
        if get_origin(option) is list
    ]
