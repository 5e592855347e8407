"""Partner commerce's data that pushes refer to: products, locations and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response

from codat_mock.http import request_context
from codat_mock.http.operations import serve
from codat_mock.models.decoding import decoder
from codat_mock.models.partner_data import (
    Location,
    PaymentMethod,
    Product,
    ProductCategories,
    TaxComponent,
)
from codat_mock.sandbox import partner_data

blueprint = Blueprint("partner_data", __name__)

GROUP: Final = "Partner commerce"
BARE: Final = (
    "The body is a bare array, like partner commerce's pushes, and is answered as it came, unknown"
    " properties too"
)
ARRAY: Final = f"{BARE}; neither the configuration nor the books use it."
PRODUCTS: Final = (
    f"{BARE}. An order's line is a gift card, or has a category, by its productRef.id."
)
TAXES: Final = f"{BARE}; newTaxRates offers them as its commerceTaxRateOptions."
# Of each kind: the type of its body, an example, and what is assumed.
KINDS: Final[dict[str, tuple[Any, Any, str]]] = {
    "products": (
        list[Product],
        [{"id": "gift-card", "name": "Gift card", "isGiftCard": True}],
        PRODUCTS,
    ),
    "locations": (list[Location], [{"id": "high-street", "name": "High Street"}], ARRAY),
    "taxComponents": (list[TaxComponent], [{"id": "vat-20", "name": "VAT", "rate": 20}], TAXES),
    "paymentMethods": (list[PaymentMethod], [{"id": "card", "name": "Card"}], ARRAY),
    "productCategories": (
        ProductCategories,
        {"ContractVersion": "9.3.1", "ProductCategories": [{"id": "coffee", "name": "Coffee"}]},
        "The answer repeats the body. Each category gets an account of its own, Sales by default.",
    ),
}


def replace(kind: str, body_type: Any) -> Callable[[str], Response]:
    """The endpoint that replaces one kind of data."""
    decode = decoder(body_type)

    def endpoint(company_id: str) -> Response:
        body = request_context.body_bytes()
        request_context.decode(body, decode)
        session = request_context.session()
        partner_data.replace(session, company_id, f"commerce-{kind}", body)
        return request_context.raw_answer(body)

    endpoint.__doc__ = f"Replace the {kind}."
    return endpoint


for name, (body_type, example, assumed) in KINDS.items():
    serve(
        blueprint, "PUT", f"/companies/{{companyId}}/data/commerce-{name}", name=f"put-{name}",
        group=GROUP, section="contract 2 §B, §H", answers=body_type, takes=body_type, sent=example,
        shows=example, assumed=assumed,
    )(replace(name, body_type))  # fmt: skip
