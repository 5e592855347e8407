"""The differences between the real service and the mock, as a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from codat_mock.replay.drift import Difference, Drift
from codat_mock.reports.formats.html import rendered
from codat_mock.reports.verdict import counted

STYLES: Final = ("page", "report")


class Compared(Struct, frozen=True):
    """The differences of a recording, compared with the known ones.

    Args:
        drift: the differences.
        new: those that are not known.
        gone: the known ones that are not among them.
    """

    drift: Drift
    new: list[Difference]
    gone: list[Difference]


def compared(drift: Drift, known: Iterable[Difference]) -> Compared:
    """Compare the differences of a recording with the known ones."""
    tolerated = set(known)
    new = [each for each in drift.differences if each not in tolerated]
    return Compared(drift, new, sorted(tolerated - drift.differences.keys()))


def line(each: Difference) -> str:
    """A difference in a line."""
    place = f" {each.path}" if each.path else ""
    return f"{each.operation}{place}: {each.kind}: {each.detail}"


def headline(shown: Compared) -> str:
    """The numbers of a report in a sentence."""
    known = len(shown.drift.differences) - len(shown.new)
    return (
        f"{counted(shown.drift.compared, 'answer', 'answers')} compared:"
        f" {counted(len(shown.new), 'new difference', 'new differences')},"
        f" {known} known, {len(shown.gone)} gone."
    )


def as_json(shown: Compared) -> bytes:
    """The report as JSON."""
    body = {
        "compared": shown.drift.compared,
        "differences": [
            msgspec.to_builtins(each) | {"count": count, "isKnown": each not in shown.new}
            for each, count in shown.drift.differences.items()
        ],
        "gone": shown.gone,
        "durations": [
            {
                "of": each.of,
                "count": each.count,
                "medianSeconds": each.median_seconds,
                "maxSeconds": each.max_seconds,
            }
            for each in shown.drift.durations
        ],
    }
    return msgspec.json.format(msgspec.json.encode(body)) + b"\n"


def as_html(shown: Compared) -> bytes:
    """The report as a single HTML page, without scripts or other files."""
    return rendered("drift.html", STYLES, shown=shown, headline=headline(shown))
