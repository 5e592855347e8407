"""A till that records, edits and pushes sales until it is killed: run as a process of its own.

Arguments: role, file, URL, key, company, speed of time, seconds between two changes, number of the
first sale. The role is `outbox` (an outbox and its worker), `async-outbox` (an asynchronous one),
`async` (a ledger and the asynchronous client) or `writer` (only records into the file of another
role). Number -1: record nothing, push what is queued and exit. Each change is printed once it is on
the disk: `order-7 3`. Ctrl-C cancels what is on its way and ends the till.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from threading import Event
from typing import Any

import httpx
from killable_pos import MORNING, FastClock

from codat_push import (
    AsyncOutbox,
    AsyncPushClient,
    CodatError,
    Ledger,
    LedgerError,
    Outbox,
    PushClient,
)
from codat_push.hooks import RequestEnd
from codat_push.versions import make_version

ORDERS = "commerce-orders"
PATIENCE_SECONDS = 20.0  # of the service's time, for an answer
LAST_PATIENCE_SECONDS = 2_000.0  # of the last run, which has to end on a slow machine, too
CHANGES_PER_RUN = 8  # of the asynchronous till


class Till:
    """What every role has in common.

    Args:
        company: its id.
        clock: the service's time.
        pause: seconds of it between two changes.
        first: the number of the first sale, -1 for none.
    """

    def __init__(self, company: str, clock: FastClock, pause: float, first: int) -> None:
        self.company = company
        self.clock = clock
        self.pause = pause
        self.first = first
        patience = LAST_PATIENCE_SECONDS if first < 0 else PATIENCE_SECONDS
        self.http = {
            "timeout": httpx.Timeout(patience / clock.speed, connect=10.0),
            "trust_env": False,
            "headers": {"X-Till": str(first)},  # so that the loop knows whose answers are lost
        }

    def changes(self) -> Iterator[dict[str, Any]]:
        """Sales without end, each edited once."""
        number = self.first
        while True:
            for version in (1, 2):
                created = MORNING + timedelta(milliseconds=number)  # no two sales are equal
                yield {
                    "id": f"order-{number}",
                    "currency": "GBP",
                    "totalAmount": version,
                    "createdDate": created,
                    "sourceModifiedDate": created + timedelta(minutes=version),
                }
            number += 1

    def note_reads(self, http: httpx.Client | httpx.AsyncClient) -> Callable[[RequestEnd], None]:
        """Number the requests, and say in each whether the answer to the one before was read.

        On a slow machine it may come too late although it was sent in time, or be made only when
        the till has given it up and asks for something else.
        """
        numbers = count(1)
        http.headers["X-Number"] = "0"

        def note(end: RequestEnd) -> None:
            http.headers["X-Read"] = "" if end.error else http.headers["X-Number"]
            http.headers["X-Number"] = str(next(numbers))

        return note

    def note(self, record: dict[str, Any]) -> None:
        """Print a change that is on the disk."""
        print(record["id"], record["totalAmount"], flush=True)

    def run_outbox(self, path: str, url: str, key: str, *, pushes: bool) -> None:
        http = httpx.Client(**self.http)
        on_request = self.note_reads(http)
        client = PushClient(key, url, http, clock=self.clock, on_request=on_request)
        with Outbox(path, client, clock=self.clock) as outbox:
            if self.first < 0:
                outbox.start()
                while outbox.status().depth:
                    self.clock.wait(Event(), 1.0)
                return
            for record in self.changes():
                if pushes:  # the second worker of a file takes over when the first is dead
                    with suppress(LedgerError):
                        outbox.start()
                outbox.record(self.company, ORDERS, record)
                self.note(record)
                self.clock.wait(Event(), self.pause)

    async def run_async_outbox(self, path: str, url: str, key: str) -> None:
        http = httpx.AsyncClient(**self.http)
        on_request = self.note_reads(http)
        client = AsyncPushClient(key, url, http, clock=self.clock, on_request=on_request)
        async with AsyncOutbox(path, client, clock=self.clock) as outbox:
            task: asyncio.Task[None] | None = None
            for record in self.changes():
                if task is None or task.done():
                    task = asyncio.create_task(self.work(outbox))
                await outbox.record(self.company, ORDERS, record)
                self.note(record)
                await self.clock.sleep_async(self.pause)

    async def work(self, outbox: AsyncOutbox) -> None:
        with suppress(LedgerError):  # it is another worker's turn
            await outbox.run()

    async def run_async(self, path: str, url: str, key: str) -> None:
        http = httpx.AsyncClient(**self.http)
        on_request = self.note_reads(http)
        client = AsyncPushClient(key, url, http, clock=self.clock, on_request=on_request)
        with Ledger(path, clock=self.clock) as ledger:
            if self.first < 0:
                while not await self.push(client, ledger):
                    await asyncio.sleep(1.0 / self.clock.speed)
                return
            for made, record in enumerate(self.changes(), 1):
                ledger.put(self.company, ORDERS, make_version(ORDERS, record))
                self.note(record)
                self.clock.wait(Event(), self.pause)
                if made % CHANGES_PER_RUN == 0:
                    await self.push(client, ledger)

    async def push(self, client: AsyncPushClient, ledger: Ledger) -> bool:
        """Push what is queued; whether all of it was accepted."""
        try:
            await client.resume(ledger, self.company)
            for chunk in ledger.changes(self.company, ORDERS, []):
                await client.deliver(ledger, chunk)
        except CodatError:  # the wire is faulty, or another process pushes from the file
            return False
        return not ledger.store.queue.depth()[0]


def main(
    role: str, path: str, url: str, key: str, company: str, speed: str, pause: str, first: str
) -> None:
    till = Till(company, FastClock(float(speed)), float(pause), int(first))
    if role == "async":
        asyncio.run(till.run_async(path, url, key))
    elif role == "async-outbox":
        asyncio.run(till.run_async_outbox(path, url, key))
    else:
        till.run_outbox(path, url, key, pushes=role == "outbox")


if __name__ == "__main__":
    # What starts a job in the background may have it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
