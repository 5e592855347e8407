"""The kill matrix in words: a line for each integration, a total, and a section of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Any, Final

from codat_mock.rules.registry import SECTIONS
from codat_scenarios.kill_matrix.results import Matrix, Result

PAGE_WIDTH: Final = 100


def columns(result: Result) -> tuple[str, str, str, str]:
    """Whether it is as expected, its name, the rules found broken, and what it does."""
    mark = "ok" if result.is_as_expected else "NOT AS EXPECTED"
    return mark, result.program.name, codes_of(result), result.program.text


def summary(matrix: Matrix) -> str:
    """The matrix in a sentence."""
    caught = len(matrix.codes) - len(matrix.uncaught)
    exactly = sum(result.is_as_expected for result in matrix.broken)
    silent = sum(result.is_as_expected for result in matrix.good)
    return (
        f"{caught} of {len(matrix.codes)} rules caught an integration made to break them;"
        f" {exactly} of {len(matrix.broken)} broken integrations were caught by exactly the rules"
        f" that they break, and {silent} of {len(matrix.good)} good ones by none."
    )


def complaints(matrix: Matrix) -> Iterator[str]:
    """What is not as expected."""
    for result in matrix.unexpected:
        name = result.program.name
        if result.failure:
            yield f"{name} did not come to its end: {result.failure}"
        if result.escaped:
            yield f"{name} breaks {', '.join(result.escaped)}, which was not found."
        if result.false_alarms:
            yield f"{name} keeps {', '.join(result.false_alarms)}, which was found broken."
    if matrix.uncaught:
        yield f"No integration is made to break, and caught by, {', '.join(matrix.uncaught)}."
    if matrix.unkept:
        yield f"No good integration has an occasion to keep {', '.join(matrix.unkept)}."


def document(matrix: Matrix) -> dict[str, Any]:
    """The matrix as JSON tells it."""
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
    """The matrix as Markdown, the same each time: sums by section, and each integration folded."""
    rows = [section_row(matrix, letter, title) for letter, title in SECTIONS.items()]
    integrations = [
        f"| {result.program.name} | {result.program.text} | {codes_of(result)} |"
        for result in matrix.results
    ]
    return "\n".join(
        [
            fill(summary(matrix), PAGE_WIDTH),
            "",
            "| rules | of them | caught what breaks them | false alarms |",
            "|---|---|---|---|",
            *rows,
            "",
            f"<details><summary>All {len(matrix.results)} integrations</summary>",
            "",
            "| integration | what it does | caught by |",
            "|---|---|---|",
            *integrations,
            "",
            "</details>",
        ]
    )


def section_row(matrix: Matrix, letter: str, title: str) -> str:
    """The rules of one section in numbers."""
    codes = [code for code in matrix.codes if code.startswith(letter)]
    caught = len(codes) - sum(code in matrix.uncaught for code in codes)
    alarms = sum(code in codes for result in matrix.results for code in result.false_alarms)
    return f"| {title} ({codes[0]} to {codes[-1]}) | {len(codes)} | {caught} | {alarms} |"


def codes_of(result: Result) -> str:
    """The rules that caught it, the one it is there for first."""
    order = [*result.program.breaks, *result.false_alarms]
    found = [code for code in order if code in result.findings]
    return ", ".join(found) or "-"
