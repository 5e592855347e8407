"""Rows of products and their categories, which decide to which account a line is sold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from codat_mock.accounting.orders import Catalogue


class Products:
    """The products of companies, by the company's number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, company: int, products: Iterable[tuple[str, bool, str | None]]) -> None:
        """Store products, each as its id, whether it is a gift card, and its first category."""
        self._db.executemany(
            "INSERT OR REPLACE INTO products (company, id, is_gift_card, category)"
            " VALUES (?, ?, ?, ?)",
            ((company, *product) for product in products),
        )

    def put_categories(self, company: int, categories: Iterable[tuple[str, str]]) -> None:
        """Store product categories, each as its id and name; a known id is renamed."""
        self._db.executemany(
            "INSERT OR REPLACE INTO product_categories (company, id, name) VALUES (?, ?, ?)",
            ((company, *category) for category in categories),
        )

    def categories(self, company: int) -> dict[str, str]:
        """The names of a company's product categories, by their ids."""
        found = self._db.execute(
            "SELECT id, name FROM product_categories WHERE company = ? ORDER BY id", (company,)
        )
        return dict(found.fetchall())

    def catalogue(self, company: int) -> Catalogue:
        """Which of a company's products are gift cards or have a known category."""
        found = self._db.execute(
            "SELECT p.id, p.is_gift_card, c.id FROM products p LEFT JOIN product_categories c"
            " ON c.company = p.company AND c.id = p.category WHERE p.company = ?",
            (company,),
        ).fetchall()
        return Catalogue(
            gift_cards=frozenset(key for key, is_gift_card, _ in found if is_gift_card),
            categories={key: category for key, _, category in found if category is not None},
        )
