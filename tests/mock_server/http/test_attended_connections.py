"""One thread watches the connections whose clients ask again, and no request waits for another."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Event, Thread, get_ident
from typing import Any

import httpx
import pytest

from codat_mock.clock import machine_seconds, parse_moment
from codat_mock.http import attended_connections
from codat_mock.http.attended_connections import (
    UNWATCHED_SECONDS,
    USES_POLL,
    AttendedConnections,
    ready_among,
)
from codat_mock.http.request_parser import Parser
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings, pushes
from codat_scenarios.sandbox_driver import SandboxDriver, authorization

PATIENCE_SECONDS = 20.0
BRIEF_SECONDS = 0.001
LONG_SECONDS = 3600.0
NOON = parse_moment("2022-03-21T12:00:00Z")
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are watched until the end of the test."""
    monkeypatch.setattr(attended_connections, "ATTENTION_SECONDS", LONG_SECONDS)


@contextmanager
def serving(app: App) -> Iterator[Callable[[], socket.socket]]:
    """A server with that application; gives what connects to it."""
    with ExitStack() as opened:
        server = opened.enter_context(
            Server(SandboxRegistry(), listen("127.0.0.1", 0), instead=app)
        )
        yield lambda: opened.enter_context(
            socket.create_connection(address_of(server), PATIENCE_SECONDS)
        )


def address_of(server: Server) -> tuple[str, int]:
    return "127.0.0.1", int(server.address.rpartition(":")[2])


def answer(start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "0")])
    return []


def send(connection: socket.socket, path: str = "/") -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def receive(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(1 << 16)
        assert piece, received
        received += piece
    assert received.startswith(b"HTTP/1.1 200"), received


def ask(connection: socket.socket, path: str = "/") -> None:
    send(connection, path)
    receive(connection)


@pytest.mark.usefixtures("unhurried")
def test_one_thread_answers_all_clients_that_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attended_connections, "UNWATCHED_SECONDS", LONG_SECONDS)
    threads: list[int] = []

    def app(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        threads.append(get_ident())
        return answer(start_response)

    with serving(app) as connect:
        clients = [connect() for _ in range(8)]
        for client in clients:
            ask(client)
        threads.clear()
        for _ in range(5):
            for client in clients:
                send(client)
            for client in clients:
                receive(client)
    assert len(threads) == 40
    assert len({*threads}) == 1


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("is_sent_before", [True, False])
def test_a_long_request_holds_no_client_that_asks_again(is_sent_before: bool) -> None:
    may_end, has_begun = Event(), Event()
    waits: list[bool] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/long":
            has_begun.set()
            waits.append(may_end.wait(PATIENCE_SECONDS))
        return answer(start_response)

    with serving(app) as connect:
        one, other, third = connect(), connect(), connect()
        for client in (one, other, third):
            ask(client)
        send(one, "/long")
        if not is_sent_before:
            assert has_begun.wait(PATIENCE_SECONDS)
        for _ in range(3):
            ask(other)
            ask(third)
        may_end.set()
        receive(one)
        ask(one)
    assert waits == [True]


@pytest.mark.usefixtures("unhurried")
def test_a_new_client_is_answered_at_once_while_others_are_watched() -> None:
    with serving(lambda _environ, start_response: answer(start_response)) as connect:
        first = connect()
        ask(first)
        second = connect()
        for _ in range(3):
            ask(second)
            ask(first)


def test_a_client_that_is_watched_no_more_is_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attended_connections, "ATTENTION_SECONDS", 0.0)
    with serving(lambda _environ, start_response: answer(start_response)) as connect:
        clients = [connect(), connect()]
        for client in clients * 3:
            ask(client)


@pytest.mark.usefixtures("unhurried")
def test_a_client_that_goes_is_watched_no_more() -> None:
    with serving(lambda _environ, start_response: answer(start_response)) as connect:
        staying, going = connect(), connect()
        ask(staying)
        ask(going)
        going.close()
        ask(staying)


@pytest.mark.usefixtures("unhurried")
def test_a_client_whose_bytes_cannot_be_read_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = Parser.received

    def fail(parser: Parser, data: bytes) -> int:
        if b"/broken" in data:
            raise RuntimeError("a fault of the server")
        return read(parser, data)

    monkeypatch.setattr(Parser, "received", fail)
    with serving(lambda _environ, start_response: answer(start_response)) as connect:
        staying, broken = connect(), connect()
        for _ in range(2):
            ask(staying)
            ask(broken)
        send(broken, "/broken")
        assert broken.recv(100) == b""
        ask(staying)


@pytest.mark.usefixtures("unhurried")
def test_a_server_that_watches_ends_at_once() -> None:
    began = machine_seconds()
    with serving(lambda _environ, start_response: answer(start_response)) as connect:
        ask(connect())
    assert machine_seconds() - began < PATIENCE_SECONDS


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("is_concurrent", [True, False])
def test_a_push_that_comes_while_another_is_carried_out_by_the_same_thread_overlaps_it(
    monkeypatch: pytest.MonkeyPatch, is_concurrent: bool
) -> None:
    with (
        Server.bind(Settings(start_at=NOON, speed=0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        driver = SandboxDriver(http, "key")
        driver.create_company("Bean There")
        one, other = (
            socket.create_connection(address_of(server), PATIENCE_SECONDS) for _ in range(2)
        )
        push = push_of(driver.company_id)
        with one, other:
            for client in (one, other):  # both are watched from now on
                ask(client, "/_mock/health")
            until = machine_seconds() + PATIENCE_SECONDS
            while len(server._http.task_dispatcher.attended._waiting) < 3:  # with that of `http`
                assert machine_seconds() < until
            if is_concurrent:
                read = pushes.receive

                def receive_slowly(*arguments: Any, **options: Any) -> pushes.ReceivedPush:
                    monkeypatch.setattr(pushes, "receive", read)
                    other.sendall(push)
                    return read(*arguments, **options)

                monkeypatch.setattr(pushes, "receive", receive_slowly)
            one.sendall(push)
            receive(one)
            if not is_concurrent:
                other.sendall(push)
            receive(other)
        found = [each["code"] for each in driver.findings()["findings"]]
    assert found.count("S05") == is_concurrent


class Threads:
    """Those of a server, by hand.

    Attributes:
        wakes: how often the loop was woken.
    """

    is_needed = False
    is_alone = False

    def __init__(self) -> None:
        self.wakes = 0

    def pull_trigger(self) -> None:
        self.wakes += 1


class Connection:
    """A connection by hand, on which each byte is a request.

    Args:
        threads: of the server.
        work: carries a request out.
    """

    is_open_for_more = True
    noticed: float | None = None

    def __init__(self, threads: Threads, work: Callable[[], None] = lambda: None) -> None:
        self.server = threads
        self.socket, self.client = socket.socketpair()
        self.requests: list[bytes] = []
        self.is_released = False
        self._work = work

    def read(self) -> bool:
        self.requests.append(self.socket.recv(1))
        return bool(self.requests[0])

    def carry_out(self) -> None:
        self.requests.pop()
        self._work()

    def release(self) -> None:
        self.is_released = True

    def close(self) -> None:
        self.socket.close()
        self.client.close()


@contextmanager
def attended(work: Callable[[], None]) -> Iterator[tuple[AttendedConnections, Threads, Any, Any]]:
    """Two connections that are attended, and what the first asks for; the second asks nothing."""
    threads: Any = Threads()
    with (
        closing(AttendedConnections(threads)) as made,
        closing(Connection(threads, work)) as one,
        closing(Connection(threads)) as other,
    ):
        yield made, threads, one, other


@pytest.mark.usefixtures("unhurried")
def test_the_loop_takes_back_what_nobody_has_watched_for_some_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(attended_connections, "machine_seconds", lambda: now)
    seen: list[Any] = []

    def work() -> None:
        nonlocal now
        other.client.send(b"x")
        seen.append((threads.wakes, made.take_back(), other.is_released))
        now += UNWATCHED_SECONDS / 2
        seen.append((threads.wakes, made.take_back(), other.is_released))
        now += UNWATCHED_SECONDS
        seen.append((threads.wakes, made.take_back(), other.is_released))
        threads.is_needed = True  # so that the thread watches no more

    with attended(work) as (made, threads, one, other):
        made._waiting[other] = now + LONG_SECONDS
        one.client.send(b"x")
        made.attend(one)
        assert one.is_released
        assert other.noticed == now  # it had come by then, whoever reads it when
    assert seen == [
        (1, UNWATCHED_SECONDS, False),  # the loop is woken, as it knew of none
        (1, UNWATCHED_SECONDS, False),
        (1, None, True),
    ]


@pytest.mark.usefixtures("unhurried")
def test_the_loop_is_woken_no_more_once_it_knows() -> None:
    wakes: list[int] = []

    def work() -> None:
        wakes.append(threads.wakes)
        made.take_back()
        threads.is_needed = len(wakes) == 3

    with attended(work) as (made, threads, one, other):
        made._waiting[other] = machine_seconds() + LONG_SECONDS
        one.requests = [b"x", b"x", b"x"]
        made.attend(one)
    assert wakes == [1, 1, 1]


def test_a_connection_that_is_closed_or_held_back_is_left_to_the_loop() -> None:
    with attended(lambda: None) as (made, _, one, other):
        other.is_open_for_more = False
        made._waiting[other] = machine_seconds() + LONG_SECONDS
        made.attend(one)
        assert other.is_released
    with attended(lambda: None) as (made, _, _one, other):
        other.is_open_for_more = False
        made._is_watched = True
        made.attend(other)
        assert other.is_released


@pytest.mark.usefixtures("unhurried")
def test_the_loop_takes_nothing_that_is_watched_and_is_not_woken_for_one_connection() -> None:
    taken: list[float | None] = []

    def work() -> None:
        taken.append(made.take_back())
        threads.is_needed = True

    with attended(work) as (made, threads, one, other):
        assert made.take_back() is None
        one.client.send(b"x")
        made.attend(one)
        assert (taken, threads.wakes) == ([None], 0)
        made._is_watched, made._waiting[other] = True, machine_seconds() + LONG_SECONDS
        assert made.take_back() == UNWATCHED_SECONDS
        assert not other.is_released
        assert made.take_back(at_once=True) is None
        assert other.is_released


@pytest.mark.usefixtures("unhurried")
def test_a_thread_leaves_the_watch_to_one_that_has_left_it_a_moment_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(attended_connections, "machine_seconds", lambda: now)
    others: list[Thread] = []

    def come_back() -> None:
        """What another thread does that has carried a request out."""
        others.append(Thread(target=made.attend, args=(other,)))
        others[-1].start()

    def work() -> None:
        nonlocal now
        come_back()
        others[0].join(PATIENCE_SECONDS)
        assert not others[0].is_alive()
        now += 2 * UNWATCHED_SECONDS
        come_back()
        until = machine_seconds() + PATIENCE_SECONDS
        while not made._is_watched:
            assert machine_seconds() < until
        threads.is_needed = True
        made.wake()

    with attended(work) as (made, threads, one, other):
        one.client.send(b"x")
        made.attend(one)
        others[1].join(PATIENCE_SECONDS)
        assert not others[1].is_alive()


@pytest.mark.usefixtures("unhurried")
def test_requests_that_were_sent_at_once_take_turns_with_those_of_others() -> None:
    order: list[str] = []

    def work() -> None:
        order.append("one")
        threads.is_needed = len(order) == 4

    with attended(work) as (made, threads, one, other):
        other._work = lambda: order.append("other")
        one.requests = [b"x", b"x", b"x"]
        made._waiting[other] = machine_seconds() + LONG_SECONDS
        other.client.send(b"x")
        made.look()
        made.attend(one)
    assert order == ["other", "one", "one", "one"]


def push_of(company_id: str) -> bytes:
    """A push as it is sent."""
    body = b'{"orders": []}'
    head = (
        f"POST /data/companies/{company_id}/sync/commerce-orders HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {authorization('key')}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


@pytest.mark.parametrize(("uses_poll", "looks"), [(True, 0), (True, 3), (False, 0)])
def test_data_is_waited_for_until_it_is_there_or_the_time_is_over(
    pair: tuple[socket.socket, socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    uses_poll: bool,
    looks: int,
) -> None:
    monkeypatch.setattr(attended_connections, "USES_POLL", uses_poll and USES_POLL)
    ours, theirs = pair
    watched = {ours.fileno(): ours}
    assert ready_among(watched, BRIEF_SECONDS, looks) == []
    theirs.sendall(b"x")
    assert ready_among(watched, PATIENCE_SECONDS, looks) == [ours]


@pytest.mark.parametrize("looks", [0, 1])
def test_what_is_there_at_a_look_needs_no_sleep(
    pair: tuple[socket.socket, socket.socket], looks: int
) -> None:
    ours, theirs = pair
    theirs.sendall(b"x")
    assert ready_among({ours.fileno(): ours}, 0.0, looks) == [ours]


def test_a_time_that_is_over_is_none() -> None:
    assert ready_among({}, -1.0) == []


def test_a_connection_that_was_closed_meanwhile_ends_no_watch(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = pair
    number = ours.fileno()
    ours.close()
    for uses_poll in (USES_POLL, False):
        monkeypatch.setattr(attended_connections, "USES_POLL", uses_poll)
        assert ready_among({number: ours}, 0.0) in ([], [ours])
        assert ready_among({-1: ours}, 0.0) == []
