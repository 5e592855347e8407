"""Asking the rules, and keeping what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from codat_mock.records.commerce import Wire
from codat_mock.records.errors import Malformed, Problem
from codat_mock.records.journal import Caused
from codat_mock.rules.choices import BadChoice, Choice, merged, read_choices, told_choice
from codat_mock.rules.judging import Finding, Judgement, Verdicts, judge, verdict_on
from codat_mock.rules.subjects import JudgedProbe, ProbedSale, Subject
from codat_mock.sandbox import reckoning
from codat_mock.sandbox.turn import Turn

CHOICES = "rules"


class ChosenRules(Wire):
    """What is chosen about rules, as it is written, by code."""

    rules: dict[str, Any]


class Probe(Struct, frozen=True, forbid_unknown_fields=True):
    """What a decoupling probe has measured.

    Args:
        service: the trouble that the service was in: slow, down, hanging, refusing.
        sales: what came of each sale that was recorded meanwhile.
    """

    service: str
    sales: list[ProbedSale]


def take(turn: Turn, subject: Subject) -> list[Finding]:
    """Ask the rules about a subject, and keep what they say; gives what they found."""
    judgement = judge(subject, choices(turn))
    turn.shelf.findings.add(judgement)
    findings = [found.finding for found in judgement.found]
    if subject.request and findings:
        caused = turn.caused.setdefault(subject.request.number, [])
        caused += [Caused(each.code, each.count) for each in findings]
    return findings


def take_probe(turn: Turn, probe: Probe) -> list[Finding]:
    """Judge what a decoupling probe has measured."""
    return take(turn, JudgedProbe(service=probe.service, sales=probe.sales))


def choices(turn: Turn) -> Mapping[str, Choice]:
    """What is chosen about rules: for this sandbox, else for the server."""
    own = turn.shelf.preferences.find(CHOICES, list[Choice])
    if not own:
        return turn.settings.rules
    return merged(turn.settings.rules, {choice.code: choice for choice in own})


def choose(turn: Turn, wanted: Mapping[str, Any]) -> ChosenRules:
    """Choose about rules in this sandbox, instead of what was chosen in it before.

    Raises:
        Malformed: a rule, a setting or a value is not known.
    """
    try:
        chosen = read_choices(wanted)
    except BadChoice as error:
        raise Malformed(str(error), [Problem(f"$.rules.{error.key}", str(error))]) from None
    turn.shelf.preferences.save(CHOICES, chosen)
    return chosen_rules(turn)


def chosen_rules(turn: Turn) -> ChosenRules:
    """What is chosen, in force now."""
    return ChosenRules({code: told_choice(each) for code, each in choices(turn).items()})


def verdicts(turn: Turn) -> Verdicts:
    """All that was found until now, with what declared records show at this moment."""
    chosen = choices(turn)
    findings, exercised = turn.shelf.findings.all(), set(turn.shelf.findings.exercised())
    for subject in reckoning.subjects(turn):
        judgement: Judgement = judge(subject, chosen)
        findings += [found.finding for found in judgement.found]
        exercised.update(judgement.exercised)
    return verdict_on(findings, exercised, chosen, turn.shelf.journal.dropped())
