"""The judge: asks every rule about a subject, and makes one finding of all its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, Literal

from msgspec import Struct

from codat_mock.records.commerce import Wire
from codat_mock.rules.registry import Evidence, Rule, Severity, rulebook
from codat_mock.rules.subjects import JudgedPush, Request

MOST_RECORDS: Final = 20
MOST_CHANGES: Final = 100
Verdict = Literal["clean", "findings", "nothing-observed"]


class Difference(Wire, omit_defaults=False, kw_only=True):
    """A property in which a pushed record differs from the version accepted last.

    Args:
        record: the record's key.
        path: the property, as a JSON path from the record.
        old: its value before, null where it had none.
        new: its value now, null where it has none.
    """

    record: str
    path: str
    old: Any
    new: Any


class Finding(Wire, omit_defaults=False, kw_only=True):
    """A breach of one rule by one push: however many records, one finding.

    Args:
        count: how many records (or places) break the rule.
        records: the first 20 of them, by key or JSON path.
        requests: the requests involved, the breaking one first.
        differences: where two versions are compared, the first 100 properties that differ.
    """

    code: str
    name: str
    severity: Severity
    company_id: str
    data_type: str
    count: int
    records: list[str]
    requests: list[Request]
    differences: list[Difference]
    message: str
    advice: str
    source: str


class Judgement(Struct, frozen=True):
    """What the rules say of one subject: the findings, and the codes of the rules it exercised."""

    findings: list[Finding]
    exercised: list[str]


class Verdicts(Wire, omit_defaults=False, kw_only=True):
    """All that was found in a sandbox.

    Args:
        verdict: `nothing-observed` where no rule had an occasion; a verdict on nothing is no pass.
        exercised: codes of the rules that had an occasion to be kept or broken.
        dropped: how many requests the journal could not keep.
    """

    verdict: Verdict
    findings: list[Finding]
    exercised: list[str]
    not_exercised: list[str]
    dropped: int = 0


def judge(push: JudgedPush) -> Judgement:
    """Ask every rule that judges pushes about this one."""
    findings, exercised = [], []
    for rule in rulebook():
        if rule.subject is not JudgedPush or not rule.occasion(push):
            continue
        exercised.append(rule.code)
        evidence = list(rule.look(push))
        if evidence:
            findings.append(finding_of(rule, push, evidence))
    return Judgement(findings, exercised)


def finding_of(rule: Rule, push: JudgedPush, evidence: list[Evidence]) -> Finding:
    """Group the evidence of one rule in one push."""
    several = (
        f"{len(evidence)} {plural(rule.counts)}, such as" if evidence[1:] else f"1 {rule.counts},"
    )
    first = evidence[0]
    note = f": {first.note}" if first.note else ""
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        company_id=push.company_id,
        data_type=push.data_type,
        count=len(evidence),
        records=[item.record for item in evidence[:MOST_RECORDS]],
        requests=requests_of(push, evidence),
        differences=differences_in(evidence),
        message=sentence(f"{rule.says}: {several} {first.record}{note}"),
        advice=sentence(rule.advice),
        source=rule.source,
    )


def requests_of(push: JudgedPush, evidence: list[Evidence]) -> list[Request]:
    """The breaking request, those it overlapped, and those that had brought the records before."""
    broken = {item.record for item in evidence}
    earlier = {
        record.known.accepted_by.number: record.known.accepted_by
        for record in push.records
        if record.known and record.key in broken
    }
    others = {request.number: request for request in push.overlaps} | earlier
    return [push.request, *(others[number] for number in islice(sorted(others), MOST_RECORDS))]


def differences_in(evidence: list[Evidence]) -> list[Difference]:
    """What differs in the records that a finding names."""
    found = (
        Difference(record=item.record, path=change.path, old=change.old, new=change.new)
        for item in evidence[:MOST_RECORDS]
        for change in item.changes
    )
    return [*islice(found, MOST_CHANGES)]


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def verdict_on(findings: list[Finding], exercised: Iterable[str], dropped: int = 0) -> Verdicts:
    """Sum up what was found, and which rules had an occasion at all."""
    seen = set(exercised)
    codes = [rule.code for rule in rulebook()]
    verdict: Verdict = "findings" if findings else "clean" if seen else "nothing-observed"
    return Verdicts(
        verdict=verdict,
        findings=findings,
        exercised=[code for code in codes if code in seen],
        not_exercised=[code for code in codes if code not in seen],
        dropped=dropped,
    )


def plural(noun: str) -> str:
    """The noun for more than one."""
    return f"{noun}es" if noun.endswith("sh") else f"{noun}s"
