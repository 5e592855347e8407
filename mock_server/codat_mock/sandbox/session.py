"""A turn: one moment of one sandbox, in one transaction of the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import CausedFinding
from codat_mock.sandbox.settings import Settings
from codat_mock.storage import CompanyRow, SandboxTables


@dataclass(frozen=True, slots=True)
class Session:
    """What a verb works with: the sandbox's shelf, and the moment, taken once.

    Args:
        caused: what requests broke, by their numbers, until that is told with their answers.
    """

    tables: SandboxTables
    now: datetime
    settings: Settings
    caused: dict[int, list[CausedFinding]] = field(default_factory=dict)

    def at(self, moment: datetime) -> Session:
        """The same turn at an earlier moment, for what was due then."""
        return replace(self, now=moment)

    def new_id(self) -> str:
        """The next id of this sandbox, a UUID made from its seed and name."""
        row = self.tables.row
        row.minted += 1
        source = f"{self.settings.seed}/{row.name}/{row.minted}".encode()
        return str(UUID(bytes=blake2b(source, digest_size=16).digest(), version=4))

    def company(self, company_id: str) -> CompanyRow:
        """The company of that id.

        Raises:
            Unknown: there is none in this sandbox.
        """
        found = self.tables.companies.find(company_id)
        if found is None:
            raise NotFound(f"Company '{company_id}' does not exist.")
        return found
