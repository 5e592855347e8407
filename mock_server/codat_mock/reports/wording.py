"""Findings in words, for reports that people read."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from codat_mock.reports.run import Expected, Run
from codat_mock.rules.judge import Finding

# Control characters, surrogates and noncharacters.
ILLEGIBLE: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufdd0-\\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
LONG_ID: Final = re.compile(r"([0-9a-f]{8})-[0-9a-f-]{27}")
MAX_REPORTS: Final = 3  # on failures of the mock; the first tells most
PLEASE: Final = "A fault of codat-mock, not of the integration. Please report it with these lines:"
MAX_FINDINGS: Final = 50  # in reports that people read
MAX_VALUE_LENGTH: Final = 80  # in characters
encode = msgspec.json.Encoder(decimal_format="number").encode


def detail(finding: Finding) -> str:
    """A finding in several lines: message, records, requests, differences, advice."""
    lines = [
        f"{finding.code} {finding.name} ({finding.severity})",
        finding.message,
        f"{label(finding)}: {records(finding)}",
    ]
    lines += [f"Request {each.number}: {each.method} {each.path}" for each in finding.requests]
    lines += [
        f"{each.record} {each.path}: {shown(each.old)} -> {shown(each.new)}"
        for each in finding.differences
    ]
    lines += [f"Instead: {finding.advice}", f"Source: {finding.source}", read_more(finding)]
    return "\n".join(lines)


def read_more(finding: Finding) -> str:
    """How to read more about a finding's rule."""
    return f"Read more: codat-mock explain {finding.code}"


def label(finding: Finding) -> str:
    """What a finding lists: records, or requests."""
    others = [each for each in finding.records if not each.startswith("request ")]
    return "Requests" if finding.records and not others else "Records"


def records(finding: Finding) -> str:
    """The records that a finding names, and how many more there are."""
    left = finding.count - len(finding.records)
    named = finding.records
    if label(finding) == "Requests":
        named = [each.removeprefix("request ") for each in named]
    return ", ".join([*named, *([f"and {left} more"] if left > 0 else [])])


def shown(value: object) -> str:
    """A value of a difference as short JSON."""
    text = encode(value).decode()
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1]}…"


def names(expected: Expected) -> str:
    """An expected finding in a line."""
    records = ", ".join(expected.records) if expected.records is not None else "any records"
    return " ".join(filter(None, [expected.code, expected.data_type, records]))


def legible(text: str) -> str:
    """The text without characters that HTML and XML cannot hold."""
    if text.replace("\n", "").isprintable():  # as nearly every text; ten times as fast
        return text
    return ILLEGIBLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text in one line, without control sequences of a terminal or a log."""
    return " ".join(legible(text).split())


def short(text: str) -> str:
    """Shorten the UUIDs in a text to their first eight digits."""
    return LONG_ID.sub(first_digits, text)


def first_digits(found: re.Match[str]) -> str:
    """What stands for a UUID."""
    return f"{found[1]}…"


def more(run: Run) -> str:
    """How many findings are left out, as a sentence; empty if none are."""
    count = len(run.judgement.findings) - MAX_FINDINGS
    return (
        f"There are {count} more findings; the JSON and the HTML report list them all."
        if count > 0
        else ""
    )
