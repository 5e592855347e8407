"""A session: one moment of one sandbox, in one transaction of the database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import CausedFinding
from codat_mock.sandbox.client_behaviour import ClientBehaviour
from codat_mock.sandbox.settings import Settings
from codat_mock.storage import CompanyRow, SandboxTables


class SandboxClosed(Exception):
    """The sandbox was reset; the registry has another one under its name."""


@dataclass(slots=True)
class Session:
    """What every verb works with, opened once per request by `Sandbox.session`.

    Args:
        tables: the sandbox's part of the database.
        now: the sandbox's time, UTC, read once.
        settings: what the sandbox started from.
        client_behaviour: what is remembered of the integration's earlier requests.

    Attributes:
        caused: the rules that the request of this session broke.
        ended_datasets: the datasets that it read although their end had been read before.
    """

    tables: SandboxTables
    now: datetime
    settings: Settings
    client_behaviour: ClientBehaviour
    caused: list[CausedFinding] = field(default_factory=list)
    ended_datasets: set[str] = field(default_factory=set)
    _kept: int = 0

    def at(self, moment: datetime) -> Session:
        """The same session at an earlier moment, for what was due then."""
        return replace(self, now=moment)

    def checkpoint(self) -> None:
        """Keep what was done until now, even if the rest of the request fails."""
        self.tables.checkpoint()
        self._kept = len(self.caused)

    def roll_back(self) -> None:
        """Undo what was done since the last checkpoint; the transaction goes on."""
        self.tables.roll_back()
        del self.caused[self._kept :]

    def new_id(self) -> str:
        """The next id of this sandbox, a UUID made from its seed and name."""
        row = self.tables.row
        row.minted += 1
        source = f"{self.settings.seed}/{row.name}/{row.minted}".encode()
        return str(UUID(bytes=blake2b(source, digest_size=16).digest(), version=4))

    def company(self, company_id: str) -> CompanyRow:
        """The company of that id.

        Raises:
            NotFound: there is none in this sandbox.
        """
        found = self.tables.companies.find(company_id)
        if found is None:
            raise NotFound(f"No company was found with ID {company_id}.")
        return found
