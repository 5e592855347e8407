"""Evaluates the rules, and stores their findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.models.commerce import Wire
from codat_mock.models.errors import Malformed, Problem
from codat_mock.models.request_log import CausedFinding
from codat_mock.rules.contexts import BooksContext, Context, ProbeContext, ProbedSale
from codat_mock.rules.judge import Finding, Findings, Judgement, judge, verdict_on
from codat_mock.rules.rule_settings import (
    BadRuleSetting,
    RuleSetting,
    describe_setting,
    merged,
    read_settings,
)
from codat_mock.sandbox import books_view, ground_truth_checks, open_records
from codat_mock.sandbox.ground_truth_checks import DeclaredSubjects
from codat_mock.sandbox.session import Session
from codat_mock.storage import CompanyRow

CHOICES = "rules"


class RuleSettings(Wire):
    """The settings of rules, by code, as they are written."""

    rules: dict[str, Any]


class Probe(Struct, frozen=True, forbid_unknown_fields=True):
    """What a decoupling probe has measured.

    Args:
        service: the state of the service: slow, down, hanging, refusing.
        sales: the outcome of each sale that was recorded meanwhile.
    """

    service: str
    sales: list[ProbedSale]


def take(session: Session, subject: Context) -> list[Finding]:
    """Judge a context by the rules, and store the findings; returns them."""
    return keep(session, subject, judged(session, subject))


def judged(session: Session, subject: Context) -> Judgement:
    """Judge a context by the rules."""
    chosen = choices(session)
    with session.computing(subject.size):
        return judge(subject, chosen)


def keep(session: Session, subject: Context, judgement: Judgement) -> list[Finding]:
    """Store the findings about a context; returns them.

    Args:
        session: the session.
        subject: the context.
        judgement: what the rules found in it.
    """
    session.tables.findings.add(judgement)
    findings = [found.finding for found in judgement.found]
    if subject.request:
        session.caused += [CausedFinding(each.code, each.count) for each in findings]
    return findings


def take_probe(session: Session, probe: Probe) -> list[Finding]:
    """Judge what a decoupling probe has measured."""
    return take(session, ProbeContext(service=probe.service, sales=probe.sales))


def choices(session: Session) -> Mapping[str, RuleSetting]:
    """The settings of rules: this sandbox's own before the server's, rule by rule."""
    own = session.tables.preferences.find(CHOICES, list[RuleSetting])
    if not own:
        return session.settings.rules
    return merged(session.settings.rules, {choice.code: choice for choice in own})


def choose(session: Session, settings: Mapping[str, Any]) -> RuleSettings:
    """Replace this sandbox's own settings of rules.

    Raises:
        Malformed: a rule, a setting or a value is unknown.
    """
    try:
        chosen = read_settings(settings)
    except BadRuleSetting as error:
        raise Malformed(str(error), [Problem(f"$.rules.{error.key}", str(error))]) from None
    session.tables.preferences.save(CHOICES, chosen)
    return chosen_rules(session)


def chosen_rules(session: Session) -> RuleSettings:
    """The settings of rules that are in force."""
    return RuleSettings({code: describe_setting(each) for code, each in choices(session).items()})


def findings(session: Session) -> Findings:
    """All findings until now, with those that the books and the declared records cause now."""
    state = (session.tables.changes, session.now)
    return session.remember("findings", state, lambda: findings_now(session))


class DeclaredFindings(Struct, frozen=True):
    """What the rules found in a company's declared records, beside what the time adds.

    Args:
        subjects: what was judged.
        periods: what they found in each period of a sync.
        books: what they found in the books.
        surplus: how many records are booked and not declared.
    """

    subjects: DeclaredSubjects
    periods: list[Judgement]
    books: Judgement
    surplus: int


def declared_findings(
    session: Session, row: CompanyRow, chosen: Mapping[str, RuleSetting]
) -> DeclaredFindings:
    """What the rules found in a company's declared records, judged again only after a change.

    Args:
        session: the session.
        row: the company's row.
        chosen: the settings of rules.
    """

    def compute() -> DeclaredFindings:
        subjects = ground_truth_checks.subjects(session, row)
        periods = [judged(session, each) for each in subjects.periods]
        books = judged(session, subjects.books)
        kept = replace(subjects, periods=[], books=BooksContext(due=0))
        return DeclaredFindings(kept, periods, books, len(subjects.books.surplus))

    state = (ground_truth_checks.state_of(session, row), repr(chosen))
    return session.remember(("declared", row.number), state, compute)


def findings_now(session: Session) -> Findings:
    """The findings, computed."""
    chosen = choices(session)
    findings, exercised = session.tables.findings.all(), session.tables.findings.exercised()
    surplus = 0
    judgements = [judged(session, subject) for subject in open_records.subjects(session)]
    for row in ground_truth_checks.declaring(session):
        found = declared_findings(session, row, chosen)
        gaps = ground_truth_checks.push_gaps(session, row, found.subjects)
        judgements += [*found.periods, judged(session, gaps), found.books]
        surplus += found.surplus
    for judgement in judgements:
        findings += [each.finding for each in judgement.found]
        exercised.update(judgement.exercised)
    dropped = session.tables.request_log.dropped()
    return verdict_on(findings, exercised, chosen, dropped, books_view.summary(session, surplus))
