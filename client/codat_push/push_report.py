"""What `codat-mock push` has done, and how a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codat_push.batches import Refusal
from codat_push.schema import DataType


@dataclass(slots=True)
class PushReport:
    """What was done: one row a push."""

    company: str
    data_type: DataType
    is_rehearsal: bool
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
        """How many of them the service has accepted."""
        return sum(row["records"] for row in self.pushes if row["status"] == "Complete")

    @property
    def is_well(self) -> bool:
        """Whether all ended as it should."""
        ended = all(row["status"] in ("Complete", "not sent") for row in self.pushes)
        return ended and self.error is None


def shown(refusal: Refusal) -> dict[str, Any]:
    """A refusal as a row."""
    return {"id": refusal.id, "reason": refusal.reason, "detail": refusal.detail}


def table(report: PushReport) -> str:
    """The report for a person."""
    return "\n".join(printable(line) for line in lines(report))


def lines(report: PushReport) -> Iterator[str]:
    """The lines of the report."""
    if report.pushes:
        rows = [("dataset", "records", "status")]
        rows += [(p["dataset"] or "-", f"{p['records']:,}", p["status"]) for p in report.pushes]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield from (f"{a:{widths[0]}}  {b:>{widths[1]}}  {c}" for a, b, c in rows)
    yield summed_up(report)
    for row in report.pushes:
        if ids := row.get("ids"):
            yield f"would push {row['records']:,} ({row['bytes']:,} bytes): {first_of(ids)}"
        if row.get("error"):
            yield f"{row['dataset']}: {row['error']}"
    yield from (f"not pushed: {row['id']}: {row['detail']}" for row in report.refused)
    if report.error:
        yield f"Error: {report.error}"


def summed_up(report: PushReport) -> str:
    """How many records were read, and what is known to have become of them."""
    read = f"{report.read:,} record{'' if report.read == 1 else 's'} read"
    if report.error:
        return f"{read}, {report.accepted:,} accepted before it failed"
    told = f"{read}, {report.pushed:,} new or changed"
    if report.is_well:
        return told
    return f"{told}, {report.accepted:,} of them accepted"


def first_of(ids: list[str]) -> str:
    """The first ids of many, or all of a few."""
    return ", ".join([*ids[:3], *(["…"] if len(ids) > 3 else [])])


def printable(text: str) -> str:
    """A text in one line without anything that would drive a terminal, each such escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
