"""What the commands share that use the control API of a running server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import click
import httpx

from codat_mock.http.request_context import CONTROL

View = Callable[..., None]


def uses_server(command: View) -> View:
    """Add the options to a command that select the server and the sandbox."""
    url = click.option(
        "--url",
        default="http://127.0.0.1:4620",
        show_default=True,
        envvar="CODAT_MOCK_URL",
        show_envvar=True,
        help="URL of the server.",
    )
    key = click.option(
        "--api-key",
        envvar="CODAT_MOCK_API_KEY",
        show_envvar=True,
        help="Key of the sandbox; optional while the server has only one.",
    )
    return url(key(command))


def ask(method: str, path: str, url: str, api_key: str | None, body: Any = None) -> Any:
    """Send a request to the control API; gives the JSON of its answer.

    Args:
        method: the HTTP method.
        path: the path after `/_mock`, with the query.
        url: the URL of the server.
        api_key: the key of the sandbox; None to use the only one.
        body: the request's body, encoded as JSON; None to send none.

    Raises:
        UsageError: the server cannot be reached, or refuses the request.
    """
    key = b64encode((api_key or "").encode()).decode()
    headers = {"Authorization": f"Basic {key}"} if api_key else {}
    try:
        # A proxy or netrc of the environment must not come in between.
        with httpx.Client(trust_env=False) as http:
            answer = http.request(method, f"{url}{CONTROL}{path}", headers=headers, json=body)
        content = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise click.UsageError(f"No codat-mock answers at {url}: {error}") from error
    if answer.is_error:
        raise click.UsageError(content.get("detail", f"{url} answers {answer.status_code}"))
    return content


def given_only(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value not in (None, (), [])}
