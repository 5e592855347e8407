"""Secrets as options, which can be in a file: the list of processes shows all arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

TOKEN_VARIABLE: Final = "CODAT_MOCK_CONTROL_TOKEN"  # noqa: S105  (its name)


def secret(value: str) -> str:
    """Parse an option that is a secret, or `@` and the path of a file that holds it.

    Raises:
        click.BadParameter: the file cannot be read, or there is no secret.
    """
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise click.BadParameter(f"Cannot read {value[1:]}: {reason}.") from error
    if not value:
        raise click.BadParameter("It is empty.")
    return value


TOKEN_OPTION: Final = click.option(
    "--control-token",
    type=secret,
    envvar=TOKEN_VARIABLE,
    show_envvar=True,
    help="The server's control token, if it has one; @FILE reads it from a file.",
)
