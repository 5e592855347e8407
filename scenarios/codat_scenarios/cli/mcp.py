"""`codat-mock mcp`: the mock as tools of the Model Context Protocol, over standard streams."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    import httpx
    from mcp.server import MCPServer

EXAMPLES = """Examples:

\b
  codat-mock mcp
  codat-mock mcp --port 4620

An editor or agent starts it as a server, with the command `codat-mock` and the argument `mcp`. It
needs pip install 'codat-mock[mcp]'.
"""
INSTRUCTIONS: Final = """A local mock of Codat's Sync for Commerce that judges an integration.
Open a sandbox, let the integration push to its base_url with its api_key, move the clock, and read
the findings: each names a broken rule, the requests that broke it and what to do instead. Or run
the integration's command with run_check, which does all of that."""
MAX_CHARACTERS: Final = 20_000  # of what a command prints
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@click.command(epilog=EXAMPLES, short_help="Serve the mock's tools to a coding agent (MCP).")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port of the mock that is started; 0 selects a free port.",
)
def mcp(port: int) -> None:
    """Serve tools of the Model Context Protocol over standard input and output.

    A mock runs beside them, at a port of this machine, for the integration to push to.
    """
    try:
        import mcp.server  # noqa: F401
    except ImportError as error:
        raise click.UsageError("mcp is not installed: pip install 'codat-mock[mcp]'.") from error
    import httpx

    from codat_mock import Server, Settings

    try:
        served = Server.bind(Settings(speed=0), port=port)
    except OSError as error:
        raise click.UsageError(f"Cannot listen on port {port}: {error.strerror}.") from error
    with served as mock, httpx.Client(base_url=mock.address, trust_env=False, timeout=120) as http:
        tools(http).run("stdio")


def tools(http: httpx.Client) -> MCPServer[Any]:
    """The tools, over a client whose base URL is the mock's."""
    from mcp.server import MCPServer

    from codat_mock import __version__
    from codat_mock.control_client import ControlClient

    server: MCPServer[Any] = MCPServer(
        "codat-mock", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING"
    )

    def key_of(sandbox: str) -> str:
        return f"mcp-{sandbox}"

    def control(sandbox: str, method: str, path: str, body: Any = None) -> Any:
        return ControlClient(http, key_of(sandbox)).call(method, path, body).json()

    @server.tool()
    @explained
    def open_sandbox(
        sandbox: str = "agent",
        start_at: str | None = None,
        speed: str = "frozen",
        profile: str = "instant",
    ) -> dict[str, Any]:
        """Open an empty sandbox with a company that is ready to be pushed to.

        Args:
            sandbox: a name; another sandbox of that name is replaced.
            start_at: where its clock starts, such as 2022-03-21T18:00:00Z; default: now.
            speed: frozen, real, or a factor such as x60.
            profile: how fast datasets complete: instant, fast, realistic, slow or queued.
        """
        settings = {"startAt": start_at, "speed": speed, "profile": profile}
        control(sandbox, "POST", "/reset", {k: v for k, v in settings.items() if v is not None})
        company = control(sandbox, "POST", "/companies", {"name": "Corner Café"})
        return {
            "base_url": str(http.base_url).rstrip("/"),
            "api_key": key_of(sandbox),
            "header": "Authorization: Basic <base64 of the api_key>",
            "company_id": company["id"],
            "clock": control(sandbox, "GET", "/clock"),
        }

    @server.tool()
    @explained
    def move_clock(
        sandbox: str = "agent", seconds: float | None = None, to: str | None = None
    ) -> dict[str, Any]:
        """Move the clock; datasets complete and syncs run on the way.

        Args:
            sandbox: its name.
            seconds: how far to move it.
            to: instead, the moment to move it to. Without both, the day is closed: the clock moves
                until all datasets have ended, and past the next sync.
        """
        if seconds is not None:
            return dict(control(sandbox, "POST", "/clock/advance", {"seconds": seconds}))
        if to is not None:
            return dict(control(sandbox, "POST", "/clock/set", {"to": to}))
        return dict(control(sandbox, "POST", "/clock/close-day"))

    @server.tool()
    @explained
    def plan_fault(fault: dict[str, Any], sandbox: str = "agent") -> dict[str, Any]:
        """Plan a fault on the wire for coming requests.

        Args:
            fault: such as {"kind": "lose", "operation": "push-orders", "at": [2]}. Kinds: refuse,
                lose, delay, slow, spoil, unreachable, maintenance, elapse.
            sandbox: its name.
        """
        return dict(control(sandbox, "POST", "/faults", {"faults": [fault]}))

    @server.tool()
    @explained
    def plan_outcome(outcome: dict[str, Any], sandbox: str = "agent") -> dict[str, Any]:
        """Plan how the next dataset or sync ends.

        Args:
            outcome: such as {"target": "dataset", "outcome": "MapError"}.
            sandbox: its name.
        """
        return dict(control(sandbox, "POST", "/outcomes", outcome))

    @server.tool()
    @explained
    def read_findings(sandbox: str = "agent") -> dict[str, Any]:
        """Read the verdict: the rules that were broken, by which requests, and what to do instead.

        Args:
            sandbox: its name.
        """
        return dict(control(sandbox, "GET", "/findings"))

    @server.tool()
    @explained
    def read_request(number: int, sandbox: str = "agent") -> dict[str, Any]:
        """Read a request of the log, with the bodies sent and answered.

        Args:
            number: as a finding names it.
            sandbox: its name.
        """
        return dict(control(sandbox, "GET", f"/requests/{number}"))

    @server.tool()
    @explained
    def read_books(sandbox: str = "agent") -> dict[str, Any]:
        """Read what the accounting software shows: documents, balances, and records missed.

        Args:
            sandbox: its name.
        """
        return dict(control(sandbox, "GET", "/books"))

    @server.tool()
    @explained
    def explain_rule(code: str) -> str:
        """Explain a rule, with requests that break it and what to do instead.

        Args:
            code: its code or name, such as S03 or only-new-or-changed.
        """
        return str(run_codat_mock("explain", "--", code)["output"])

    @server.tool()
    @explained
    def run_check(
        command: list[str],
        start_at: str | None = None,
        speed: str = "x60",
        timeout_seconds: int = 300,
    ) -> dict[str, Any]:
        """Run an integration against a mock of its own, close the day, and give the verdict.

        Args:
            command: the program and its arguments; it finds CODAT_BASE_URL, CODAT_API_KEY and
                CODAT_COMPANY_ID in its environment.
            start_at: where the clock starts, such as 2022-03-21T18:00:00Z; default: now.
            speed: how fast time passes: frozen, real, or a factor such as x60.
            timeout_seconds: the time limit of the command.
        """
        options = ["--speed", speed, "--timeout", str(timeout_seconds)]
        if start_at is not None:
            options += ["--start-at", start_at]
        return run_codat_mock("check", *options, "--", *command)

    return server


def explained(tool: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a tool fail with the text of what the mock refuses."""
    from mcp.server.mcpserver.exceptions import ToolError

    from codat_mock.control_client import ControlRequestRefused, MockFailed

    @wraps(tool)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return tool(*args, **kwargs)
        except (ControlRequestRefused, MockFailed) as error:
            raise ToolError(str(error)) from error

    return run


def run_codat_mock(*arguments: str) -> dict[str, Any]:
    """Run a command of ours as a process, which keeps standard output free for the protocol."""
    ran = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "codat_mock", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    output = ran.stdout + ran.stderr
    if len(output) > MAX_CHARACTERS:
        output = f"… {len(output) - MAX_CHARACTERS} characters\n{output[-MAX_CHARACTERS:]}"
    return {"exit_code": ran.returncode, "output": output}
