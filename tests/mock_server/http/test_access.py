"""Who may use a server: no page of others, and beyond loopback nobody without the control token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from codat_mock.http.access import COOKIE, TOKEN_HEADER, Access
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry

TOKEN = "tok-3n"  # noqa: S105
HOST = "192.168.1.5:4620"
CONTROL_PATHS = ["/_mock/findings", "/_mock/clock", "/_mock/metrics", "/_mock/nothing", "/_mock/"]
PORTAL_PATHS = [
    "/", "/portal", "/portal/alerts", "/portal/live", "/portal/nothing", "/swagger", "/swagger/",
    "/swagger/control/", "/swagger/swagger-ui.css",
]  # fmt: skip
OPEN_PATHS = ["/companies", "/link/company/x", "/flow/done", "/static/page.css"]

METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]

Ask = Callable[..., httpx.Response]


def asking(app: Flask) -> Ask:
    """Send a request to an application, by default as one that names its address."""

    def ask(method: str, path: str, **given: Any) -> httpx.Response:
        given["headers"] = {"Host": HOST} | given.get("headers", {})
        with httpx.Client(
            transport=httpx.WSGITransport(app=app), base_url=f"http://{HOST}"
        ) as client:
            return client.request(method, path, **given)

    return ask


@pytest.fixture
def ask(registry: SandboxRegistry) -> Ask:
    """Ask a server that is bound beyond loopback."""
    hosts = frozenset({"mock.example"})
    return asking(create_app(registry, Access(control_token=TOKEN, hosts=hosts, is_open=True)))


@pytest.mark.parametrize("prefix", ["", "/sandbox/shop"])
def test_the_control_api_and_the_portal_require_the_token(ask: Ask, prefix: str) -> None:
    for path, method in product([*CONTROL_PATHS, *PORTAL_PATHS], METHODS):
        assert ask(method, f"{prefix}{path}").status_code == 401
        for wrong in ("", "tok", f"{TOKEN}x"):
            sent = {TOKEN_HEADER: wrong, "Cookie": f"{COOKIE}=x"}
            assert ask(method, f"{prefix}{path}?token=x", headers=sent).status_code == 401
        assert ask(method, f"{prefix}{path}", headers={TOKEN_HEADER: TOKEN}).status_code != 401


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_the_api_and_the_merchants_pages_do_not(ask: Ask, path: str) -> None:
    key = {"Authorization": "Basic azpr"}
    assert ask("GET", path, headers=key).status_code != 401


def test_a_refusal_says_what_to_do_and_makes_no_sandbox(
    ask: Ask, registry: SandboxRegistry
) -> None:
    answer = ask("GET", "/sandbox/shop/_mock/clock")
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert TOKEN_HEADER in answer.json()["detail"]
    assert TOKEN not in answer.text
    assert ask("GET", "/sandbox/shop/portal").headers["Content-Type"].startswith("text/html")
    assert registry.names() == []


def test_health_tells_a_stranger_no_more_than_that_it_is_ready(ask: Ask) -> None:
    assert ask("GET", "/_mock/health").json() == {"status": "ready"}
    assert "version" in ask("GET", "/_mock/health", headers={TOKEN_HEADER: TOKEN}).json()


@pytest.mark.parametrize("path", ["/", "/portal", "/sandbox/shop/portal/alerts"])
def test_a_link_with_the_token_opens_the_portal_for_good(ask: Ask, path: str) -> None:
    answer = ask("GET", f"{path}?a=1&token={TOKEN}&b=%26")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?a=1&b=%26")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    kept = {"Cookie": cookie.partition(";")[0], "Accept": "text/html"}
    assert ask("GET", path, headers=kept).status_code == 200
    assert ask("GET", "/sandbox/shop/_mock/report?format=html", headers=kept).status_code == 200
    foreign = kept | {"Origin": "https://evil.example"}
    assert ask("POST", "/sandbox/shop/_mock/reset", headers=foreign).status_code == 403


def test_a_link_with_the_token_opens_swagger_with_its_document(ask: Ask) -> None:
    answer = ask("GET", f"/swagger/?token={TOKEN}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/swagger/")
    kept = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    for path in ("/swagger/", "/swagger/swagger-ui.css", "/_mock/openapi.json"):
        assert ask("GET", path, headers=kept).status_code == 200


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/portal/%0D%0AX-A:%201", "/portal/%0D%0AX-A%3A%201"),
        ("/portal/%3Fa=1%23b", "/portal/%3Fa%3D1%23b"),
    ],
)
def test_the_link_leads_to_the_very_page_whatever_is_in_its_path(
    ask: Ask, registry: SandboxRegistry, path: str, kept: str
) -> None:
    answer = ask("GET", f"{path}?token={TOKEN}")
    assert (answer.status_code, answer.headers.get("Location")) == (303, kept)
    assert registry.failures.all() == []


def test_a_sandbox_has_no_line_breaks_in_its_name(ask: Ask, registry: SandboxRegistry) -> None:
    for path in ("/swagger", "/portal", "/", "/companies"):
        answer = ask("GET", f"/sandbox/a%0D%0Ab{path}", headers={TOKEN_HEADER: TOKEN})
        assert answer.status_code == 404
    assert registry.failures.all() == []
    assert registry.names() == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:1", 200), ("10.1.2.3:80", 200), ("[fe80::1]:80", 200),
        ("mock.example", 200), ("MOCK.example:4620", 200), ("evil.example", 403),
        ("mock.example.evil", 403), ("xmock.example", 403), ("10.1.2.3.evil", 403), ("[", 403),
        ("mock.example@evil", 403), ("evil.example:mock.example", 403),
    ],
)  # fmt: skip
def test_a_request_names_an_address_or_an_allowed_host(ask: Ask, host: str, status: int) -> None:
    assert ask("GET", "/_mock/health", headers={"Host": host}).status_code == status
    key = {"Authorization": "Basic azpr"}
    assert ask("GET", "/companies", headers={"Host": host, **key}).status_code == status


def test_on_loopback_an_address_of_the_network_is_refused_and_an_allowed_name_is_not(
    registry: SandboxRegistry,
) -> None:
    ask = asking(create_app(registry, Access(hosts=frozenset({"mock.example"}))))
    for host, status in (("10.1.2.3", 403), ("evil.example", 403), ("mock.example:4620", 200)):
        assert ask("GET", "/_mock/health", headers={"Host": host}).status_code == status


def test_a_token_on_loopback_is_required_there_too(registry: SandboxRegistry) -> None:
    ask = asking(create_app(registry, Access(control_token=TOKEN)))
    local = {"Host": "127.0.0.1"}
    assert ask("GET", "/_mock/findings", headers=local).status_code == 401


def test_behind_a_proxy_with_tls_the_servers_own_forms_are_taken(ask: Ask) -> None:
    own = {"Host": "mock.example", "Origin": "https://mock.example", TOKEN_HEADER: TOKEN}
    site = {"Sec-Fetch-Site": "same-origin"}
    reset = "/sandbox/shop/_mock/reset"
    assert ask("POST", reset, headers=own | site).status_code == 200
    assert ask("POST", reset, headers=own).status_code == 403
    for origin in (
        "https://evil.example", "https://evil-mock.example", "https://mock.example.evil.example",
        "mock.example", "https://", "https://mock.example:8443", "null", "",
    ):  # fmt: skip
        foreign = own | site | {"Origin": origin}
        assert ask("POST", reset, headers=foreign).status_code == 403, origin


def test_a_link_makes_no_sandbox(http: httpx.Client, registry: SandboxRegistry) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    http.headers.pop("Authorization")
    assert http.get("/sandbox/evil/portal", headers=link).status_code == 403
    assert http.get("/sandbox/evil/portal", headers={"Referer": "http://x/"}).status_code == 403
    assert registry.names() == []
    frame = link | {"Sec-Fetch-Dest": "iframe"}
    assert http.get("/portal", headers=frame).status_code == 403


sites = st.sampled_from(["cross-site", "same-site", "none", "same-origin", "", "odd"])
modes = st.sampled_from(["no-cors", "cors", "navigate", "websocket", ""])
destinations = st.sampled_from(["image", "iframe", "script", "empty", "document", "style"])
foreign = st.sampled_from(
    ["https://evil.example", "http://127.0.0.1", "http://127.0.0.1:46200", "null", "", "file://",
     "https://127.0.0.1:4620.evil", "http://127.0.0.1:4620.evil", "http://localhost:4620", "x"]
)  # fmt: skip
requests = st.sampled_from(
    [
        ("GET", "/companies"), ("POST", "/meta/companies/sync"), ("GET", "/nowhere"),
        ("POST", "/data/companies/x/sync/commerce-orders"), ("DELETE", "/x"),
        ("POST", "/_mock/reset"), ("POST", "/_mock/clock/advance"), ("GET", "/_mock/findings"),
        ("DELETE", "/_mock/faults"), ("POST", "/portal/alerts"), ("GET", "/_mock/requests"),
        ("POST", "/portal/clock"), ("POST", "/link/company/x/connection/y"),
    ]
)  # fmt: skip
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]


@pytest.fixture(scope="module")
def browsed() -> Iterator[tuple[SandboxRegistry, Ask]]:
    """A server on loopback, as a page of another site may ask it."""
    registry = SandboxRegistry()
    yield registry, asking(create_app(registry))
    registry.close()


@given(requests, sites, modes, destinations, foreign, st.sampled_from(TYPES), st.booleans())
def test_a_request_of_another_page_is_refused_and_leaves_no_trace(
    browsed: tuple[SandboxRegistry, Ask],
    request_line: tuple[str, str],
    site: str,
    mode: str,
    destination: str,
    origin: str,
    content_type: str,
    has_referrer: bool,
) -> None:
    registry, ask = browsed
    headers = {"Host": "127.0.0.1:4620", "Content-Type": content_type, "X-Test-Id": "shop"}
    if site:
        headers |= {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    if has_referrer and origin and origin != "null":
        headers["Referer"] = f"{origin}/page"
    else:
        headers["Origin"] = origin or "https://evil.example"
    answer = ask(*request_line, content=b"{}", headers=headers)
    assert answer.status_code == 403
    assert registry.names() == []
