"""Whatever a request's target is: it goes to the upstream, or is refused."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codat_mock.har.recorder import Recording
from codat_mock.http.server import Server, listen
from codat_mock.replay.proxy import Proxy, without_hops
from codat_mock.sandbox import SandboxRegistry, Settings

PIECES = [
    b"/", b"//", b":", b":8080", b"@", b"evil", b"evil:80", b"http://", b"HTTPS://", b"\\", b"?",
    b"#", b"..", b"%2f", b"%40", b"[", b"]", b"::1", b"*", b"\xff", b"\x00", b"\t", b"\x0b", b"a",
    b"_mock", b";", b"=", b"&", b"127.0.0.1", b"//[",
]  # fmt: skip
ORIGIN_FORM = re.compile(rb"/[!-\"$-~]*")
targets = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(b"".join) | st.binary(
    min_size=1, max_size=12
)
Ask = Callable[[bytes], tuple[int, list[str]]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Send a target to a proxy; gives the status, and the targets that arrived upstream."""
    arrived: list[str] = []
    connected: list[Any] = []

    def upstream(environ: Any, start: Any) -> list[bytes]:
        arrived.append(environ["REQUEST_URI"])
        start("299 Upstream", [])
        return []

    with ExitStack() as stack:
        serve = lambda app: stack.enter_context(  # noqa: E731
            Server(SandboxRegistry(), listen("127.0.0.1", 0), instead=app)
        )
        service = serve(upstream)
        proxy = stack.enter_context(
            closing(Proxy(f"{service.address}/base/", Recording(), Settings()))
        )
        address = ("127.0.0.1", int(serve(proxy).address.rpartition(":")[2]))
        connect = socket.create_connection

        def noted(where: Any, *args: Any, **kwargs: Any) -> socket.socket:
            connected.append(where)
            return connect(where, *args, **kwargs)

        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(socket, "create_connection", noted)

        def ask(target: bytes) -> tuple[int, list[str]]:
            arrived.clear()
            connected.clear()
            head = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % target
            with connect(address) as client:
                client.sendall(head)
                answer = client.makefile("rb").read()
            assert {f"http://{host}:{port}" for host, port in connected} <= {service.address}
            return int(answer.split(b" ", 2)[1]), [*arrived]

        yield ask


@example(b":8080/x")
@example(b"@evil/x")
@example(b"//evil/x")
@example(b"//@evil:80/x?a=//b")
@example(b"http://evil/x")
@example(b"http://[")
@example(b"//_mock/findings")
@example(b"/../../x\\y?z")
@example(b"*")
@settings(max_examples=150)
@given(targets)
def test_a_request_goes_to_the_upstream_or_is_refused(ask: Ask, target: bytes) -> None:
    status, arrived = ask(target)
    if target.startswith(b"/_mock/"):
        assert arrived == []
    elif ORIGIN_FORM.fullmatch(target):
        assert (status, arrived) == (299, [f"/base{target.decode()}"])
    else:
        assert (status, arrived) == (400, [])


def test_headers_that_connection_names_are_not_passed_on() -> None:
    headers = [
        ("Connection", "X-One, keep-alive"), ("connection", "x-two,\tX-Three"), ("X-One", "1"),
        ("x-two", "2"), ("X-THREE", "3"), ("Keep-Alive", "5"), ("X-Four", "4"),
    ]  # fmt: skip
    assert without_hops(headers) == (("X-Four", "4"),)
