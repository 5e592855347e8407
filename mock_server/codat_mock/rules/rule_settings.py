"""Users' settings of rules: off, another severity, other thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.rules.registry import Rule, Severity, nearest, rulebook

OFF = "off"
MAX_THRESHOLD: Final = 10**9  # of a duration: more days do not fit a timedelta
SEVERITIES: tuple[str, ...] = get_args(Severity)


class RuleSetting(Struct, frozen=True):
    """The settings of one rule.

    Args:
        severity: replaces the rule's; None to keep it.
        thresholds: replace the rule's, by name.
    """

    code: str
    is_off: bool = False
    severity: Severity | None = None
    thresholds: Mapping[str, float] = {}


class BadRuleSetting(ValueError):
    """A setting that is wrong; `key` is its place, the text says why."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_settings(written: Mapping[str, Any]) -> list[RuleSetting]:
    """Read settings as written: by code, `"off"`, a severity, or a table of settings.

    Raises:
        BadRuleSetting: a rule, a key or a value is unknown.
    """
    return [read_setting(code, value) for code, value in written.items()]


def read_setting(code: str, value: Any) -> RuleSetting:
    """Read the settings of one rule."""
    rule = rule_of(code)
    settings = value if isinstance(value, dict) else {"severity": value}
    choice = RuleSetting(code)
    for key, given in settings.items():
        if key == "severity":
            choice = with_severity(choice, given)
        elif key in rule.thresholds:
            choice = replace(
                choice, thresholds={**choice.thresholds, key: number(code, key, given)}
            )
        else:
            known = ", ".join(["severity", *rule.thresholds])
            raise BadRuleSetting(
                f"{code}.{key}", f"Rule {code} has no setting '{key}'; known: {known}."
            )
    return choice


def rule_of(code: str) -> Rule:
    """The rule of that code.

    Raises:
        BadRuleSetting: there is none.
    """
    known = {rule.code: rule for rule in rulebook()}
    if code in known:
        return known[code]
    near = nearest(code, known)
    hint = f"did you mean {near}?" if near else "`codat-mock rules` lists them."
    raise BadRuleSetting(code, f"There is no rule '{code}'; {hint}")


def with_severity(choice: RuleSetting, given: Any) -> RuleSetting:
    """The setting with a severity, or off."""
    if given == OFF:
        return replace(choice, is_off=True)
    if given in SEVERITIES:
        return replace(choice, severity=given)
    known = ", ".join([OFF, *SEVERITIES])
    message = f"Rule {choice.code} can be one of {known}, not {given!r}."
    raise BadRuleSetting(f"{choice.code}.severity", message)


def number(code: str, key: str, given: Any) -> float:
    """A threshold; over HTTP a fraction arrives as a Decimal.

    Args:
        code: the rule's.
        key: the threshold's.
        given: what the setting says.

    Raises:
        BadRuleSetting: it is no number, or out of range.
    """
    is_number = isinstance(given, int | float | Decimal) and not isinstance(given, bool)
    if not is_number or not 0 <= given <= MAX_THRESHOLD:
        message = f"{key} of rule {code} must be a number from 0 to {MAX_THRESHOLD}."
        raise BadRuleSetting(f"{code}.{key}", message)
    return float(given)


def in_force(
    rules: Iterable[Rule], choices: Mapping[str, RuleSetting]
) -> Iterator[tuple[Rule, RuleSetting]]:
    """The rules that are not off, each with its setting."""
    for rule in rules:
        choice = choices.get(rule.code) or unchanged(rule.code)
        if not choice.is_off:
            yield rule, choice


@cache
def unchanged(code: str) -> RuleSetting:
    """The setting of a rule that users leave as it is."""
    return RuleSetting(code)


def merged(*layers: Mapping[str, RuleSetting]) -> dict[str, RuleSetting]:
    """Settings by code; a later layer replaces an earlier one, rule by rule."""
    return {code: choice for layer in layers for code, choice in layer.items()}


def describe_setting(choice: RuleSetting) -> Any:
    """A setting as written."""
    if choice.is_off:
        return OFF
    severity = {"severity": choice.severity} if choice.severity else {}
    return {**severity, **choice.thresholds}
