"""The fast decoding of pushed records: amounts as floats, everything else as in `commerce`.

The exact decoder calls Python for every amount and every time, some 30 times an order, which takes
five times as long as decoding natively. So a push is decoded natively first. A record that does not
decode so is decoded exactly, to accept it or to name its mistakes; the exact values of all others
are decoded when a rule or the books ask for them.

A float is equal to another wherever the exact amounts are, so native records that differ prove that
the exact ones do. The opposite does not hold beyond 15 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, ValidationError

from codat_mock.clock import parse_moment
from codat_mock.models.commerce import Record, Wire
from codat_mock.models.values import MAX_AMOUNT, Amount, Moment

BOUND: Final = float(MAX_AMOUNT)
NativeAmount = Annotated[float, Meta(gt=-BOUND, lt=BOUND)]


class NativeDecoder:
    """Decodes one kind of record natively.

    Args:
        kind: the exact type.
        list_name: of the property that holds the records of a push.
    """

    def __init__(self, kind: type[Record], list_name: str) -> None:
        self._kinds: dict[type[Struct], type[Struct]] = {}
        native = self._native(kind)
        documented = msgspec.defstruct(
            f"Documented{kind.__name__}",
            [],
            bases=(native,),
            rename="camel",
            gc=False,
            forbid_unknown_fields=True,
        )
        self._decode = cast(Callable[[Any], Any], msgspec.json.Decoder(native).decode)
        self._decode_documented = cast(
            Callable[[Any], Any], msgspec.json.Decoder(documented).decode
        )
        self._decode_pushes = [push_decoder(each, list_name) for each in (documented, native)]
        self._moments = moment_names(kind)
        self._parts = [
            (name, moment_names(part)) for name, part in list_items(kind) if moment_names(part)
        ]

    def __call__(self, raw: msgspec.Raw | bytes) -> Any:
        """Decode a record: a struct with the properties of the exact type, amounts as floats.

        Args:
            raw: its JSON.

        Raises:
            ValidationError, ValueError: the record does not decode natively; it may be valid.
        """
        try:
            record = self._decode_documented(raw)
        except ValidationError:
            record = self._decode(raw)
        self._parse_moments(record)
        return record

    def records_of(self, body: bytes) -> list[Any] | None:
        """The records of a push, decoded at once; None where they must be decoded one by one.

        Where one of them has other than documented properties, none counts as documented.

        Args:
            body: of the push, JSON.
        """
        for decode in self._decode_pushes:
            try:
                records: list[Any] = decode(body).records
                for record in records:
                    self._parse_moments(record)
            except ValueError:  # as msgspec's own errors are
                continue
            return records
        return None

    def _parse_moments(self, record: Any) -> None:
        """Replace the texts of a record that are times, and those of its parts.

        Raises:
            ValueError: one is not a time.
        """
        parse_moments(record, self._moments)
        for name, moments in self._parts:
            parts = getattr(record, name)
            if parts.__class__ is list:
                for part in parts:
                    parse_moments(part, moments)

    def _native(self, kind: Any) -> Any:
        """The native counterpart of a type."""
        if kind is Amount:
            return NativeAmount
        if kind is Moment:
            return str  # msgspec's own datetime differs from `parse_moment` in many corners
        if isinstance(kind, type) and issubclass(kind, Struct):
            if kind not in self._kinds:
                fields = [
                    (each.name, self._native(hints[each.name]), each.default)
                    for hints in [get_type_hints(kind, include_extras=True)]
                    for each in msgspec.structs.fields(kind)
                ]
                own = {name: value for name, value in vars(kind).items() if name == "__post_init__"}
                self._kinds[kind] = msgspec.defstruct(
                    f"Native{kind.__name__}",
                    fields,
                    bases=(Wire,),
                    namespace=own,
                    rename="camel",
                    gc=False,
                )
            return self._kinds[kind]
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            return Union[tuple(self._native(each) for each in get_args(kind))]  # noqa: UP007  (made of values)
        if origin is list:
            return list[self._native(get_args(kind)[0])]  # type: ignore[misc]  # made of values
        return kind


def push_decoder(kind: type[Struct], list_name: str) -> Callable[[bytes], Any]:
    """A decoder of pushes whose records are of that type.

    Args:
        kind: the records'.
        list_name: of the property that holds them.
    """
    push = msgspec.defstruct("Push", [("records", list[kind])], rename={"records": list_name})  # type: ignore[valid-type]  # made of values
    return cast(Callable[[bytes], Any], msgspec.json.Decoder(push).decode)


def parse_moments(record: Struct, names: tuple[str, ...]) -> None:
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


def is_documented(record: Struct) -> bool:
    """Whether a decoded record was found to have none but documented properties of its own.

    Those of its lines and payments are not looked at.
    """
    return record.__struct_config__.forbid_unknown_fields


def are_native(record: Struct, other: Struct) -> bool:
    """Whether two records of one kind are both natively decoded, and so can be compared."""
    kind, other_kind = record.__class__, other.__class__
    return kind is other_kind or issubclass(kind, other_kind) or issubclass(other_kind, kind)


def exact_amount(amount: float | Decimal) -> Decimal:
    """The exact value of a natively decoded amount of at most 15 digits."""
    return Decimal(repr(amount)) if isinstance(amount, float) else amount
