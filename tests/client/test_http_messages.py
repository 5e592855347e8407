"""Answers that the mock must never give, and what the client makes of them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import respx
from client_mock import FakeClock
from hypothesis import given
from hypothesis import strategies as st

import codat_push
from codat_push import (
    AccountLimit,
    AnswerLost,
    AsyncPushClient,
    BadRequest,
    CodatError,
    Forbidden,
    NotFound,
    NotReady,
    PushClient,
    PushTooLarge,
    RequestError,
    ServerError,
    StatusError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
    async_client,
    client,
)

BASE = "https://api.codat.io"
PUSH = f"{BASE}/data/companies/c/sync/commerce-orders"
ORDER = {"id": "a", "totalAmount": 1}
GOOD = {"data": {}, "datasetId": "d"}


def push(clock: FakeClock | None = None) -> codat_push.Dataset:
    with PushClient("key", clock=clock or FakeClock()) as client:
        return client.push("c", "commerce-orders", [ORDER])


def refused(kind: type[RequestError]) -> RequestError:
    with pytest.raises(kind) as caught:
        push()
    assert type(caught.value) is kind
    assert str(caught.value.request.url) == PUSH
    return caught.value


@respx.mock
def test_the_vendors_base_url_is_used_and_the_key_has_no_colon() -> None:
    route = respx.post(PUSH).respond(json=GOOD)
    assert push().id == "d"
    request = route.calls.last.request
    assert request.headers["Authorization"] == "Basic a2V5"
    assert request.headers["Content-Type"] == "application/json"
    assert request.content == b'{"orders":[{"id":"a","totalAmount":1}]}'


@respx.mock
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (402, AccountLimit),
        (403, Forbidden),
        (404, NotFound),
        (405, StatusError),
        (409, NotReady),
        (413, PushTooLarge),
        (429, TooManyRequests),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_a_status_error_has_the_vendors_message_and_correlation_id(
    status: int, kind: type[RequestError]
) -> None:
    body = {"statusCode": status, "error": "No such thing.", "correlationId": "c-1"}
    respx.post(PUSH).respond(status, json=body)
    error = refused(kind)
    assert (error.status, error.message, error.correlation_id) == (status, "No such thing.", "c-1")
    assert str(error) == f"POST {PUSH}: {status}: No such thing. [correlation id c-1]"
    assert error.response is not None
    assert error.response.json() == body
    assert b'"id":"a"' in error.request.content


@respx.mock
def test_a_proxys_html_page_is_a_status_error_without_a_message() -> None:
    respx.post(PUSH).respond(502, html="<html>Bad gateway</html>")
    error = refused(ServerError)
    assert (error.status, error.message) == (502, "no reason given")
    assert error.may_have_arrived


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        {"text": '{"datasetId": "d', "content_type": "application/json"},
        {"text": "", "content_type": "application/json"},
        {"json": {"data": {}}},
        {"json": ["datasetId"]},
        {"json": GOOD, "content_type": "text/plain"},
        {"html": "<html>Log in to this network</html>"},
        {"content": b'{"datasetId": "\xff"}', "content_type": "application/json"},
    ],
)
def test_an_answer_that_is_not_the_services_may_hide_a_push_that_arrived(
    answer: dict[str, Any],
) -> None:
    respx.post(PUSH).respond(200, **answer)
    error = refused(UnreadableAnswer)
    assert error.status == 200
    assert error.may_have_arrived


@respx.mock
def test_a_redirect_is_not_followed_with_the_key() -> None:
    respx.post(PUSH).respond(302, headers={"Location": "https://elsewhere.example/"})
    assert refused(StatusError).status == 302


@respx.mock
@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_without_a_connection_nothing_was_sent(fault: type[httpx.TransportError]) -> None:
    respx.post(PUSH).mock(side_effect=fault)
    assert not refused(Unreachable).may_have_arrived


@respx.mock
@pytest.mark.parametrize(
    "fault", [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError]
)
def test_a_connection_that_closes_early_loses_the_answer(fault: type[httpx.TransportError]) -> None:
    respx.post(PUSH).mock(side_effect=fault)
    assert refused(AnswerLost).may_have_arrived


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STARTS = {"headers": HEAD + b"X-Long: ", "body": HEAD + b"Content-Length: 1000\r\n\r\n"}


@contextmanager
def trickling(start: bytes) -> Iterator[str]:
    """The URL of a server that never ends an answer, and sends a byte of it ten times a second."""
    stopped = Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(start)
            while not stopped.wait(0.1):
                connection.sendall(b" ")

    def accept() -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = listener.accept()
                Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stopped.set()
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("part", STARTS)
def test_an_answer_that_trickles_is_given_up_whatever_part_of_it(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
    with (
        trickling(STARTS[part]) as url,
        PushClient("key", url) as pusher,
        pytest.raises(AnswerLost, match="no complete answer") as caught,
    ):
        pusher.push("c", "commerce-orders", [ORDER])
    assert caught.value.may_arrive_late


@pytest.mark.parametrize("part", STARTS)
def test_nor_does_one_hold_up_the_asynchronous_client(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_client, "ANSWER_SECONDS", 0.5)

    async def push(url: str) -> None:
        async with AsyncPushClient("key", url) as pusher:
            await pusher.push("c", "commerce-orders", [ORDER])

    with (
        trickling(STARTS[part]) as url,
        pytest.raises(AnswerLost, match="no complete answer") as caught,
    ):
        asyncio.run(push(url))
    assert caught.value.may_arrive_late


NOW = datetime(2022, 3, 21, 12, tzinfo=UTC)


def http_date(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


@respx.mock
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": http_date(NOW + timedelta(seconds=9))}, 9.0),
        (
            {
                "Retry-After": http_date(NOW + timedelta(hours=1, seconds=9)),
                "Date": http_date(NOW + timedelta(hours=1)),  # the service's clock is ahead
            },
            9.0,
        ),
        ({"Retry-After": http_date(NOW - timedelta(seconds=9))}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    respx.post(PUSH).respond(429, headers=headers)
    with pytest.raises(TooManyRequests) as caught:
        push(FakeClock(NOW.timestamp()))
    assert caught.value.retry_after == seconds


@given(status=st.integers(300, 599), body=st.binary(max_size=40), retry=st.text("0123456789 :GMT"))
def test_any_status_from_400_is_a_status_error(status: int, body: bytes, retry: str) -> None:
    answer = httpx.Response(status, content=body, headers={"Retry-After": retry})
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    with pytest.raises(StatusError):
        PushClient("key", BASE, http, clock=FakeClock()).dataset("c", "d")


def test_the_tree_shown_at_the_top_of_errors_is_the_tree() -> None:
    from codat_push import errors

    def branch(kind: type, depth: int) -> Iterator[tuple[int, str]]:
        yield depth, kind.__name__
        for below in kind.__subclasses__():
            yield from branch(below, depth + 1)

    shown = []
    for line in (errors.__doc__ or "").splitlines():
        drawn, _, rest = line.partition("── ")
        if rest or line == "CodatError":
            shown.append(((len(drawn) + 3) // 4 if rest else 0, (rest or line).split()[0]))
    assert shown == [*branch(CodatError, 0)]


@respx.mock
def test_an_http_client_that_was_passed_in_stays_open() -> None:
    respx.post(PUSH).respond(json=GOOD)
    with httpx.Client() as http:
        with PushClient("key", http=http, clock=FakeClock()) as client:
            client.push("c", "commerce-orders", [ORDER])
        assert not http.is_closed
