"""What a rule is, and the list of all of them.

A rule is one function: it looks at what was done and yields what breaks it. All that is shown of a
rule (its page, the command, a finding's message and advice) stands at the function.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.rules.contexts import Evidence

Severity = Literal["error", "warning", "info"]
Subject = TypeVar("Subject")
Thresholds = ParamSpec("Thresholds")


class Rule(Struct, frozen=True):
    """A rule of the rulebook.

    Args:
        code: its stable code, such as `S03`.
        name: its stable name, such as `only-new-or-changed`.
        severity: how bad a breach is, unless a user chooses otherwise.
        statement: what holds when it is kept.
        source: where it comes from: a section of the guide, the reference, or our assumption.
        consequence: what the mock lets happen when it is broken.
        keeps: names of stories that keep it.
        breaks: names of stories that break it.
        says: a finding's message, up to the records (or places, or pushes) it is about.
        counts: what the evidence is made of, in the singular.
        advice: what to do instead, with `$company_id` and `$data_type` where they belong.
        subjects: the types of what it judges.
        occasion: whether the subject gave an occasion to keep or break it.
        look: yields the evidence of a breach.
        thresholds: what a user may set, with what they are otherwise.
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
GROUP: Final = "codat_mock.rules"  # the entry points of other people's rules


def always(_subject: object) -> bool:
    """The occasion of a rule that every subject keeps or breaks."""
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
    number, that users may set.

    Raises:
        ValueError: the code is taken or is none, or the statement is missing.
    """

    def enter(look: Look[Subject, Thresholds]) -> Look[Subject, Thresholds]:
        statement = " ".join((look.__doc__ or "").split())
        if not CODE.fullmatch(code):
            raise ValueError(f"'{code}' is no code of a rule: capitals and digits, such as X01")
        if code in RULES or not statement:
            raise ValueError(f"rule {code} is entered twice, or lacks its statement")
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
    """The thresholds of a rule's function, with what they are unless a user sets them."""
    parameters = inspect.signature(look).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


class BrokenRules(Exception):
    """Somebody's own rules cannot be taken in, or one of them fails; the text says which."""


def rulebook() -> list[Rule]:
    """All the rules, in the order of the rulebook's sections; other people's rules come last.

    Raises:
        BrokenRules: the rules of an entry point cannot be taken in.
    """
    load_others()
    return [*ordered()]


@cache
def ordered() -> tuple[Rule, ...]:
    """The rules that have been entered, in their order."""

    def place(rule: Rule) -> tuple[int, str]:
        section = "".join(SECTIONS).find(rule.code[0])
        return section if section >= 0 else len(SECTIONS), rule.code

    return tuple(sorted(RULES.values(), key=place))


@cache
def rules_on(subject: type[Any]) -> tuple[Rule, ...]:
    """The rules that judge subjects of that type, in their order."""
    return tuple(rule for rule in rulebook() if issubclass(subject, rule.subjects))


@cache
def load_others() -> None:
    """Take in other people's rules, once, from the modules that their entry points name.

    Raises:
        BrokenRules: one cannot be imported, or what it enters is no rule.
    """
    for each in entry_points(group=GROUP):
        try:
            each.load()
        except Exception as error:
            describe = f"The rules of entry point '{each.name}' ({each.value}) cannot be taken in"
            raise BrokenRules(f"{describe}: {type(error).__name__}: {error}") from error


class RuleDescription(Wire, omit_defaults=False, kw_only=True):
    """A rule as it is shown to people and programs."""

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


def filled(advice: str, company_id: str, data_type: str) -> str:
    """Advice that names the company and the data type it is for."""
    named = advice.replace("$company_id", company_id or "{companyId}")
    return named.replace("$data_type", data_type or "{dataType}")
