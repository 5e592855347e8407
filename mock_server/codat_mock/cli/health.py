"""`codat-mock health`."""

from __future__ import annotations

import click
import httpx

EXAMPLES = """Examples:

\b
  codat-mock health
  codat-mock health --url http://127.0.0.1:8080 --timeout 2
"""


@click.command(epilog=EXAMPLES, short_help="Check whether a server is ready.")
@click.option(
    "--url",
    default="http://127.0.0.1:4620",
    show_default=True,
    envvar="CODAT_MOCK_URL",
    show_envvar=True,
    help="The server.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=3.0,
    show_default=True,
    help="How long to wait for its answer.",
)
def health(url: str, timeout: float) -> None:
    """Check whether a server is ready; exits with 1 if it is not.

    For the health check of a container or a service manager.
    """
    try:
        # No proxy of the environment: the check is about the server itself.
        with httpx.Client(trust_env=False, timeout=timeout) as client:
            answer = client.get(f"{url.rstrip('/')}/_mock/health")
        status = str(answer.raise_for_status().json()["status"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{url} is not ready: {error}") from error
    click.echo(status)
    if status != "ready":
        raise click.exceptions.Exit(1)
