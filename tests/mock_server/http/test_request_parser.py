"""What is no request, or is one without an end, is answered at once and in the right shape."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from time import process_time

import pytest

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry

PATIENCE_SECONDS = 20.0
HEAD = b"Host: 127.0.0.1\r\nAuthorization: Basic a2V5\r\n"
CHUNKED = b"POST /meta/companies/sync HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

Ask = Callable[..., tuple[bytes, bytes]]


@pytest.fixture
def ask() -> Ask:
    """Send bytes to a server of its own; gives the head and the body of all it answers."""

    def send(*pieces: bytes) -> tuple[bytes, bytes]:
        with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
            address = ("127.0.0.1", int(server.address.rpartition(":")[2]))
            with socket.create_connection(address, PATIENCE_SECONDS) as line:
                try:
                    for piece in pieces:
                        line.sendall(piece)
                    received = b"".join(iter(lambda: line.recv(1 << 16), b""))
                except ConnectionError:  # refused while more was sent
                    return b"", b""
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    return send


@pytest.mark.parametrize(
    ("request_bytes", "words"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "use http:// instead of https://"),
        (b"\x00\x01\x02", "begins with its method"),
        (b"\r\n\r\n{}", "begins with its method"),
        (b"GET /meta/companies HTTP/1.1\nHost: 127.0.0.1\n\n", "Lines end with CR and LF"),
        (CHUNKED + b"f" * 300 + b"\r\n", "Chunk too large"),
        (CHUNKED + b"40000001\r\n", "Chunk too large"),
        (CHUNKED + b"1;" + b"a" * 100_000, "too long"),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000, "too long"),
    ],
    ids=["TLS", "bytes", "JSON", "LF", "no size", "a large size", "an extension", "a trailer"],
)
def test_what_is_no_request_is_refused_at_once(ask: Ask, request_bytes: bytes, words: str) -> None:
    head, body = ask(request_bytes)
    assert head.split()[1] == b"400"
    error = json.loads(body)
    assert words in error["error"]
    assert error["correlationId"].encode() in head


def test_a_request_without_a_body_that_expects_to_be_asked_for_it_is_answered(ask: Ask) -> None:
    expecting = b"GET /meta/companies HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
    head, body = ask(expecting + HEAD + b"\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["results"] == []


def test_the_control_api_refuses_in_its_own_shape(ask: Ask) -> None:
    head, body = ask(CHUNKED.replace(b"/meta/companies/sync", b"/_mock/companies") + b"x\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["detail"] == "Bad Request: Invalid chunk size"


def test_a_head_that_comes_byte_by_byte_is_read(ask: Ask) -> None:
    whole = b"\r\nGET /meta/companies HTTP/1.1\r\nConnection: close\r\n" + HEAD + b"\r\n"
    head, _ = ask(*(whole[place : place + 1] for place in range(len(whole))))
    assert head.startswith(b"HTTP/1.1 200 ")


def test_an_endless_trailer_costs_no_time(ask: Ask) -> None:
    began = process_time()
    ask(CHUNKED + b"0\r\n", *[b"X: y\r\n" * 40_000] * 150)
    assert process_time() - began < 1.0
