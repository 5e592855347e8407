"""Pages of lists, with links to the pages around them.

Source: contract section 1.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType, field

from codat_mock.models.commerce import Wire
from codat_mock.models.companies import Company, Connection
from codat_mock.models.datasets import DatasetHistory
from codat_mock.models.integrations import Integration

Item = TypeVar("Item")


class Link(Wire, omit_defaults=False):
    """A link to another page."""

    href: str


class Links(Wire, kw_only=True):
    """Links to this page and its neighbours; a neighbour that does not exist is absent."""

    current: Link
    this: Link = field(name="self")
    next: Link | UnsetType = UNSET
    previous: Link | UnsetType = UNSET


class Page(Wire, Generic[Item], kw_only=True, omit_defaults=False):
    """One page of a list."""

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


class Integrations(Page[Integration]):
    """A page of integrations."""
