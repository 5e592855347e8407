"""The data of partner commerce that pushes refer to: products, locations and the like.

Source: contract part 2, sections B (product categories) and H (the others). No document describes
the bodies of the others: a bare array, like partner commerce's pushes, is assumed.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from codat_mock.models.commerce import Ref, Wire
from codat_mock.models.values import Amount, Moment


class ProductVariant(Wire):
    """A variant of a product."""

    id: str
    name: str | UnsetType | None = UNSET


class Product(Wire, kw_only=True):
    """A product."""

    id: str
    name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    categorization: str | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET
    is_gift_card: bool | UnsetType | None = UNSET
    product_category_refs: list[Ref] | UnsetType | None = UNSET
    variants: list[ProductVariant] | UnsetType | None = UNSET
    created_date: Moment | UnsetType | None = UNSET
    modified_date: Moment | UnsetType | None = UNSET
    source_modified_date: Moment | UnsetType | None = UNSET


class Address(Wire):
    """The address of a location."""

    type: str | UnsetType | None = UNSET
    line1: str | UnsetType | None = UNSET
    line2: str | UnsetType | None = UNSET
    city: str | UnsetType | None = UNSET
    region: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    postal_code: str | UnsetType | None = UNSET


class Location(Wire, kw_only=True):
    """A place where the merchant sells."""

    id: str
    name: str | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    modified_date: Moment | UnsetType | None = UNSET


class TaxComponent(Wire, kw_only=True):
    """A tax rate of the merchant's own."""

    id: str
    name: str | UnsetType | None = UNSET
    rate: Amount | UnsetType | None = UNSET
    is_compound: bool | UnsetType | None = UNSET
    created_date: Moment | UnsetType | None = UNSET
    modified_date: Moment | UnsetType | None = UNSET
    source_modified_date: Moment | UnsetType | None = UNSET


class PaymentMethod(Wire, kw_only=True):
    """A way in which customers pay."""

    id: str
    name: str | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET
    modified_date: Moment | UnsetType | None = UNSET


class ProductCategory(Wire):
    """A category of products."""

    id: str
    name: str | UnsetType | None = UNSET


class ProductCategories(Struct, rename="pascal"):
    """All product categories of a company; the vendor writes these two names in Pascal case."""

    product_categories: list[ProductCategory]
    contract_version: str | UnsetType | None = UNSET
