"""The server's kill loop: `codat-mock serve` dies by `kill -9` under load, again and again.

    python tests/support/server_kill_loop.py             20 kills, half a minute
    python tests/support/server_kill_loop.py --thorough  300 kills

Four shops, two of them in one sandbox, push sales, update and delete them, and poll the datasets,
each in a thread that repeats a request until it is answered. The server keeps a file, and is
started again on it after each kill. At the end all is synced: what was answered 200 must be in the
books once, in its last version, and no shop may have a finding: each only repeats what was not
answered.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import httpx

from codat_mock.clock import machine_seconds

ORDERS = "commerce-orders"
START = "2022-03-21T06:00:00Z"
KEYS = ("together", "together", "alone", "apart")  # of the shops' sandboxes
LONGEST_LIFE_SECONDS = 0.5
LONGEST_START_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
COMMAND = Path(sys.executable).with_name("codat-mock")


class KilledServer:
    """A `codat-mock serve` on a file, at one port, that can be killed and started again.

    Args:
        folder: for its file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.db"
        self.port = 0
        self.process = self._started()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _started(self) -> subprocess.Popen[str]:
        options = ["--db", str(self.path), "--port", str(self.port), "--log", "quiet"]
        options += ["--speed", "frozen", "--start-at", START, "--profile", "instant"]
        process = subprocess.Popen(
            [str(COMMAND), "serve", *options], stdout=subprocess.PIPE, text=True
        )
        line = process.stdout.readline() if process.stdout else ""
        assert line, "the server does not start"
        self.port = int(line.split()[3].rpartition(":")[2])
        return process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def restart(self) -> None:
        self.process = self._started()


@dataclass
class Shop:
    """A merchant's shop, which pushes and polls until it is stopped.

    Attributes:
        kept: what the mock has accepted: the total of each order, None for one that is deleted.
        created: when each order was made.
        answered: the requests that were answered, by their methods.
        error: what ended the shop.
    """

    server: KilledServer
    key: str
    rng: Random
    number: int
    company: str = ""
    kept: dict[str, int | None] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    made: int = 0
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.server.address,
            headers={"X-Test-Id": self.key, "Authorization": "Basic a2V5"},
            timeout=PATIENCE_SECONDS,
        )
        self.company = self.ask("POST", "/_mock/companies", {"name": f"Shop {self.number}"})["id"]
        other = {"id": "x", "createdDate": START}
        self.push("commerce-payments", [other | {"type": "Cash"}])
        self.push("commerce-transactions", [other | {"type": "Transfer"}])

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """Send a request until it is answered, and return the JSON of the answer."""
        deadline = machine_seconds() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.http.request(method, path, json=content)
            except httpx.TransportError:
                self.unanswered += 1
                assert machine_seconds() < deadline, "the server does not come back"
                time.sleep(0.02)
                continue
            assert answer.status_code == 200, f"{method} {path}: {answer.text}"
            self.answered[method] += 1
            return answer.json()

    def push(self, data_type: str, records: list[dict[str, Any]]) -> None:
        """Push until it is answered, and look at the end of the dataset."""
        name = data_type.removeprefix("commerce-")
        path = f"/data/companies/{self.company}/sync/{data_type}"
        dataset = self.ask("POST", path, {name: records})["datasetId"]
        history = f"/meta/companies/{self.company}/pull/history/{dataset}"
        assert self.ask("GET", history)["status"] == "Complete"

    def run(self, is_over: Event) -> None:
        try:
            while not is_over.is_set():
                self.sell()
        except BaseException as error:  # noqa: BLE001  (raised by the loop's own thread)
            self.error = error

    def sell(self) -> None:
        """New sales, and a change or a delete of earlier ones."""
        now = self.ask("POST", "/_mock/clock/advance", {"seconds": 1})["now"]
        changed: dict[str, int | None] = {}
        for _ in range(self.rng.randint(1, 3)):
            self.made += 1
            changed[f"{self.number}-{self.made}"] = self.made * 1000
        there = [key for key, total in self.kept.items() if total is not None]
        for key in self.rng.sample(there, min(2, len(there))):
            is_deleted = self.rng.random() < 0.2
            changed[key] = None if is_deleted else (self.kept[key] or 0) + 1
        self.push(ORDERS, [self.order(key, total, now) for key, total in changed.items()])
        self.kept |= changed

    def order(self, key: str, total: int | None, now: str) -> dict[str, Any]:
        if total is None:
            return {"id": key}
        is_new = key not in self.kept
        line = {"id": "1", "quantity": 1, "totalAmount": total, "unitPrice": total}
        order = {"id": key, "currency": "GBP", "totalAmount": total, "orderLineItems": [line]}
        created = now if is_new else self.created[key]
        self.created[key] = created
        return order | {"createdDate": created, "sourceModifiedDate": now}


@dataclass
class Result:
    """What the kill loop found."""

    kills: int
    records: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.records} records in {self.answered['POST']} pushes and"
            f" moves, {self.answered['GET']} polls, {self.unanswered} requests without an answer:"
            f" {len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.flagged)} falsely"
            " flagged"
        )


def main(kills: int, seed: int = 0) -> Result:
    """Kill the server so many times under load; print and return what came of it."""
    rng = Random(seed)  # noqa: S311  (when to kill, nothing secret)
    with tempfile.TemporaryDirectory() as folder:
        server = KilledServer(Path(folder))
        try:
            shops = [
                Shop(server, key, Random(seed + number), number)  # noqa: S311  (what to sell)
                for number, key in enumerate(KEYS, 1)
            ]
            is_over = Event()
            threads = [Thread(target=shop.run, args=(is_over,)) for shop in shops]
            for thread in threads:
                thread.start()
            try:
                for _ in range(kills):
                    time.sleep(rng.uniform(0.05, LONGEST_LIFE_SECONDS))
                    server.kill()
                    server.restart()
            finally:
                is_over.set()
                for thread in threads:
                    thread.join()
            result = checked(kills, shops)
            for shop in shops:
                shop.http.close()
        finally:
            server.kill()
    print(result, flush=True)
    for line in (*result.lost, *result.doubled, *result.flagged):
        print(f"  {line}")
    return result


def checked(kills: int, shops: list[Shop]) -> Result:
    """Sync everything, and compare the books with what the shops know to be accepted."""
    result = Result(kills)
    for shop in shops:
        if shop.error:
            raise shop.error
        result.answered += shop.answered
        result.unanswered += shop.unanswered
        result.records += len(shop.kept)
    for shop in {shop.key: shop for shop in shops}.values():
        found = shop.ask("GET", "/_mock/findings")["findings"]
        result.flagged += [f"{shop.key}: {each['message']}" for each in found]
        now = datetime.fromisoformat(shop.ask("GET", "/_mock/clock")["now"])
        night = (now + timedelta(days=1)).replace(hour=12)
        shop.ask("POST", "/_mock/clock/set", {"to": night.isoformat()})
    for shop in shops:
        [books] = shop.ask("GET", f"/_mock/books?companyId={shop.company}")["companies"]
        booked = [
            (record["key"], record["amount"])
            for document in books["documents"]
            for record in document["records"]
            if record["dataType"] == ORDERS
        ]
        totals = dict(booked)
        result.lost += [key for key, total in shop.kept.items() if totals.get(key) != total]
        counts = Counter(key for key, _ in booked)
        result.doubled += [key for key, count in counts.items() if count > 1]
        result.doubled += [key for key in totals if shop.kept.get(key) is None]
    return result


if __name__ == "__main__":
    found = main(300 if sys.argv[1:] == ["--thorough"] else 20)
    sys.exit(1 if found.lost or found.doubled or found.flagged else 0)
