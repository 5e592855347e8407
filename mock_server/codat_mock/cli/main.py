"""The `codat-mock` command: a group whose subcommands are found by entry point."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

GROUP = "codat_mock.commands"
CLOSED_PIPE: Final = 141  # as of a process that SIGPIPE has ended
NOT_WRITTEN: Final = 74  # EX_IOERR
EXAMPLES = """Examples:

\b
  codat-mock demo                  play the whole beta flow, with its mistakes
  codat-mock serve                 serve the mock at http://127.0.0.1:4620
  codat-mock rules                 what is judged, and where it stands
  codat-mock COMMAND --help        more of each, by example
"""


class Commands(click.Group):
    """The subcommands of every installed package, imported only when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Their names."""
        return sorted(entry.name for entry in entry_points(group=GROUP))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The one of that name."""
        for entry in entry_points(group=GROUP, name=cmd_name):
            command = entry.load()
            if isinstance(command, click.Command):
                return command
        return None

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run, and end the process.

        A wrong use of a command is told in one line, exit code 2; so is output that cannot be
        written, exit code 74. A reader that has had enough, such as `head`, is no trouble at all:
        nothing is told, and the exit code is 141.
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
                click.echo(f"codat-mock: {error.strerror or error}{file}", err=True)
        silence()
        sys.exit(code)

    def _run(self, *args: Any, **kwargs: Any) -> int:
        """Run; gives the exit code, having told what went wrong."""
        code: Any = 0
        try:
            ended = super().main(*args, **(kwargs | {"standalone_mode": False}))
            code = ended if isinstance(ended, int) else 0
        except NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "codat-mock"
            click.echo(f"{path}: {error.format_message()}", err=True)
            code = error.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except click.Abort:
            click.echo("Aborted!", err=True)
            code = 1
        except SystemExit as end:
            if isinstance(end.__context__, BrokenPipeError):  # as rich ends then
                raise ClosedPipe from end
            code = end.code
        return code if isinstance(code, int) else int(bool(code))

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Make sense of the arguments; may print the help."""
        with pipes_watched():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry the command out."""
        with pipes_watched():
            return super().invoke(ctx)


class ClosedPipe(Exception):
    """Nobody reads the output any more."""


@contextmanager
def pipes_watched() -> Iterator[None]:
    """Tell of a closed pipe in a way of our own, since click would end with exit code 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipe from error


def silence() -> None:
    """Drop what is still to be written to a stream that is full or closed.

    Else the interpreter tries once more while it ends, and complains.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())


@click.group(
    cls=Commands,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="codat-mock", prog_name="codat-mock")
def main() -> None:
    """A rehearsal stage for integrations that push commerce data to Codat.

    Unofficial: not made, endorsed or supported by Codat.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show every letter gets question marks, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
