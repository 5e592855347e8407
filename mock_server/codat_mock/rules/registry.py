"""What a rule is, and the list of all of them.

A rule is one function: it looks at a subject and yields the evidence of a violation. Everything
shown of a rule (its page, the command, a finding's message and advice) is declared at the function.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.rules.contexts import Evidence

Severity = Literal["error", "warning", "info"]
Subject = TypeVar("Subject")
Thresholds = ParamSpec("Thresholds")
SIMILAR: Final = 0.5  # of 1, which is equality


class Rule(Struct, frozen=True):
    """A rule of the rulebook.

    Args:
        code: its stable code, such as `S03`.
        name: its stable name, such as `only-new-or-changed`.
        severity: of a violation, unless a user sets another.
        statement: what holds when the rule is kept.
        source: a section of the guide, the reference, or "assumed".
        consequence: what the mock does when it is broken.
        keeps: names of stories that keep it.
        breaks: names of stories that break it.
        message: the start of a finding's message, before the records it names.
        counts: what one piece of evidence stands for, in the singular.
        advice: what to do instead; may contain `$company_id` and `$data_type`.
        subjects: the types of subjects it judges.
        applies: whether a subject can keep or break it.
        look: yields the evidence of a violation.
        thresholds: what a user may set, with their defaults.
    """

    code: str
    name: str
    severity: Severity
    statement: str
    source: str
    consequence: str
    keeps: tuple[str, ...]
    breaks: tuple[str, ...]
    message: str
    counts: str
    advice: str
    subjects: tuple[type[Any], ...]
    applies: Callable[[Any], bool]
    look: Callable[..., Iterable[Evidence]]
    thresholds: Mapping[str, float]


Look = Callable[Concatenate[Subject, Thresholds], Iterator[Evidence]]
CODE: Final = re.compile(r"[A-Z]+[0-9]+")
RULES: dict[str, Rule] = {}
SECTIONS: Final[dict[str, str]] = {
    "S": "Sending",
    "U": "Updating",
    "D": "Deleting",
    "R": "Reconciling",
    "T": "Talking to the service",
    "B": "The books",
}
GROUP: Final = "codat_mock.rules"  # the entry points of users' rules


def always(_subject: object) -> bool:
    """For a rule that applies to every subject."""
    return True


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    subject: type[Subject] | tuple[type[Any], ...],
    applies: Callable[[Subject], bool] = always,
    message: str,
    advice: str,
    source: str,
    consequence: str = "",
    keeps: tuple[str, ...] = (),
    breaks: tuple[str, ...] = (),
    counts: str = "record",
) -> Callable[[Look[Subject, Thresholds]], Look[Subject, Thresholds]]:
    """Enter a function into the rulebook.

    Its docstring is the rule's statement; its keyword-only parameters are thresholds, each a
    number, that users may set. For the arguments see `Rule`.

    Raises:
        ValueError: the code is taken or malformed, or the docstring is missing.
    """

    def enter(look: Look[Subject, Thresholds]) -> Look[Subject, Thresholds]:
        statement = " ".join((look.__doc__ or "").split())
        if not CODE.fullmatch(code):
            raise ValueError(f"'{code}' is not a rule code: use capitals and digits, such as X01")
        if code in RULES or not statement:
            raise ValueError(f"rule {code} is defined twice, or its function has no docstring")
        RULES[code] = Rule(
            code, name, severity, statement, source, consequence, keeps, breaks, message, counts,
            advice, subject if isinstance(subject, tuple) else (subject,), applies, look,
            thresholds_of(look),
        )  # fmt: skip
        ordered.cache_clear()
        rules_on.cache_clear()
        return look

    return enter


def thresholds_of(look: Callable[..., Any]) -> dict[str, float]:
    """The thresholds of a rule's function, with their defaults."""
    parameters = inspect.signature(look).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


class BrokenRules(Exception):
    """A user's rules cannot be loaded, or one of them fails; the text says which."""


def rulebook() -> list[Rule]:
    """All rules in the order of the sections, users' rules last.

    Raises:
        BrokenRules: the rules of an entry point cannot be loaded.
    """
    load_user_rules()
    return [*ordered()]


@cache
def ordered() -> tuple[Rule, ...]:
    """The registered rules, in order."""

    def place(rule: Rule) -> tuple[int, str]:
        section = "".join(SECTIONS).find(rule.code[0])
        return section if section >= 0 else len(SECTIONS), rule.code

    return tuple(sorted(RULES.values(), key=place))


@cache
def rules_on(subject: type[Any]) -> tuple[Rule, ...]:
    """The rules for subjects of that type, in order."""
    return tuple(rule for rule in rulebook() if issubclass(subject, rule.subjects))


@cache
def load_user_rules() -> None:
    """Load users' rules, once, from the modules of their entry points.

    Raises:
        BrokenRules: a module cannot be imported, or defines a malformed rule.
    """
    for each in entry_points(group=GROUP):
        try:
            each.load()
        except Exception as error:
            message = f"Cannot load the rules of entry point '{each.name}' ({each.value})"
            raise BrokenRules(f"{message}: {type(error).__name__}: {error}") from error


class RuleDescription(Wire, omit_defaults=False, kw_only=True):
    """A rule as shown to people and programs."""

    code: str
    name: str
    severity: Severity
    statement: str
    source: str
    consequence: str
    advice: str
    thresholds: Mapping[str, float]
    keeps: list[str]
    breaks: list[str]


def describe(rule: Rule) -> RuleDescription:
    """A rule without its functions."""
    return RuleDescription(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        statement=rule.statement,
        source=rule.source,
        consequence=rule.consequence,
        advice=filled(rule.advice, "{companyId}", "{dataType}"),
        thresholds=rule.thresholds,
        keeps=list(rule.keeps),
        breaks=list(rule.breaks),
    )


def nearest(given: str, names: Collection[str]) -> str | None:
    """The code or name of a rule that is most similar to what was given.

    Args:
        given: such as `S3`, `s-03` or `only-new`.
        names: the codes or names to choose from.
    """
    code = re.fullmatch(r"([A-Za-z]+)\W?0*(\d+)", given.strip())
    if code and (whole := f"{code[1].upper()}{int(code[2]):02}") in names:
        return whole
    found = get_close_matches(given.upper(), names, 1, SIMILAR)
    return next(iter(found or get_close_matches(given.lower(), names, 1, SIMILAR)), None)


def filled(advice: str, company_id: str, data_type: str) -> str:
    """Advice with the company and the data type filled in.

    Args:
        advice: with `$company_id` and `$data_type`.
        company_id: empty if there is none.
        data_type: empty if there is none.
    """
    named = advice.replace("$company_id", company_id or "{companyId}")
    return named.replace("$data_type", data_type or "{dataType}")
