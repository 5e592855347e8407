"""Reports of a run, each a pure function from the run to bytes: same run, same bytes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple

from codat_mock.reports.run import Run


class Format(NamedTuple):
    """A form of a report; its module is imported once it is asked for."""

    module: str
    content_type: str

    def write(self, run: Run) -> bytes:
        """Make the report."""
        write: Callable[[Run], bytes] = import_module(f"codat_mock.reports.{self.module}").write
        return write(run)


FORMATS: Final = {
    "json": Format("json", "application/json"),
    "junit": Format("junit", "application/xml"),
    "sarif": Format("sarif", "application/sarif+json"),
    "html": Format("html", "text/html"),
    "markdown": Format("markdown", "text/markdown"),
    "github": Format("github", "text/plain"),
}
