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
from codat_push.http_messages import (
    headers_of,
    no_answer,
    read_answer,
    retry_after,
    simplified,
    status_error,
)
from codat_push.models import PushAnswer
from codat_push.operations import Call

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


@pytest.mark.parametrize(
    ("value", "sent", "seconds"),
    [
        ("0", "", 0.0), ("7", "", 7.0), ("1.5", "", 1.5), (" 7 ", "", 7.0), ("86400", "", 86_400),
        ("86401", "", 86_400.0), ("9" * 400, "", 86_400.0), ("-1", "", None), ("1.", "", None),
        (".5", "", None), ("7s", "", None), ("", "", None), ("1e3", "", None),
        (http_date(NOW), "", 0.0), (http_date(NOW - timedelta(days=1)), "", 0.0),
        (http_date(NOW + timedelta(seconds=1)), "", 1.0),
        (http_date(NOW + timedelta(days=1)), "", 86_400.0),
        (http_date(NOW + timedelta(days=1, seconds=1)), "", 86_400.0),
        (http_date(NOW), http_date(NOW - timedelta(seconds=5)), 5.0),
        (http_date(NOW), http_date(NOW + timedelta(seconds=5)), 0.0),
        (http_date(NOW + timedelta(seconds=3)), "soon", 3.0),
        ("Mon, 21 Mar 2022 12:00:04", "", 4.0), ("Mon, 21 Mar 2022 13:00:04 +0100", "", 4.0),
    ],
)  # fmt: skip
def test_a_wait_is_in_seconds_or_until_a_date_and_a_day_at_most(
    value: str, sent: str, seconds: float | None
) -> None:
    headers = httpx.Headers({"Retry-After": value, "Date": sent})
    assert retry_after(headers, NOW.timestamp()) == seconds


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ConnectError("no route"), Unreachable, "no route"),
        (httpx.ConnectTimeout(""), Unreachable, "ConnectTimeout"),
        (httpx.PoolTimeout("full"), Unreachable, "full"),
        (httpx.ProxyError("403"), Unreachable, "403"),
        (httpx.UnsupportedProtocol("x"), Unreachable, "x"),
        (httpx.ReadTimeout(""), AnswerLost, "ReadTimeout"),
        (httpx.WriteTimeout("slow"), AnswerLost, "slow"),
        (httpx.RemoteProtocolError("odd"), AnswerLost, "odd"),
        (httpx.CloseError("reset"), AnswerLost, "reset"),
        (httpx.DecodingError("gzip"), UnreadableAnswer, "gzip"),
        (httpx.TooManyRedirects("20"), UnreadableAnswer, "20"),
    ],
)  # fmt: skip
def test_a_failure_of_the_connection_says_whether_the_request_was_sent(
    error: httpx.HTTPError, kind: type[RequestError], message: str
) -> None:
    found = no_answer(error, httpx.Request("GET", BASE))
    assert type(found) is kind
    assert found.message == message


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": None, "b": 2.0, "c": 2.5, "d": [None, 1.0]}, {"b": 2, "c": 2.5, "d": [None, 1]}),
        ({"start": "2022-03-21", "name": "2022-03-21"},
         {"start": datetime(2022, 3, 21, tzinfo=UTC), "name": "2022-03-21"}),
        ({"start": "soon", "finish": {"end": "2022-03-21"}},
         {"start": "soon", "finish": {"end": datetime(2022, 3, 21, tzinfo=UTC)}}),
        ({"start": 0, "b": False}, {"start": 0, "b": False}), (1e300, int(1e300)), ("a", "a"),
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_made_plain(value: Any, plain: Any) -> None:
    assert simplified(value) == plain
    assert repr(simplified(value)) == repr(plain)


@pytest.mark.parametrize(
    ("content", "media", "message"),
    [
        (b'{"datasetId": 5}', "application/json", "Expected `str`, got `int` - at `$.datasetId`"),
        (b"<html>", "text/html; charset=utf-8", "the answer is text/html, not application/json"),
        (b"", "", "the answer is without a type, not application/json"),
        (b"{}", "application/json", "Object missing required field `datasetId`"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_says_why_and_how_it_starts(
    content: bytes, media: str, message: str
) -> None:
    call = Call("push", "POST", "/", PushAnswer, "c", b"{}")
    content = content.ljust(90, b" ")
    headers = {"X-Correlation-Id": "id"} | ({"Content-Type": media} if media else {})
    request = httpx.Request("POST", BASE)
    answer = httpx.Response(200, content=content, headers=headers, request=request)
    with pytest.raises(UnreadableAnswer) as caught:
        read_answer(call, answer, 0.0)
    start = content[:80].decode()
    assert caught.value.message == f"{message}; it starts with {start!r}"
    assert (caught.value.correlation_id, caught.value.status) == ("id", 200)


@pytest.mark.parametrize("media", ["application/json", "Application/JSON ;charset=utf-8"])
@pytest.mark.parametrize("status", [200, 202, 299])
def test_the_type_of_an_answer_may_have_any_case_and_parameters(media: str, status: int) -> None:
    call = Call("push", "POST", "/", PushAnswer, "c")
    headers = {"Content-Type": media}
    content = b'\xef\xbb\xbf{"datasetId": "d"}'
    answer = httpx.Response(status, content=content, headers=headers)
    assert read_answer(call, answer, 0.0) == PushAnswer("d")


@pytest.mark.parametrize(
    ("content", "headers", "message", "correlation_id"),
    [
        (b'{"error": "why", "correlationId": "a"}', {"X-Correlation-Id": "b"}, "why", "a"),
        (b'{"error": "why"}', {"X-Correlation-Id": "b"}, "why", "b"),
        (b'{"error": ""}', {}, "no reason given", ""), (b"<html>", {}, "no reason given", ""),
        (b'{"error": null, "correlationId": null}', {}, "no reason given", ""),
    ],
)  # fmt: skip
def test_a_refusal_has_the_reason_and_the_id_of_its_body_or_its_headers(
    content: bytes, headers: dict[str, str], message: str, correlation_id: str
) -> None:
    request = httpx.Request("GET", BASE)
    answer = httpx.Response(404, content=content, request=request,
                            headers=headers | {"Retry-After": "9"})  # fmt: skip
    error = status_error(answer, 0.0)
    assert type(error) is NotFound
    assert (error.message, error.correlation_id) == (message, correlation_id)
    assert (error.retry_after, error.response) == (9.0, answer)


@pytest.mark.parametrize("content", [None, b"{}", b""])
def test_a_type_is_sent_with_content_only(content: bytes | None) -> None:
    headers = headers_of(Call("push", "POST", "/", None, "c", content), "schlüssel")
    assert ("Content-Type" in headers) is (content is not None)
    assert headers["Authorization"] == "Basic c2NobMO8c3NlbA=="
    assert headers["Accept"] == "application/json"
