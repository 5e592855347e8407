"""The judge: applies every rule to a subject, and makes one finding of all its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Literal, cast

from msgspec import Struct, field
from msgspec.structs import replace

from codat_mock.domain.redaction import value_without_secrets, without_secrets
from codat_mock.models.commerce import Wire
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.rules.contexts import Context, Evidence, ExchangeContext, Request
from codat_mock.rules.registry import RULES, BrokenRules, Rule, Severity, filled, rulebook, rules_on
from codat_mock.rules.rule_settings import RuleSetting, in_force

MAX_RECORDS: Final = 20
MAX_DIFFERENCES: Final = 100
Verdict = Literal["clean", "findings", "nothing-observed"]


class Difference(Wire, omit_defaults=False, kw_only=True):
    """A property in which a pushed record differs from the version accepted last.

    Args:
        record: the record's key.
        path: the property, as a JSON path from the record.
        old: its value before; null if it had none.
        new: its value now; null if it has none.
    """

    record: str
    path: str
    old: Any
    new: Any


class Finding(Wire, omit_defaults=False, kw_only=True):
    """A violation of one rule by one push, sync, dataset …: one finding, however many records.

    Args:
        company_id: the company's; empty if it concerns no company.
        data_type: of its records; empty if there is none, or more than one.
        count: the number of records (or places, or requests) that break the rule.
        records: the first 20 of them, by key or JSON path.
        requests: the requests involved, the breaking one first.
        differences: the first 100 properties that differ, if two versions are compared.
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


class StoredFinding(Struct, frozen=True):
    """A finding as stored.

    Args:
        dedup_key: later findings of the same rule and key are joined with it; empty if it is
            never joined.
        note: what its message adds to the rule's.
    """

    finding: Finding
    dedup_key: str = ""
    note: str = ""


class Judgement(Struct, frozen=True):
    """The findings about one subject, and the codes of the rules that applied to it."""

    found: list[StoredFinding]
    exercised: list[str]


class BooksSummary(Wire, omit_defaults=False, kw_only=True):
    """The books of a sandbox in numbers.

    Args:
        syncs: the syncs that succeeded.
        documents: the documents in the books.
        booked: the records in them.
        missed: the records that no sync will pick.
        unreconciled: the records that syncs picked and could not book.
        surplus: the booked records that are not declared; 0 if nothing is declared.
        failed_syncs: the syncs that failed, and that no later one has made up for.
        waiting: the accepted records that no sync has picked.
    """

    syncs: int = 0
    documents: int = 0
    booked: int = 0
    missed: int = 0
    unreconciled: int = 0
    surplus: int = 0
    failed_syncs: int = 0
    waiting: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether every record that a sync should have booked is booked, and nothing else."""
        return not (self.missed or self.unreconciled or self.surplus or self.failed_syncs)

    @property
    def is_empty(self) -> bool:
        """Whether syncs have run and booked nothing, although records were pushed."""
        is_synced = bool(self.syncs or self.failed_syncs)
        return is_synced and not self.booked and bool(self.waiting)


class Findings(Wire, omit_defaults=False, kw_only=True):
    """All findings in a sandbox.

    Args:
        verdict: `nothing-observed` if nothing was pushed, synced or probed: a verdict on nothing
            is not a pass.
        exercised: codes of the rules that applied at least once.
        not_exercised: codes of the others; rules that are off are in neither.
        dropped: the number of requests that the request log could not keep.
        is_complete: whether the request log dropped nothing.
        books: the books in numbers, beside which a verdict is to be read.
    """

    verdict: Verdict
    findings: list[Finding]
    exercised: list[str]
    not_exercised: list[str]
    dropped: int = 0
    is_complete: bool = True
    books: BooksSummary = field(default_factory=BooksSummary)


def judge(subject: Context, choices: Mapping[str, RuleSetting] | None = None) -> Judgement:
    """Apply every rule for subjects of this type.

    Args:
        subject: a push, a sync, a request …
        choices: the users' settings of rules, by code.

    Raises:
        BrokenRules: a rule fails.
    """
    found, exercised = [], []
    for rule, choice in in_force(rules_on(type(subject)), choices or {}):
        try:
            if not rule.applies(subject):
                continue
            evidence = list(rule.look(subject, **choice.thresholds))
        except Exception as error:
            message = f"Rule {rule.code} fails: {type(error).__name__}: {error}"
            raise BrokenRules(message) from error
        exercised.append(rule.code)
        if evidence:
            finding = finding_of(rule, subject, evidence, choice.severity or rule.severity)
            note = without_secrets(evidence[0].note)
            found.append(StoredFinding(finding, evidence[0].dedup_key, note))
    return Judgement(found, exercised)


def finding_of(
    rule: Rule, subject: Context, evidence: list[Evidence], severity: Severity
) -> Finding:
    """Make one finding of the evidence of one rule in one subject.

    Args:
        rule: the rule that is broken.
        subject: what was judged.
        evidence: where it is broken, at least one.
        severity: as it is configured.
    """
    types = {item.data_type for item in evidence if item.data_type}
    data_type = subject.data_type or (min(types) if len(types) == 1 else "")
    is_mixed = len(types) > 1
    names: dict[str, None] = {}
    for item in evidence:
        names[named(item, item.data_type or data_type, is_mixed=is_mixed)] = None
        if len(names) == MAX_RECORDS:
            break
    note = without_secrets(evidence[0].note)
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=severity,
        company_id=subject.company_id,
        data_type=data_type,
        count=len(evidence),
        records=[*names],
        requests=requests_of(subject, evidence),
        differences=differences_in(evidence),
        message=message_of(rule, len(evidence), next(iter(names)), note, subject.place),
        advice=sentence(filled(rule.advice, subject.company_id, data_type)),
        source=rule.source,
    )


def named(item: Evidence, data_type: str, *, is_mixed: bool) -> str:
    """A record by its key, with its data type if a finding has more than one.

    Args:
        item: the evidence that holds it.
        data_type: the finding's; empty for several.
        is_mixed: whether the finding has several data types.
    """
    key = item.record
    if (item.data_type or data_type) == "commerce-transactions" and key != "/":
        key = key.removesuffix("/")  # a transaction without a type
    key = without_secrets(key)
    if is_mixed and item.data_type:
        return f"{LIST_NAMES[cast(DataType, item.data_type)]} {key}"
    return key


def message_of(rule: Rule, count: int, first: str, note: str, place: str = "") -> str:
    """The message of a finding.

    Args:
        rule: the rule that is broken.
        count: how many records, or what the rule counts.
        first: the first of them; empty for none.
        note: what is added to the rule's message.
        place: where it happened, such as a sync; empty if that is clear.
    """
    several = f"{count} {plural(rule.counts)}, such as" if count > 1 else f"1 {rule.counts},"
    noted = f": {note}" if note else ""
    return sentence(f"{rule.message}{place}: {several} {first}{noted}")


def requests_of(subject: Context, evidence: Sequence[Evidence]) -> list[Request]:
    """The request that breaks the rule, then the others involved, by number."""
    others = {request.number: request for request in subject.requests_about(evidence)}
    own = [subject.request] if subject.request else []
    for request in own:
        others.pop(request.number, None)
    return [*own, *(others[number] for number in islice(sorted(others), MAX_RECORDS))]


def differences_in(evidence: Sequence[Evidence]) -> list[Difference]:
    """The differences in the records that a finding names."""
    found = (
        Difference(
            record=without_secrets(item.record),
            path=change.path,
            old=value_without_secrets(change.old),
            new=value_without_secrets(change.new),
        )
        for item in evidence[:MAX_RECORDS]
        for change in item.changes
    )
    return [*islice(found, MAX_DIFFERENCES)]


def joined(earlier: StoredFinding, later: StoredFinding) -> StoredFinding:
    """Two findings of one rule with the same key as one."""
    old, new = earlier.finding, later.finding
    count = old.count + new.count
    records, requests = old.records, old.requests
    if len(records) < MAX_RECORDS:
        records = [*dict.fromkeys([*records, *new.records])][:MAX_RECORDS]
    if len(requests) <= MAX_RECORDS:
        found = {each.number: each for each in [*requests, *new.requests]}
        requests = [*found.values()][: MAX_RECORDS + 1]
    rule = RULES.get(old.code)  # None if a user's rule is no longer installed
    finding = replace(
        old,
        severity=new.severity,
        count=count,
        records=records,
        requests=requests,
        message=message_of(rule, count, records[0], earlier.note) if rule else old.message,
    )
    return replace(earlier, finding=finding)


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def verdict_on(
    findings: list[Finding],
    exercised: Iterable[str],
    choices: Mapping[str, RuleSetting] | None = None,
    dropped: int = 0,
    books: BooksSummary | None = None,
) -> Findings:
    """Sum up the findings, and which rules applied.

    Args:
        findings: all of them.
        exercised: codes of the rules that applied.
        choices: the users' settings of rules, by code.
        dropped: the number of requests that the request log could not keep.
        books: the books in numbers.
    """
    seen = set(exercised)
    rules = [rule for rule, _ in in_force(rulebook(), choices or {})]
    codes = [rule.code for rule in rules]
    is_observed = any(rule.code in seen and rule.subjects != (ExchangeContext,) for rule in rules)
    verdict: Verdict = "findings" if findings else "clean" if is_observed else "nothing-observed"
    return Findings(
        verdict=verdict,
        findings=findings,
        exercised=[code for code in codes if code in seen],
        not_exercised=[code for code in codes if code not in seen],
        dropped=dropped,
        is_complete=not dropped,
        books=books or BooksSummary(),
    )


def plural(noun: str) -> str:
    """The plural of a noun."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("sh") else f"{noun}s"
