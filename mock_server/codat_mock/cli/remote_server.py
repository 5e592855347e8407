"""What the commands share that use the control API of a running server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any, Final

import click
import httpx
from msgspec.json import format as format_json

from codat_mock.cli.secret import TOKEN_OPTION, secret
from codat_mock.control_client import TIMEOUT_SECONDS, control_headers, detail_of
from codat_mock.http.request_context import CONTROL, encode

View = Callable[..., None]
URL_OPTION: Final = click.option(
    "--url",
    default="http://127.0.0.1:4620",
    show_default=True,
    envvar="CODAT_MOCK_URL",
    show_envvar=True,
    help="URL of the server.",
)


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A running server.

    Args:
        url: its URL.
        api_key: the key of the sandbox; None to use the only one.
        control_token: what its control API requires; None for nothing.
    """

    url: str
    api_key: str | None
    control_token: str | None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to the control API; gives the JSON of its answer.

        Args:
            method: the HTTP method.
            path: the path after `/_mock`, with the query.
            body: the request's body, encoded as JSON; None to send none.

        Raises:
            UsageError: the server cannot be reached, or refuses the request.
        """
        content = None if body is None else encode(body)
        try:
            return json.loads(self.send(method, path, content), parse_float=Decimal)
        except ValueError as error:
            raise click.UsageError(f"No codat-mock answers at {self.url}: {error}") from error

    def send(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """Send a request to the control API; gives the body of its answer.

        Args:
            method: the HTTP method.
            path: the path after `/_mock`, with the query.
            content: the request's body; None to send none.

        Raises:
            UsageError: the server cannot be reached, or refuses the request.
        """
        headers = control_headers(self.api_key, self.control_token)
        target = f"{self.url.rstrip('/')}{CONTROL}{path}"
        try:
            # A proxy or netrc of the environment must not come in between.
            with httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
                answer = http.request(method, target, headers=headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.UsageError(f"No codat-mock answers at {self.url}: {error}") from error
        if answer.is_error:
            raise click.UsageError(detail_of(answer))
        return answer.content


def uses_server(command: View) -> View:
    """Add the options to a command that select the server and the sandbox, as its `server`."""

    @wraps(command)
    def with_server(
        *args: Any, url: str, api_key: str | None, control_token: str | None, **given: Any
    ) -> None:
        command(*args, server=RemoteServer(url, api_key, control_token), **given)

    key = click.option(
        "--api-key",
        type=secret,
        envvar="CODAT_MOCK_API_KEY",
        show_envvar=True,
        help="Key of the sandbox; optional while the server has only one. @FILE reads it from a"
        " file.",
    )
    return URL_OPTION(key(TOKEN_OPTION(with_server)))


def given_only(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value not in (None, (), [])}


def json_option(command: View) -> View:
    """Give a command the option to print the answer of the server."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def show_json(content: Any) -> None:
    """Print JSON for a program."""
    click.echo(format_json(encode(content)))
