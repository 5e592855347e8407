"""Collects a run from a sandbox."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from codat_mock.accounting.documents import Document
from codat_mock.clock import format_moment
from codat_mock.models.datasets import DatasetHistory
from codat_mock.models.errors import Conflict
from codat_mock.models.syncs import SyncSummary
from codat_mock.reports.run import (
    RANKS,
    ReportedCompany,
    ReportedComparison,
    ReportedDataset,
    ReportedDocument,
    ReportedSync,
    Run,
)
from codat_mock.rules import rulebook
from codat_mock.rules.judge import Finding, Findings
from codat_mock.rules.registry import describe
from codat_mock.sandbox import (
    Sandbox,
    books_view,
    dataset_views,
    evaluation,
    ground_truth,
    sync_views,
)
from codat_mock.sandbox.books_view import ListedBooks
from codat_mock.sandbox.ground_truth import CompanyComparison
from codat_mock.sandbox.internal_errors import InternalErrors
from codat_mock.sandbox.session import Session


def run_of(sandbox: Sandbox, failures: InternalErrors | None = None) -> Run:
    """The run of a sandbox until now.

    Args:
        sandbox: the sandbox.
        failures: failures of the mock itself; None for none.
    """
    with sandbox.session() as session:
        now, findings = format_moment(session.now), evaluation.findings(session)
        books = books_view.listed(session)
        companies = [reported_company(session, each) for each in books]
    return Run(
        now=now,
        judgement=in_order(findings),
        rules=[describe(rule) for rule in rulebook()],
        companies=companies,
        failures=failures.all() if failures else [],
        failure_reports=failures.reports() if failures else [],
    )


def in_order(verdicts: Findings) -> Findings:
    """The findings in a fixed order, the worst first."""

    def sort_key(finding: Finding) -> tuple[int, str, str, str, int]:
        first = finding.requests[0].number if finding.requests else 0
        severity = RANKS[finding.severity]
        return severity, finding.code, finding.company_id, finding.data_type, first

    return replace(verdicts, findings=sorted(verdicts.findings, key=sort_key))


def reported_company(session: Session, books: ListedBooks) -> ReportedCompany:
    """The part of one company."""
    company_id = books.company_id
    return ReportedCompany(
        id=company_id,
        name=books.company_name,
        platform=books.platform,
        datasets=[
            reported_dataset(each)
            for each in reversed(dataset_views.unread_histories(session, company_id))
        ],
        syncs=[reported_sync(each) for each in reversed(sync_views.all_syncs(session, company_id))],
        documents=[reported_document(each.document) for each in books.documents],
        missed=[*books.missed],
        comparison=reported_comparison(session, company_id),
    )


def reported_dataset(history: DatasetHistory) -> ReportedDataset:
    """A dataset."""
    return ReportedDataset(
        id=history.id,
        data_type=history.data_type,
        requested=history.requested,
        completed=None if history.completed is UNSET else history.completed,
        status=history.status,
        error="" if history.error_message is UNSET else history.error_message,
    )


def reported_sync(summary: SyncSummary) -> ReportedSync:
    """A sync."""
    return ReportedSync(
        id=summary.sync_id,
        at=summary.sync_utc,
        start=summary.sync_date_range_utc.start,
        finish=summary.sync_date_range_utc.finish,
        code=summary.sync_status_code,
        status=summary.sync_status,
        error=summary.error_message or "",
    )


def reported_document(document: Document) -> ReportedDocument:
    """A document without its lines."""
    return ReportedDocument(
        number=document.number,
        kind=document.kind,
        date=document.date,
        contact=document.contact,
        status=document.status,
        currency=document.currency,
        total=document.total,
    )


def reported_comparison(session: Session, company_id: str) -> ReportedComparison | None:
    """The books compared with what the merchant declared; None if nothing is declared."""
    try:
        [found] = ground_truth.comparisons(session, company_id).companies
    except Conflict:
        return None
    return counted(found)


def counted(found: CompanyComparison) -> ReportedComparison:
    """A comparison, with the number of the records that agree."""
    return ReportedComparison(
        agreeing=len(found.booked_once),
        doubled=found.doubled,
        missing=found.missing,
        stale=found.stale,
        surplus=found.surplus,
    )
