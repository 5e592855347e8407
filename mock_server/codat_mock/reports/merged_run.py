"""The runs of several recordings as one, for one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec.structs import asdict, replace

from codat_mock.reports.collect import in_order
from codat_mock.reports.run import ReportedCompany, Run
from codat_mock.rules.judge import BooksSummary, Finding, Findings, Verdict


def merged_run(runs: Mapping[str, Run]) -> Run:
    """Merge runs into one; findings, companies and notes begin with the name of their run.

    Args:
        runs: at least one run, by name, all with the same rules.
    """
    runs = with_distinct_companies(runs)
    first = next(iter(runs.values()))
    silent = [name for name, run in runs.items() if run.is_vacuous]
    notes = [f"{name}: {note}" for name, run in runs.items() for note in run.notes]
    if silent and len(silent) < len(runs):
        notes.append(f"Nothing was pushed, so there is nothing to judge, in {', '.join(silent)}.")
    return Run(
        now=max(run.now for run in runs.values()),
        judgement=in_order(merged_findings(runs)),
        rules=first.rules,
        companies=[each for name, run in runs.items() for each in named_companies(name, run)],
        failures=[f"{name}: {failure}" for name, run in runs.items() for failure in run.failures],
        failure_reports=[report for run in runs.values() for report in run.failure_reports],
        notes=notes,
    )


def with_distinct_companies(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The runs, with the name of the run beside the id of each company that is in several."""
    counts = Counter(company.id for run in runs.values() for company in run.companies)

    def distinct(name: str, company_id: str) -> str:
        return f"{company_id} ({name})" if counts[company_id] > 1 else company_id

    def in_run(name: str, run: Run) -> Run:
        companies = [replace(each, id=distinct(name, each.id)) for each in run.companies]
        findings = [
            replace(each, company_id=distinct(name, each.company_id))
            for each in run.judgement.findings
        ]
        judgement = replace(run.judgement, findings=findings)
        return replace(run, companies=companies, judgement=judgement)

    return {name: in_run(name, run) for name, run in runs.items()}


def merged_findings(runs: Mapping[str, Run]) -> Findings:
    """The findings of all runs; a rule is exercised if it is in one."""
    parts = [run.judgement for run in runs.values()]
    exercised = {code for part in parts for code in part.exercised}
    others = {code for part in parts for code in part.not_exercised} - exercised
    return Findings(
        verdict=verdict_of({part.verdict for part in parts}),
        findings=[each for name, run in runs.items() for each in named_findings(name, run)],
        exercised=sorted(exercised),
        not_exercised=sorted(others),
        dropped=sum(part.dropped for part in parts),
        is_complete=all(part.is_complete for part in parts),
        books=sum_of_books([part.books for part in parts]),
    )


def verdict_of(verdicts: set[Verdict]) -> Verdict:
    """The verdict on several runs: that of the worst; nothing is observed if nowhere."""
    if "findings" in verdicts:
        return "findings"
    return "clean" if "clean" in verdicts else "nothing-observed"


def sum_of_books(books: list[BooksSummary]) -> BooksSummary:
    """The numbers of several books, each added up."""
    numbers = [asdict(each) for each in books]
    return BooksSummary(**{name: sum(each[name] for each in numbers) for name in numbers[0]})


def named_findings(name: str, run: Run) -> Iterator[Finding]:
    """The findings of a run, each with the run's name before its message."""
    for each in run.judgement.findings:
        yield replace(each, message=f"{name}: {each.message}")


def named_companies(name: str, run: Run) -> Iterator[ReportedCompany]:
    """The companies of a run, each with the run's name before its own."""
    for each in run.companies:
        yield replace(each, name=f"{name}: {each.name}")
