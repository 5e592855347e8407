"""The report of a push: its rows, its numbers and its text."""

from __future__ import annotations

from typing import Any

import pytest

from codat_push.models import Refusal
from codat_push.push_report import PushReport, first_of, printable, refusal_row, summary, table

ORDERS = "commerce-orders"


def row(status: str = "Complete", records: int = 2, **more: Any) -> dict[str, Any]:
    return {"dataset": "d-1", "records": records, "status": status, "error": None} | more


def report(*rows: dict[str, Any], read: int = 5, **more: Any) -> PushReport:
    return PushReport("c", ORDERS, False, read, [*rows], **more)


@pytest.mark.parametrize(
    ("given", "pushed", "accepted", "is_success", "text"),
    [
        (report(), 0, 0, True, "5 records read, 0 new or changed"),
        (report(read=1), 0, 0, True, "1 record read, 0 new or changed"),
        (report(read=0), 0, 0, True, "0 records read, 0 new or changed"),
        (report(row(), row(records=1), read=2000), 3, 3, True,
         "2,000 records read, 3 new or changed"),
        (report(row("not sent", 1000)), 1000, 0, True, "5 records read, 1,000 new or changed"),
        (report(row(), row("MapError", 3)), 5, 2, False,
         "5 records read, 5 new or changed, 2 of them accepted"),
        (report(row(records=1000), error="500"), 1000, 1000, False,
         "5 records read, 1,000 accepted before it failed"),
    ],
)  # fmt: skip
def test_a_report_says_what_was_read_pushed_and_accepted(
    given: PushReport, pushed: int, accepted: int, is_success: bool, text: str
) -> None:
    assert (given.pushed, given.accepted, given.is_success) == (pushed, accepted, is_success)
    assert summary(given) == text


def test_its_text_has_a_row_for_each_dataset_and_a_line_for_each_mistake() -> None:
    refused = [{"id": "a\n", "reason": "late", "detail": "too late"}]
    given = report(
        row(records=1000), row("MapError", 3, dataset="dataset-2", error="no such tax"),
        row("not sent", 2, dataset=None, ids=["a", "b"], bytes=1234),
        refused=refused, error="it stopped",
    )  # fmt: skip
    assert table(given).splitlines() == [
        "dataset    records  status",
        "d-1          1,000  Complete",
        "dataset-2        3  MapError",
        "-                2  not sent",
        "5 records read, 1,000 accepted before it failed",
        "dataset-2: no such tax",
        "would push 2 (1,234 bytes): a, b",
        "not pushed: a\\n: too late",
        "Error: it stopped",
    ]
    assert table(report()) == "5 records read, 0 new or changed"


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2, …"), (9, "0, 1, 2, …")]
)
def test_the_first_three_ids_are_named(count: int, text: str) -> None:
    assert first_of([f"{number}" for number in range(count)]) == text


def test_a_line_has_no_control_characters() -> None:
    assert printable("é a\x1b\n\u2028'\ud800") == "é a\\x1b\\n\\u2028'\\ud800"


def test_a_refusal_is_a_row() -> None:
    refusal = Refusal("c", ORDERS, "a", "", None, "late", "too late")
    assert refusal_row(refusal) == {"id": "a", "reason": "late", "detail": "too late"}
