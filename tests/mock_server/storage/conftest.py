"""The tables in memory, without a server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from codat_mock.storage.schema import TABLES


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """An empty database with all tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(TABLES)
        yield made
