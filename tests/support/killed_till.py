"""A till that records, edits and pushes sales until it is killed: run as a process of its own.

Arguments: role, file, URL, key, company, speed of time, seconds between two changes, number of the
first sale. The role is `outbox` (an outbox and its worker), `async` (a ledger and the asynchronous
client) or `writer` (only records into the file of another role). Number -1: record nothing, push
what is queued and exit. Each change is printed once it is on the disk: `order-7 3`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Event
from typing import Any

import httpx
from killable_pos import MORNING, FastClock

from codat_push import AsyncPushClient, CodatError, Ledger, LedgerError, Outbox, PushClient
from codat_push.versions import make_version

ORDERS = "commerce-orders"
PATIENCE_SECONDS = 20.0  # of the service's time, for an answer
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
        self.timeout = httpx.Timeout(PATIENCE_SECONDS / clock.speed, connect=10.0)

    def changes(self) -> Iterator[dict[str, Any]]:
        """Sales without end, each edited once, and with pauses after they were taken."""
        number = self.first
        while True:
            for version in (1, 2):
                created = MORNING + timedelta(milliseconds=number)  # no two sales are equal
                record = {
                    "id": f"order-{number}",
                    "currency": "GBP",
                    "totalAmount": version,
                    "createdDate": created,
                    "sourceModifiedDate": created + timedelta(minutes=version),
                }
                yield record
                print(record["id"], version, flush=True)
                self.clock.wait(Event(), self.pause)
            number += 1

    def run_outbox(self, path: str, url: str, key: str, *, pushes: bool) -> None:
        http = httpx.Client(timeout=self.timeout, trust_env=False)
        client = PushClient(key, url, http, clock=self.clock)
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

    async def run_async(self, path: str, url: str, key: str) -> None:
        http = httpx.AsyncClient(timeout=self.timeout, trust_env=False)
        client = AsyncPushClient(key, url, http, clock=self.clock)
        with Ledger(path, clock=self.clock) as ledger:
            if self.first < 0:
                while not await self.push(client, ledger):
                    await asyncio.sleep(1.0 / self.clock.speed)
                return
            for count, record in enumerate(self.changes(), 1):
                ledger.put(self.company, ORDERS, make_version(ORDERS, record))
                if count % CHANGES_PER_RUN == 0:
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
    else:
        till.run_outbox(path, url, key, pushes=role == "outbox")


if __name__ == "__main__":
    main(*sys.argv[1:])
