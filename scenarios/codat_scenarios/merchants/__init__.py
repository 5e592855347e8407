"""Merchants with realistic days that add up: `merchant("cafe", seed=7).day(date(2022, 3, 21))`."""

from codat_scenarios.merchants.changes import ORDERS, PAYMENTS, TRANSACTIONS, Change
from codat_scenarios.merchants.days import Day, Merchant
from codat_scenarios.merchants.encoding import encode, encode_lines
from codat_scenarios.merchants.kinds import KINDS, merchant
from codat_scenarios.merchants.order_to_wire import Record
from codat_scenarios.merchants.profile import (
    Charge,
    Discount,
    Fee,
    Habits,
    Method,
    Product,
    Profile,
)

__all__ = [
    "KINDS",
    "ORDERS",
    "PAYMENTS",
    "TRANSACTIONS",
    "Change",
    "Charge",
    "Day",
    "Discount",
    "Fee",
    "Habits",
    "Merchant",
    "Method",
    "Product",
    "Profile",
    "Record",
    "encode",
    "encode_lines",
    "merchant",
]
