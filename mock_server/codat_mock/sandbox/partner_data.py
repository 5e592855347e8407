"""Partner commerce's products, locations, tax components, payment methods and categories.

Each call replaces what was sent before. Gift cards and product categories decide to which account
a line is booked, and tax components are offered in `newTaxRates`; locations and payment methods are
stored and have no effect on the books (assumed).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Raw

from codat_mock.accounting.catalogue import Catalogue
from codat_mock.models.decoding import decoder
from codat_mock.models.partner_data import Product, ProductCategories, TaxComponent
from codat_mock.sandbox.session import Session

decode_products = decoder(list[Product])
decode_categories = decoder(ProductCategories)
decode_tax_components = decoder(tuple[TaxComponent, ...])


def replace(session: Session, company_id: str, kind: str, body: bytes) -> None:
    """Store a company's data of one kind.

    Args:
        session: the session.
        company_id: the company's id.
        kind: such as `commerce-products`.
        body: valid JSON, as it was sent.

    Raises:
        NotFound: there is no such company.
    """
    row = session.company(company_id)
    session.tables.preferences.save(f"{kind}/{row.company.id}", Raw(body))
    if kind in CATALOGUES:
        row.catalogue = CATALOGUES[kind](row.catalogue, body)
        session.tables.companies.save(row)


def with_products(catalogue: Catalogue, body: bytes) -> Catalogue:
    """The catalogue with other products; the first category of a product counts (assumed)."""
    products = decode_products(body)
    categories = {each.id: first_category(each) for each in products}
    return msgspec.structs.replace(
        catalogue,
        gift_cards=frozenset(each.id for each in products if each.is_gift_card),
        categories={key: category for key, category in categories.items() if category},
    )


def first_category(product: Product) -> str | None:
    """The id of a product's first category."""
    for reference in product.product_category_refs or []:
        if isinstance(reference.id, str):
            return reference.id
    return None


def with_categories(catalogue: Catalogue, body: bytes) -> Catalogue:
    """The catalogue with other categories; one without a name has its id for one."""
    found = decode_categories(body).product_categories
    return msgspec.structs.replace(
        catalogue, names={each.id: each.name or each.id for each in found}
    )


def with_tax_components(catalogue: Catalogue, body: bytes) -> Catalogue:
    """The catalogue with other tax components."""
    return msgspec.structs.replace(catalogue, tax_components=decode_tax_components(body))


CATALOGUES: Final[dict[str, Callable[[Catalogue, bytes], Catalogue]]] = {
    "commerce-products": with_products,
    "commerce-productCategories": with_categories,
    "commerce-taxComponents": with_tax_components,
}
