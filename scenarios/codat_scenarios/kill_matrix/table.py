"""The kill matrix as text: a line for each integration, a summary, JSON, and a page of docs."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Any, Final

from codat_mock.rules.registry import SECTIONS
from codat_scenarios.kill_matrix.results import Matrix, Result

PAGE_WIDTH: Final = 100
HEADER: Final = """\
# The kill matrix

`codat-mock kill-matrix` runs small integrations against a mock, each in its own process over HTTP:
good ones that keep every rule, and one or more for each rule that break it. A rule must catch the
integrations made to break it, and no other. `s03-resend-all` plays the story `resend-all`, which
breaks S03. `python -m codat_scenarios.kill_matrix docs/kill-matrix.md` writes this page.
"""


def columns(result: Result) -> tuple[str, str, str, str]:
    """Whether it is as expected, its name, the codes of its findings, and what it does."""
    mark = "ok" if result.is_as_expected else "NOT AS EXPECTED"
    return mark, result.program.name, codes_of(result), result.program.text


def summary(matrix: Matrix) -> str:
    """The matrix in one sentence."""
    caught = len(matrix.codes) - len(matrix.uncaught)
    exactly = sum(result.is_as_expected for result in matrix.broken)
    silent = sum(result.is_as_expected for result in matrix.good)
    return (
        f"{caught} of {len(matrix.codes)} rules caught an integration made to break them;"
        f" {exactly} of {len(matrix.broken)} broken integrations were caught by exactly the rules"
        f" that they break, and {silent} of {len(matrix.good)} good ones by none."
    )


def complaints(matrix: Matrix) -> Iterator[str]:
    """What is not as expected, a line each."""
    for result in matrix.unexpected:
        name = result.program.name
        if result.failure:
            yield f"{name} failed: {result.failure}"
        if result.escaped:
            yield f"{name} breaks {', '.join(result.escaped)}: no finding."
        if result.false_alarms:
            yield f"{name} keeps {', '.join(result.false_alarms)}: false alarm."
    if matrix.uncaught:
        yield f"Rules that caught no integration made to break them: {', '.join(matrix.uncaught)}."
    if matrix.unkept:
        yield f"Rules that applied to no good integration: {', '.join(matrix.unkept)}."


def document(matrix: Matrix) -> dict[str, Any]:
    """The matrix as JSON."""
    return {
        "isComplete": matrix.is_complete,
        "summary": summary(matrix),
        "rules": matrix.codes,
        "uncaught": matrix.uncaught,
        "unkept": matrix.unkept,
        "integrations": [
            {
                "name": result.program.name,
                "text": result.program.text,
                "breaks": result.program.breaks,
                "findings": result.findings,
                "failure": result.failure,
                "isAsExpected": result.is_as_expected,
            }
            for result in matrix.results
        ],
    }


def page(matrix: Matrix) -> str:
    """The matrix as a page of Markdown, the same each time."""
    rows = [section_row(matrix, letter, title) for letter, title in SECTIONS.items()]
    integrations = [
        f"| {result.program.name} | {result.program.text} | {codes_of(result)} |"
        for result in matrix.results
    ]
    return "\n".join(
        [
            HEADER,
            fill(summary(matrix), PAGE_WIDTH),
            "",
            "| section | rules | caught their integrations | false alarms |",
            "|---|---|---|---|",
            *rows,
            "",
            "## Integrations",
            "",
            "| integration | what it does | caught by |",
            "|---|---|---|",
            *integrations,
            "",
        ]
    )


def section_row(matrix: Matrix, letter: str, title: str) -> str:
    """The numbers of one section.

    Args:
        matrix: the results.
        letter: which the codes of the section begin with.
        title: of the section.
    """
    codes = [code for code in matrix.codes if code.startswith(letter)]
    caught = len(codes) - sum(code in matrix.uncaught for code in codes)
    alarms = sum(code in codes for result in matrix.results for code in result.false_alarms)
    return f"| {title} ({codes[0]} to {codes[-1]}) | {len(codes)} | {caught} | {alarms} |"


def codes_of(result: Result) -> str:
    """The codes of its findings, the rule that it is made for first."""
    order = [*result.program.breaks, *result.false_alarms]
    found = [code for code in order if code in result.findings]
    return ", ".join(found) or "-"
