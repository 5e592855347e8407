"""Findings in words, for reports that are read as text."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from codat_mock.reports.run import Expected, Run
from codat_mock.rules.judge import Finding

# Control characters, halves of letters, and what Unicode keeps free of letters for good.
ILLEGIBLE: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufdd0-\\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
MOST_FINDINGS: Final = 50  # in reports that are read from the top
LONGEST: Final = 80  # letters of a value
encode = msgspec.json.Encoder(decimal_format="number").encode


def detail(finding: Finding) -> str:
    """A finding in some lines: what, where, and what to do instead."""
    lines = [
        f"{finding.code} {finding.name} ({finding.severity})",
        finding.message,
        f"Records: {records(finding)}",
    ]
    lines += [f"Request {each.number}: {each.method} {each.path}" for each in finding.requests]
    lines += [
        f"{each.record} {each.path}: {shown(each.old)} -> {shown(each.new)}"
        for each in finding.differences
    ]
    return "\n".join([*lines, f"Instead: {finding.advice}", f"Source: {finding.source}"])


def records(finding: Finding) -> str:
    """The records that a finding names, and how many more there are."""
    left = finding.count - len(finding.records)
    return ", ".join([*finding.records, *([f"and {left} more"] if left > 0 else [])])


def shown(value: object) -> str:
    """A value of a difference as JSON, short."""
    text = encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def names(expected: Expected) -> str:
    """An expected finding in a line."""
    told = ", ".join(expected.records) if expected.records is not None else "whatever records"
    return " ".join(filter(None, [expected.code, expected.data_type, told]))


def legible(text: str) -> str:
    """The text without what HTML and XML cannot hold."""
    return ILLEGIBLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text in one line, so that nothing in it commands a terminal or a log."""
    return " ".join(legible(text).split())


def more(run: Run) -> str:
    """How many findings are left out, as a sentence; empty where none are."""
    count = len(run.judgement.findings) - MOST_FINDINGS
    return (
        f"There are {count} more findings: the JSON and the HTML report have them all."
        if count > 0
        else ""
    )
