"""Pages of lists, with links to the pages around them.

Source: contract section 1.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.companies import Company, Connection
from codat_mock.models.datasets import DatasetHistory

Item = TypeVar("Item")


class Link(Wire, omit_defaults=False):
    """Where something else is found."""

    href: str


class Links(Wire, kw_only=True):
    """Where this page is found, and the pages around it; absent where there is none."""

    current: Link
    this: Link = field(name="self")
    next: Link | UnsetType = UNSET
    previous: Link | UnsetType = UNSET


class Page(Wire, Generic[Item], kw_only=True, omit_defaults=False):
    """A part of a list."""

    results: list[Item]
    page_number: int
    page_size: int
    total_results: int
    links: Links = field(name="_links")


class Companies(Page[Company]):
    """A page of companies."""


class Connections(Page[Connection]):
    """A page of a company's connections."""


class DatasetHistories(Page[DatasetHistory]):
    """A page of a company's datasets."""
