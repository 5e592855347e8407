"""The configuration of rules: from a file, and from the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from codat_mock.rules import BrokenRules
from codat_mock.rules.rule_settings import BadRuleSetting, RuleSetting, merged, read_settings

OWN_FILE: Final = Path("codat-mock.toml")
SHARED_FILE: Final = Path("pyproject.toml")
COMMANDS: Final = ("serve", "check", "explore")  # whose options a file can set, in tables
TABLES: Final = ("rules", *COMMANDS)
EXAMPLES: Final = {"rules": 'S12 = "off"', "serve": "port = 4700"}


def read_rule_settings(config: Path | None, flags: Sequence[str]) -> dict[str, RuleSetting]:
    """The configuration of rules, by code; flags override the file, rule by rule.

    Args:
        config: the file; None for `codat-mock.toml` or `pyproject.toml` of the current folder.
        flags: each as `CODE=VALUE` or `CODE.KEY=VALUE`.

    Raises:
        UsageError: the file cannot be read, or a rule or key is unknown.
    """
    try:
        path = config or default_file()
        settings = read(f"{path}: rules.", table_of(path, "rules")) if path else {}
        return merged(settings, read("--rule ", dict(parse_flags(flags))))
    except BrokenRules as error:
        raise click.UsageError(str(error)) from error


def default_file() -> Path | None:
    """The configuration file in the current folder, if there is one."""
    if OWN_FILE.exists():
        return OWN_FILE
    return SHARED_FILE if SHARED_FILE.exists() else None


def table_of(path: Path, section: str) -> Mapping[str, Any]:
    """A table of a file; empty where the file has none of that name.

    Args:
        path: the file; in a `pyproject.toml` the table is below `[tool.codat-mock]`.
        section: `rules`, or a command whose options it sets.

    Raises:
        UsageError: the file cannot be read, or holds an unknown table.
    """
    import tomllib  # most starts read no file

    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"Cannot read {path}: {error}.") from error
    except RecursionError:
        raise click.UsageError(f"Cannot read {path}: it is nested too deeply.") from None
    tables = whole
    if path.name == SHARED_FILE.name:
        tools = whole.get("tool")
        tables = tools.get("codat-mock", {}) if isinstance(tools, dict) else {}
        if not isinstance(tables, dict):
            raise click.UsageError(f"{path}: tool.codat-mock must be a table.")
    for name in tables:
        if name not in TABLES:
            message = f"{path}: unknown setting '{name}'; known: {', '.join(TABLES)}."
            raise click.UsageError(message)
    table = tables.get(section, {})
    if not isinstance(table, dict):
        example = EXAMPLES.get(section, 'speed = "frozen"')
        message = f"{path}: {section} must be a table, such as [{section}] and {example}."
        raise click.UsageError(message)
    return table


def parse_flags(flags: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The flags as a file would write them, by rule."""
    tables: dict[str, dict[str, Any]] = {}
    for flag in flags:
        name, has_value, value = flag.partition("=")
        code, _, key = name.partition(".")
        if not has_value:
            raise click.UsageError(f"--rule {flag}: write it as S12=off or T06.seconds=5.")
        tables.setdefault(code, {})[key or "severity"] = as_number(value) if key else value
    yield from tables.items()


def as_number(value: str) -> float | str:
    """The value as a number if it is one."""
    try:
        return float(value)
    except ValueError:
        return value


def read(source: str, table: Mapping[str, Any]) -> dict[str, RuleSetting]:
    """Read the settings of rules, by code.

    Args:
        source: where they come from, the start of an error message.
        table: the settings as a file or the command line writes them.

    Raises:
        UsageError: a setting is invalid; the text names it.
    """
    try:
        return {setting.code: setting for setting in read_settings(table)}
    except BadRuleSetting as error:
        raise click.UsageError(f"{source}{error.key}: {error}") from None
