"""GitHub's workflow commands, which a job's log turns into annotations."""

from __future__ import annotations

from typing import Final

from codat_mock.reports.run import Run
from codat_mock.reports.source_locations import location
from codat_mock.reports.verdict import BROKEN, KEPT, books_line, code_of, reasons
from codat_mock.reports.wording import names, read_more
from codat_mock.rules.judge import Finding

CONTENT_TYPE = "text/plain"
SUFFIX = None  # a job's log is where its commands are read

COMMANDS: Final = {"error": "error", "warning": "warning", "info": "notice"}


def write(run: Run) -> bytes:
    """Make the report, one command per line."""
    lines = [annotation(run, finding) for finding in run.judgement.findings]
    lines += [
        command("error", f"{names(each)} was not found.", title="Expected finding")
        for each in run.stale
    ]
    is_failed = run.command is not None and not run.command.is_success
    if code_of(run) not in (KEPT, BROKEN) or is_failed or run.complaints:
        lines += [command("error", reason, title="codat-mock") for reason in reasons(run)]
    lines.append(command("notice", f"{books_line(run)}.", title="codat-mock"))
    return "".join(f"{line}\n" for line in lines).encode()


def annotation(run: Run, finding: Finding) -> str:
    """A finding; an expected one is a notice."""
    kind = "notice" if run.is_tolerated(finding) else COMMANDS[finding.severity]
    place = location(run, finding)
    properties = {"title": f"{finding.code} {finding.name}"}
    if place.is_there:
        column = {"col": str(place.column)} if place.column else {}
        properties = {"file": place.path, "line": str(place.line), **column, **properties}
    message = f"{finding.message}\n{finding.advice}\n{read_more(finding)}"
    return command(kind, message, **properties)


def command(kind: str, message: str, **properties: str) -> str:
    """A workflow command.

    Args:
        kind: `error`, `warning` or `notice`.
        message: the text for a person.
        properties: of the annotation, such as its file and line.
    """
    pairs = (f"{name}={escaped(value, is_property=True)}" for name, value in properties.items())
    return f"::{kind} {','.join(pairs)}::{escaped(message)}"


def escaped(text: str, *, is_property: bool = False) -> str:
    """Text inside a command; what would end the line or the property is encoded."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if is_property:
        text = text.replace(":", "%3A").replace(",", "%2C")
    return text
