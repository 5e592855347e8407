"""The soak: a server under steady load, whose memory, descriptors and answer times must not grow.

    python tests/support/soak.py                 20 seconds
    python tests/support/soak.py --seconds 600   so long
    python tests/support/soak.py --thorough      an hour

Eight integrations of a `codat-mock serve` with a file push, update and poll; now and then one reads
its books and findings, a client hangs up in the middle of a push, and a sandbox is reset once it
holds enough. The first fifth warms up. After that memory may grow by a tenth and 30 MB, and
descriptors by none once the clients have gone. Beside it the machine is watched: a pause or a write
to the disk that takes long there explains an answer that takes as long.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import httpx

from codat_mock.clock import machine_seconds

CLIENTS = 8
ORDERS = "commerce-orders"
CYCLES_PER_SANDBOX = 40
WARM_UP_SHARE = 0.2
SAMPLE_SECONDS = 1.0
PROBE_SECONDS = 0.5
LARGEST_GROWTH = 1.1
SLACK_MEGABYTES = 30.0
MOST_P99_SECONDS = 5.0  # of a machine that does much else
GONE_SECONDS = 10.0  # until the server has noticed that its clients have gone


@dataclass
class Machine:
    """What the machine itself takes, whoever keeps it busy.

    Attributes:
        longest_pause: seconds by which a short sleep lasted longer at most.
        longest_write: seconds that a few bytes took to reach the disk at most.
    """

    longest_pause: float = 0.0
    longest_write: float = 0.0

    def watch(self, folder: Path, is_over: Event) -> None:
        """Sleep and write until it is over."""
        with (folder / "probe").open("wb") as file:
            while True:
                began = machine_seconds()
                if is_over.wait(PROBE_SECONDS):
                    return
                pause = machine_seconds() - began - PROBE_SECONDS
                began = machine_seconds()
                file.write(b"x")
                file.flush()
                os.fsync(file.fileno())
                self.longest_pause = max(self.longest_pause, pause)
                self.longest_write = max(self.longest_write, machine_seconds() - began)


@dataclass
class Result:
    """What the soak measured."""

    seconds: float
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    machine: Machine = field(default_factory=Machine)
    descriptors_before: int = 0
    descriptors_after: int = 0

    @property
    def p99(self) -> float:
        return sorted(self.times)[len(self.times) * 99 // 100]

    @property
    def warm(self) -> float:
        """The most memory of the first half after the warm-up."""
        half = self.megabytes[: max(1, len(self.megabytes) // 2)]
        return max(half)

    @property
    def last(self) -> float:
        """The memory at the end: the median of the last tenth."""
        end = sorted(self.megabytes[-max(1, len(self.megabytes) // 10) :])
        return end[len(end) // 2]

    @property
    def problems(self) -> list[str]:
        found = list(self.failures)
        if self.last > self.warm * LARGEST_GROWTH + SLACK_MEGABYTES:
            found.append(f"memory grows from {self.warm:.0f} to {self.last:.0f} MB")
        if self.descriptors_after > self.descriptors_before:
            found.append(
                f"{self.descriptors_after} descriptors are open after {self.descriptors_before}"
            )
        if self.p99 > MOST_P99_SECONDS:
            found.append(f"p99 is {self.p99:.2f} s")
        return found

    def __str__(self) -> str:
        return (
            f"{self.seconds:.0f} s, {self.requests} requests"
            f" ({self.requests / self.seconds:.0f} a second): p99 {self.p99 * 1000:.0f} ms,"
            f" slowest {max(self.times) * 1000:.0f} ms; memory {self.warm:.0f} MB, at the end"
            f" {self.last:.0f} MB; descriptors {self.descriptors_before} before,"
            f" {self.descriptors_after} after; {len(self.failures)} failures; the machine's longest"
            f" pause {self.machine.longest_pause * 1000:.0f} ms, longest write to the disk"
            f" {self.machine.longest_write * 1000:.0f} ms"
        )


class Integration:
    """One client in a sandbox of its own."""

    def __init__(self, address: str, number: int) -> None:
        self.address = address
        self.key = f"soak-{number}"
        self.rng = Random(number)  # noqa: S311  (what to send, nothing secret)
        self.times: list[float] = []
        self.failures: list[str] = []
        self.http = httpx.Client(
            base_url=address, timeout=60,
            headers={"X-Test-Id": self.key, "Authorization": "Basic a2V5"},
        )  # fmt: skip

    def run(self, is_over: Event) -> None:
        try:
            while not is_over.is_set():
                self.live(is_over)
        except Exception as error:  # noqa: BLE001  (listed among the failures)
            self.failures.append(f"{self.key}: {type(error).__name__}: {error}")
        finally:
            self.http.close()

    def ask(self, method: str, path: str, content: object = None) -> httpx.Response:
        began = machine_seconds()
        answer = self.http.request(method, path, json=content)
        self.times.append(machine_seconds() - began)
        if answer.status_code != 200:
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    def live(self, is_over: Event) -> None:
        """The life of a sandbox, from one reset to the next."""
        self.ask("POST", "/_mock/reset", {"startAt": "2022-03-21T08:00:00Z"})
        company = self.ask("POST", "/_mock/companies", {"name": "Soak"}).json()["id"]
        push = f"/data/companies/{company}/sync/{ORDERS}"
        for cycle in range(CYCLES_PER_SANDBOX):
            if is_over.is_set():
                return
            orders = [
                {"id": f"{number}", "createdDate": "2022-03-21T08:00:00Z", "totalAmount": cycle}
                for number in range(self.rng.randint(1, 60))
            ]
            dataset = self.ask("POST", push, {"orders": orders}).json()["datasetId"]
            for _ in range(3):
                self.ask("GET", f"/meta/companies/{company}/pull/history/{dataset}")
                self.ask("POST", "/_mock/clock/advance", {"seconds": 30})
            if self.rng.random() < 0.1:
                self.hang_up(push)
            if self.rng.random() < 0.1:
                for path in ("books", "findings", "report?format=html", "requests"):
                    self.ask("GET", f"/_mock/{path}")
        self.ask("POST", "/_mock/clock/advance", {"days": 2})

    def hang_up(self, push: str) -> None:
        """Close the connection in the middle of a push."""
        host, _, port = self.address.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            head = f"POST {push} HTTP/1.1\r\nHost: x\r\nX-Test-Id: {self.key}\r\n"
            raw.sendall(f'{head}Content-Length: 900\r\n\r\n{{"orders": ['.encode())


def megabytes(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(
        int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")
    )


def descriptors(pid: int) -> int:
    """The open descriptors of a process (Linux)."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def main(seconds: float) -> Result:
    """Load a server for so long; print and return what was measured."""
    result = Result(seconds)
    command = str(Path(sys.executable).with_name("codat-mock"))
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", "0", "--db", f"{folder}/soak.db", "--log", "quiet"]
        options += ["--speed", "frozen", "--journal-limit", "16"]
        with subprocess.Popen(
            [command, "serve", *options], stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                load(line.split()[3], process.pid, Path(folder), result)
            finally:
                process.terminate()
    print(result, flush=True)
    for line in result.problems[:20]:
        print(f"  {line}")
    return result


def load(address: str, pid: int, folder: Path, result: Result) -> None:
    """Load a server, and measure its process and the machine.

    Args:
        address: the server's.
        pid: its process.
        folder: on the disk of its database.
        result: gets what is measured.
    """
    httpx.get(f"{address}/_mock/health").raise_for_status()
    time.sleep(SAMPLE_SECONDS)
    result.descriptors_before = descriptors(pid)
    is_over = Event()
    clients = [Integration(address, number) for number in range(CLIENTS)]
    threads = [Thread(target=client.run, args=(is_over,)) for client in clients]
    threads.append(Thread(target=result.machine.watch, args=(folder, is_over)))
    for thread in threads:
        thread.start()
    began = machine_seconds()
    while (passed := machine_seconds() - began) < result.seconds:
        time.sleep(SAMPLE_SECONDS)
        if passed > result.seconds * WARM_UP_SHARE:
            result.megabytes.append(megabytes(pid))
    is_over.set()
    for thread in threads:
        thread.join()
    for client in clients:
        result.times += client.times
        result.failures += client.failures
    result.requests = len(result.times)
    gone = machine_seconds() + GONE_SECONDS
    while descriptors(pid) > result.descriptors_before and machine_seconds() < gone:
        time.sleep(0.1)
    result.descriptors_after = descriptors(pid)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--thorough", action="store_true")
    asked = parser.parse_args()
    sys.exit(1 if main(3600 if asked.thorough else asked.seconds).problems else 0)
