"""Partner commerce's products, categories and tax components, as the books use them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from codat_mock.accounting.catalogue import NO_PRODUCTS
from codat_mock.models.errors import NotFound
from codat_mock.sandbox import SandboxRegistry, companies, partner_data


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def test_products_tell_gift_cards_and_the_first_category_of_each() -> None:
    products = [
        {"id": "card", "isGiftCard": True},
        {"id": "mug", "isGiftCard": False, "productCategoryRefs": [{"id": "a"}, {"id": "b"}]},
        {"id": "odd", "productCategoryRefs": [{}, {"id": "c"}, {"id": "d"}]},
        {"id": "bare", "productCategoryRefs": []},
        {"id": "none"},
    ]
    before = msgspec.structs.replace(NO_PRODUCTS, names={"x": "X"}, categories={"old": "y"})
    found = partner_data.with_products(before, encoded(products))
    assert found.gift_cards == {"card"}
    assert found.categories == {"mug": "a", "odd": "c"}
    assert found.names == {"x": "X"}


def test_a_category_without_a_name_has_its_id_for_one() -> None:
    given = {"ProductCategories": [{"id": "a", "name": "Coffee"}, {"id": "b"}]}
    found = partner_data.with_categories(NO_PRODUCTS, encoded(given))
    assert found.names == {"a": "Coffee", "b": "b"}


@pytest.mark.parametrize(
    ("kind", "body", "changed"),
    [
        ("commerce-products", [{"id": "card", "isGiftCard": True}], "gift_cards"),
        ("commerce-productCategories", {"ProductCategories": [{"id": "a"}]}, "names"),
        ("commerce-taxComponents", [{"id": "t", "rate": 20}], "tax_components"),
        ("commerce-locations", [{"id": "l"}], None),
    ],
)
def test_what_is_sent_is_kept_and_what_the_books_need_is_read(
    registry: SandboxRegistry, kind: str, body: object, changed: str | None
) -> None:
    with registry.sandbox("k").session() as session:
        row = session.company(companies.create(session, "Café").id)
        partner_data.replace(session, row.company.id, kind, encoded(body))
        stored = session.tables.preferences.find(f"{kind}/{row.company.id}", msgspec.Raw)
        assert bytes(stored) == encoded(body)
        fields = NO_PRODUCTS.__struct_fields__
        differing = {
            name for name in fields if getattr(row.catalogue, name) != getattr(NO_PRODUCTS, name)
        }
        assert differing == ({changed} if changed else set())
        if changed == "tax_components":
            assert row.catalogue.tax_components[0].rate == Decimal(20)
        session.tables.companies.forget()
        assert session.company(row.company.id).catalogue == row.catalogue
        with pytest.raises(NotFound):
            partner_data.replace(session, "unknown", kind, encoded(body))
