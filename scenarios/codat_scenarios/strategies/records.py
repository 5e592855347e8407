"""Strategies for payments and transactions that stand alone, of every type and status."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies import record_schema
from codat_scenarios.strategies.values import amounts, ids, moments


def payments() -> SearchStrategy[Record]:
    """Payments of any type, status and amount, refunds and zero included.

    Id, amount, type, status and creation are always there, as a payment without them says nothing;
    all else may be absent, or null where that is taken.

    Source: contract section 3.
    """
    return recorded(
        record_schema.PAYMENT,
        amount=amounts(),
        type=record_schema.PAYMENT_TYPE.valid,
        status=record_schema.PAYMENT_STATUS.valid,
    )


def transactions() -> SearchStrategy[Record]:
    """Transactions of any type, source and amount, fees and zero included.

    Id, total, type and creation are always there; all else may be absent, or null where that is
    taken.

    Source: contract section 3.
    """
    return recorded(
        record_schema.TRANSACTION, totalAmount=amounts(), type=record_schema.TRANSACTION_TYPE.valid
    )


def recorded(
    shape: record_schema.Shape, **always: SearchStrategy[object]
) -> SearchStrategy[Record]:
    """Records of a shape with an id, a creation and the given properties in every one."""
    fixed = {"id": ids(), "createdDate": moments(), **always}
    return st.builds(
        lambda required, rest: required | rest,
        st.fixed_dictionaries(fixed),
        record_schema.extras(shape, *fixed),
    )
