"""A till that sells, edits and pushes until it is killed: run as a process of its own.

Arguments: outbox file, URL, key, company, speed of time, number of the first sale (-1: only push
what is queued and exit). Each change is printed once it is recorded: `order-7 3`.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event

from codat_push import Outbox, PushClient
from codat_push.clock import AsyncEvent, MachineClock

MORNING = datetime(2022, 3, 21, 8, tzinfo=UTC)


class FastClock(MachineClock):
    """The machine's time, multiplied."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def now(self) -> float:
        return super().now() * self.speed

    def monotonic(self) -> float:
        return super().monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / self.speed)

    def wait(self, event: Event, seconds: float | None) -> None:
        super().wait(event, None if seconds is None else seconds / self.speed)

    async def sleep_async(self, seconds: float) -> None:
        await super().sleep_async(seconds / self.speed)

    async def wait_async(self, event: AsyncEvent, seconds: float) -> None:
        await super().wait_async(event, seconds / self.speed)


def main(path: str, url: str, key: str, company: str, speed: str, first: str) -> None:
    clock = FastClock(float(speed))
    with PushClient(key, url, clock=clock) as client, Outbox(path, client, clock=clock) as outbox:
        outbox.start()
        if int(first) < 0:
            while outbox.status().depth:
                clock.wait(Event(), 1.0)
            return
        for step in count():
            number = int(first) + step // 2
            version = 1 + step % 2  # each sale is edited once
            record = {
                "id": f"order-{number}",
                "currency": "GBP",
                "totalAmount": version,
                "createdDate": MORNING + timedelta(seconds=number),
                "sourceModifiedDate": MORNING + timedelta(hours=1, seconds=step),
            }
            outbox.record(company, "commerce-orders", record)
            print(record["id"], version, flush=True)
            clock.wait(Event(), 1.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
