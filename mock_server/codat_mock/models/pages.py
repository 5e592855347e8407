"""Pages of lists, with links to the pages around them.

Source: contract section 1.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType, field

from codat_mock.models.alerts import VendorRule
from codat_mock.models.commerce import Wire
from codat_mock.models.companies import BetaCompany, Connection, LaterCompany
from codat_mock.models.datasets import DatasetHistory, ListedDataset
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


class BetaCompanies(Page[BetaCompany]):
    """A page of companies, as the beta answers them."""


class LaterCompanies(Page[LaterCompany]):
    """A page of companies, as the later generation answers them."""


class Connections(Page[Connection]):
    """A page of a company's connections."""


class DatasetHistories(Page[DatasetHistory]):
    """A page of a company's datasets."""


class Integrations(Page[Integration]):
    """A page of integrations."""


class VendorRules(Page[VendorRule]):
    """A page of alert rules."""


class ListedDatasets(Page[ListedDataset]):
    """A page of a company's datasets, pushed and pulled."""
