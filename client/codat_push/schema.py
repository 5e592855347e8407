"""The properties of each record that the service reads, by which two versions are compared.

Source: contract section 3.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

DataType = Literal["commerce-orders", "commerce-payments", "commerce-transactions"]
DATA_TYPES: Final[tuple[DataType, ...]] = get_args(DataType)
LIST_NAMES: Final[dict[DataType, str]] = {
    "commerce-orders": "orders",
    "commerce-payments": "payments",
    "commerce-transactions": "transactions",
}

# A shape is TEXT, NUMBER, MOMENT, a list with the shape of its elements, or a dict by name.
TEXT: Final = "text"
NUMBER: Final = "number"
MOMENT: Final = "date-time"
Shape = Any


def shape(texts: str, numbers: str = "", moments: str = "", **nested: Shape) -> dict[str, Shape]:
    """The shape of an object.

    Args:
        texts: names of properties, separated by spaces; compared as they are.
        numbers: likewise; compared by value.
        moments: likewise; compared by instant.
        nested: the shape of each object or list of objects, by name.

    Source: contract section 3.
    """
    leaves = ((TEXT, texts), (NUMBER, numbers), (MOMENT, moments))
    return {name: leaf for leaf, names in leaves for name in names.split()} | nested


REF: Final = shape("id name")
PAYMENT: Final = shape(
    "id currency type status paymentProvider",
    "amount",
    "dueDate createdDate modifiedDate sourceModifiedDate",
)
LINE_ITEM: Final = shape(
    "id",
    "quantity taxPercentage totalAmount totalTaxAmount unitPrice",
    productRef=REF,
    productVariantRef=REF,
    discountAllocations=[shape("name", "totalAmount")],
)
ORDER: Final = shape(
    "id orderNumber country currency",
    "totalAmount totalRefund totalTaxAmount totalDiscount totalGratuity",
    "createdDate closedDate modifiedDate sourceModifiedDate",
    orderLineItems=[LINE_ITEM],
    payments=[PAYMENT],
    serviceCharges=[shape("description type", "totalAmount taxPercentage taxAmount quantity")],
    locationRef=REF,
    customerRef=REF,
)
TRANSACTION: Final = shape(
    "id currency type subType",
    "totalAmount",
    "createdDate modifiedDate sourceModifiedDate",
    transactionSourceRef=shape("id type"),
)
SHAPES: Final[dict[DataType, dict[str, Shape]]] = {
    "commerce-orders": ORDER,
    "commerce-payments": PAYMENT,
    "commerce-transactions": TRANSACTION,
}
# The bits of `known.properties` and `queue.properties` in ledgers' files; never change their order.
PROPERTIES: Final[dict[DataType, tuple[str, ...]]] = {
    "commerce-orders": tuple(ORDER),
    "commerce-payments": (
        *("id", "amount", "currency", "type", "status", "paymentProvider"),
        *("dueDate", "createdDate", "modifiedDate", "sourceModifiedDate"),
    ),
    "commerce-transactions": (
        *("id", "totalAmount", "currency", "type", "subType"),
        *("createdDate", "modifiedDate", "sourceModifiedDate", "transactionSourceRef"),
    ),
}


def check_data_type(data_type: str) -> DataType:
    """Check a data type and return it.

    Raises:
        ValueError: it is not one of the three that can be pushed.
    """
    for known in DATA_TYPES:
        if data_type == known:
            return known
    raise ValueError(
        f"data type {data_type!r} cannot be pushed; use one of {', '.join(DATA_TYPES)}"
    )


def check_company(company: str) -> str:
    """Check the id of a company and return it.

    Raises:
        ValueError: it is empty, or not a valid Unicode text.
    """
    if not isinstance(company, str) or not company or not is_unicode(company):
        raise ValueError(f"company {company!r} is not an id; use a text that is not empty")
    return company


def is_unicode(text: str) -> bool:
    """Whether a text is valid Unicode: half of a surrogate pair is not."""
    return text.encode(errors="replace").decode() == text
