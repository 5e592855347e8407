"""The properties of records and their values: a table of contract section 3.

It is written independently of the server's types, so that a test can compare the two. The simplest
value of an enumeration comes first, since examples shrink to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codat_scenarios.merchants import Record
from codat_scenarios.strategies.values import amounts, moments, texts


@dataclass(frozen=True, slots=True)
class Kind:
    """The values of a property.

    Args:
        valid: accepted values.
        invalid: refused values, except null.
    """

    valid: SearchStrategy[Any]
    invalid: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class One:
    """A property that holds an object."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Many:
    """A property that holds an array of objects."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its JSON name, its values, and whether null is accepted."""

    name: str
    holds: Kind | One | Many
    nullable: bool = False

    @property
    def values(self) -> SearchStrategy[Any]:
        """The accepted values, with null if it is accepted."""
        if isinstance(self.holds, Kind):
            valid = self.holds.valid
        else:
            one = extras(self.holds.shape)
            valid = one if isinstance(self.holds, One) else st.lists(one, max_size=2)
        return st.none() | valid if self.nullable else valid


Shape = tuple[Property, ...]
Path = tuple[str | int, ...]
"""The path of a value: property names and array indices."""


def extras(shape: Shape, *without: str) -> SearchStrategy[Record]:
    """Properties of a shape, each absent or with any valid value.

    Args:
        shape: the possible properties.
        without: names of properties to leave out.
    """
    names = {each.name: each.values for each in shape if each.name not in without}
    # No property at all comes first, so that an example drops all of them in one step.
    return st.just({}) | st.fixed_dictionaries({}, optional=names)


def one_of(*names: str) -> Kind:
    """A value of an enumeration."""
    return Kind(st.sampled_from(names), (0, True, "", "Nonsense"))


NOT_OBJECTS: tuple[Any, ...] = ("", 0, True, [])
NOT_ARRAYS: tuple[Any, ...] = ("", 0, True, {})
TEXT = Kind(texts(), (0, Decimal("1.5"), True, [], {}))
AMOUNT = Kind(amounts(), ("0", "", True, [], {}, Decimal("8E+28"), Decimal("-8E+28")))
WHOLE = Kind(st.integers(0, 9), ("1", Decimal("1.5"), True))
MOMENT = Kind(
    moments(),
    (
        0, True, "", "yesterday", "2022-02-30", "21/03/2022", "20220321", "2022-W12-1",
        "2022-03-21 10:00:00", "2022-03-21T25:00:00Z", "2022-03-21T10:00:00+25:00",
    ),
)  # fmt: skip
PAYMENT_TYPE = one_of(
    "Card", "Cash", "Invoice", "OnlineCard", "Swish", "Vipps", "Mobile", "StoreCredit", "Paypal",
    "Custom", "Prepaid", "Unknown",
)  # fmt: skip
PAYMENT_STATUS = one_of("Paid", "Pending", "Authorized", "Failed", "Cancelled", "Unknown")
TRANSACTION_TYPE = one_of(
    "Payment", "Refund", "Payout", "FailedPayout", "Transfer", "PaymentFee", "PaymentFeeRefund",
    "Unknown",
)  # fmt: skip

REF: Shape = (Property("id", TEXT), Property("name", TEXT, nullable=True))
DATES: Shape = (
    Property("createdDate", MOMENT),
    Property("modifiedDate", MOMENT, nullable=True),
    Property("sourceModifiedDate", MOMENT, nullable=True),
)
DISCOUNT: Shape = (Property("name", TEXT, nullable=True), Property("totalAmount", AMOUNT))
LINE_ITEM: Shape = (
    Property("id", TEXT),
    Property("quantity", AMOUNT),
    Property("taxPercentage", AMOUNT),
    Property("totalAmount", AMOUNT),
    Property("totalTaxAmount", AMOUNT),
    Property("unitPrice", AMOUNT),
    Property("productRef", One(REF), nullable=True),
    Property("productVariantRef", One(REF), nullable=True),
    Property("discountAllocations", Many(DISCOUNT), nullable=True),
)
SERVICE_CHARGE: Shape = (
    Property("description", TEXT, nullable=True),
    Property("totalAmount", AMOUNT),
    Property("taxPercentage", AMOUNT),
    Property("taxAmount", AMOUNT),
    Property("quantity", WHOLE),
    Property("type", one_of("Unknown", "Generic", "Shipping", "Overpayment")),
)
# A record's id may be null in JSON: that is well-formed but unusable.
RECORD_ID = Property("id", TEXT, nullable=True)
PAYMENT: Shape = (
    RECORD_ID,
    Property("amount", AMOUNT),
    Property("currency", TEXT, nullable=True),
    Property("type", PAYMENT_TYPE),
    Property("status", PAYMENT_STATUS),
    Property("paymentProvider", TEXT, nullable=True),
    Property("dueDate", MOMENT),
    *DATES,
)
# Inside an order these may also be null. Source: contract part 2, section A6.
NULLABLE_IN_ORDERS: Final = ("amount", "dueDate", "createdDate")
ORDER_PAYMENT: Shape = tuple(
    replace(each, nullable=each.nullable or each.name in NULLABLE_IN_ORDERS) for each in PAYMENT
)
ORDER: Shape = (
    RECORD_ID,
    Property("orderNumber", TEXT, nullable=True),
    Property("country", TEXT, nullable=True),
    Property("currency", TEXT, nullable=True),
    Property("closedDate", MOMENT, nullable=True),
    Property("totalAmount", AMOUNT),
    Property("totalRefund", AMOUNT),
    Property("totalTaxAmount", AMOUNT),
    Property("totalDiscount", AMOUNT),
    Property("totalGratuity", AMOUNT),
    Property("orderLineItems", Many(LINE_ITEM), nullable=True),
    Property("payments", Many(ORDER_PAYMENT), nullable=True),
    Property("serviceCharges", Many(SERVICE_CHARGE), nullable=True),
    Property("locationRef", One(REF), nullable=True),
    Property("customerRef", One(REF), nullable=True),
    *DATES,
)
SOURCE_REF: Shape = (
    Property("id", TEXT),
    Property("type", one_of("Order", "Payment", "Fee", "ServiceCharge", "Unknown")),
)
TRANSACTION: Shape = (
    RECORD_ID,
    Property("totalAmount", AMOUNT),
    Property("currency", TEXT, nullable=True),
    Property("type", TRANSACTION_TYPE),
    Property("subType", TEXT, nullable=True),
    Property("transactionSourceRef", One(SOURCE_REF), nullable=True),
    *DATES,
)


def invalid_values(shape: Shape, at: Path = ()) -> Iterator[tuple[Path, tuple[Any, ...]]]:
    """Yield every path in a record of a shape with the values that are invalid there.

    Args:
        shape: of the record.
        at: the path of the record itself.
    """
    for each in shape:
        path = (*at, each.name)
        null = () if each.nullable else (None,)
        if isinstance(each.holds, Kind):
            yield path, (*each.holds.invalid, *null)
        elif isinstance(each.holds, One):
            yield path, (*NOT_OBJECTS, *null)
            yield from invalid_values(each.holds.shape, path)
        else:
            yield path, (*NOT_ARRAYS, *null)
            yield (*path, 0), (*NOT_OBJECTS, None)
            yield from invalid_values(each.holds.shape, (*path, 0))
