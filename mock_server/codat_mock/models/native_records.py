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
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import Meta, Struct, ValidationError

from codat_mock.models.commerce import Record
from codat_mock.models.counterparts import Counterparts, Moments
from codat_mock.models.values import MAX_AMOUNT

BOUND: Final = float(MAX_AMOUNT)
NativeAmount = Annotated[float, Meta(gt=-BOUND, lt=BOUND)]


class NativeDecoder:
    """Decodes one kind of record natively.

    Args:
        kind: the exact type.
        list_name: of the property that holds the records of a push.
    """

    def __init__(self, kind: type[Record], list_name: str) -> None:
        native = Counterparts(NativeAmount, are_kinds_of=False).of(kind)
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
        self._read_moments = Moments(kind).read

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
        self._read_moments(record)
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
                    self._read_moments(record)
            except ValueError:  # as msgspec's own errors are
                continue
            return records
        return None


def push_decoder(kind: type[Struct], list_name: str) -> Callable[[bytes], Any]:
    """A decoder of pushes whose records are of that type.

    Args:
        kind: the records'.
        list_name: of the property that holds them.
    """
    push = msgspec.defstruct("Push", [("records", list[kind])], rename={"records": list_name})  # type: ignore[valid-type]  # made of values
    return cast(Callable[[bytes], Any], msgspec.json.Decoder(push).decode)


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
