"""A ledger's store in memory, and a stream of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codat_push.storage.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    opened = Store(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def stream(store: Store) -> int:
    """The stream of a company's orders."""
    return store.stream("c", "commerce-orders")
