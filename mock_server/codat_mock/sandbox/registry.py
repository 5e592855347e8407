"""All the sandboxes of one server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import Lock
from typing import Final

from codat_mock.clock import machine_seconds
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.sandbox import Sandbox
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.sandbox.settings import Settings
from codat_mock.sandbox.snapshots import Snapshots
from codat_mock.storage import Restoring, StorageError, Store

CLOSE_SECONDS: Final = 1.0  # for the requests that are at work in all sandboxes

logger: Final = logging.getLogger(__name__)


class SandboxRegistry:
    """The sandboxes of one server, made on first use.

    Args:
        settings: what every sandbox starts from.
        store: where they are kept; in memory where none is given.

    Attributes:
        failures: faults of the mock itself.
        labels: names of sandboxes as their owners know them: the start of the API key.
        snapshots: of sandboxes, by the names that they were saved under; in memory.
    """

    def __init__(self, settings: Settings | None = None, store: Store | None = None) -> None:
        self.settings = settings or Settings()
        self.failures = InternalErrors()
        self.labels: dict[str, str] = {}
        self.snapshots = Snapshots()
        self._store = store or Store(journal_limit=self.settings.journal_limit)
        self._lock = Lock()
        self._sandboxes: dict[str, Sandbox] = {}
        self._stalled: set[str] = set()  # the ticker could not settle them, and has logged it
        self._delete_rest()
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

    @contextmanager
    def session(self, name: str) -> Iterator[Session]:
        """A session of the sandbox of that name, of the new one where it is being reset."""
        while True:
            is_open = False
            try:
                with self.sandbox(name).session() as session:
                    is_open = True
                    yield session
                    return
            except SandboxClosed:
                if is_open:
                    raise

    def name_of_company(self, company_id: str) -> str | None:
        """The name of the sandbox that a company is in, for a merchant, who has no key."""
        with self._store.transaction():
            return self._store.sandboxes.name_of_company(company_id)

    def name_of_code(self, code: str) -> str | None:
        """The name of the sandbox that a code of the Sync Flow is valid in."""
        with self._store.transaction():
            return self._store.sandboxes.name_of_code(code)

    def reset(
        self, name: str, settings: Settings | None = None, snapshot: bytes | None = None
    ) -> Sandbox:
        """Replace the sandbox of that name by a new one, in one transaction.

        Args:
            name: the sandbox's.
            settings: what the new one starts from; None for what every sandbox starts from.
            snapshot: what it holds; None for nothing.

        Raises:
            UnusableFile: the snapshot is none; the sandbox stays as it was.
        """
        if snapshot:
            with self._store.restoring(snapshot) as restored:
                return self._replace(name, settings, restored)
        return self._replace(name, settings, None)

    def _replace(self, name: str, settings: Settings | None, restored: Restoring | None) -> Sandbox:
        while True:
            replaced = self._sandboxes.get(name)
            with replaced.alone() if replaced else nullcontext(), self._lock:
                if self._sandboxes.get(name) is not replaced:
                    continue  # by another reset, while this one waited
                if replaced and restored:
                    settings = settings or replaced.settings
                own = settings or self.settings
                fresh = Sandbox(self._store, name, own, self.failures, replaced, restored)
                self._sandboxes[name] = fresh
            if replaced:
                replaced.close()
                self._delete_rest()
            return fresh

    def _delete_rest(self) -> None:
        """Delete the rows of sandboxes and companies that are gone already."""
        with suppress(StorageError):  # a later call, or the next start, does it
            self._store.delete_discarded()

    def settle(self) -> None:
        """Do what has fallen due in every sandbox whose clock runs.

        A frozen clock brings nothing; a request that moves it does what falls due.
        """
        self._delete_rest()
        for name, sandbox in self._sandboxes.copy().items():
            if not sandbox.is_running:
                continue
            try:
                with suppress(SandboxClosed):
                    sandbox.settle()
                self._stalled.discard(name)
            except StorageError:
                if name not in self._stalled:
                    logger.warning("The database fails: '%s' does nothing by itself.", name)
                self._stalled.add(name)
            except Exception as error:
                # No request is there to be answered, and the other sandboxes must go on. The error
                # is logged once, not four times a second.
                if name not in self._stalled:
                    self.failures.note(f"what was due in the sandbox '{name}'", error)
                    logger.exception("What was due in the sandbox '%s' could not be done.", name)
                self._stalled.add(name)

    def close(self) -> None:
        """End what goes on by itself, and close the store.

        A request that is still at work is not waited for: what it has written in portions is undone
        or continued when the file is opened again, as after a kill.
        """
        until = machine_seconds() + CLOSE_SECONDS
        for sandbox in list(self._sandboxes.values()):
            sandbox.close(max(0.0, until - machine_seconds()))
        self._store.close()
