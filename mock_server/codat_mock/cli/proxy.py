"""`codat-mock proxy`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from codat_mock.cli import terminal
from codat_mock.cli.drift_options import DriftOptions, drift_options, print_drift
from codat_mock.cli.judge import with_location
from codat_mock.cli.server_options import ENVIRONMENT, bind, takes_rules
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.har.recorder import Recording
from codat_mock.http.server import Server, address_of
from codat_mock.replay.proxy import Proxy
from codat_mock.sandbox import SandboxRegistry, Settings

FILE: Final = "codat-mock.toml"
EXAMPLES: Final = """Examples:

\b
  codat-mock proxy --upstream https://api.codat.io
  codat-mock proxy --upstream https://api.codat.io --har traffic.har \\
      --report html:codat.html
  codat-mock proxy --upstream https://api.codat.io --compare \\
      --known drift.json

Send the integration's requests to the address it prints; Ctrl-C stops it and prints the verdict.
Until then /_mock/findings shows the findings so far.

"""


def read_upstream(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Parse the URL of the service.

    Args:
        value: of the option.

    Raises:
        click.BadParameter: it is no URL, or has more than a host, a port and a path.
    """
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or parts.query or parts.fragment or "@" in parts.netloc:
        raise click.BadParameter(f"'{value}' is not a URL such as https://api.codat.io.")
    return value


@click.command(epilog=EXAMPLES + CODES, context_settings=ENVIRONMENT)
@click.option("--upstream", required=True, callback=read_upstream, help="URL of the service.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4621,
    show_default=True,
    allow_from_autoenv=False,  # CODAT_MOCK_PORT is for the server
    help="Port to listen on, at 127.0.0.1; 0 selects a free port.",
)
@click.option(
    "--har",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record to this file, without secrets; an existing file is overwritten.",
)
@click.option(
    "--compare",
    is_flag=True,
    help="Compare the service's answers with the mock's, too, as `codat-mock drift` does.",
)
@drift_options("--drift-report")
@verdict_options
@takes_rules
def proxy(
    upstream: str,
    port: int,
    har: Path | None,
    compare: bool,
    settings: Settings,
    verdict: VerdictOptions,
    options: DriftOptions,
) -> int:
    """Forward requests to a real service, and judge them.

    Requests and answers are forwarded unchanged. They are kept in memory, and in the file that
    --har names. With --compare the command also fails on a difference that is not known.
    """
    if options.are_given and not compare:
        raise click.UsageError("--known, --update-known and --drift-report require --compare.")
    listener = bind("127.0.0.1", port)
    try:
        recording = Recording(har)
    except OSError as error:
        listener.close()
        raise click.UsageError(f"Cannot write {har}: {error.strerror}.") from error
    forwarder = Proxy(upstream, recording, settings)
    with listener:
        server = Server(SandboxRegistry(settings), listener, instead=forwarder)
        before = {
            sent: signal.signal(sent, lambda *_: server.stop())
            for sent in (signal.SIGINT, signal.SIGTERM)
        }
        terminal.echo(f"codat-mock forwards {address_of(listener)} to {upstream}; Ctrl-C stops it")
        server.run()
        for sent, handler in before.items():
            signal.signal(sent, handler)
    forwarder.close()
    path = har.as_posix() if har else FILE
    code = run_and_report(lambda: with_location(forwarder.judge(is_over=True), path), verdict)
    if not compare:
        return code
    drift_code = print_drift(forwarder.drift(), options)
    return code or drift_code
