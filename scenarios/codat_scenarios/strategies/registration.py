"""Registers strategies for the server's own types, for `st.from_type(Order)`."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_mock.models.commerce import Order, Payment, Transaction
from codat_mock.models.values import read_value
from codat_scenarios.merchants import Record, encode
from codat_scenarios.strategies.records import payments, transactions
from codat_scenarios.strategies.sales import orders

Kind = TypeVar("Kind", Order, Payment, Transaction)


def register() -> None:
    """Register the strategies of `Order`, `Payment` and `Transaction`."""
    st.register_type_strategy(Order, decoded(orders(), Order))
    st.register_type_strategy(Payment, decoded(payments(), Payment))
    st.register_type_strategy(Transaction, decoded(transactions(), Transaction))


def decoded(records: SearchStrategy[Record], kind: type[Kind]) -> SearchStrategy[Kind]:
    """Decode records to a type of the server as the server does: from JSON."""
    decoder = msgspec.json.Decoder(kind, dec_hook=read_value, float_hook=Decimal)
    return records.map(lambda record: decoder.decode(encode(record)))
