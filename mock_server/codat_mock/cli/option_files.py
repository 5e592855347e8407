"""The options of `serve`, `check` and `explore` from a file; the command line overrides it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from codat_mock.rule_config import COMMANDS, default_file, table_of


def read_config(context: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Read the command's table of a file as defaults of its other options.

    Args:
        context: of the command.
        param: the option that names the file.
        value: the file; None for that of the current folder.

    Raises:
        UsageError: the file cannot be read, or an option in it is unknown or invalid.
    """
    name = context.info_name or ""
    path = value or default_file()
    if name in COMMANDS and path:
        options = {
            key: each
            for each in context.command.params
            if isinstance(each, click.Option) and each is not param
            for key in keys_of(each)
        }
        context.default_map = {
            **(context.default_map or {}),
            **read_options(context, f"{path}: {name}.", options, table_of(path, name)),
        }
    return value


def keys_of(option: click.Option) -> list[str]:
    """The names of an option in a file: `--fail-on` is `fail-on`."""
    long = [each.removeprefix("--") for each in option.opts if each.startswith("--")]
    return [] if option.name in ("help", "rule_settings") else long


def read_options(
    context: click.Context,
    place: str,
    options: Mapping[str, click.Option],
    table: Mapping[str, Any],
) -> dict[str, Any]:
    """The defaults of options by the names of their parameters.

    Args:
        context: of the command.
        place: the file and the table, the start of an error message.
        options: the command's options, by their names in a file.
        table: what the file says.

    Raises:
        UsageError: an option is unknown or invalid.
    """
    found = {}
    for key, given in table.items():
        if key not in options:
            near = get_close_matches(key, options, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(options))}."
            raise click.UsageError(f"{place}{key}: there is no such option; {hint}")
        option = options[key]
        value = as_typed(given, option)
        try:
            option.process_value(context, value)
        except click.UsageError as error:
            raise click.UsageError(f"{place}{key}: {error.message}") from None
        found[option.name or key] = value
    return found


def as_typed(given: Any, option: click.Option) -> Any:
    """A value of a file as it would be typed; that of an option that can be repeated is a list."""
    if option.multiple:
        return [text_of(each) for each in (given if isinstance(given, list) else [given])]
    if isinstance(given, list):
        return ",".join(map(text_of, given))
    return given if isinstance(given, bool) else text_of(given)


def text_of(given: Any) -> str:
    """A value of a file as text."""
    if isinstance(given, bool):
        return "true" if given else "false"
    return given.isoformat() if isinstance(given, date) else str(given)
