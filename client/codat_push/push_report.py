"""The report of `codat-mock push`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codat_push.models import Refusal
from codat_push.schema import DataType


@dataclass(slots=True)
class PushReport:
    """What was pushed, one row per push."""

    company: str
    data_type: DataType
    is_dry_run: bool
    read: int
    pushes: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None

    @property
    def pushed(self) -> int:
        """How many records were in the pushes."""
        return sum(row["records"] for row in self.pushes)

    @property
    def accepted(self) -> int:
        """How many of them the service accepted."""
        return sum(row["records"] for row in self.pushes if row["status"] == "Complete")

    @property
    def is_success(self) -> bool:
        """Whether every dataset is Complete and there was no error."""
        ended = all(row["status"] in ("Complete", "not sent") for row in self.pushes)
        return ended and self.error is None


def refusal_row(refusal: Refusal) -> dict[str, Any]:
    """A refusal as a row of the report."""
    return {"id": refusal.id, "reason": refusal.reason, "detail": refusal.detail}


def table(report: PushReport) -> str:
    """The report as text."""
    return "\n".join(printable(line) for line in lines(report))


def lines(report: PushReport) -> Iterator[str]:
    """The lines of the report."""
    if report.pushes:
        rows = [("dataset", "records", "status")]
        rows += [(p["dataset"] or "-", f"{p['records']:,}", p["status"]) for p in report.pushes]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield from (f"{a:{widths[0]}}  {b:>{widths[1]}}  {c}" for a, b, c in rows)
    yield summary(report)
    for row in report.pushes:
        if ids := row.get("ids"):
            yield f"would push {row['records']:,} ({row['bytes']:,} bytes): {first_of(ids)}"
        if row.get("error"):
            yield f"{row['dataset']}: {row['error']}"
    yield from (f"not pushed: {row['id']}: {row['detail']}" for row in report.refused)
    if report.error:
        yield f"Error: {report.error}"


def summary(report: PushReport) -> str:
    """How many records were read, pushed and accepted."""
    read = f"{report.read:,} record{'' if report.read == 1 else 's'} read"
    if report.error:
        return f"{read}, {report.accepted:,} accepted before it failed"
    pushed = f"{read}, {report.pushed:,} new or changed"
    if report.is_success:
        return pushed
    return f"{pushed}, {report.accepted:,} of them accepted"


def first_of(ids: list[str]) -> str:
    """The first three ids, and an ellipsis if there are more."""
    return ", ".join([*ids[:3], *(["…"] if len(ids) > 3 else [])])


def printable(text: str) -> str:
    """A text as one line, with control characters escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
