"""A sandbox: one integration's own state, which no other integration sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from copy import copy
from itertools import count
from random import Random
from threading import Lock, get_ident

from codat_mock.clock import Clock
from codat_mock.garbage_collection import collections
from codat_mock.sandbox import pushes, sync_writing, syncs, webhooks
from codat_mock.sandbox.client_behaviour import ClientBehaviour
from codat_mock.sandbox.in_flight_pushes import InFlightPushes
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.rate_limits import RateLimiter
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.sandbox.settings import Settings
from codat_mock.sandbox.webhook_sender import WebhookSender
from codat_mock.storage import Restoring, SandboxRow, StorageError, Store


class Sandbox:
    """What belongs to one sandbox; its verbs are functions that take a `session`.

    Args:
        store: the server's database.
        name: the sandbox's name, unique in the server.
        settings: what it starts from.
        failures: where faults of the mock are noted.
        replaced: the sandbox of the same name that is deleted in the same transaction.
        restored: what it holds from the start; None for nothing. `UnusableFile` is raised where it
            is damaged.

    Attributes:
        chance: the source of the ids of answers; not stored, so that a refusal writes nothing.
        request_numbers: gives each request of the integration its number.
        tables: its part of the database, for sessions.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        settings: Settings,
        failures: InternalErrors,
        replaced: Sandbox | None = None,
        restored: Restoring | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.chance = Random(f"{settings.seed}/{name}")  # noqa: S311  (nothing secret)
        self.in_flight = InFlightPushes()
        self.rate_limiter = RateLimiter()
        self.client_behaviour = ClientBehaviour()
        self._store = store
        self._is_closed = False
        self._lock = Lock()
        self._user: int | None = None
        with store.transaction(replaced.reopen if replaced else None):
            if replaced:
                replaced._is_closed = True
                store.sandboxes.delete(name)
            if restored:
                store.name_restored(restored, name)
            clock = Clock.starting(settings.start_at, settings.speed)
            self.tables = store.tables(store.sandboxes.get_or_add(name, clock))
            if not self.tables.row.minted and not restored:  # a new one
                webhooks.add_rules(self._begin(nullcontext), settings.alert_rules)
                self.tables.save()
        self.request_numbers = count(self.tables.row.requests + 1)
        self._webhook_sender = WebhookSender(self.session, settings.alert_hosts, failures)

    @property
    def is_running(self) -> bool:
        """Whether its time passes by itself."""
        return self.tables.row.clock.speed > 0

    @property
    def has_faults(self) -> bool:
        """Whether faults may be planned; False spares a request the look."""
        return self.tables.faults.is_any

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session, in which all that is due has been done.

        A few of the due syncs go into each transaction before it, so that requests of other
        sandboxes go between; those of this one wait. What an exception leaves undone is rolled back
        with all the rest.

        Raises:
            SandboxClosed: the sandbox was reset.
            RuntimeError: this thread has a session open already, and would wait for itself.
        """
        is_done = False
        with self.alone():
            while not is_done:
                with self._transaction() as session:
                    is_done = not syncs.run_due(session)
                    if is_done:
                        webhooks.run_due(session)
                        yield session
                        webhooks.run_due(session)
                        is_alert_due = session.tables.alerts.due(session.now) is not None
        if is_alert_due:
            self._webhook_sender.wake()

    def snapshot(self) -> bytes:
        """The sandbox as it is now, to be restored under this or another name."""
        with self.session() as session:
            session.tables.flush()
            saved = self._store.snapshot(session.tables.row, session.now, session.give_way)
        with closing(saved):
            return saved.serialize()

    @contextmanager
    def alone(self, patience: float = -1) -> Iterator[None]:
        """Keep other sessions of this sandbox out, also while the transaction is interrupted.

        Args:
            patience: seconds that it waits for another session, negative for no limit.

        Raises:
            RuntimeError: this thread keeps them out already, and would wait for itself.
            TimeoutError: another session took longer.
        """
        if self._user == get_ident():
            raise RuntimeError("a session of this thread is open already")
        if not self._lock.acquire(timeout=patience):
            raise TimeoutError(f"a session of the sandbox '{self.name}' has not ended")
        try:
            self._user = get_ident()
            yield
        finally:
            self._user = None
            self._lock.release()

    def settle(self) -> None:
        """Do what has fallen due, unless a session is open, which does that itself."""
        if self._lock.locked():
            return
        with self.session():
            pass

    def close(self, patience: float = 0.0) -> None:
        """End what goes on by itself, and write what was left for later.

        What was left is little, and none of it an answered push: it is not waited for long.

        Args:
            patience: seconds that it waits for a session.
        """
        self._webhook_sender.stop()
        if self._is_closed:  # by a reset, or twice
            return
        with (
            suppress(SandboxClosed, StorageError, TimeoutError),
            self.alone(patience),
            self._transaction() as session,
        ):
            session.tables.flush()
        self._is_closed = True

    def reopen(self) -> None:
        """Go on: the one that was to replace it could not be made."""
        self._is_closed = False

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        before: SandboxRow | None = None
        long_work: ExitStack | None = None

        def restore() -> None:
            if before is not None:
                self.tables.roll_back_all(before)

        @contextmanager
        def pause() -> Iterator[None]:
            nonlocal before, long_work
            error: BaseException | None = None
            if long_work is None:
                long_work = ExitStack()
                long_work.enter_context(collections.waiting())
            self.tables.save()
            with self._store.interruption():
                before = copy(self.tables.row)
                self.tables.begin_again()
                try:
                    yield
                except BaseException as raised:  # noqa: BLE001  (raised once the tables are usable)
                    error = raised
            self.tables.checkpoint()
            if error:
                raise error

        try:
            with self._store.transaction(restore):
                if self._is_closed:
                    raise SandboxClosed
                before = copy(self.tables.row)
                session = self._begin(pause)
                pushes.undo_unfinished(session)
                sync_writing.finish(session)
                yield session
                self.tables.save()
        finally:
            if long_work:
                long_work.close()

    def _begin(self, pause: Callable[[], AbstractContextManager[None]]) -> Session:
        self.tables.begin()
        now = self.tables.row.clock.now()
        return Session(self.tables, now, self.settings, self.client_behaviour, pause)
