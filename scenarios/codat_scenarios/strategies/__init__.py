"""Hypothesis strategies for records, valid and invalid, and histories; needs the extra `test`.

Importing it registers `Order`, `Payment` and `Transaction` of `codat_mock.models.commerce` with
`st.from_type`.
"""

from codat_scenarios.strategies.days import merchant_days
from codat_scenarios.strategies.histories import broken_histories, histories
from codat_scenarios.strategies.invalid import (
    Invalid,
    invalid_orders,
    invalid_payments,
    invalid_transactions,
)
from codat_scenarios.strategies.large import large_pushes
from codat_scenarios.strategies.records import payments, transactions
from codat_scenarios.strategies.registration import register
from codat_scenarios.strategies.sales import GeneratedSale, orders, sale_lists, sales
from codat_scenarios.strategies.values import amounts, ids, moments, texts
from codat_scenarios.strategies.violations import VIOLATIONS

__all__ = [
    "VIOLATIONS",
    "GeneratedSale",
    "Invalid",
    "amounts",
    "broken_histories",
    "histories",
    "ids",
    "invalid_orders",
    "invalid_payments",
    "invalid_transactions",
    "large_pushes",
    "merchant_days",
    "moments",
    "orders",
    "payments",
    "sale_lists",
    "sales",
    "texts",
    "transactions",
]

register()
