"""The merchant's records as strict JSON schemas, written down by hand from the contract.

A name that ends in "?" may be absent. Sources: contract section 3, and part 2, sections A6 and H.
"""

from __future__ import annotations

from vendor_schemas import FLAG, NUMBER, TEXT, TIME, WHOLE, Schema, list_of, obj, one_of, or_null

REF = obj({"id?": TEXT, "name?": or_null(TEXT)})
STAMPS = {"modifiedDate?": or_null(TIME), "sourceModifiedDate?": or_null(TIME)}
PAYMENT_PROPERTIES = {
    "id": TEXT,
    "amount?": NUMBER,
    "currency?": or_null(TEXT),
    "type?": one_of(
        "Unknown", "Cash", "Card", "Invoice", "OnlineCard", "Swish", "Vipps", "Mobile",
        "StoreCredit", "Paypal", "Custom", "Prepaid",
    ),
    "status?": one_of("Unknown", "Pending", "Authorized", "Paid", "Failed", "Cancelled"),
    "paymentProvider?": or_null(TEXT),
    "dueDate?": TIME,
    "createdDate?": TIME,
    **STAMPS,
}  # fmt: skip
PAYMENT = obj(PAYMENT_PROPERTIES)
ORDER_PAYMENT = obj(
    PAYMENT_PROPERTIES
    | {"amount?": or_null(NUMBER), "dueDate?": or_null(TIME), "createdDate?": or_null(TIME)}
)
LINE = obj(
    {
        "id?": TEXT,
        "quantity?": NUMBER,
        "taxPercentage?": NUMBER,
        "totalAmount?": NUMBER,
        "totalTaxAmount?": NUMBER,
        "unitPrice?": NUMBER,
        "productRef?": or_null(REF),
        "productVariantRef?": or_null(REF),
        "discountAllocations?": or_null(
            list_of(obj({"name?": or_null(TEXT), "totalAmount?": NUMBER}))
        ),
    }
)
CHARGE = obj(
    {
        "description?": or_null(TEXT),
        "totalAmount?": NUMBER,
        "taxPercentage?": NUMBER,
        "taxAmount?": NUMBER,
        "quantity?": WHOLE,
        "type?": one_of("Unknown", "Generic", "Shipping", "Overpayment"),
    }
)
ORDER = obj(
    {
        "id": TEXT,
        "orderNumber?": or_null(TEXT),
        "country?": or_null(TEXT),
        "currency?": or_null(TEXT),
        "createdDate?": TIME,
        "closedDate?": or_null(TIME),
        "totalAmount?": NUMBER,
        "totalRefund?": NUMBER,
        "totalTaxAmount?": NUMBER,
        "totalDiscount?": NUMBER,
        "totalGratuity?": NUMBER,
        "orderLineItems?": or_null(list_of(LINE)),
        "payments?": or_null(list_of(ORDER_PAYMENT)),
        "serviceCharges?": or_null(list_of(CHARGE)),
        "locationRef?": or_null(REF),
        "customerRef?": or_null(REF),
        **STAMPS,
    }
)
TRANSACTION = obj(
    {
        "id": TEXT,
        "totalAmount?": NUMBER,
        "currency?": or_null(TEXT),
        "type?": one_of(
            "Unknown", "Payment", "Refund", "Payout", "FailedPayout", "Transfer", "PaymentFee",
            "PaymentFeeRefund",
        ),
        "subType?": or_null(TEXT),
        "transactionSourceRef?": or_null(
            obj({"id?": TEXT,
                 "type?": one_of("Unknown", "Fee", "Order", "Payment", "ServiceCharge")})
        ),
        "createdDate?": TIME,
        **STAMPS,
    }
)  # fmt: skip
PRODUCT = obj(
    {
        "id": TEXT,
        "name?": or_null(TEXT),
        "description?": or_null(TEXT),
        "categorization?": or_null(TEXT),
        "status?": or_null(TEXT),
        "isGiftCard?": or_null(FLAG),
        "productCategoryRefs?": or_null(list_of(REF)),
        "variants?": or_null(list_of(obj({"id": TEXT, "name?": or_null(TEXT)}))),
        "createdDate?": or_null(TIME),
        **STAMPS,
    }
)
ADDRESS = obj(
    {
        f"{name}?": or_null(TEXT)
        for name in ("type", "line1", "line2", "city", "region", "country", "postalCode")
    }
)
LOCATION = obj(
    {
        "id": TEXT,
        "name?": or_null(TEXT),
        "address?": or_null(ADDRESS),
        "modifiedDate?": or_null(TIME),
    }
)
TAX_COMPONENT = obj(
    {
        "id": TEXT,
        "name?": or_null(TEXT),
        "rate?": or_null(NUMBER),
        "isCompound?": or_null(FLAG),
        "createdDate?": or_null(TIME),
        **STAMPS,
    }
)
PAYMENT_METHOD = obj(
    {
        "id": TEXT,
        "name?": or_null(TEXT),
        "status?": or_null(TEXT),
        "modifiedDate?": or_null(TIME),
    }
)
RECORDS: dict[str, Schema] = {
    "orders": ORDER,
    "payments": PAYMENT,
    "transactions": TRANSACTION,
    "products": PRODUCT,
    "locations": LOCATION,
    "taxComponents": TAX_COMPONENT,
    "paymentMethods": PAYMENT_METHOD,
}


def record_of(operation: str) -> Schema | None:
    """The schema of the records that an operation takes and answers; None where it has none."""
    _, is_pushed, name = operation.partition("commerce-")
    return RECORDS.get(name) if is_pushed else None
