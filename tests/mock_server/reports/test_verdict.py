"""The exit code, the headline and the reasons of a run."""

from __future__ import annotations

import pytest
from sample_runs import finding_with, run_with

from codat_mock.reports.run import (
    CommandEnd,
    Expected,
    Run,
    as_expected,
)
from codat_mock.reports.verdict import KEPT, NOTHING, code_of, headline, reasons

DONE = CommandEnd(line="./push", ending="exited", code=0)


CRASHED = CommandEnd(line="./push", ending="exited", code=3)


KILLED = CommandEnd(line="./push", ending="killed", code=9)


HUNG = CommandEnd(line="./push", ending="timed-out", code=0)


NOTE = finding_with(severity="info")


GONE = [Expected("S04", "commerce-orders", ("B-1",))]


@pytest.mark.parametrize(
    ("run", "code", "why"),
    [
        (run_with(command=DONE), 0, "No finding at or above"),
        (run_with(finding_with()), 1, "1 finding at or above 'error'"),
        (run_with(finding_with(), NOTE, fail_on="info"), 1, "2 findings at or above 'info'"),
        (run_with(NOTE), 0, "No finding at or above"),
        (run_with(finding_with(), fail_on="never"), 0, "No finding at or above"),
        (
            run_with(finding_with(), expected=[as_expected(finding_with())]),
            0,
            "No finding at or above",
        ),
        (run_with(expected=GONE), 1, "1 expected finding not found"),
        (run_with(expected=GONE, fail_on="never"), 1, "1 expected finding not found"),
        (run_with(command=CRASHED), 1, "exited with code 3"),
        (run_with(command=KILLED), 1, "was killed by SIGKILL"),
        (run_with(command=HUNG), 1, "exceeded --timeout"),
        (run_with(companies=[]), 5, "Nothing was pushed"),
        (run_with(companies=[], command=CRASHED), 1, "exited with code 3"),
        (
            run_with(finding_with(), failures=["boom"], command=CRASHED),
            70,
            "codat-mock itself failed",
        ),
    ],
)
def test_the_exit_code_and_the_reasons_follow_from_the_run(run: Run, code: int, why: str) -> None:
    assert code_of(run) == code
    assert why in " ".join(reasons(run))


@pytest.mark.parametrize("name", ["missed", "unreconciled", "surplus", "failed_syncs"])
def test_every_rule_kept_is_only_said_of_clean_books(name: str) -> None:
    run = run_with()
    assert headline(run) == "Every rule kept"
    setattr(run.judgement.books, name, 1)
    assert headline(run) == "No rule broken, but the books are not clean"


def test_books_without_a_record_are_no_pass() -> None:
    run = run_with()
    run.judgement.books.syncs, run.judgement.books.waiting = 1, 3
    assert code_of(run) == NOTHING
    run.judgement.books.booked = 1
    assert code_of(run) == KEPT
