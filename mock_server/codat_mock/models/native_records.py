"""The fast decoding of pushed records: amounts as floats, everything else as in `commerce`.

The exact decoder calls Python for every amount and every time, some 30 times an order, which takes
five times as long as decoding natively. So a push is decoded natively first. A record that does not
decode so is decoded exactly, to accept it or to name its mistakes; the exact values of all others
are decoded when a rule or the books ask for them.

A float is equal to another wherever the exact amounts are, so native records that differ prove that
the exact ones do; but for amounts closer to zero than 1e-60, which are zero exactly. The opposite
does not hold beyond 15 digits.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError

from codat_mock.models.commerce import Record
from codat_mock.models.counterparts import Counterparts, Moments
from codat_mock.models.decoding import Decode
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
        kinds = [Counterparts(NativeAmount, are_documented=each).of(kind) for each in (True, False)]
        self._decoders = [cast(Decode, msgspec.json.Decoder(each).decode) for each in kinds]
        self._push_decoders = [push_decoder(each, list_name) for each in kinds]
        outline = Counterparts(NativeAmount, are_outlines=True).of(kind)
        self._outline = cast(Decode, msgspec.json.Decoder(outline).decode)
        self._moments = Moments(kind)

    def __call__(self, raw: msgspec.Raw | bytes) -> Any:
        """Decode a record: a struct with the properties of the exact type, amounts as floats.

        Args:
            raw: its JSON.

        Raises:
            ValidationError, ValueError: the record does not decode natively; it may be valid.
        """
        documented, undocumented = self._decoders
        try:
            record = documented(raw)
        except ValidationError:
            record = undocumented(raw)
        self._moments.read(record)
        return record

    def outline(self, raw: msgspec.Raw | bytes) -> Any:
        """The outline of a record: its times are texts, and its lists are JSON.

        Args:
            raw: its JSON, which is valid.

        Returns:
            None where it does not decode natively.
        """
        try:
            return self._outline(raw)
        except ValueError:  # as msgspec's own errors are
            return None

    def documented(self, body: bytes) -> list[Any] | None:
        """The records of a push, decoded at once; None where it has more than is documented.

        Or is wrong, or its records must be decoded one by one. What is not documented is not looked
        into, so that no body is nested too deeply for this.

        Args:
            body: of the push.
        """
        return self._records(self._push_decoders[0], body)

    def undocumented(self, body: bytes) -> list[Any] | None:
        """The same with all that it has; None where the records must be decoded one by one.

        Args:
            body: of the push, JSON.
        """
        return self._records(self._push_decoders[1], body)

    def _records(self, decode: Decode, body: bytes) -> list[Any] | None:
        try:
            records: list[Any] = decode(body).records
            self._moments.read_all(records)
        except ValueError:  # as msgspec's own errors are
            return None
        return records


def push_decoder(kind: type[Struct], list_name: str) -> Decode:
    """A decoder of pushes whose records are of that type.

    Args:
        kind: the records'; where it takes only what is documented, so does the decoder.
        list_name: of the property that holds them.
    """
    push = msgspec.defstruct(
        "Push",
        [
            ("records", list[kind]),  # type: ignore[valid-type]  # made of values
            ("contract_version", str | UnsetType | None, UNSET),
        ],
        rename={"records": list_name, "contract_version": "contractVersion"},
        forbid_unknown_fields=kind.__struct_config__.forbid_unknown_fields,
    )
    return cast(Decode, msgspec.json.Decoder(push).decode)


def is_documented(record: Struct) -> bool:
    """Whether a decoded record was found to have none but documented properties, nor its parts."""
    return record.__struct_config__.forbid_unknown_fields


def exact_amount(amount: float | Decimal) -> Decimal:
    """The exact value of a natively decoded amount of at most 15 digits."""
    return Decimal(repr(amount)) if isinstance(amount, float) else amount
