"""The same requests to codat-mock and to Prism, beside each other, in one run.

Prism answers by an OpenAPI document alone, here ours: it checks requests against it, and gives the
document's examples back. It keeps nothing, and judges nothing.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from msgspec.json import encode

from codat_scenarios.benchmark import (
    ORDERS,
    REQUESTS,
    body_of,
    order,
    push_path,
    raw_request,
    request_rate,
    served,
)

PACKAGE = "@stoplight/prism-cli@5"
INSTALL_SECONDS = 300
START_SECONDS = 60
PAUSE_SECONDS = 0.05  # between two looks whether it listens
ROUNDS = 5
LARGE_PUSHES = 3  # of each round

Address = tuple[str, int]


class NoPeer(Exception):
    """Prism cannot be measured here; the text says why."""


def rates_beside_prism() -> Iterator[tuple[str, float, float]]:
    """Measure both servers in turn, several rounds.

    Yields:
        What was asked, and how many of it codat-mock and Prism answer a second: the medians.

    Raises:
        NoPeer: Prism cannot be installed or started.
    """
    with served("--log", "quiet") as ours:
        document = ours.ask("GET", "/_mock/openapi.json")
        company_id, numbers = ours.new_company(), count()
        dataset_id = ours.ask("POST", push_path(company_id), body_of([]))["datasetId"]
        poll = raw_request("GET", f"/meta/companies/{company_id}/pull/history/{dataset_id}")

        def pushes(many: int, orders: int) -> list[bytes]:
            return [
                raw_request(
                    "POST",
                    push_path(company_id),
                    body_of([order(next(numbers)) for _ in range(orders)]),
                )
                for _ in range(many)
            ]

        with prism(document) as peer:
            for name, connections, made in (
                ("polls, 1 client", 1, lambda: [poll] * REQUESTS),
                ("polls, 32 clients", 32, lambda: [poll] * REQUESTS),
                ("small pushes", 1, lambda: pushes(REQUESTS, 1)),
                ("large pushes", 1, lambda: pushes(LARGE_PUSHES, ORDERS)),
            ):
                rates: dict[Address, list[float]] = {ours.address: [], peer: []}
                for _ in range(ROUNDS):
                    requests = made()
                    for address, found in rates.items():
                        found.append(request_rate(address, requests, connections))
                yield name, median(rates[ours.address]), median(rates[peer])


@contextmanager
def prism(document: object) -> Iterator[Address]:
    """Prism on a free port, installed for this run.

    Args:
        document: what it answers by, an OpenAPI document.

    Yields:
        Its address.

    Raises:
        NoPeer: it cannot be installed or started.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NoPeer("npm is not on the PATH")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_bytes(encode(document))
        try:
            subprocess.run(  # noqa: S603  (found on the PATH)
                [npm, "install", "--no-fund", "--no-audit", "--prefix", folder, PACKAGE],
                check=True,
                capture_output=True,
                timeout=INSTALL_SECONDS,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise NoPeer(f"npm cannot install {PACKAGE}: {error}") from None
        with socket.create_server(("127.0.0.1", 0)) as free:
            address: Address = free.getsockname()[:2]
        command = [folder / "node_modules/.bin/prism", "mock", folder / "openapi.json"]
        process = subprocess.Popen(  # noqa: S603  (just installed)
            [*command, "--host", address[0], "--port", str(address[1]), "--verboseLevel", "silent"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_open(address)
            yield address
        finally:
            process.terminate()
            process.wait()


def wait_until_open(address: Address) -> None:
    """Wait until a server listens.

    Raises:
        NoPeer: it takes too long.
    """
    until = perf_counter() + START_SECONDS
    while True:
        try:
            socket.create_connection(address).close()
        except OSError:
            if perf_counter() > until:
                raise NoPeer("Prism does not start") from None
            sleep(PAUSE_SECONDS)
        else:
            return
