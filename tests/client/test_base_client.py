"""Which addresses and settings a client takes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from client_mock import FakeClock

from codat_push import PushClient
from codat_push._base_client import TIMEOUT, check_address, trusts_environment
from codat_push.hooks import RequestEnd


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [
        ("http://127.0.0.1:4620", False), ("http://localhost", False), ("http://[::1]:80/x", False),
        ("https://api.codat.io", True), ("http://127.0.0.2", True),
        ("http://localhost.example", True),
    ],
)  # fmt: skip
def test_proxies_of_the_environment_apply_but_to_this_machine(
    address: str, is_trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trusts_environment(address) is is_trusted
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    with PushClient("key", address) as client:
        assert bool(client._http._mounts) is is_trusted
        assert client._http.timeout == TIMEOUT


@pytest.mark.parametrize(
    "address",
    ["http://x", "https://x/", "http://x:1", "http://x:65535/base", "https://x:443", "HTTP://X"],
)
def test_an_address_with_any_port_and_path_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://x:0", "has port 0; ports are 1 to 65535"),
        ("http://x:65536", "has port 65536; ports are 1 to 65535"),
        ("ftp://x", "must start with http:// or https://"), ("x", "must start with http"),
        ("http://", "has no host"), ("https:///path", "has no host"),
        ("http://x/?a", "must end with its path"), ("http://x/#a", "must end with its path"),
        ("http://x:port", "is not a URL"), ("http://[::", "is not a URL"),
    ],
)  # fmt: skip
def test_any_other_address_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        check_address(address)
    assert repr(address) in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_the_first_pause_between_polls_is_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match="poll_seconds must be greater than 0"):
        PushClient("key", poll_seconds=seconds)


@pytest.mark.parametrize("key", [None, b"key", "\ud800"])
def test_a_key_is_a_text(key: Any) -> None:
    """Such as that of `os.environ.get`, where the variable is not set."""
    with pytest.raises(ValueError, match="api_key must be a text") as caught:
        PushClient(key)
    assert "b'key'" not in str(caught.value)


def answering(seen: list[str], *answers: httpx.Response) -> httpx.Client:
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return left.pop(0)

    return httpx.Client(transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("base", ["https://x/base", "https://x/base/", "https://x/base//"])
def test_a_request_goes_to_its_path_below_the_base_url(base: str) -> None:
    seen: list[str] = []
    http = answering(seen, httpx.Response(200, json={"id": "d", "status": "Complete"}))
    PushClient("key", base, http, clock=FakeClock()).dataset("c", "d")
    assert seen == ["https://x/base/meta/companies/c/pull/history/d"]


@pytest.mark.parametrize(("poll_seconds", "pause"), [(0.25, 0.25), (1.0, 1.0), (4.0, 1.0)])
def test_a_dataset_is_read_once_a_second_or_as_often_as_is_said(
    poll_seconds: float, pause: float
) -> None:
    clock = FakeClock()
    answers = (httpx.Response(200, json={"id": "d", "status": "Mapping"}) for _ in range(3))
    http = answering([], *answers)
    client = PushClient("key", "https://x", http, clock=clock, poll_seconds=poll_seconds)
    for _ in range(3):
        client.dataset("c", "d")
    assert clock.pauses == [pause, pause]


def test_each_request_is_reported_with_the_seconds_that_it_took() -> None:
    clock = FakeClock(50.0)
    ends: list[RequestEnd] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        clock.seconds += 3
        return httpx.Response(200, json={"id": "d", "status": "Mapping"})

    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = PushClient("key", "https://x", http, clock=clock, on_request=ends.append)
    client.dataset("c", "d")
    assert ends == [RequestEnd("dataset", "c", 3.0, None)]
