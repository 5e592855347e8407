"""The proxy's connections: a body is passed on while it comes, and so is an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event
from typing import Any

import httpx
import pytest
from waitress.channel import ClientDisconnected

from codat_mock.har.recorder import Recording
from codat_mock.http.server import Server, listen
from codat_mock.replay.proxy import Proxy
from codat_mock.sandbox import SandboxRegistry, Settings

PATIENCE_SECONDS = 20.0
PIECES = [b"first ", b"second ", b"third"]
BODY = b"".join(PIECES)


class Service:
    """A service that tells each piece of a body when it has it."""

    def __init__(self) -> None:
        self.pieces: Queue[bytes] = Queue()
        self.ended: Queue[str] = Queue()

    def __call__(self, environ: Any, start: Any) -> list[bytes]:
        body = b""
        try:
            while piece := environ["wsgi.input"].read(1 << 16):
                body += piece
                self.pieces.put(piece)
        except ClientDisconnected:
            self.ended.put("cut")
            raise
        self.ended.put("whole")
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@contextmanager
def serving(app: Any) -> Iterator[Server]:
    with Server(SandboxRegistry(), listen("127.0.0.1", 0), instead=app) as server:
        yield server


@contextmanager
def proxied(upstream: str) -> Iterator[tuple[Proxy, Server]]:
    proxy = Proxy(upstream, Recording(None), Settings())
    with serving(proxy) as server:
        yield proxy, server
    proxy.close()


def connect(server: Server) -> socket.socket:
    url = httpx.URL(server.address)
    return socket.create_connection((url.host, url.port or 0), timeout=PATIENCE_SECONDS)


def head(server: Server, framing: str) -> bytes:
    host = server.address.removeprefix("http://")
    return f"POST /a HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n\r\n".encode()


def in_chunks(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def answer(client: socket.socket) -> bytes:
    """An answer with a length, up to its end."""
    read = b""
    while BODY not in read:
        piece = client.recv(65536)
        assert piece, read
        read += piece
    return read


@pytest.mark.parametrize("is_chunked", [True, False])
def test_each_piece_of_a_body_is_passed_on_before_the_next_is_sent(is_chunked: bool) -> None:
    service = Service()
    framing = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(BODY)}"
    with (
        serving(service) as upstream,
        proxied(upstream.address) as (_, server),
        connect(server) as client,
    ):
        for _ in range(2):  # on one connection
            client.sendall(head(server, framing))
            for piece in PIECES:
                client.sendall(in_chunks(piece) if is_chunked else piece)
                assert service.pieces.get(timeout=PATIENCE_SECONDS) == piece
            client.sendall(b"0\r\n\r\n" if is_chunked else b"")
            assert answer(client).endswith(BODY)
            assert service.ended.get(timeout=PATIENCE_SECONDS) == "whole"


def test_each_piece_of_an_answer_is_passed_on_before_the_next_is_made() -> None:
    goes_on = Event()

    def service(_environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"first"
        assert goes_on.wait(PATIENCE_SECONDS)
        yield b"second"

    with (
        serving(service) as upstream,
        proxied(upstream.address) as (_, server),
        httpx.stream("GET", server.address, trust_env=False) as answered,
    ):
        pieces = answered.iter_raw()
        assert next(pieces) == b"first"
        goes_on.set()
        assert b"".join(pieces) == b"second"


def test_a_request_that_its_client_cuts_off_is_cut_off_and_not_judged() -> None:
    service = Service()
    with serving(service) as upstream, proxied(upstream.address) as (proxy, server):
        with connect(server) as client:
            client.sendall(head(server, f"Content-Length: {len(BODY)}") + PIECES[0])
            assert service.pieces.get(timeout=PATIENCE_SECONDS) == PIECES[0]
        assert service.ended.get(timeout=PATIENCE_SECONDS) == "cut"
        assert not proxy._recording.all()
        assert httpx.post(server.address, content=BODY, trust_env=False).content == BODY


def test_a_damaged_chunk_cuts_the_request_off() -> None:
    service = Service()
    with serving(service) as server, connect(server) as client:
        client.sendall(head(server, "Transfer-Encoding: chunked") + in_chunks(PIECES[0]))
        assert service.pieces.get(timeout=PATIENCE_SECONDS) == PIECES[0]
        client.sendall(b"not a length\r\n")
        assert service.ended.get(timeout=PATIENCE_SECONDS) == "cut"


def test_what_an_answer_did_not_wait_for_is_read_and_forgotten() -> None:
    def hasty(_environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Length", str(len(BODY)))])
        return [BODY]

    with serving(hasty) as server, connect(server) as client:
        for _ in range(2):
            client.sendall(head(server, f"Content-Length: {1 << 22}"))
            assert answer(client).endswith(BODY)
            client.sendall(b"x" * (1 << 22))


def test_a_request_that_expects_it_gets_a_100_first() -> None:
    service = Service()
    framing = f"Content-Length: {len(BODY)}\r\nExpect: 100-continue"
    with serving(service) as server, connect(server) as client:
        client.sendall(head(server, framing))
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(BODY)
        assert answer(client).endswith(BODY)


def test_requests_sent_in_one_go_are_answered_in_turn() -> None:
    service = Service()
    framing = f"Content-Length: {len(BODY)}"
    with serving(service) as server, connect(server) as client:
        client.sendall((head(server, framing) + BODY) * 3)
        read = b""
        while read.count(BODY) < 3:
            piece = client.recv(65536)
            assert piece, read
            read += piece
    assert read.count(b"HTTP/1.1 200") == 3
