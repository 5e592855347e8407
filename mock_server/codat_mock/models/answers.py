"""The remaining bodies of requests and answers: those that nothing but the document decodes.

Source: contract section 2.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from codat_mock.models.commerce import Order, Payment, Transaction, Wire


class OrdersDataset(Wire):
    """Orders as they are pushed."""

    orders: list[Order] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class PaymentsDataset(Wire):
    """Payments as they are pushed."""

    payments: list[Payment] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class TransactionsDataset(Wire):
    """Transactions as they are pushed."""

    transactions: list[Transaction] | UnsetType | None = UNSET
    contract_version: str | UnsetType | None = UNSET


class PushedOrders(Wire):
    """Pushed orders as they were received, and the id of their dataset."""

    data: OrdersDataset
    dataset_id: str


class PushedPayments(Wire):
    """Pushed payments as they were received, and the id of their dataset."""

    data: PaymentsDataset
    dataset_id: str


class PushedTransactions(Wire):
    """Pushed transactions as they were received, and the id of their dataset."""

    data: TransactionsDataset
    dataset_id: str


class SyncFlowUrl(Wire):
    """Where the merchant's browser is to go."""

    url: str
