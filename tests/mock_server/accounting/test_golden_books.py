"""The examples of `docs/examples.md`: their records, pushed, make the books worked out by hand.

Each line of a golden book is a document: its kind, day, total, currency and status, then its
debits (above zero) and credits (below zero) by the purpose of the account.
"""

from __future__ import annotations

from typing import Any

import pytest
from shop_books import MAPPINGS, Shop, normal

from codat_fixtures import load
from codat_fixtures.loading import names

EXAMPLES = [name for name in names() if name.startswith("books/")]


def golden(example: dict[str, Any], mapping: str) -> list[str]:
    if mapping == "journal":
        return example["journal"]
    return example.get("quickbooks", example["invoices"]) if mapping == "QuickBooks" else example[
        "invoices"
    ]  # fmt: skip


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_books_are_those_worked_out_by_hand(name: str, mapping: str) -> None:
    example = load(name)
    shop = Shop(
        example["days"][0]["date"],
        mapping,
        by_location=example.get("byLocation", False),
        gift_cards=example.get("giftCards", ()),
    )
    for day in example["days"]:
        shop.sell(day)
    assert sorted(shop.books()) == sorted(normal(golden(example, mapping)))
    assert [code for code, _ in shop.errors()] == example.get("findings", [])
