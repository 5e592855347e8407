"""What is chosen about rules: in a file, and on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from codat_mock.rules import BrokenRules
from codat_mock.rules.rule_settings import BadRuleSetting, RuleSetting, merged, read_settings

OWN_FILE: Final = Path("codat-mock.toml")
SHARED_FILE: Final = Path("pyproject.toml")
TABLES: Final = ("rules",)


def choices(config: Path | None, flags: Sequence[str]) -> dict[str, RuleSetting]:
    """What is chosen about rules; flags go before the file, rule by rule.

    Args:
        config: the file; None for the usual ones in the working directory, if there are any.
        flags: each as `CODE=VALUE` or `CODE.KEY=VALUE`.

    Raises:
        UsageError: a file cannot be read, or names what is not known.
    """
    try:
        path = config or usual_file()
        chosen = read(f"{path}: rules.", table_of(path)) if path else {}
        return merged(chosen, read("--rule ", dict(written(flags))))
    except BrokenRules as error:
        raise click.UsageError(str(error)) from error


def usual_file() -> Path | None:
    """The configuration file in the working directory."""
    if OWN_FILE.exists():
        return OWN_FILE
    return SHARED_FILE if SHARED_FILE.exists() else None


def table_of(path: Path) -> Mapping[str, Any]:
    """What a file chooses about rules.

    Raises:
        UsageError: it cannot be read, or holds what is not known.
    """
    import tomllib  # a plain start has no file to read

    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}.") from error
    table = whole
    if path.name == SHARED_FILE.name:
        tools = whole.get("tool")
        table = tools.get("codat-mock", {}) if isinstance(tools, dict) else {}
        if not isinstance(table, dict):
            raise click.UsageError(f"{path}: tool.codat-mock must be a table.")
    for name in table:
        if name not in TABLES:
            told = f"{path}: there is no setting '{name}'; known: {', '.join(TABLES)}."
            raise click.UsageError(told)
    rules = table.get("rules", {})
    if not isinstance(rules, dict):
        raise click.UsageError(f'{path}: rules must be a table, such as [rules] and S12 = "off".')
    return rules


def written(flags: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Flags as a file would have them, those of one rule together."""
    tables: dict[str, dict[str, Any]] = {}
    for flag in flags:
        name, is_told, value = flag.partition("=")
        code, _, key = name.partition(".")
        if not is_told:
            raise click.UsageError(f"--rule {flag}: write it as S12=off or T06.seconds=5.")
        tables.setdefault(code, {})[key or "severity"] = as_number(value) if key else value
    yield from tables.items()


def as_number(value: str) -> float | str:
    """A value as a number, where it is one."""
    try:
        return float(value)
    except ValueError:
        return value


def read(place: str, wanted: Mapping[str, Any]) -> dict[str, RuleSetting]:
    """Read choices.

    Raises:
        UsageError: one cannot be made; it says where it stands.
    """
    try:
        return {choice.code: choice for choice in read_settings(wanted)}
    except BadRuleSetting as error:
        raise click.UsageError(f"{place}{error.key}: {error}") from None
