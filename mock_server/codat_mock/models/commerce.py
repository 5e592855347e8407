"""The merchant's records on the wire: orders, payments, transactions.

Every property but `id` may be absent (`UNSET`), and absent is not null. Source: contract section 3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from codat_mock.models.values import Amount, Moment

PaymentType = Literal[
    "Unknown", "Cash", "Card", "Invoice", "OnlineCard", "Swish", "Vipps", "Mobile",
    "StoreCredit", "Paypal", "Custom", "Prepaid",
]  # fmt: skip
PaymentStatus = Literal["Unknown", "Pending", "Authorized", "Paid", "Failed", "Cancelled"]
TransactionType = Literal[
    "Unknown", "Payment", "Refund", "Payout", "FailedPayout", "Transfer", "PaymentFee",
    "PaymentFeeRefund",
]  # fmt: skip
# The types whose transactions have a payment's id. If a payment has both, the first links it to
# its order.
LINKING: Final[tuple[TransactionType, ...]] = ("Payment", "Refund")
SourceType = Literal["Unknown", "Fee", "Order", "Payment", "ServiceCharge"]
ServiceChargeType = Literal["Unknown", "Generic", "Shipping", "Overpayment"]


class Wire(Struct, gc=False, rename="camel", omit_defaults=True):
    """Base of the wire types: camelCase in JSON, snake_case in Python."""


Answer = TypeVar("Answer", bound=Wire)


def narrow(kind: type[Answer], source: Wire) -> Answer:
    """An answer made of those properties of `source` that its type has."""
    return kind(**{name: getattr(source, name) for name in kind.__struct_fields__})


class Ref(Wire):
    """A reference to another of the merchant's objects, by its id."""

    id: str | UnsetType = UNSET
    name: str | UnsetType | None = UNSET


class DiscountAllocation(Wire):
    """The part of a discount that applies to one line."""

    name: str | UnsetType | None = UNSET
    total_amount: Amount | UnsetType = UNSET


class LineItem(Wire):
    """A product sold (or returned: negative quantity); its total includes tax."""

    id: str | UnsetType = UNSET
    quantity: Amount | UnsetType = UNSET
    tax_percentage: Amount | UnsetType = UNSET
    total_amount: Amount | UnsetType = UNSET
    total_tax_amount: Amount | UnsetType = UNSET
    unit_price: Amount | UnsetType = UNSET
    product_ref: Ref | UnsetType | None = UNSET
    product_variant_ref: Ref | UnsetType | None = UNSET
    discount_allocations: list[DiscountAllocation] | UnsetType | None = UNSET

    @property
    def total(self) -> Decimal | UnsetType:
        """Its total; without one, quantity times unit price, less its discounts (assumed)."""
        if self.total_amount is not UNSET or self.unit_price is UNSET:
            return self.total_amount
        pieces = Decimal(1) if self.quantity is UNSET else self.quantity
        parts = self.discount_allocations or ()
        amounts = (part.total_amount for part in parts if part.total_amount is not UNSET)
        discount = sum((abs(amount) for amount in amounts), Decimal(0))
        return pieces * self.unit_price - (discount if pieces >= 0 else -discount)


class ServiceCharge(Wire):
    """A charge other than a product, such as shipping; its total includes tax."""

    description: str | UnsetType | None = UNSET
    total_amount: Amount | UnsetType = UNSET
    tax_percentage: Amount | UnsetType = UNSET
    tax_amount: Amount | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    type: ServiceChargeType | UnsetType = UNSET

    @property
    def total(self) -> Decimal | UnsetType:
        """Its total, as a line has one."""
        return self.total_amount


class Payment(Wire):
    """Money received from (or returned to) a customer; its amount includes gratuity."""

    id: str | UnsetType | None = UNSET
    amount: Amount | UnsetType = UNSET
    currency: str | UnsetType | None = UNSET
    type: PaymentType | UnsetType = UNSET
    status: PaymentStatus | UnsetType = UNSET
    payment_provider: str | UnsetType | None = UNSET
    due_date: Moment | UnsetType = UNSET
    created_date: Moment | UnsetType = UNSET
    modified_date: Moment | UnsetType | None = UNSET
    source_modified_date: Moment | UnsetType | None = UNSET


class OrderPayment(Payment):
    """A payment inside an order, three of whose properties may also be null.

    Null counts as absent here. Source: contract part 2, section A6.
    """

    amount: Amount | UnsetType | None = UNSET  # type: ignore[assignment]  # wider on the wire only
    due_date: Moment | UnsetType | None = UNSET  # type: ignore[assignment]
    created_date: Moment | UnsetType | None = UNSET  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Replace null by absent, which is all that readers have to handle."""
        if self.amount is None:
            self.amount = UNSET
        if self.due_date is None:
            self.due_date = UNSET
        if self.created_date is None:
            self.created_date = UNSET


class Order(Wire):
    """A sale; `total_amount` includes tax, is net of discounts and refunds, without gratuity."""

    id: str | UnsetType | None = UNSET
    order_number: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    created_date: Moment | UnsetType = UNSET
    closed_date: Moment | UnsetType | None = UNSET
    total_amount: Amount | UnsetType = UNSET
    total_refund: Amount | UnsetType = UNSET
    total_tax_amount: Amount | UnsetType = UNSET
    total_discount: Amount | UnsetType = UNSET
    total_gratuity: Amount | UnsetType = UNSET
    order_line_items: list[LineItem] | UnsetType | None = UNSET
    payments: list[OrderPayment] | UnsetType | None = UNSET
    service_charges: list[ServiceCharge] | UnsetType | None = UNSET
    location_ref: Ref | UnsetType | None = UNSET
    customer_ref: Ref | UnsetType | None = UNSET
    modified_date: Moment | UnsetType | None = UNSET
    source_modified_date: Moment | UnsetType | None = UNSET


class SourceRef(Wire):
    """The source of a transaction: an order, a payment or a service charge."""

    id: str | UnsetType = UNSET
    type: SourceType | UnsetType = UNSET


class Transaction(Wire):
    """A movement of money at the payment provider, such as a payment, its fee or a payout."""

    id: str | UnsetType | None = UNSET
    total_amount: Amount | UnsetType = UNSET
    currency: str | UnsetType | None = UNSET
    type: TransactionType | UnsetType = UNSET
    sub_type: str | UnsetType | None = UNSET
    transaction_source_ref: SourceRef | UnsetType | None = UNSET
    created_date: Moment | UnsetType = UNSET
    modified_date: Moment | UnsetType | None = UNSET
    source_modified_date: Moment | UnsetType | None = UNSET


Record = Order | Payment | Transaction
