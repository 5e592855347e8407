"""A receiver of alerts to test with, and what tests of alerts do again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any

import httpx

from codat_mock.clock import machine_seconds

RULES = "/_mock/alerts/rules"
ORDER = {"id": "A-1", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": 85}


@dataclass
class Receiver:
    """A receiver of alerts, which gives the planned answers, the last one for ever.

    Args:
        url: where it is reached.
        path: the only one that counts; empty for every one. Requests for others, such as of
            sandboxes that are gone, are answered 200 and forgotten.
    """

    url: str = ""
    path: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    may_answer: Event = field(default_factory=Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if receiver.path and self.path != receiver.path:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            receiver.got.append((self.path, headers, body))
            receiver.may_answer.wait(20)
            status, more = (
                receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            )
            receiver.answered.append(status)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        receiver.may_answer.set()
        server.shutdown()
        thread.join()


@contextmanager
def trickling() -> Iterator[Receiver]:
    """A receiver that sends a byte of its answer now and then, and never comes to an end."""
    is_over = Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(10_000)
            with suppress(OSError):
                while not is_over.wait(0.02):
                    self.request.sendall(b"H")

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
        is_over.set()
        server.shutdown()
        thread.join()


def add_rule(client: httpx.Client, receiver: Receiver, **more: Any) -> str:
    rule = {"type": "Data sync completed", "url": receiver.url} | more
    answer = client.post(RULES, json=rule)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["rules"][-1]["ruleId"])


def push(client: httpx.Client, company: str, *records: Any) -> str:
    path = f"/data/companies/{company}/sync/commerce-orders"
    return str(client.post(path, json={"orders": records}).json()["datasetId"])


def settle(client: httpx.Client, **duration: float) -> list[dict[str, Any]]:
    """Move the clock, and wait until every try that is due has been made."""
    if duration:
        client.post("/_mock/clock/advance", json=duration).raise_for_status()
    deadline = machine_seconds() + 20
    while machine_seconds() < deadline:
        receiver = client.get("/_mock/alerts").json()
        if receiver["isSettled"]:
            return list(receiver["alerts"])
    raise AssertionError("alerts do not settle")


def seconds_of(alert: dict[str, Any]) -> list[float]:
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in alert["attempts"]]
    return [(moment - moments[0]).total_seconds() for moment in moments]
