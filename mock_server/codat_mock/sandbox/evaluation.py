"""Asking the rules, and keeping what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.request_log import CausedFinding
from codat_mock.rules.contexts import Context, ProbeContext, ProbedSale
from codat_mock.rules.judge import Finding, Findings, Judgement, judge, verdict_on
from codat_mock.rules.rule_settings import (
    BadRuleSetting,
    RuleSetting,
    describe_setting,
    merged,
    read_settings,
)
from codat_mock.sandbox import ground_truth_checks
from codat_mock.sandbox.session import Session

CHOICES = "rules"


class RuleSettings(Wire):
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


def take(session: Session, subject: Context) -> list[Finding]:
    """Ask the rules about a subject, and keep what they say; gives what they found."""
    judgement = judge(subject, choices(session))
    session.tables.findings.add(judgement)
    findings = [found.finding for found in judgement.found]
    if subject.request and findings:
        caused = session.caused.setdefault(subject.request.number, [])
        caused += [CausedFinding(each.code, each.count) for each in findings]
    return findings


def take_probe(session: Session, probe: Probe) -> list[Finding]:
    """Judge what a decoupling probe has measured."""
    return take(session, ProbeContext(service=probe.service, sales=probe.sales))


def choices(session: Session) -> Mapping[str, RuleSetting]:
    """What is chosen about rules: for this sandbox, else for the server."""
    own = session.tables.preferences.find(CHOICES, list[RuleSetting])
    if not own:
        return session.settings.rules
    return merged(session.settings.rules, {choice.code: choice for choice in own})


def choose(session: Session, wanted: Mapping[str, Any]) -> RuleSettings:
    """Choose about rules in this sandbox, instead of what was chosen in it before.

    Raises:
        Malformed: a rule, a setting or a value is not known.
    """
    try:
        chosen = read_settings(wanted)
    except BadRuleSetting as error:
        raise Malformed(str(error), [Problem(f"$.rules.{error.key}", str(error))]) from None
    session.tables.preferences.save(CHOICES, chosen)
    return chosen_rules(session)


def chosen_rules(session: Session) -> RuleSettings:
    """What is chosen, in force now."""
    return RuleSettings({code: describe_setting(each) for code, each in choices(session).items()})


def verdicts(session: Session) -> Findings:
    """All that was found until now, with what declared records show at this moment."""
    chosen = choices(session)
    findings, exercised = session.tables.findings.all(), set(session.tables.findings.exercised())
    for subject in ground_truth_checks.subjects(session):
        judgement: Judgement = judge(subject, chosen)
        findings += [found.finding for found in judgement.found]
        exercised.update(judgement.exercised)
    return verdict_on(findings, exercised, chosen, session.tables.journal.dropped())
