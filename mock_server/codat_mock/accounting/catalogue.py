"""A merchant's products, as far as they decide where a line is booked.

Source: contract part 2, sections B and H.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec import field as struct_field

from codat_mock.accounting.order_parts import PREPAID, SALES
from codat_mock.configuration.account_purposes import CATEGORY
from codat_mock.models.commerce import LineItem
from codat_mock.models.partner_data import TaxComponent


class Catalogue(Struct, frozen=True):
    """A merchant's products, as far as they decide where a line is booked.

    Source: contract part 2, sections B and H; that a line's `productRef` decides is assumed.

    Args:
        gift_cards: ids of the products that are gift cards.
        categories: the category of each product that has one, by the product's id.
        names: the names of the categories, by their ids; others count as no category.
        tax_components: the merchant's own tax rates.
    """

    gift_cards: frozenset[str] = frozenset()
    categories: dict[str, str] = struct_field(default_factory=dict)
    names: dict[str, str] = struct_field(default_factory=dict)
    tax_components: tuple[TaxComponent, ...] = ()

    def purpose_of(self, item: LineItem) -> str:
        """The purpose of the account that a line is sold to."""
        if not self.gift_cards and not self.categories:
            return SALES
        product = item.product_ref.id if item.product_ref else None
        if not isinstance(product, str):
            return SALES
        if product in self.gift_cards:
            return PREPAID
        category = self.categories.get(product)
        return f"{CATEGORY}{category}" if category in self.names else SALES


NO_PRODUCTS: Final = Catalogue()
