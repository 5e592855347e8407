"""The `codat-mock` command: a group whose subcommands are found where they are defined."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from codat_mock.cli import terminal
from codat_mock.garbage_collection import collections

# A module of one of these packages is a command if it defines a click command of its own name:
# delete_connection.py defines delete_connection, which is `codat-mock delete-connection`.
COMMAND_PACKAGES: Final = ("codat_mock.cli", "codat_push.cli", "codat_scenarios.cli")
# Other distributions add their commands by entry points of this group.
ENTRY_POINTS: Final = "codat_mock.commands"
CLOSED_PIPE: Final = 141  # the code of a process that SIGPIPE has killed
NOT_WRITTEN: Final = 74  # EX_IOERR
EXAMPLES = """Examples:

\b
  codat-mock demo              play the beta flow, with three mistakes
  codat-mock serve             serve the mock at http://127.0.0.1:4620
  codat-mock rules             list the rules
  codat-mock COMMAND --help    show the examples of a command
"""


class Commands(click.Group):
    """The commands of our own packages and of other distributions, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        names = {name for package in COMMAND_PACKAGES for name in modules_of(package)}
        names.update(entry.name for entry in entry_points(group=ENTRY_POINTS))
        return sorted(name for name in names if self.get_command(ctx, name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; ours go before those of other distributions."""
        for package in COMMAND_PACKAGES:
            if cmd_name in modules_of(package):
                module = imported(f"{package}.{module_name(cmd_name)}")
                command = getattr(module, module_name(cmd_name), None)
                if isinstance(command, click.Command) and command is not self:
                    return command
        for entry in entry_points(group=ENTRY_POINTS, name=cmd_name):
            command = entry.load()
            if isinstance(command, click.Command):
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; an unknown one is reported with the nearest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            if near and "Did you mean" not in error.message:
                message = f"{error.message} Did you mean '{near[0]}'?"
                raise click.UsageError(message, error.ctx) from None
            raise

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run, and exit.

        Wrong usage is reported in one line (exit code 2), and so is output that cannot be written
        (exit code 74). A reader that closes the pipe, such as `head`, is no error: nothing is
        reported (exit code 141). What nobody expected is reported as a fault (exit code 70).
        """
        try:
            code = self._run(*args, **kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
        except (ClosedPipe, BrokenPipeError):
            code = CLOSED_PIPE
        except OSError as error:
            code = NOT_WRITTEN
            file = f": {error.filename}" if error.filename else ""
            with suppress(OSError):
                terminal.echo(f"codat-mock: {error.strerror or error}{file}", err=True)
        except Exception as error:  # noqa: BLE001  (it is reported as what it is)
            from codat_mock.reports.verdict import MOCK_FAILED
            from codat_mock.reports.wording import PLEASE
            from codat_mock.sandbox.internal_errors import describe

            code = MOCK_FAILED
            fault = describe("a command", error)
            with suppress(OSError):
                terminal.echo(f"{PLEASE}\n{fault.report}", err=True)
        discard_output()
        sys.exit(code)

    def _run(self, *args: Any, **kwargs: Any) -> int:
        """Run, and report errors; gives the exit code."""
        code: Any = 0
        try:
            ended = super().main(*args, **(kwargs | {"standalone_mode": False}))
            code = ended if isinstance(ended, int) else 0
        except NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "codat-mock"
            terminal.echo(f"{path}: {error.format_message()}", err=True)
            code = error.exit_code
        except click.ClickException as error:
            terminal.echo(f"Error: {error.format_message()}", err=True)
            code = error.exit_code
        except click.Abort:
            click.echo("Aborted!", err=True)
            code = 1
        except SystemExit as end:
            if isinstance(end.__context__, BrokenPipeError):  # which is how rich exits then
                raise ClosedPipe from end
            code = end.code
        return code if isinstance(code, int) else int(bool(code))

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments; may print the help."""
        with closed_pipe_raised():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with closed_pipe_raised():
            return super().invoke(ctx)


@cache
def modules_of(package: str) -> frozenset[str]:
    """The modules of a package, named as commands are; none where it is not installed."""
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        return frozenset()
    folders = (spec.submodule_search_locations if spec else None) or []
    return frozenset(each.name.replace("_", "-") for each in iter_modules(folders))


def imported(name: str) -> ModuleType:
    """The module of that name, with what it imports, none of which is garbage.

    Looking for some would take an eighth of the time in which a server starts.
    """
    with collections.waiting():
        return import_module(name)


def module_name(command: str) -> str:
    """The name of a command's module."""
    return command.replace("-", "_")


class ClosedPipe(Exception):
    """The reader of our output has closed the pipe."""


@contextmanager
def closed_pipe_raised() -> Iterator[None]:
    """Raise `ClosedPipe` for a closed pipe; click would exit with code 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipe from error


def discard_output() -> None:
    """Discard what a full or closed stream could not take.

    Otherwise the interpreter tries once more to write it at exit, and complains.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            with Path(os.devnull).open("wb") as null:
                os.dup2(null.fileno(), stream.fileno())


@click.group(
    cls=Commands,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="codat-mock", prog_name="codat-mock")
def main() -> None:
    """A local mock of Codat's Sync for Commerce that judges what is pushed to it.

    Unofficial: not made, endorsed or supported by Codat.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
