"""A single HTML page, without scripts or other files."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from codat_mock.reports import timeline, verdict, wording
from codat_mock.reports.run import Run
from codat_mock.reports.wording import legible

CONTENT_TYPE = "text/html"
SUFFIX = "html"

STYLES: Final = ("page", "report", "timeline")


def write(run: Run) -> bytes:
    """Make the report."""
    pages = Environment(
        loader=PackageLoader("codat_mock"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    static = files("codat_mock").joinpath("static")
    # Our own markup: whatever it shows of a run is escaped.
    style = Markup("".join(static.joinpath(f"{name}.css").read_text() for name in STYLES))  # noqa: S704  (our own files)
    drawings = {
        company.id: Markup(timeline.drawing(run, company))  # noqa: S704  (it escapes what it shows)
        for company in run.companies
    }
    page = pages.get_template("report.html").render(
        run=run, style=style, drawings=drawings, verdict=verdict, wording=wording
    )
    return legible(page).encode()
