"""SARIF 2.1.0, in which every result has a location, as code scanning services require."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

import msgspec

from codat_mock.reports.run import Run, as_expected
from codat_mock.reports.source_locations import Place, configuration_place, location
from codat_mock.reports.verdict import books_line
from codat_mock.reports.wording import detail, read_more
from codat_mock.rules.judge import Finding
from codat_mock.rules.registry import RuleDescription

CONTENT_TYPE = "application/sarif+json"
SUFFIX = "sarif"

LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Json = dict[str, Any]

# A result must name a rule, and a complaint has none.
COMPLAINT: Final[Json] = {
    "id": "complaint",
    "name": "survives",
    "shortDescription": {"text": "The integration copes with the faults of the service."},
    "help": {"text": "Run the schedule again with --replay, and look at the requests."},
    "defaultConfiguration": {"level": "error"},
}


def write(run: Run) -> bytes:
    """Make the report."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [sarif_run(run)]}
    return msgspec.json.format(msgspec.json.encode(log)) + b"\n"


def sarif_run(run: Run) -> Json:
    """The run: the rules, the findings, and the failures of the mock."""
    failures = [{"level": "error", "message": {"text": each}} for each in run.failures]
    return {
        "tool": {
            "driver": {
                "name": "codat-mock",
                "version": version("codat-mock"),
                "rules": [*map(sarif_rule, run.rules), *([COMPLAINT] if run.complaints else [])],
            }
        },
        "columnKind": "utf16CodeUnits",
        "properties": {"books": f"{books_line(run)}."},
        "invocations": [
            {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
        ],
        "results": [
            *(result(run, finding) for finding in run.judgement.findings),
            *(complaint_result(run, complaint) for complaint in run.complaints),
        ],
    }


def sarif_rule(rule: RuleDescription) -> Json:
    """A rule."""
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": rule.statement},
        "help": {"text": f"{rule.advice} Source: {rule.source}."},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def result(run: Run, finding: Finding) -> Json:
    """A finding."""
    codes = [rule.code for rule in run.rules]
    found: Json = {
        "ruleId": finding.code,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.advice} {read_more(finding)}"},
        "locations": [{"physicalLocation": physical_location(location(run, finding))}],
        "partialFingerprints": {"codatMock/v1": fingerprint(finding)},
        "properties": {"detail": detail(finding)},
    }
    if finding.code in codes:  # a custom rule may not be installed any more
        found["ruleIndex"] = codes.index(finding.code)
    if run.is_tolerated(finding):
        found["suppressions"] = [{"kind": "external"}]
    return found


def complaint_result(run: Run, complaint: str) -> Json:
    """A complaint."""
    return {
        "ruleId": COMPLAINT["id"],
        "ruleIndex": len(run.rules),
        "level": "error",
        "message": {"text": complaint},
        "locations": [{"physicalLocation": physical_location(configuration_place(run))}],
        "partialFingerprints": {"codatMock/v1": digest(complaint.encode())},
    }


def physical_location(place: Place) -> Json:
    """A place in a file."""
    region = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    return {"artifactLocation": {"uri": quote(place.path)}, "region": region}


def fingerprint(finding: Finding) -> str:
    """The identity of a finding, the same from run to run: rule, data type and records."""
    return digest(msgspec.json.encode(as_expected(finding)))


def digest(content: bytes) -> str:
    """A short hash."""
    return blake2b(content, digest_size=16).hexdigest()
