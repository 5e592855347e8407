"""The timeline: pushes, datasets, syncs and findings of each company, of a day or a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, request
from markupsafe import Markup

from codat_mock.clock import format_moment
from codat_mock.http.portal import developer_page
from codat_mock.reports.collect import in_order, reported_dataset, reported_sync
from codat_mock.reports.run import ReportedCompany, Run
from codat_mock.reports.timeline import drawing
from codat_mock.rules.judge import Findings
from codat_mock.sandbox import dataset_views, evaluation, sync_views
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_timeline", __name__)

DAYS: Final = {"day": 1, "month": 31}
MAX_DRAWN: Final = 400  # datasets and syncs of a company, the latest


@blueprint.get("/portal/timeline")
@developer_page.page("timeline.html")
def show(session: Session) -> dict[str, Any]:
    """One drawing per company, of the day or month that ends with the chosen day."""
    span = request.args.get("span", "day")
    span = span if span in DAYS else "day"
    try:
        last = date.fromisoformat(request.args.get("until", ""))
    except ValueError:
        last = session.now.date()
    first = (last - timedelta(days=DAYS[span] - 1)).isoformat()
    until = last.isoformat()
    findings = in_order(evaluation.findings(session))
    drawings = []
    for row in session.tables.companies.all():
        company_id = row.company.id
        datasets = [
            reported_dataset(each)
            for each in dataset_views.unread_histories(session, company_id)
            if first <= each.requested[:10] <= until
        ]
        syncs = [
            reported_sync(each)
            for each in sync_views.all_syncs(session, company_id)
            if first <= each.sync_utc[:10] <= until
        ]
        company = ReportedCompany(
            id=company_id,
            name=row.company.name,
            platform=None,
            datasets=datasets[MAX_DRAWN - 1 :: -1] if len(datasets) > MAX_DRAWN else datasets[::-1],
            syncs=syncs[:MAX_DRAWN][::-1],
            documents=[],
            missed=[],
            comparison=None,
        )
        of_span = [
            each
            for each in findings.findings
            if each.requests and first <= each.requests[0].at[:10] <= until
        ]
        run = Run(
            now=format_moment(session.now),
            judgement=Findings(
                verdict=findings.verdict, findings=of_span, exercised=[], not_exercised=[]
            ),
            rules=[],
            companies=[company],
            failures=[],
        )
        hidden = max(0, len(datasets) - MAX_DRAWN)
        drawings.append((company, Markup(drawing(run, company)), hidden))  # noqa: S704  (escaped there)
    return {
        "drawings": drawings,
        "span": span,
        "until": until,
        "earlier": (last - timedelta(days=DAYS[span])).isoformat(),
        "later": (last + timedelta(days=DAYS[span])).isoformat(),
    }
