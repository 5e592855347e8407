"""A company's pushes, datasets and syncs in time, as a drawing (SVG).

Time is not to scale: next to a night without events the seconds of a push would be invisible. The
width of a gap grows with the logarithm of its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from math import log1p
from typing import Final

from codat_mock.clock import parse_moment
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.reports.run import ReportedCompany, ReportedDataset, ReportedSync, Run
from codat_mock.rules.judge import Finding

WIDTH: Final = 960
LEFT: Final = 110  # for the names of the lanes
RIGHT: Final = 20
LANE: Final = 44
TOP: Final = 12
FOOT: Final = 30
BAR: Final = 16
MIN_WIDTH: Final = 4.0  # of a bar, so that an instant dataset is visible
TICKS: Final = 6
EDGE: Final = 90  # labels this close to the right end are written to the left
SYNCS: Final = "syncs"
LANES: Final = (*LIST_NAMES.values(), SYNCS)
SUCCESSES: Final = (2000, 2040)


class Scale:
    """The horizontal position of moments.

    Args:
        moments: all moments of the drawing.
    """

    def __init__(self, moments: Iterable[datetime]) -> None:
        self.moments = sorted(set(moments))
        positions, at = {}, 0.0
        for index, moment in enumerate(self.moments):
            if index:
                at += 0.5 + log1p((moment - self.moments[index - 1]).total_seconds())
            positions[moment] = at
        whole = at or 1.0
        span = WIDTH - LEFT - RIGHT
        self._positions = {moment: LEFT + span * at / whole for moment, at in positions.items()}

    def x(self, moment: datetime) -> float:
        """The x coordinate of a moment."""
        return self._positions[moment]

    def ticks(self) -> list[datetime]:
        """Moments that are far enough apart to be labelled."""
        distance, chosen = (WIDTH - LEFT - RIGHT) / TICKS, list[datetime]()
        for moment in self.moments:
            if not chosen or self.x(moment) - self.x(chosen[-1]) >= distance:
                chosen.append(moment)
        return chosen


def drawing(run: Run, company: ReportedCompany) -> str:
    """The timeline of one company as SVG; empty if nothing happened."""
    if not (company.datasets or company.syncs):
        return ""
    scale = Scale(moments_of(run, company))
    shapes = [*axis(scale), *lanes()]
    for dataset in company.datasets:
        shapes.append(bar(scale, dataset, end_of(run, dataset)))
    shapes += [sync_mark(scale, sync) for sync in company.syncs]
    shapes += finding_marks(scale, findings_of(run, company))
    height = TOP + LANE * len(LANES) + FOOT
    label = f"Pushes, datasets and syncs of {company.name}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(shapes)}</svg>"
    )


def findings_of(run: Run, company: ReportedCompany) -> list[Finding]:
    """The findings of a company."""
    return [each for each in run.judgement.findings if each.company_id == company.id]


def moments_of(run: Run, company: ReportedCompany) -> list[datetime]:
    """All moments of the drawing."""
    found = [parse_moment(sync.at) for sync in company.syncs]
    for dataset in company.datasets:
        found += [parse_moment(dataset.requested), end_of(run, dataset)]
    for finding in findings_of(run, company):
        found += [parse_moment(request.at) for request in finding.requests[:1]]
    return found


def end_of(run: Run, dataset: ReportedDataset) -> datetime:
    """When a dataset ended; the end of the run if it did not."""
    return parse_moment(dataset.completed or run.now)


def y(lane: str) -> float:
    """The middle of a lane."""
    return TOP + LANE * (LANES.index(lane) + 0.5)


def lanes() -> list[str]:
    """The name and the line of each lane."""
    return [
        f'<text class="label" x="0" y="{y(lane) + 4:g}">{lane}</text>'
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(lane):g}" y2="{y(lane):g}"/>'
        for lane in LANES
    ]


def axis(scale: Scale) -> list[str]:
    """The labels below the lanes, each with a vertical line."""
    bottom = TOP + LANE * len(LANES)
    shapes, day = [], None
    for moment in scale.ticks():
        label = f"{moment:%H:%M:%S}" if moment.date() == day else f"{moment:%d %b %H:%M:%S}"
        x = scale.x(moment)
        anchor = "end" if x > WIDTH - EDGE else "start"
        shapes.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom + 6}"/>'
            f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="{anchor}">{label}</text>'
        )
        day = moment.date()
    return shapes


def bar(scale: Scale, dataset: ReportedDataset, end: datetime) -> str:
    """A dataset, from its push to its end.

    Args:
        scale: the horizontal positions.
        dataset: what to draw.
        end: when it ended, UTC.
    """
    x = scale.x(parse_moment(dataset.requested))
    width = max(scale.x(end) - x, MIN_WIDTH)
    kind = "good" if dataset.status == "Complete" else "bad" if dataset.completed else "open"
    title = f"{dataset.status}, pushed {dataset.requested}, ended {dataset.completed or 'never'}"
    lane = LIST_NAMES[dataset.data_type]
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y(lane) - BAR / 2:g}" width="{width:.1f}"'
        f' height="{BAR}" rx="3"><title>{escape(title)}</title></rect>'
    )


def sync_mark(scale: Scale, sync: ReportedSync) -> str:
    """A sync, as a circle."""
    kind = "good" if sync.code in SUCCESSES else "bad"
    title = f"{sync.status} ({sync.code}) {sync.at}, from {sync.start} to {sync.finish}"
    x = scale.x(parse_moment(sync.at))
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y(SYNCS):g}" r="8">'
        f"<title>{escape(title)}</title></circle>"
    )


def finding_marks(scale: Scale, findings: Iterable[Finding]) -> Iterator[str]:
    """A triangle above its lane for each request with findings, with their codes."""
    at: dict[tuple[str, datetime], list[Finding]] = {}
    for finding in findings:
        lane = next((name for kind, name in LIST_NAMES.items() if kind == finding.data_type), SYNCS)
        for request in finding.requests[:1]:
            at.setdefault((lane, parse_moment(request.at)), []).append(finding)
    for (lane, moment), broken in at.items():
        x, top = scale.x(moment), y(lane) - BAR / 2 - 2
        codes = dict.fromkeys(finding.code for finding in broken)
        title = " ".join(finding.message for finding in broken)
        anchor, beside = ("end", -8) if x > WIDTH - EDGE else ("start", 8)
        yield (
            f'<g class="{broken[0].severity}"><path d="M{x:.1f} {top:g}l5 -8h-10z"/>'
            f'<text x="{x + beside:.1f}" y="{top - 1:g}" text-anchor="{anchor}">'
            f"{escape(' '.join(codes))}</text><title>{escape(title)}</title></g>"
        )
