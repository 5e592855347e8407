"""Commands that ask a running server through its control API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import click
import httpx

from codat_mock.http.request_context import CONTROL

View = Callable[..., None]


def asks_a_server(command: View) -> View:
    """Give a command the options that say which server and sandbox it means."""
    url = click.option(
        "--url",
        default="http://127.0.0.1:4620",
        show_default=True,
        envvar="CODAT_MOCK_URL",
        help="The server.",
    )
    key = click.option(
        "--api-key",
        envvar="CODAT_MOCK_API_KEY",
        help="The key of the sandbox; not needed while there is one only.",
    )
    return url(key(command))


def ask(method: str, path: str, url: str, api_key: str | None, body: Any = None) -> Any:
    """What the control API answers.

    Raises:
        UsageError: it cannot be reached, or says no.
    """
    key = b64encode((api_key or "").encode()).decode()
    headers = {"Authorization": f"Basic {key}"} if api_key else {}
    try:
        answer = httpx.request(method, f"{url}{CONTROL}{path}", headers=headers, json=body)
        told = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise click.UsageError(f"No codat-mock answers at {url}: {error}") from error
    if answer.is_error:
        raise click.UsageError(told.get("detail", f"{url} answers {answer.status_code}"))
    return told


def without_gaps(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value not in (None, (), [])}
