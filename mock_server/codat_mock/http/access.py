"""Who may use a server: the hosts that requests name, the pages they come from, and the token."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlencode

from flask import Response
from msgspec import Struct
from werkzeug import Request

from codat_mock.http import request_context
from codat_mock.http.served_request import served_request
from codat_mock.models.errors import Forbidden, Unauthorised

LOCAL: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)
HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d+)?", re.IGNORECASE)
ACCESS: Final = "codat_mock.access"  # the app's setting that holds it
TOKEN_HEADER: Final = "Codat-Mock-Control-Token"  # noqa: S105  (its name)
COOKIE: Final = "codat-mock-control-token"
DEVELOPERS_PAGES: Final = ("/portal", "/swagger")
HEALTH: Final = f"{request_context.CONTROL}/health"


class Access(Struct, frozen=True, kw_only=True):
    """Who may use a server.

    Args:
        control_token: what the control API and the pages for developers require; empty for nothing.
        hosts: the names that requests may use beside this machine's own, in small letters.
        is_open: whether the server is bound beyond loopback, and reached by any address.
    """

    control_token: str = ""
    hosts: frozenset[str] = frozenset()
    is_open: bool = False


def check() -> Response | None:
    """Keep pages in a browser, and others on the network, from driving the mock.

    Returns:
        The page without the token in its URL, where it came with one; None to go on.

    Raises:
        Forbidden: the request names a host that is not this server's, or comes from another page.
        Unauthorised: it lacks the control token.
    """
    request = served_request()
    access: Access = request.app.config[ACCESS]
    if not is_known_host(request, access):
        raise Forbidden(
            f"Host '{request.host}' is not this machine; use 127.0.0.1 or localhost, or start the"
            " server with --allow-host for it."
        )
    is_foreign = is_foreign_link(request) and is_for_nobody()
    if is_foreign or not is_own_page(request):
        named = request.headers.get("Origin") or request.headers.get("Referer") or "another site"
        raise Forbidden(f"Pages of '{named}' may not use this server.")
    if not needs_token(request.path) or has_token():
        return None
    if is_developers_page(request.path):
        return page_with_cookie(access)
    raise Unauthorised(
        f"The control token is missing or wrong: send it in the header {TOKEN_HEADER}. The server"
        " prints it at its start, unless it got one by --control-token."
    )


def is_known_host(request: Request, access: Access) -> bool:
    """Whether the host that a request names is this server.

    No page can give itself an address for a name; with a name, another site's page could be made
    to lead here (DNS rebinding).
    """
    if is_local(request):
        return True
    found = HOST.fullmatch(request.host)
    if found is None:
        return False
    name = found[1].lower()
    return name in access.hosts or (access.is_open and is_address(name.strip("[]")))


def is_local(request: Request) -> bool:
    """Whether the host that a request names is this machine."""
    return LOCAL.fullmatch(request.host) is not None


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_own_page(request: Request) -> bool:
    """Whether a request comes from no page in a browser, or from one of this server's own.

    A link of another page may lead a person to the pages for people, and to nothing else.
    """
    if is_foreign_link(request):
        return True
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin"):
        return False
    own = [f"{request.scheme}://{request.host}"]
    if site == "same-origin":  # as the browser says, which may use TLS up to a proxy before us
        own.append(f"https://{request.host}")
    if (origin := request.headers.get("Origin")) is not None:
        return origin in own
    referrer = request.headers.get("Referer")
    return not referrer or any(f"{referrer}/".startswith(f"{each}/") for each in own)


def is_foreign_link(request: Request) -> bool:
    """Whether a person has followed a link of another page to a page for people."""
    if request.method != "GET" or not is_page(request.path):
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        is_navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
        is_document = request.headers.get("Sec-Fetch-Dest", "document") == "document"
        return site not in ("none", "same-origin") and is_navigation and is_document
    # An older browser, which names the page at most.
    return "Origin" not in request.headers and "Referer" in request.headers


def is_for_nobody() -> bool:
    """Whether a request names a sandbox that it would make."""
    name = request_context.chosen_name()
    return name is not None and name not in request_context.registry().names()


def is_page(path: str) -> bool:
    """Whether a path is that of a page for people."""
    return path == "/" or path.startswith(request_context.PAGES)


def is_developers_page(path: str) -> bool:
    """Whether a path is that of a page for developers, rather than for merchants."""
    return path == "/" or path.startswith(DEVELOPERS_PAGES)


def needs_token(path: str) -> bool:
    """Whether a path is the control API's or that of a page for developers.

    Whether the server is ready may be asked by whatever watches over it.
    """
    is_control = path.startswith(f"{request_context.CONTROL}/") and path != HEALTH
    return is_control or is_developers_page(path)


def has_token() -> bool:
    """Whether the request carries the control token, or none is needed."""
    request = served_request()
    access: Access = request.app.config[ACCESS]
    sent = request.headers.get(TOKEN_HEADER) or request.cookies.get(COOKIE, "")
    return not access.control_token or request_context.is_equal(sent, access.control_token)


def page_with_cookie(access: Access) -> Response:
    """The page again, without the token in its URL, which a cookie keeps from now on.

    Raises:
        Unauthorised: the URL has no token, or a wrong one.
    """
    request = served_request()
    if not request_context.is_equal(request.args.get("token", ""), access.control_token):
        raise Unauthorised("Open this page by the link with the token that the server has printed.")
    rest = urlencode([each for each in request.args.items(multi=True) if each[0] != "token"])
    path = f"{quote(request.script_root + request.path)}{'?' if rest else ''}{rest}"
    response = Response(status=303, headers={"Location": path})
    response.set_cookie(COOKIE, access.control_token, httponly=True, samesite="Lax")
    return response
