"""A sandbox: one integration's own state, which no other integration sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from itertools import count
from random import Random

from codat_mock.clock import Clock
from codat_mock.sandbox import syncs, webhooks
from codat_mock.sandbox.client_behaviour import ClientBehaviour
from codat_mock.sandbox.in_flight_pushes import InFlightPushes
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.rate_limits import RateLimiter
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.sandbox.settings import Settings
from codat_mock.sandbox.webhook_sender import WebhookSender
from codat_mock.storage import SandboxRow, StorageError, Store


class Sandbox:
    """What belongs to one sandbox; its verbs are functions that take a `session`.

    Args:
        store: the server's database.
        name: the sandbox's name, unique in the server.
        settings: what it starts from.
        failures: where faults of the mock are noted.
        replaced: the sandbox of the same name that is deleted in the same transaction.

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
    ) -> None:
        self.name = name
        self.settings = settings
        self.chance = Random(f"{settings.seed}/{name}")  # noqa: S311  (nothing secret)
        self.in_flight = InFlightPushes()
        self.rate_limiter = RateLimiter()
        self.client_behaviour = ClientBehaviour()
        self._store = store
        self._is_closed = False
        with store.transaction(replaced.reopen if replaced else None):
            if replaced:
                replaced._is_closed = True
                store.sandboxes.delete(name)
            clock = Clock.starting(settings.start_at, settings.speed)
            self.tables = store.tables(store.sandboxes.get_or_add(name, clock))
            if not self.tables.row.minted:  # a new one
                webhooks.add_rules(self._begin(), settings.alert_rules)
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
        sandboxes go between. What an exception leaves undone is rolled back with all the rest.

        Raises:
            SandboxClosed: the sandbox was reset.
        """
        is_done = False
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

    def settle(self) -> None:
        """Do what has fallen due."""
        with self.session():
            pass

    def close(self) -> None:
        """End what goes on by itself, and write what was left for later."""
        self._webhook_sender.stop()
        if self._is_closed:  # by a reset, or twice
            return
        with suppress(SandboxClosed, StorageError), self._transaction() as session:
            session.tables.datasets.flush()
        self._is_closed = True

    def reopen(self) -> None:
        """Go on: the one that was to replace it could not be made."""
        self._is_closed = False

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        before: SandboxRow | None = None

        def restore() -> None:
            if before is not None:
                self.tables.roll_back_all(before)

        with self._store.transaction(restore):
            if self._is_closed:
                raise SandboxClosed
            before = copy(self.tables.row)
            yield self._begin()
            self.tables.save()

    def _begin(self) -> Session:
        self.tables.begin()
        now = self.tables.row.clock.now()
        return Session(self.tables, now, self.settings, self.client_behaviour)
