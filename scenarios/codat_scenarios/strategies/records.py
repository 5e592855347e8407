"""Strategies for single payments and transactions of every type and status."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies import record_schema
from codat_scenarios.strategies.values import amounts, ids, moments


def payments() -> SearchStrategy[Record]:
    """Payments of any type, status and amount, including refunds and zero.

    Id, amount, type, status and creation date are always present; other properties may be absent,
    or null where null is accepted.

    Source: contract section 3.
    """
    return recorded(
        record_schema.PAYMENT,
        amount=amounts(),
        type=record_schema.PAYMENT_TYPE.valid,
        status=record_schema.PAYMENT_STATUS.valid,
    )


def transactions() -> SearchStrategy[Record]:
    """Transactions of any type, source and amount, including fees and zero.

    Id, total, type and creation date are always present; other properties may be absent, or null
    where null is accepted.

    Source: contract section 3.
    """
    return recorded(
        record_schema.TRANSACTION, totalAmount=amounts(), type=record_schema.TRANSACTION_TYPE.valid
    )


def recorded(
    shape: record_schema.Shape, **always: SearchStrategy[object]
) -> SearchStrategy[Record]:
    """Records of a shape that always have an id, a creation date and the given properties."""
    fixed = {"id": ids(), "createdDate": moments(), **always}
    return st.builds(
        lambda required, rest: required | rest,
        st.fixed_dictionaries(fixed),
        record_schema.extras(shape, *fixed),
    )
