"""Which answers were sent or lost, as far as the open transaction and those before have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from codat_mock.storage import answers as answers_module
from codat_mock.storage.answers import Answers
from codat_mock.storage.schema import TABLES


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Three pushes of a company, whose answers are not known to have been sent."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(TABLES)
        for name in "abc":
            made.execute(
                "INSERT INTO datasets (company, id, connection, data_type, requested, ends, plan,"
                " request, body, is_answered) VALUES (1, ?, 'c', '', 0, 0, '', '', '', 0)",
                (name,),
            )
        yield made


@pytest.fixture
def answers(db: sqlite3.Connection) -> Answers:
    made = Answers(db)
    for name in "abc":
        made.expect(1, name)
    return made


def answered(db: sqlite3.Connection) -> str:
    found = db.execute("SELECT id FROM datasets WHERE is_answered ORDER BY id")
    return "".join(name for (name,) in found)


def expected(answers: Answers) -> str:
    return "".join(name for name in "abc" if answers.is_expected(name))


def test_answers_wait_to_be_written_until_there_are_enough_of_them(answers, monkeypatch):
    monkeypatch.setattr(answers_module, "AT_ONCE", 2)
    assert not answers.is_full
    answers.confirm("a")
    assert not answers.is_full
    answers.confirm("b")
    assert answers.is_full
    answers.flush()
    assert not answers.is_full


def test_answers_that_are_written_are_expected_until_the_transaction_is_committed(answers, db):
    answers.flush()
    answers.confirm("a")
    answers.confirm("b")
    assert answered(db) == ""
    answers.flush()
    assert answered(db) == "ab"
    assert expected(answers) == "abc"  # until the transaction is committed
    answers.begin()
    assert expected(answers) == "c"
    answers.flush()
    assert answered(db) == "ab"


def test_what_was_written_in_a_transaction_that_fails_is_written_again(answers, db):
    db.execute("BEGIN")
    answers.confirm("a")
    answers.confirm("b")
    answers.lose(1, "c")
    answers.flush()
    answers.write_lost()
    assert (answered(db), expected(answers)) == ("ab", "ab")
    db.execute("ROLLBACK")
    answers.forget()
    answers.begin()
    assert (answered(db), expected(answers)) == ("", "ab")
    answers.confirm("c")
    answers.flush()
    answers.write_lost()
    assert answered(db) == "ab"  # that of c was lost
    answers.begin()
    answers.forget()
    answers.flush()
    assert expected(answers) == ""
    assert [*answers._sent, *answers._lost] == []


def test_a_lost_answer_is_written_before_anything_is_judged_by_it(answers, db):
    db.execute("UPDATE datasets SET is_answered = 1")
    for name in "ab":
        answers.lose(1, name)
    answers.lose(2, "c")  # of another company
    assert expected(answers) == "abc"
    answers.write_lost()
    assert answered(db) == "c"
    answers.write_lost()
    answers.begin()
    answers.forget()
    assert not answers._lost
