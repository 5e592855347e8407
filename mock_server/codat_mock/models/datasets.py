"""Datasets: the data types, their statuses, and the answer of the history endpoint.

Source: contract section 4.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import Order, Payment, Record, Transaction, Wire
from codat_mock.models.values import MomentText

DataType = Literal["commerce-orders", "commerce-payments", "commerce-transactions"]
# What is read from the accounting platform once it is linked; source: contract part 2, section E.
PulledType = Literal[
    "chartOfAccounts", "taxRates", "bankAccounts", "suppliers", "customers", "company"
]
DatasetStatus = Literal[
    "Initial", "Queued", "Fetching", "MapQueued", "Mapping", "ValidationQueued", "Validating",
    "ProcessingQueued", "Processing", "Complete", "FetchError", "MapError", "ValidationError",
    "ProcessingError", "AuthError", "InternalError", "RateLimitError", "PermissionsError",
    "PrerequisiteNotMet", "Cancelled", "NotSupported",
]  # fmt: skip

RECORD_TYPES: Final[dict[DataType, type[Record]]] = {
    "commerce-orders": Order,
    "commerce-payments": Payment,
    "commerce-transactions": Transaction,
}
LIST_NAMES: Final[dict[DataType, str]] = {
    "commerce-orders": "orders",
    "commerce-payments": "payments",
    "commerce-transactions": "transactions",
}


class DatasetHistory(Wire, kw_only=True, omit_defaults=False):
    """The status of a dataset that was pushed, at one time."""

    id: str
    company_id: str
    connection_id: str
    data_type: DataType
    status: DatasetStatus
    error_message: str | UnsetType = UNSET
    requested: MomentText
    completed: MomentText | UnsetType = UNSET
    progress: int
    is_completed: bool
    is_errored: bool


class ListedDataset(Wire, kw_only=True, omit_defaults=False):
    """The status of a dataset of any kind, pushed or pulled, at one time."""

    id: str
    company_id: str
    connection_id: str
    data_type: DataType | PulledType
    status: DatasetStatus
    error_message: str | UnsetType = UNSET
    requested: MomentText
    completed: MomentText | UnsetType = UNSET
    progress: int
    is_completed: bool
    is_errored: bool
