"""SARIF 2.1.0, as code scanning services take it: every result has a place in a file."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

import msgspec

from codat_mock.reports.run import Run, as_expected
from codat_mock.reports.source_locations import location
from codat_mock.reports.wording import detail
from codat_mock.rules.judge import Finding
from codat_mock.rules.registry import RuleDescription

LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Json = dict[str, Any]

# Every result is of a rule, and what is wrong beside what the rules found is of none.
COMPLAINT: Final[Json] = {
    "id": "complaint",
    "name": "survives",
    "shortDescription": {"text": "The integration survives what the service does."},
    "help": {"text": "Play the schedule again with --replay, and look at what was sent."},
    "defaultConfiguration": {"level": "error"},
}


def write(run: Run) -> bytes:
    """Make the report."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [shown_run(run)]}
    return msgspec.json.format(msgspec.json.encode(log)) + b"\n"


def shown_run(run: Run) -> Json:
    """The run: the rulebook, what was found, and whether the mock did its part."""
    failures = [{"level": "error", "message": {"text": told}} for told in run.failures]
    return {
        "tool": {
            "driver": {
                "name": "codat-mock",
                "version": version("codat-mock"),
                "rules": [*map(shown_rule, run.rules), *([COMPLAINT] if run.complaints else [])],
            }
        },
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
        ],
        "results": [
            *(result(run, finding) for finding in run.judgement.findings),
            *(complained(run, complaint) for complaint in run.complaints),
        ],
    }


def shown_rule(rule: RuleDescription) -> Json:
    """A rule of the rulebook."""
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
        "message": {"text": f"{finding.message} {finding.advice}"},
        "locations": [{"physicalLocation": place(run, finding)}],
        "partialFingerprints": {"codatMock/v1": fingerprint(finding)},
        "properties": {"detail": detail(finding)},
    }
    if finding.code in codes:  # not where its rule is a user's own and no longer installed
        found["ruleIndex"] = codes.index(finding.code)
    if run.is_tolerated(finding):
        found["suppressions"] = [{"kind": "external"}]
    return found


def complained(run: Run, complaint: str) -> Json:
    """What is wrong beside what the rules found."""
    return {
        "ruleId": COMPLAINT["id"],
        "ruleIndex": len(run.rules),
        "level": "error",
        "message": {"text": complaint},
        "locations": [{"physicalLocation": shown_place(run.configuration, 1)}],
        "partialFingerprints": {"codatMock/v1": digest(complaint.encode())},
    }


def place(run: Run, finding: Finding) -> Json:
    """Where a finding is shown: where the integration sent the request, else the configuration."""
    return shown_place(*location(run, finding))


def shown_place(path: str, line: int) -> Json:
    """A line of a file."""
    return {"artifactLocation": {"uri": quote(path)}, "region": {"startLine": line}}


def fingerprint(finding: Finding) -> str:
    """What stays the same of a finding from run to run: rule, data type and record keys."""
    return digest(msgspec.json.encode(as_expected(finding)))


def digest(known: bytes) -> str:
    """The same text for the same bytes."""
    return blake2b(known, digest_size=16).hexdigest()
