"""A company's pushes, datasets, syncs, alerts and clock moves in time, as a drawing (SVG).

Time is not to scale: next to a night without events the seconds of a push would be invisible. The
width of a gap grows with the logarithm of its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from math import log1p
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from codat_mock.clock import parse_moment
from codat_mock.models.alerts import Alert
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.reports.run import ReportedCompany, ReportedDataset, ReportedSync, Run
from codat_mock.rules.judge import Finding
from codat_mock.sandbox.clock_control import ClockMove

WIDTH: Final = 960
LEFT: Final = 110  # for the names of the lanes
RIGHT: Final = 20
LANE: Final = 44
TOP: Final = 34  # with the line for the details of a mark
DETAIL: Final = 16  # its base line
FOOT: Final = 30
BAR: Final = 16
MIN_WIDTH: Final = 4.0  # of a bar, so that an instant dataset is visible
LETTER: Final = 7.2  # the width of a letter of a label
SPACE: Final = 10  # between two labels
BESIDE: Final = 8  # from a mark to its label
MAX_CODES: Final = 3  # in a label; the details have them all
MAX_DETAIL: Final = 118  # letters of a mark's details that fit
SYNCS: Final = "syncs"
ALERTS: Final = "alerts"
CLOCK: Final = "clock"
LANES: Final = (*LIST_NAMES.values(), SYNCS)
SUCCESSES: Final = (2000, 2040)
ALERT_KINDS: Final = {"delivered": "good", "failed": "bad"}
MAX_DRAWN: Final = 400  # datasets and as many syncs of a company, the latest


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


class Label(Struct):
    """A text beside a place, to its left where it would leave the drawing.

    Args:
        x: of the place.
        text: what it says.
        gap: from the place to the text.
    """

    x: float
    text: str
    gap: float = 0

    @property
    def is_left(self) -> bool:
        """Whether it stands to the left."""
        return self.x + self.gap + LETTER * len(self.text) > WIDTH

    @property
    def start(self) -> float:
        """Where it begins."""
        length = LETTER * len(self.text)
        return self.x - self.gap - length if self.is_left else self.x + self.gap

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.start + LETTER * len(self.text)

    def is_clear_of(self, other: Label) -> bool:
        """Whether it does not collide with another."""
        return self.start >= other.end + SPACE or other.start >= self.end + SPACE

    def svg(self, y: float) -> str:
        """The text, on a base line."""
        at = self.x - self.gap if self.is_left else self.x + self.gap
        anchor = "end" if self.is_left else "start"
        text = escape(self.text)
        return f'<text x="{at:.1f}" y="{y:g}" text-anchor="{anchor}">{text}</text>'


def drawing(
    run: Run,
    company: ReportedCompany,
    alerts: Sequence[Alert] = (),
    moves: Sequence[ClockMove] = (),
) -> str:
    """The timeline of one company as SVG; empty if nothing happened.

    Args:
        run: the run, with its findings.
        company: whose datasets and syncs to draw.
        alerts: that were raised for it.
        moves: of the clock.
    """
    if not (company.datasets or company.syncs):
        return ""
    lanes = [*LANES, *([ALERTS] if alerts else []), *([CLOCK] if moves else [])]
    scale = Scale(moments_of(run, company, alerts, moves))
    shapes = [*axis(scale, len(lanes)), *names(lanes)]
    shapes += [move_bar(scale, move, y(lanes, CLOCK)) for move in moves]
    for dataset in company.datasets:
        lane = y(lanes, LIST_NAMES[dataset.data_type])
        shapes.append(bar(scale, dataset, end_of(run, dataset), lane))
    shapes += [sync_mark(scale, sync, y(lanes, SYNCS)) for sync in company.syncs]
    shapes += [alert_mark(scale, alert, y(lanes, ALERTS)) for alert in alerts]
    for lane_name in LANES:
        broken = [each for each in findings_of(run, company) if lane_of(each) == lane_name]
        shapes += finding_marks(scale, broken, y(lanes, lane_name))
    height = TOP + LANE * len(lanes) + FOOT
    label = f"Pushes, datasets and syncs of {company.name}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{escape(label)}">'
        f"{''.join(shapes)}</svg>"
    )


def latest(run: Run, company: ReportedCompany) -> tuple[Run, ReportedCompany, int]:
    """What a drawing has room for: the latest datasets and syncs, and the findings since then.

    Args:
        run: the run, with its findings.
        company: whose datasets and syncs to draw, in the order of their times.

    Returns:
        The run and the company with what is left of them, and how many datasets and syncs of the
        company are left out.
    """
    datasets, syncs = company.datasets[-MAX_DRAWN:], company.syncs[-MAX_DRAWN:]
    hidden = len(company.datasets) - len(datasets) + len(company.syncs) - len(syncs)
    if not hidden:
        return run, company, 0
    first = min(
        map(parse_moment, [each.requested for each in datasets] + [each.at for each in syncs])
    )
    since = [
        each for each in findings_of(run, company) if parse_moment(each.requests[0].at) >= first
    ]
    return (
        replace(run, judgement=replace(run.judgement, findings=since)),
        replace(company, datasets=datasets, syncs=syncs),
        hidden,
    )


def findings_of(run: Run, company: ReportedCompany) -> list[Finding]:
    """The findings of a company that a request has caused."""
    return [
        each for each in run.judgement.findings if each.company_id == company.id and each.requests
    ]


def lane_of(finding: Finding) -> str:
    """The name of the lane that a finding stands on."""
    return LIST_NAMES.get(finding.data_type, SYNCS)  # type: ignore[call-overload, no-any-return]  # empty without a type


def moments_of(
    run: Run, company: ReportedCompany, alerts: Iterable[Alert], moves: Iterable[ClockMove]
) -> list[datetime]:
    """All moments of the drawing.

    Args:
        run: the run, with its findings.
        company: whose datasets and syncs to draw.
        alerts: that were raised for it.
        moves: of the clock.
    """
    found = [parse_moment(sync.at) for sync in company.syncs]
    for dataset in company.datasets:
        found += [parse_moment(dataset.requested), end_of(run, dataset)]
    found += [parse_moment(each.requests[0].at) for each in findings_of(run, company)]
    found += [parse_moment(each.raised) for each in alerts]
    for move in moves:
        found += [move.start, move.end]
    return found


def end_of(run: Run, dataset: ReportedDataset) -> datetime:
    """When a dataset ended; the end of the run if it did not."""
    return parse_moment(dataset.completed or run.now)


def y(lanes: Sequence[str], lane: str) -> float:
    """The middle of a lane."""
    return TOP + LANE * (lanes.index(lane) + 0.5)


def names(lanes: Sequence[str]) -> list[str]:
    """The name and the line of each lane."""
    return [
        f'<text class="label" x="0" y="{y(lanes, lane) + 4:g}">{lane}</text>'
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}"'
        f' y1="{y(lanes, lane):g}" y2="{y(lanes, lane):g}"/>'
        for lane in lanes
    ]


def axis(scale: Scale, lanes: int) -> list[str]:
    """The labels below the lanes that do not collide, each with a vertical line.

    Args:
        scale: the horizontal positions.
        lanes: how many there are.
    """
    bottom = TOP + LANE * lanes
    shapes, day, last = list[str](), None, None
    for moment in scale.moments:
        text = f"{moment:%H:%M:%S}" if moment.date() == day else f"{moment:%d %b %H:%M:%S}"
        label = Label(scale.x(moment), text)
        if last is None or label.is_clear_of(last):
            shapes.append(
                f'<line class="grid" x1="{label.x:.1f}" x2="{label.x:.1f}"'
                f' y1="{TOP}" y2="{bottom + 6}"/>{label.svg(bottom + 20)}'
            )
            day, last = moment.date(), label
    return shapes


def mark(kind: str, shape: str, title: str) -> str:
    """A shape whose details are shown while it is pointed at, or has the focus.

    Args:
        kind: its classes.
        shape: as SVG.
        title: the details.
    """
    text = title if len(title) <= MAX_DETAIL else f"{title[: MAX_DETAIL - 1]}…"
    return (
        f'<g class="mark {kind}" tabindex="0" role="img" aria-label="{escape(title)}">{shape}'
        f'<text class="detail" x="0" y="{DETAIL}" aria-hidden="true">{escape(text)}</text></g>'
    )


def bar(scale: Scale, dataset: ReportedDataset, end: datetime, middle: float) -> str:
    """A dataset, from its push to its end.

    Args:
        scale: the horizontal positions.
        dataset: what to draw.
        end: when it ended, UTC.
        middle: of its lane.
    """
    x = scale.x(parse_moment(dataset.requested))
    width = max(scale.x(end) - x, MIN_WIDTH)
    kind = "good" if dataset.status == "Complete" else "bad" if dataset.completed else "open"
    lane = LIST_NAMES[dataset.data_type]
    return mark(
        kind,
        f'<rect x="{x:.1f}" y="{middle - BAR / 2:g}" width="{width:.1f}" height="{BAR}" rx="3"/>',
        f"{lane}: {dataset.status}, pushed {dataset.requested},"
        f" ended {dataset.completed or 'never'}",
    )


def sync_mark(scale: Scale, sync: ReportedSync, middle: float) -> str:
    """A sync, as a circle.

    Args:
        scale: the horizontal positions.
        sync: what to draw.
        middle: of its lane.
    """
    return mark(
        "good" if sync.code in SUCCESSES else "bad",
        f'<circle cx="{scale.x(parse_moment(sync.at)):.1f}" cy="{middle:g}" r="8"/>',
        f"sync: {sync.status} ({sync.code}) {sync.at}, of {sync.start} to {sync.finish}",
    )


def alert_mark(scale: Scale, alert: Alert, middle: float) -> str:
    """An alert, as a diamond.

    Args:
        scale: the horizontal positions.
        alert: what to draw.
        middle: of its lane.
    """
    x = scale.x(parse_moment(alert.raised))
    return mark(
        ALERT_KINDS.get(alert.state, "open"),
        f'<path d="M{x:.1f} {middle - 8:g}l8 8l-8 8l-8 -8z"/>',
        f"alert: {alert.state}, {alert.body.rule_type}, raised {alert.raised}",
    )


def move_bar(scale: Scale, move: ClockMove, middle: float) -> str:
    """A move of the clock, as a thin bar.

    Args:
        scale: the horizontal positions.
        move: what to draw.
        middle: of its lane.
    """
    x = scale.x(move.start)
    width = max(scale.x(move.end) - x - 2, MIN_WIDTH)
    return mark(
        "move",
        f'<rect x="{x:.1f}" y="{middle - 4:g}" width="{width:.1f}" height="8" rx="2"/>',
        f"clock: moved from {move.start:%Y-%m-%dT%H:%M:%S} to {move.end:%Y-%m-%dT%H:%M:%S}",
    )


def finding_marks(scale: Scale, findings: Iterable[Finding], middle: float) -> Iterator[str]:
    """A triangle above its lane for each request with findings, with their codes beside it.

    Where the codes of two would collide, the first ones stand for both.

    Args:
        scale: the horizontal positions.
        findings: of one lane.
        middle: of the lane.
    """
    at: dict[datetime, list[Finding]] = {}
    for finding in findings:
        at.setdefault(parse_moment(finding.requests[0].at), []).append(finding)
    top = middle - BAR / 2 - 2
    last: tuple[Label, dict[str, None], str] | None = None
    for moment, broken in sorted(at.items()):
        x, codes = scale.x(moment), dict.fromkeys(each.code for each in broken)
        yield mark(
            broken[0].severity,
            f'<path d="M{x:.1f} {top:g}l5 -8h-10z"/>',
            f"{' '.join(codes)}: {' '.join(each.message for each in broken)}",
        )
        label = Label(x, codes_text(codes), BESIDE)
        if last and not label.is_clear_of(last[0]):
            joined = last[1] | codes
            last = (Label(last[0].x, codes_text(joined), BESIDE), joined, last[2])
            continue
        if last:
            yield codes_label(last[0], last[2], top)
        last = (label, codes, broken[0].severity)
    if last:
        yield codes_label(last[0], last[2], top)


def codes_text(codes: Iterable[str]) -> str:
    """The first codes, and how many more there are."""
    every = [*codes]
    more = f" +{len(every) - MAX_CODES}" if len(every) > MAX_CODES else ""
    return f"{' '.join(every[:MAX_CODES])}{more}"


def codes_label(label: Label, severity: str, top: float) -> str:
    """The codes beside a triangle.

    Args:
        label: where they stand.
        severity: of the first.
        top: of the triangle's point.
    """
    return f'<g class="{severity}" aria-hidden="true">{label.svg(top - 1)}</g>'
