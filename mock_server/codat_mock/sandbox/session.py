"""A session: one moment of one sandbox, in one transaction of the database."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final, TypeVar
from uuid import UUID

from codat_mock.clock import machine_seconds
from codat_mock.models.errors import NotFound
from codat_mock.models.request_log import CausedFinding
from codat_mock.sandbox.client_behaviour import ClientBehaviour
from codat_mock.sandbox.settings import Settings
from codat_mock.storage import CompanyRow, SandboxTables

MANY_RECORDS: Final = 2000  # computing with them takes some 20 ms
LONGEST_SECONDS: Final = 0.05  # of a transaction, where it can be interrupted
GOING_ON: Final = nullcontext()  # of a transaction that is not interrupted

Value = TypeVar("Value")


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
        pause: writes what was done, and lets other sandboxes go between until it is left.

    Attributes:
        caused: the rules that the request of this session broke.
        ended_datasets: the datasets that it read although their end had been read before.
    """

    tables: SandboxTables
    now: datetime
    settings: Settings
    client_behaviour: ClientBehaviour
    pause: Callable[[], AbstractContextManager[None]]
    caused: list[CausedFinding] = field(default_factory=list)
    ended_datasets: set[str] = field(default_factory=set)
    _kept: int = 0
    _since: float = field(default_factory=machine_seconds)

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

    def computing(self, count: int) -> AbstractContextManager[None]:
        """Let other sandboxes go between while this thread computes with many records.

        Inside, the tables must not be used. What was done before is kept even if the rest of the
        request fails, as by `checkpoint`: nothing that belongs together may stand on both sides.

        Args:
            count: the number of records; of few, the transaction simply goes on.
        """
        return GOING_ON if count < MANY_RECORDS else self._interrupted()

    @contextmanager
    def _interrupted(self) -> Iterator[None]:
        try:
            with self.pause():
                yield
        finally:
            self._kept = len(self.caused)
            self._since = machine_seconds()

    def remember(self, name: Hashable, state: Hashable, compute: Callable[[], Value]) -> Value:
        """What was computed from the tables, computed again only where they have changed.

        Args:
            name: of what is computed; the sandbox remembers one value by each name.
            state: what the value depends on, such as the number of the latest sync.
            compute: computes the value, which nobody may change.
        """
        known = self.tables.remembered.get(name)
        if known is None or known[0] != state:
            known = (state, compute())
            self.tables.remembered[name] = known
        value: Value = known[1]
        return value

    def give_way(self) -> None:
        """Let other sandboxes go between if this one has kept them waiting, as by `computing`."""
        if machine_seconds() - self._since > LONGEST_SECONDS:
            with self.computing(MANY_RECORDS):
                pass

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
