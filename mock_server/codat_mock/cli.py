"""The `codat-mock` command: a group whose subcommands are found by entry point."""

from __future__ import annotations

import io
import sys
from importlib.metadata import entry_points
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

GROUP = "codat_mock.commands"
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
        """Run, and end the process; a wrong use of a command is told in one line, exit code 2."""
        kwargs["standalone_mode"] = False
        code = 0
        try:
            ended = super().main(*args, **kwargs)
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
        sys.exit(code)


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
