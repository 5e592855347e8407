"""All the sandboxes of one server."""

from __future__ import annotations

import logging
from threading import Lock
from typing import Final

from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.settings import Settings
from codat_mock.storage import Store

logger: Final = logging.getLogger(__name__)


class SandboxRegistry:
    """The sandboxes of one server, made on first use.

    Args:
        settings: what every sandbox starts from.
        store: where they are kept; in memory where none is given.

    Attributes:
        failures: faults of the mock itself.
    """

    def __init__(self, settings: Settings | None = None, store: Store | None = None) -> None:
        self.settings = settings or Settings()
        self.failures = InternalErrors()
        self._store = store or Store(journal_limit=self.settings.journal_limit)
        self._lock = Lock()
        self._sandboxes: dict[str, Sandbox] = {}
        self._stalled: set[str] = set()  # the ticker could not settle them, and has told so
        with self._store.transaction():
            stored = self._store.sandboxes.names()
        for name in stored:
            self.sandbox(name)

    def names(self) -> list[str]:
        """The names of the sandboxes there are, in the order they were made."""
        return list(self._sandboxes)

    def sandbox(self, name: str) -> Sandbox:
        """The sandbox of that name, made if there is none."""
        with self._lock:
            if name not in self._sandboxes:
                self._sandboxes[name] = Sandbox(self._store, name, self.settings, self.failures)
            return self._sandboxes[name]

    def sandbox_of_company(self, company_id: str) -> Sandbox | None:
        """The sandbox that a company is in, for a merchant, who has no key."""
        with self._store.transaction():
            name = self._store.sandboxes.name_of_company(company_id)
        return self.sandbox(name) if name else None

    def sandbox_of_code(self, code: str) -> Sandbox | None:
        """The sandbox that a code of the Sync Flow is valid in."""
        with self._store.transaction():
            name = self._store.sandboxes.name_of_code(code)
        return self.sandbox(name) if name else None

    def reset(self, name: str, settings: Settings | None = None) -> Sandbox:
        """Begin anew under that name.

        Args:
            name: the sandbox's.
            settings: what its clock starts from, where it is not what every sandbox starts from.
        """
        with self._lock:
            if name in self._sandboxes:
                self._sandboxes[name].close()
            with self._store.transaction():
                self._store.sandboxes.delete(name)
            started = settings or self.settings
            self._sandboxes[name] = Sandbox(self._store, name, started, self.failures)
            return self._sandboxes[name]

    def settle(self) -> None:
        """Do what has fallen due in every sandbox whose clock runs.

        A clock that stands brings nothing; where it is moved, that request does what falls due.
        """
        for name, sandbox in self._sandboxes.copy().items():
            if not sandbox.is_running:
                continue
            try:
                sandbox.settle()
                self._stalled.discard(name)
            except Exception as error:
                # Nobody has asked, so nobody can be answered; the other sandboxes must go on. It is
                # told once, not four times a second.
                if name not in self._stalled:
                    self.failures.note(f"what was due in the sandbox '{name}'", error)
                    logger.exception("What was due in the sandbox '%s' could not be done.", name)
                self._stalled.add(name)

    def close(self) -> None:
        """End what goes on by itself, and close the store."""
        for sandbox in list(self._sandboxes.values()):
            sandbox.close()
        self._store.close()
