"""GitHub-flavoured Markdown, for a comment on a pull request or a job's summary."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from codat_mock.reports.run import ReportedCompany, Run
from codat_mock.reports.verdict import books_line, code_of, counted, coverage, headline, reasons
from codat_mock.reports.wording import (
    MAX_FINDINGS,
    MAX_REPORTS,
    PLEASE,
    more,
    names,
    one_line,
    read_more,
    shown,
)
from codat_mock.rules.judge import Finding

CONTENT_TYPE = "text/markdown"
SUFFIX = "md"

SIGNS: Final = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001  (the sign itself)
MARKS: Final = re.compile(r"([\\`*_\[\]<>|~#&$])")
MAX_DIFFERENCES: Final = 10


def write(run: Run) -> bytes:
    """Make the report."""
    parts = [
        f"## codat-mock: {plain(headline(run))}",
        plain(" ".join(reasons(run))),
        f"{plain(books_line(run))}.",
        *(f"{PLEASE}\n\n{fenced(each)}" for each in run.failure_reports[:MAX_REPORTS]),
        *(finding_table(run) if run.judgement.findings else []),
        *(details(finding) for finding in run.judgement.findings[:MAX_FINDINGS]),
        *([more(run)] if more(run) else []),
        *(f"- Expected, but not found: {plain(names(each))}" for each in run.stale),
        *(company_line(company) for company in run.companies),
        *(plain(note) for note in run.notes),
        f"{plain(coverage(run))}. Exit code {code_of(run)}.",
    ]
    return ("\n\n".join(parts) + "\n").encode()


def fenced(text: str) -> str:
    """A text shown as it is."""
    return f"~~~~text\n{text.replace('~~~~', '~~~')}\n~~~~"


def finding_table(run: Run) -> list[str]:
    """The findings, one row each."""
    rows = ["| | rule | data type | count | finding |", "|---|---|---|---:|---|"]
    for finding in run.judgement.findings[:MAX_FINDINGS]:
        suffix = " (expected)" if run.is_tolerated(finding) else ""
        cells = (
            SIGNS[finding.severity],
            plain(f"{finding.code} {finding.name}{suffix}"),
            plain(finding.data_type),
            str(finding.count),
            plain(finding.message),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return ["\n".join(rows)]


def details(finding: Finding) -> str:
    """The advice on a finding, its requests and differences, folded."""
    # The summary is HTML, in which Markdown's escapes do not work.
    title = escape(one_line(f"{finding.code}: {finding.advice}"))
    lines = [
        f"- request {each.number}: {plain(f'{each.method} {each.path}')}"
        + (f" from {plain(each.caller)}" if each.caller else "")
        for each in finding.requests
    ]
    lines += [
        f"- {plain(each.record)} {plain(each.path)}:"
        f" {plain(shown(each.old))} → {plain(shown(each.new))}"
        for each in finding.differences[:MAX_DIFFERENCES]
    ]
    lines += [f"- source: {plain(finding.source)}", f"- {plain(read_more(finding))}"]
    text = "\n".join(lines)
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def company_line(company: ReportedCompany) -> str:
    """The books of one company in a line."""
    text = (
        f"The books of {company.name}: {counted(len(company.documents), 'document')} of"
        f" {counted(len(company.syncs), 'sync')} and {counted(len(company.datasets), 'dataset')}"
    )
    if compared := company.comparison:
        text += (
            f"; of the records of the merchant {compared.agreeing} booked once,"
            f" {len(compared.doubled)} doubled, {len(compared.missing)} missing,"
            f" {len(compared.stale)} stale, {len(compared.surplus)} surplus"
        )
    return f"{plain(text)}."


def plain(text: str) -> str:
    """Text escaped for Markdown, in one line."""
    return MARKS.sub(r"\\\1", one_line(text))
