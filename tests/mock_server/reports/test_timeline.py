"""The drawing of a company's pushes and syncs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from sample_runs import finding_with, run_with

from codat_mock.clock import format_moment
from codat_mock.reports.formats import html
from codat_mock.reports.run import ReportedSync
from codat_mock.reports.timeline import MAX_DRAWN
from codat_mock.rules.contexts import Request

FIRST_DAY = datetime(2022, 3, 21, tzinfo=UTC)


def at(day: int) -> str:
    return format_moment(FIRST_DAY + timedelta(days=day))


def sync(day: int) -> ReportedSync:
    return ReportedSync(
        id=f"sync-{day}", at=at(day), start=at(day - 1), finish=at(day), code=2000,
        status="Complete", error="",
    )  # fmt: skip


def page_of(days: int) -> str:
    """A report on a company with a sync and a finding each day."""
    found = [
        finding_with(requests=[Request(day, at(day), "POST", f"/day-{day}")], message=f"day {day}.")
        for day in range(days)
    ]
    run = run_with(*found)
    syncs = [sync(day) for day in range(days)]
    [company] = run.companies
    run = replace(run, companies=[replace(company, datasets=[], syncs=syncs)])
    return html.write(run).decode()


def test_as_many_syncs_as_there_is_room_for_are_all_drawn() -> None:
    page = page_of(MAX_DRAWN)
    assert page.count("<circle") == MAX_DRAWN
    assert "not drawn" not in page


def test_of_more_the_latest_are_drawn_with_their_findings_and_the_rest_is_counted() -> None:
    page = page_of(MAX_DRAWN + 2)
    assert page.count("<circle") == MAX_DRAWN
    assert f'">sync: Complete (2000) {at(1)}' not in page
    assert f'">sync: Complete (2000) {at(2)}' in page
    assert page.count(': day 1."') == 0
    assert page.count(': day 2."') == 1
    assert "2 earlier pushes and syncs are not drawn; the JSON report has them." in page
