"""Each answer of the proxy, and what it records, with a service in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from werkzeug.test import Client, TestResponse

from codat_mock.clock import machine_now, machine_seconds, parse_moment
from codat_mock.har.exchange import Recorded
from codat_mock.har.recorder import Recording
from codat_mock.http.request_context import ARRIVED
from codat_mock.replay.proxy import Proxy, refusal
from codat_mock.sandbox import Settings

Answer = Callable[[httpx.Request], httpx.Response]
LOCAL = {"Host": "127.0.0.1"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transport takes a tenth of a second to make, for its certificates."""
    monkeypatch.setattr(httpx, "HTTPTransport", lambda **_: httpx.MockTransport(pytest.fail))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with closing(Proxy("https://x.example:8443/base/", Recording(), Settings())) as made:
        yield made


def ask(
    proxy: Proxy, answer: Answer, path: str = "/meta/companies", method: str = "GET", **more: Any
) -> TestResponse:
    proxy._http = httpx.Client(transport=httpx.MockTransport(answer))
    headers = more.pop("headers", {}) | LOCAL
    return Client(proxy).open(path, method=method, headers=headers, buffered=True, **more)


def kept(proxy: Proxy) -> Recorded:
    [found] = proxy._recording.all()
    return found


def well(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=iter([b'{"a":1}']))


def test_a_request_and_its_answer_are_recorded_as_they_went_through(proxy: Proxy) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        request.read()
        headers = [("X-Own", "1"), ("Connection", "X-Two"), ("X-Two", "2")]
        return httpx.Response(201, content=iter([b'{"a"', b":1}"]), headers=headers)

    headers = {"X-Own": "0", "Connection": "X-Three", "X-Three": "3", "Content-Type": "text/odd"}
    shown = ask(proxy, answer, "/a%2Fb?c=%20", "POST", data=b"{}", headers=headers)
    assert (shown.status_code, shown.get_data()) == (201, b'{"a":1}')
    assert shown.headers["X-Own"] == "1"
    assert "X-Two" not in shown.headers
    assert seen[0].content == b"{}"
    assert "X-Three" not in seen[0].headers
    assert seen[0].headers["Host"] == "x.example:8443"
    assert seen[0].extensions["target"] == b"/base/a%2Fb?c=%20"
    found = kept(proxy)
    assert (found.method, found.status) == ("POST", 201)
    assert found.url == "https://x.example:8443/base/a%2Fb?c=%20"
    assert (found.sent, found.sent_type, found.answered) == (b"{}", "text/odd", b'{"a":1}')
    assert ("X-Own", "0") in found.headers
    assert ("X-Own", "1") in found.answered_headers


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (httpx.ConnectError("no route"), 502, "no route"),
        (httpx.ConnectError(""), 502, "ConnectError"),
        (httpx.ConnectTimeout("slow"), 0, "slow"), (httpx.ReadTimeout(""), 0, "ReadTimeout"),
        (httpx.RemoteProtocolError("odd"), 0, "odd"), (httpx.WriteError("reset"), 0, "reset"),
    ],
)  # fmt: skip
def test_without_an_answer_the_request_may_have_arrived_but_not_without_a_connection(
    proxy: Proxy, error: httpx.HTTPError, status: int, reason: str
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    shown = ask(proxy, fail)
    assert shown.status_code == 502
    body = shown.get_json()
    expected = f"codat-mock proxy: https://x.example:8443/base/ does not answer: {reason}"
    assert body == {"title": "Bad Gateway", "status": 502, "detail": expected}
    assert shown.headers["Codat-Mock-Proxy"] == "refused"
    found = kept(proxy)
    assert found.status == status
    assert found.answered_headers == (("Codat-Mock-Proxy", "refused"),)
    assert json.loads(found.answered or b"") == body


class Broken(httpx.SyncByteStream):
    """A body that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"abc"
        raise httpx.ReadError("reset")


def test_an_answer_that_breaks_off_is_recorded_as_lost(proxy: Proxy) -> None:
    with pytest.raises(httpx.ReadError):
        ask(proxy, lambda _: httpx.Response(200, stream=Broken())).get_data()
    assert (kept(proxy).status, kept(proxy).answered) == (0, b"abc")


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_the_time_of_a_request_is_from_its_arrival_to_the_end_of_its_answer(
    proxy: Proxy, seconds: float
) -> None:
    arrived = {ARRIVED: machine_seconds() - seconds} if seconds else {}
    began = machine_now()
    ask(proxy, well, environ_overrides=arrived)
    found = kept(proxy)
    assert seconds <= found.seconds < seconds + 2
    assert abs((found.started - began).total_seconds() + seconds) < 2
    assert abs((found.ended - machine_now()).total_seconds()) < 2
    assert round(found.seconds, 6) == found.seconds


def test_the_time_is_kept_to_the_microsecond(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codat_mock.replay.proxy.machine_seconds", lambda: 1000.1234567)
    ask(proxy, well, environ_overrides={ARRIVED: 1000.0})
    assert kept(proxy).seconds == 0.123457


@pytest.mark.parametrize(
    ("method", "more", "length"),
    [("GET", {}, None), ("DELETE", {}, None), ("POST", {"data": b"abc"}, "3"),
     ("POST", {"data": b"", "headers": {"Content-Length": "0"}}, "0")],
)  # fmt: skip
def test_a_request_without_a_body_is_forwarded_without_one(
    proxy: Proxy, method: str, more: dict[str, Any], length: str | None
) -> None:
    seen: list[tuple[Any, Any, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers = request.headers
        body = request.read()
        seen.append((headers.get("Content-Length"), headers.get("Transfer-Encoding"), body))
        return well(request)

    ask(proxy, answer, "/", method, **more)
    assert seen == [(length, None, more.get("data", b""))]


def test_a_proxy_of_the_environment_does_not_apply_and_a_service_may_be_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    with closing(Proxy("https://x.example", Recording(), Settings())) as proxy:
        assert not proxy._http._mounts
        assert proxy._http.timeout == httpx.Timeout(300.0, connect=10.0)


@pytest.mark.parametrize("path", ["/_mock/findings", "/_mock/report"])
def test_what_is_asked_for_meanwhile_is_judged_until_now(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    asked: list[bool] = []
    judge = proxy.judge

    def noted(*, is_over: bool) -> Any:
        asked.append(is_over)
        return judge(is_over=is_over)

    monkeypatch.setattr(proxy, "judge", noted)
    ask(proxy, pytest.fail, path)
    assert asked == [False]


@pytest.mark.parametrize(
    ("path", "status", "content_type"),
    [
        ("/_mock/findings", 200, "application/json; charset=utf-8"),
        ("/_mock/findings?format=odd", 200, "application/json; charset=utf-8"),
        ("/_mock/requests?format=har", 200, "application/json; charset=utf-8"),
        ("/_mock/requests", 404, None), ("/_mock/requests?format=html", 404, None),
        ("/_mock/report?format=html", 200, "text/html; charset=utf-8"),
        ("/_mock/report?format=json", 200, "application/json; charset=utf-8"),
        ("/_mock/report", 200, "application/json; charset=utf-8"),
        ("/_mock/report?format=odd", 404, None),
        ("/_mock/drift", 200, "application/json; charset=utf-8"),
        ("/_mock/drift?format=html", 200, "text/html; charset=utf-8"),
        ("/_mock/drift?format=har", 404, None), ("/_mock/", 404, None), ("/_mock/odd", 404, None),
        ("/_mock/findings/", 404, None),
    ],
)  # fmt: skip
def test_a_request_to_the_proxy_itself_is_not_forwarded_nor_recorded(
    proxy: Proxy, path: str, status: int, content_type: str | None
) -> None:
    shown = ask(proxy, pytest.fail, path)
    assert shown.status_code == status
    assert shown.headers["Content-Type"] == (content_type or "application/problem+json")
    is_page = status == 200 and "html" in path
    assert ("Content-Security-Policy" in shown.headers) is is_page
    assert proxy._recording.all() == []
    if status == 404:
        assert "/_mock/findings, /_mock/report?format=" in shown.get_json()["detail"]


@pytest.mark.parametrize("path", ["/_mock", "/_mocked", "/a/_mock/findings", "/?/_mock/"])
def test_other_paths_are_the_service_s(proxy: Proxy, path: str) -> None:
    assert ask(proxy, well, path).status_code == 200
    assert len(proxy._recording.all()) == 1


@pytest.mark.parametrize(
    ("target", "status"),
    [("/", 200), ("/!~", 200), ("//x", 200), ("", 400), ("x", 400), ("*", 400), ("/a b", 400),
     ("/#", 400), ("/a#b", 400), ("/\x7f", 400), ("/\x80", 400), ("http://x/", 400)],
)  # fmt: skip
def test_a_target_is_a_path_and_perhaps_a_query(proxy: Proxy, target: str, status: int) -> None:
    shown = ask(proxy, well, environ_overrides={"REQUEST_URI": target})
    assert shown.status_code == status
    if status == 400:
        assert "must be a path: use this address as the base URL" in shown.get_json()["detail"]
        assert proxy._recording.all() == []


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False), ({"Host": "evil.example"}, True), ({"Origin": "http://127.0.0.1"}, False),
        ({"Origin": "http://127.0.0.1.evil.example"}, True), ({"Origin": "null"}, True),
        ({"Origin": "http://evil.example/http://127.0.0.1"}, True),
        ({"Origin": "evil-http://127.0.0.1"}, True), ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, False), ({"Referer": "http://127.0.0.1/x"}, False),
        ({"Referer": "http://127.0.0.10/x"}, True),
    ],
)  # fmt: skip
def test_only_programs_and_its_own_pages_may_use_the_proxy(
    proxy: Proxy, headers: dict[str, str], is_refused: bool
) -> None:
    proxy._http = httpx.Client(transport=httpx.MockTransport(well))
    shown = Client(proxy).open("/meta/companies", headers=LOCAL | headers, buffered=True)
    assert shown.status_code == (403 if is_refused else 200)
    assert len(proxy._recording.all()) == (not is_refused)


def test_a_refusal_names_the_proxy_and_the_reason() -> None:
    shown = refusal(404, "there is none.")
    assert (shown.status_code, shown.mimetype) == (404, "application/problem+json")
    assert shown.get_json(force=True) == {
        "title": "Not Found", "status": 404, "detail": "codat-mock proxy: there is none.",
    }  # fmt: skip


def test_a_closed_proxy_forwards_nothing(proxy: Proxy) -> None:
    proxy.close()
    with pytest.raises(RuntimeError, match="closed"):
        Client(proxy).open("/meta/companies", headers=LOCAL)


@pytest.mark.parametrize("is_over", [True, False])
def test_what_was_recorded_is_judged_until_now_or_past_the_next_syncs(is_over: bool) -> None:
    with closing(Proxy("https://x.example", Recording(), Settings())) as proxy:
        ask(proxy, well, "/data/companies/c/sync/commerce-orders", "POST", data=b'{"orders":[]}')
        before = machine_now()
        run = proxy.judge(is_over=is_over)
        after = machine_now()
    assert run.notes[0] == "1 of 1 recorded requests are to the API."
    judged = parse_moment(run.now)
    assert judged >= before
    assert (judged > after) is is_over
