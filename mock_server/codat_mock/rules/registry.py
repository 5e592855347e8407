"""What a rule is, and the list of all of them.

A rule is one function: it looks at what was done and yields what breaks it. All that is shown of a
rule (its page, the command, a finding's message and advice) stands at the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct

from codat_mock.records.commerce import Wire
from codat_mock.rules.changes import Change

Severity = Literal["error", "warning", "info"]
Subject = TypeVar("Subject")


class Evidence(Struct, frozen=True):
    """One thing that breaks a rule.

    Args:
        record: the key of the record (or the JSON path) it shows in.
        note: what is wrong there, where the rule's own words do not tell.
        changes: where two versions are compared, what differs.
    """

    record: str
    note: str = ""
    changes: Sequence[Change] = ()


class Rule(Struct, frozen=True):
    """A rule of the rulebook.

    Args:
        code: its stable code, such as `S03`.
        name: its stable name, such as `only-new-or-changed`.
        severity: how bad a breach is.
        statement: what holds when it is kept.
        source: where it comes from: a section of the guide, the reference, or our assumption.
        consequence: what the mock lets happen when it is broken.
        keeps: names of stories that keep it.
        breaks: names of stories that break it.
        says: a finding's message, up to the records (or places, or pushes) it is about.
        counts: what the evidence is made of, in the singular.
        advice: what to do instead.
        subject: the type of what it judges.
        occasion: whether the subject gave an occasion to keep or break it.
        look: yields the evidence of a breach.
    """

    code: str
    name: str
    severity: Severity
    statement: str
    source: str
    consequence: str
    keeps: tuple[str, ...]
    breaks: tuple[str, ...]
    says: str
    counts: str
    advice: str
    subject: type[Any]
    occasion: Callable[[Any], bool]
    look: Callable[[Any], Iterable[Evidence]]


Look = Callable[[Subject], Iterator[Evidence]]
RULES: dict[str, Rule] = {}
SECTIONS: Final = "SUDRTB"  # sending, updating, deleting, reconciling, talking, books


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    source: str,
    consequence: str,
    keeps: tuple[str, ...],
    breaks: tuple[str, ...],
    says: str,
    advice: str,
    subject: type[Subject],
    counts: str = "record",
    occasion: Callable[[Subject], bool],
) -> Callable[[Look[Subject]], Look[Subject]]:
    """Enter a function into the rulebook; its docstring is the rule's statement.

    Raises:
        ValueError: the code is taken, or the rule lacks a statement or a story.
    """

    def enter(look: Look[Subject]) -> Look[Subject]:
        statement = " ".join((look.__doc__ or "").split())
        if code in RULES or not (statement and keeps and breaks):
            raise ValueError(f"rule {code} is entered twice, or lacks its statement or stories")
        RULES[code] = Rule(
            code, name, severity, statement, source, consequence, keeps, breaks,
            says, counts, advice, subject, occasion, look,
        )  # fmt: skip
        return look

    return enter


def rulebook() -> list[Rule]:
    """All the rules, in the order of the rulebook's sections; other people's rules come last."""

    def place(rule: Rule) -> tuple[int, str]:
        section = SECTIONS.find(rule.code[0])
        return section if section >= 0 else len(SECTIONS), rule.code

    return sorted(RULES.values(), key=place)


class ToldRule(Wire, omit_defaults=False, kw_only=True):
    """A rule as it is shown to people and programs."""

    code: str
    name: str
    severity: Severity
    statement: str
    source: str
    consequence: str
    advice: str
    keeps: list[str]
    breaks: list[str]


def told(rule: Rule) -> ToldRule:
    """A rule without its functions."""
    return ToldRule(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        statement=rule.statement,
        source=rule.source,
        consequence=rule.consequence,
        advice=rule.advice,
        keeps=list(rule.keeps),
        breaks=list(rule.breaks),
    )
