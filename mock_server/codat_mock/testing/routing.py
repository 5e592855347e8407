"""Leads what is meant for the real service to a mock, in the HTTP client's own process.

Only the address of a request is changed; it goes to the mock over a real socket, so that planned
trouble on the wire, time limits and asynchronous clients are what they are at the real service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from codat_mock.http.request_context import name_of_key

REAL_HOST: Final = "api.codat.io"
REAL_URL: Final = f"https://{REAL_HOST}"
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# What says how the body was packed on its way, which is over.
PACKING: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


@contextmanager
def httpx_led_to(url: str, api_key: str) -> Iterator[None]:
    """Lead requests of httpx, whatever key they carry, into the sandbox of a key.

    Args:
        url: of the mock.
        api_key: the key.
    """
    import httpx
    import respx

    mock = httpx.URL(url)

    def lead(request: httpx.Request) -> httpx.Request:
        request.url = request.url.copy_with(scheme=mock.scheme, host=mock.host, port=mock.port)
        request.headers["Host"] = mock.netloc.decode()
        request.headers["X-Test-Id"] = name_of_key(api_key)
        return request  # which asks respx to let it pass

    # At the client, not at the connection (respx's usual place): there the address is settled.
    with respx.mock(using="httpx", assert_all_called=False) as router:
        router.route(host=REAL_HOST).mock(side_effect=lead)
        router.route().pass_through()
        yield


@contextmanager
def requests_led_to(url: str, api_key: str) -> Iterator[None]:
    """Lead requests of the library `requests` there; see `httpx_led_to`."""
    import requests
    import responses

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        led = request.copy()
        led.url = request.url.replace(REAL_URL, url, 1)
        led.headers["X-Test-Id"] = name_of_key(api_key)
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment would not reach this machine
            timeout = request.req_kwargs.get("timeout")
            answered = session.send(led, timeout=timeout, allow_redirects=False)
        headers = {k: v for k, v in answered.headers.items() if k not in PACKING}
        return answered.status_code, headers, answered.content

    with responses.RequestsMock(assert_all_requests_are_fired=False) as router:
        for method in METHODS:
            address = re.compile(re.escape(REAL_URL) + "(/.*)?")
            router.add_callback(method, address, answer, content_type=None)
        router.add_passthru(re.compile(r"https?://"))
        yield
