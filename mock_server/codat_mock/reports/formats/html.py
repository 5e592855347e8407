"""A single HTML page, without scripts or other files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from codat_mock.reports import timeline, verdict, wording
from codat_mock.reports.run import Run
from codat_mock.reports.wording import legible

CONTENT_TYPE = "text/html"
SUFFIX = "html"

STYLES: Final = ("page", "portal", "report", "timeline")


def write(run: Run) -> bytes:
    """Make the report."""
    drawings, hidden = {}, {}
    for company in run.companies:
        latest, drawn, hidden[company.id] = timeline.latest(run, company)
        drawings[company.id] = Markup(timeline.drawing(latest, drawn))  # noqa: S704  (it escapes what it shows)
    return rendered(
        "report.html", STYLES, run=run, drawings=drawings, hidden=hidden, verdict=verdict,
        wording=wording,
    )  # fmt: skip


@cache
def pages() -> Environment:
    """The templates, each compiled once."""
    return Environment(
        loader=PackageLoader("codat_mock"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: str, styles: Sequence[str], **values: object) -> bytes:
    """A page of its own, with its styles in it.

    Args:
        template: its file among the templates.
        styles: the names of its style sheets.
        values: what the template shows.
    """
    static = files("codat_mock").joinpath("static")
    # Our own markup: whatever it shows of a run is escaped.
    style = Markup("".join(static.joinpath(f"{name}.css").read_text("utf-8") for name in styles))  # noqa: S704  (our own files)
    return legible(pages().get_template(template).render(style=style, **values)).encode()
