"""The timeline: pushes, datasets, syncs and findings of each company, of a day or a month."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, request
from markupsafe import Markup

from codat_mock.clock import FIRST, LAST, format_moment
from codat_mock.http.portal import developer_page
from codat_mock.reports.collect import in_order, reported_dataset, reported_sync
from codat_mock.reports.run import ReportedCompany, Run
from codat_mock.reports.timeline import MAX_DRAWN, drawing
from codat_mock.rules.judge import Findings
from codat_mock.sandbox import clock_control, dataset_views, evaluation, sync_views, webhooks
from codat_mock.sandbox.clock_control import ClockMove
from codat_mock.sandbox.session import Session

blueprint = Blueprint("portal_timeline", __name__)

DAYS: Final = {"day": 1, "month": 31}
EDGE: Final = timedelta(days=62)  # of the calendar, so that there are days before and after


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
    last = min(max(last, FIRST.date() + EDGE), LAST.date() - EDGE)
    first = (last - timedelta(days=DAYS[span] - 1)).isoformat()
    until = last.isoformat()
    findings = in_order(evaluation.findings(session))
    drawings = []
    start = datetime.combine(last, time(), UTC) - timedelta(days=DAYS[span] - 1)
    end = start + timedelta(days=DAYS[span])
    moves = [
        ClockMove(max(each.start, start), min(each.end, end))
        for each in clock_control.moves(session)
        if start <= each.end and each.start < end
    ]
    alerts = [
        each for each in webhooks.alerts(session).alerts if first <= each.raised[:10] <= until
    ]
    for row in session.tables.companies.all():
        company_id = row.company.id
        pushed, count = session.tables.datasets.within(row.number, start, end, MAX_DRAWN)
        ran, count_syncs = session.tables.syncs.within(row.number, start, end, MAX_DRAWN)
        company = ReportedCompany(
            id=company_id,
            name=row.company.name,
            platform=None,
            datasets=[
                reported_dataset(dataset_views.history_of(session, company_id, each))
                for each in pushed
            ],
            syncs=[reported_sync(sync_views.to_summary(each, session.now)) for each in ran],
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
        hidden = count + count_syncs - len(pushed) - len(ran)
        raised = [each for each in alerts if each.body.company_id == company_id][-MAX_DRAWN:]
        text = Markup(drawing(run, company, raised, moves))  # noqa: S704  (escaped there)
        drawings.append((company, text, hidden))
    return {
        "drawings": drawings,
        "span": span,
        "until": until,
        "earlier": (last - timedelta(days=DAYS[span])).isoformat(),
        "later": (last + timedelta(days=DAYS[span])).isoformat(),
    }
