"""The kill loop: tills on a faulty wire that die by `kill -9` or Ctrl-C again and again.

    python tests/support/kill_loop.py             30 kills, half a minute
    python tests/support/kill_loop.py --thorough  400 kills

At each of three paces, two companies sell at once: one by an outbox, with two workers on one file
(one blocking, one asynchronous) and a third process that only records, and one by the asynchronous
client, likewise. Of the requests, 15 % fail: before or after they are carried out, garbled, or 30 s
of the service's time late, which is longer than the tills wait; as many answers have date-times
without an offset and nulls for flags. Some datasets are cancelled by the operator. Then the tills
run to their end on a good wire, all is synced, and the books are compared with what the tills
printed.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from client_mock import NOON, MockCompany
from threaded_server import served

from codat_mock.sandbox.pushes import forget_answer

ORDERS = "commerce-orders"
SPEED = 100.0
PACES = {"quick": 0.5, "ordinary": 3.0, "slow": 20.0}  # seconds of the service between changes
ROLES = ("outbox", "async-outbox", "outbox-writer", "async", "async", "async-writer")
SHOPS = {role: "async" if role in ("async", "async-writer") else "outbox" for role in ROLES}
FAULT_SHARE = 0.15
NAIVE_SHARE = 0.15
INTERRUPTED_SHARE = 0.3  # of the tills that end
CANCELLED_EVERY = 10  # kills
LATE_SECONDS = 30.0
MOST_READS = 3  # of a dataset after its end, that rule T08 allows
FAULTS = ("500", "reset", "acted-502", "acted-reset", "garbled", "late", "late-answer")
LONGEST_LIFE_SECONDS = 0.6  # of the machine
LONGEST_START_SECONDS = 30  # of the machine
LONGEST_END_SECONDS = 120.0  # of the machine: the last run on a good wire
TILL = Path(__file__).with_name("killed_till.py")


class FaultyWire:
    """The service behind a wire that fails for a share of the requests.

    Args:
        app: the service.
        rng: draws the faults.
    """

    def __init__(self, app: WSGIApplication, rng: Random) -> None:
        self.app = app
        self.rng = rng
        self.lock = Lock()
        self.is_faulty = True
        self.faults: Counter[str] = Counter()
        self.on_lost: Callable[[str, str], None] = lambda _company, _dataset: None
        self.dead: set[str] = set()  # tills
        self.latest: dict[str, str] = {}  # the number of each till's last request
        self.answers: dict[str, tuple[str, str, bytes]] = {}  # number, path, content: to that one
        self.failed: set[tuple[str, str]] = set()  # till and number: answered at once, by a fault
        self.ends_read: Counter[str] = Counter()  # of each dataset, how often
        self.late_polls: Counter[str] = Counter()  # of each dataset, how many were given up first

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        till = environ.get("HTTP_X_TILL", "")
        number = environ.get("HTTP_X_NUMBER", "")
        with self.lock:
            answered = self.answers.pop(till, None)
            self.latest[till] = number
        if answered and answered[0] == environ.get("HTTP_X_READ"):
            self.note_read(*answered[1:])
        elif answered:
            self.lose(*answered[1:])  # it came too late
            if (till, answered[0]) not in self.failed:
                self.note_late(answered[1])
        with self.lock:
            is_hit = self.is_faulty and self.rng.random() < FAULT_SHARE
            fault = self.rng.choice(FAULTS) if is_hit else "none"
            self.faults[fault] += 1
            is_naive = self.rng.random() < NAIVE_SHARE
        if fault == "500":
            start("500 Oops", [("Content-Type", "application/json")])
            return [b'{"error": "oops"}']
        if fault == "reset":
            raise ConnectionResetError
        if fault == "late" and environ["REQUEST_METHOD"] == "GET":
            fault = "late-answer"  # a late poll would come beside the next (rule T06)
        if fault == "late":
            time.sleep(LATE_SECONDS / SPEED)
        status, headers, content = self.carry_out(environ)
        with self.lock:
            is_awaited = till not in self.dead and self.latest[till] == number
            if is_awaited:
                self.answers[till] = number, environ["PATH_INFO"], content
        if not is_awaited:
            self.note_late(environ["PATH_INFO"])
            self.lose(environ["PATH_INFO"], content)
        if fault == "none":
            if is_naive:
                headers = [(name, value) for name, value in headers if name != "Content-Length"]
                content = make_naive(content)
            start(status, headers)
            return [content]
        self.lose(environ["PATH_INFO"], content)
        if fault == "late-answer":
            time.sleep(LATE_SECONDS / SPEED)
        else:  # the till knows at once, and has to wait before it asks again
            self.failed.add((till, number))
        if fault == "acted-502":
            start("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<html>Bad gateway</html>"]
        if fault == "garbled":
            start(status, [(name, value) for name, value in headers if name != "Content-Length"])
            return [content[:-5]]
        raise ConnectionResetError

    def carry_out(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        answered: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            answered[:] = [status, headers]

        content = b"".join(self.app(environ, start))
        status, headers = answered
        return status, headers, content

    def forget(self, till: int) -> None:
        """A till is about to die: nobody will know whether it reads its last answer.

        Called before it dies, for another worker on its file may push again at once.
        """
        with self.lock:
            self.dead.add(str(till))
            answered = self.answers.get(str(till))
        if answered:
            self.lose(*answered[1:])

    def note_late(self, path: str) -> None:
        """A poll was carried out, and its till had given it up: the next may follow at once."""
        self.late_polls[path.rpartition("/")[2]] += 1

    def note_read(self, path: str, content: bytes) -> None:
        """A till says that it has read an answer."""
        if "/pull/history/" in path and b'"completed"' in content:
            self.ends_read[path.rpartition("/")[2]] += 1

    def lose(self, path: str, content: bytes) -> None:
        """Tell the mock that the answer to a push did not reach its client."""
        answer = json.loads(content) if content.startswith(b"{") else {}
        if isinstance(answer, dict) and "datasetId" in answer:
            self.on_lost(path.split("/")[3], answer["datasetId"])


def make_naive(content: bytes) -> bytes:
    """An answer without the offsets of date-times, and with nulls for flags that are false."""
    content = re.sub(rb'(:\d\d(\.\d+)?)Z"', rb'\1"', content)
    return re.sub(rb'("is(Completed|Errored)": ?)false', rb"\1null", content)


@dataclass
class Shop:
    """A company, and the file that its tills share."""

    here: MockCompany
    path: Path
    client: str


@dataclass
class Till:
    """A running till, and the file that it prints into."""

    process: subprocess.Popen[bytes]
    printed: Path
    number: int

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> None:
        """Cancel what it does, as by Ctrl-C; it ends by itself."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(LONGEST_START_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_for_life(self, seconds: float) -> None:
        """Wait until it has recorded something, and then a while."""
        for _ in range(LONGEST_START_SECONDS * 100):
            if self.printed.stat().st_size or self.process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(seconds)
        assert self.process.poll() is None, "a till has died by itself"


@dataclass
class Result:
    """What the kill loop found."""

    kills: int = 0
    recorded: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        faults = sum(count for fault, count in self.faults.items() if fault != "none")
        return (
            f"{self.kills} kills, {self.recorded} changes, {faults} of {self.faults.total()}"
            f" requests failed: {len(self.lost)} lost, {len(self.doubled)} doubled,"
            f" {len(self.findings)} findings"
        )


class KillLoop:
    """One pace of the kill loop.

    Args:
        folder: for the tills' files.
        pace: seconds of the service between two changes of a till.
        seed: of faults, and of who is killed and when.
    """

    def __init__(self, folder: Path, pace: float, seed: int) -> None:
        self.folder = folder
        self.pace = pace
        self.rng = Random(seed)  # noqa: S311  (whom to kill, nothing secret)
        self.started = 0
        stage = MockCompany(speed=SPEED)
        self.shops = {
            client: Shop(MockCompany(key=client, beside=stage), folder / f"{client}.db", client)
            for client in ("outbox", "async")
        }
        self.wire = FaultyWire(stage.app, Random(seed + 1))  # noqa: S311  (as above)
        self.wire.on_lost = self.forget
        for shop in self.shops.values():
            shop.here.driver.configure(NOON - timedelta(days=1), "Monthly")
            for name, kind in (("payments", "Cash"), ("transactions", "Transfer")):
                other = {"id": "x", "createdDate": NOON, "type": kind}
                here = shop.here
                here.client.wait(here.client.push(here.company, f"commerce-{name}", [other]))

    def forget(self, company: str, dataset: str) -> None:
        for shop in self.shops.values():
            if shop.here.company == company:
                with shop.here.sandbox.session() as session:
                    forget_answer(session, company, dataset)

    def run(self, kills: int) -> Result:
        result = Result(kills=kills)
        with served(self.wire) as url, ExitStack() as stack:
            tills = [self.start(role, url) for role in ROLES]
            stack.callback(lambda: [till.kill() for till in tills])
            for number in range(1, kills + 1):
                if number % CANCELLED_EVERY == 0:
                    shop = self.rng.choice([*self.shops.values()])
                    shop.here.driver.plan_outcome("dataset", "Cancelled")
                index = self.rng.randrange(len(tills))
                tills[index].wait_for_life(self.rng.uniform(0, LONGEST_LIFE_SECONDS))
                self.wire.forget(tills[index].number)
                if self.rng.random() < INTERRUPTED_SHARE:
                    tills[index].interrupt()
                else:
                    tills[index].kill()
                tills[index] = self.start(ROLES[index], url)
            for till in tills:
                self.wire.forget(till.number)
                till.kill()
            self.wire.is_faulty = False
            for role in ("outbox", "async"):
                tills.append(self.start(role, url, first=-1))
                assert tills[-1].process.wait(LONGEST_END_SECONDS) == 0
        for shop in self.shops.values():
            self.check(shop, result)
        result.faults = self.wire.faults
        return result

    def start(self, role: str, url: str, first: int | None = None) -> Till:
        """Start a till; `first` is the number of its first sale, by default one of its own."""
        kind = "writer" if role.endswith("-writer") else role
        shop = self.shops[SHOPS[role]]
        self.started += 1
        number = self.started * 10_000 if first is None else first
        arguments = [kind, str(shop.path), url, shop.here.key, shop.here.company]
        arguments += [str(SPEED), str(self.pace), str(number)]
        printed = self.folder / f"{shop.client}-{self.started}.txt"
        with printed.open("wb") as out:
            process = subprocess.Popen([sys.executable, str(TILL), *arguments], stdout=out)
        return Till(process, printed, number)

    def printed_by(self, client: str) -> Iterator[tuple[str, int]]:
        for file in sorted(self.folder.glob(f"{client}-*.txt")):
            for line in file.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    identity, version = line.split()
                    yield identity, int(version)

    def check(self, shop: Shop, result: Result) -> None:
        here = shop.here
        here.client.sync_now(here.company)
        booked = [
            (record["key"], record["amount"])
            for document in here.driver.books()["documents"]
            for record in document["records"]
            if record["dataType"] == ORDERS
        ]
        amounts = dict(booked)
        recorded = dict(self.printed_by(shop.client))
        result.recorded += len(list(self.printed_by(shop.client)))
        # A change may be on the disk although the till died before it printed it.
        result.lost += [
            key
            for key, version in recorded.items()
            if amounts.get(key) not in (version, min(2, version + 1))
        ]
        result.doubled += [key for key, count in Counter(k for k, _ in booked).items() if count > 1]
        result.findings += [
            f"{found['code']}: {found['message']}"
            for found in here.driver.findings()["findings"]
            if not self.is_excused(found)
        ]

    def is_excused(self, finding: dict[str, Any]) -> bool:
        """Whether the service cannot know what excuses the client.

        A dataset is read again because the answers with its end were lost (T08), or soon because
        the poll before was carried out only when its till had given it up (T06), once for each.
        """
        datasets = finding["records"]
        if finding["code"] == "T06":
            late = sum(self.wire.late_polls[dataset] for dataset in datasets)
            return bool(finding["count"] <= late)
        reads = sum(self.wire.ends_read[dataset] for dataset in datasets)
        return finding["code"] == "T08" and reads <= MOST_READS


def main(kills: int) -> list[Result]:
    """Run the loop at each pace, and print a line for each."""
    results = []
    for seed, (name, pace) in enumerate(PACES.items()):
        with tempfile.TemporaryDirectory() as folder:
            result = KillLoop(Path(folder), pace, seed).run(kills // len(PACES))
        print(f"{name}: {result}", flush=True)
        for line in (*result.lost, *result.doubled, *result.findings):
            print(f"  {line}")
        results.append(result)
    return results


if __name__ == "__main__":
    is_thorough = sys.argv[1:] == ["--thorough"]
    bad = [r for r in main(402 if is_thorough else 30) if r.lost or r.doubled or r.findings]
    sys.exit(1 if bad else 0)
