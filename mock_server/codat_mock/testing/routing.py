"""Redirects requests for the real service to a mock, in the process of the HTTP client.

Only the address of a request changes; it goes to the mock over a real socket, so that faults, time
limits and asynchronous clients behave as they do with the real service.
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
# These describe the transfer of a body that has been decoded.
TRANSFER_HEADERS: Final = ("Content-Encoding", "Content-Length", "Transfer-Encoding")


@contextmanager
def redirect_httpx(url: str, api_key: str) -> Iterator[None]:
    """Redirect requests of httpx into the sandbox of a key, whatever key they carry.

    Args:
        url: the URL of the mock.
        api_key: the key.
    """
    import httpx
    import respx

    mock = httpx.URL(url)

    def redirect(request: httpx.Request) -> httpx.Request:
        request.url = request.url.copy_with(scheme=mock.scheme, host=mock.host, port=mock.port)
        request.headers["Host"] = mock.netloc.decode()
        request.headers["X-Test-Id"] = name_of_key(api_key)
        return request  # which makes respx pass it through

    # At the client, not at the connection (the default of respx), where the address is final.
    with respx.mock(using="httpx", assert_all_called=False) as router:
        router.route(host=REAL_HOST).mock(side_effect=redirect)
        router.route().pass_through()
        yield


@contextmanager
def redirect_requests(url: str, api_key: str) -> Iterator[None]:
    """Redirect requests of the library `requests`; see `redirect_httpx`."""
    import requests
    import responses

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        redirected = request.copy()
        redirected.url = request.url.replace(REAL_URL, url, 1)
        redirected.headers["X-Test-Id"] = name_of_key(api_key)
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment could not reach this machine
            timeout = request.req_kwargs.get("timeout")
            answered = session.send(redirected, timeout=timeout, allow_redirects=False)
        headers = {k: v for k, v in answered.headers.items() if k not in TRANSFER_HEADERS}
        return answered.status_code, headers, answered.content

    with responses.RequestsMock(assert_all_requests_are_fired=False) as router:
        for method in METHODS:
            address = re.compile(re.escape(REAL_URL) + "(/.*)?")
            router.add_callback(method, address, answer, content_type=None)
        router.add_passthru(re.compile(r"https?://"))
        yield
