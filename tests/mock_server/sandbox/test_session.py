"""Sessions: one transaction per request, and nothing of a request that fails."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import run

from codat_mock.models.errors import ApiError, NotFound
from codat_mock.models.request_log import CausedFinding
from codat_mock.rules.rule_settings import read_settings
from codat_mock.sandbox import (
    SandboxRegistry,
    Settings,
    companies,
    evaluation,
    request_log,
)
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.storage import Store

ORDERS = "commerce-orders"
# The most SQL statements of a request, with BEGIN and COMMIT: a request that needs more has begun
# to read something twice.
MOST_STATEMENTS = {
    "first push": 14,
    "update": 16,
    "resent push": 15,
    "first poll": 7,
    "poll of the end": 8,
    "poll": 1,
}


def order(number: int, total: float = 5) -> dict[str, object]:
    return {"id": f"A-{number}", "createdDate": "2022-03-21T07:00:00Z", "totalAmount": total}


@contextmanager
def counted(registry: SandboxRegistry) -> Iterator[list[str]]:
    """The SQL statements that are executed meanwhile; the rows of an `executemany` are one."""
    statements: list[str] = []
    database: sqlite3.Connection = registry._store._db

    def note(statement: str) -> None:
        if not statements or table_of(statement) != table_of(statements[-1]):
            statements.append(statement)

    database.set_trace_callback(note)
    yield statements
    database.set_trace_callback(None)


def table_of(statement: str) -> str | None:
    """What an INSERT writes to; None of any other statement, which equals nothing."""
    found = re.match(r"INSERT INTO \w+", statement)
    return found[0] if found else f"{statement} {id(statement)}"


def test_a_request_is_one_transaction_of_few_statements_and_a_poll_none(http, registry, driver):
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    seen = {}
    for what, body in (
        ("first push", [order(1), order(2)]),
        ("update", [order(1, 6) | {"sourceModifiedDate": "2022-03-21T08:00:00Z"}]),
        ("resent push", [order(1, 6) | {"sourceModifiedDate": "2022-03-21T08:00:00Z"}]),
    ):
        driver.advance(minutes=1)
        with counted(registry) as seen[what]:
            pushed = http.post(path, json={"orders": body})
        assert pushed.status_code == 200
    history = f"/meta/companies/{driver.company_id}/pull/history/{pushed.json()['datasetId']}"
    for what in ("first poll", "poll of the end", "poll"):
        with counted(registry) as seen[what]:
            assert http.get(history).status_code == 200
        driver.advance(seconds=20)
    for what, statements in seen.items():
        print(f"{what}: {statements.count('COMMIT')} transaction, {len(statements)} statements")
        is_read = what == "poll"
        assert [each for each in statements if each.startswith(("BEGIN", "COMMIT"))] == (
            [] if is_read else ["BEGIN IMMEDIATE", "COMMIT"]
        )
        assert len(statements) <= MOST_STATEMENTS[what], "\n".join(statements)


def test_polls_are_written_to_the_log_many_at_a_time(http, registry, driver):
    path = f"/companies/{driver.company_id}"
    http.get(path)
    before = driver.call("GET", "/_mock/requests")["count"]
    written = 0
    for _ in range(250):
        with counted(registry) as statements:
            http.get(path)
        written += any("INTO requests" in each for each in statements)
        assert not any("FROM requests" in each for each in statements)
    assert written <= 3
    assert driver.call("GET", "/_mock/requests")["count"] == before + 250


def test_what_waits_is_written_when_a_server_ends(tmp_path):
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(Settings(speed=0), Store(path))
    with registry.sandbox("one").session() as session:
        session.tables.request_log.add(entry(7), None, None)
        session.tables.row.requests = 7
    registry.close()
    again = SandboxRegistry(Settings(speed=0), Store(path))
    with again.sandbox("one").session() as session:
        assert session.tables.request_log.numbers() == [7]
    assert next(again.sandbox("one").request_numbers) == 8
    again.close()


ACTIONS = st.lists(st.sampled_from(["add", "checkpoint", "roll back", "write", "fail"]), max_size=8)


@settings(max_examples=40)
@given(st.lists(ACTIONS, min_size=1, max_size=5))
def test_what_waits_follows_the_transactions_as_if_it_were_written(transactions):
    registry = SandboxRegistry(Settings(speed=0))
    sandbox, kept, number = registry.sandbox("one"), [], 0
    for actions in transactions:
        done = at_checkpoint = list(kept)
        with suppress(ValueError), sandbox.session() as session:
            session.checkpoint()
            for action in actions:
                if action == "add":
                    number += 1
                    session.tables.request_log.add(entry(number), None, None)
                    done = [*done, number]
                elif action == "checkpoint":
                    session.checkpoint()
                    at_checkpoint = done
                elif action == "roll back":
                    session.roll_back()
                    done = at_checkpoint
                elif action == "write":
                    session.tables.flush()
                else:
                    raise ValueError
            kept = done
    with sandbox.session() as session:
        assert session.tables.request_log.numbers() == kept
    registry.close()


def test_a_company_is_read_once_and_then_held(http, registry, driver):
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    http.post(path, json={"orders": []})
    with counted(registry) as statements:
        http.post(path, json={"orders": []})
    assert not any("FROM companies" in each for each in statements)


def test_a_held_company_is_what_the_database_has(http, registry, driver):
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    stored = http.get(path).json()
    stored["schedule"]["startDate"] = "2022-03-01T00:00:00Z"
    assert http.post(path, json=stored).status_code == 200
    shown = http.get(path).json()
    for name in registry.names():
        registry.sandbox(name).tables.companies.forget()
    assert http.get(path).json() == shown


def test_a_push_its_findings_and_its_log_entry_are_written_together_or_not_at_all(
    http, driver, monkeypatch
):
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    before = driver.call("GET", "/_mock/requests")["count"]

    def fail(*_: object) -> None:
        raise RuntimeError("the log cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr(request_log, "pack", fail)
        assert http.post(path, json={"orders": [order(1), order(1)]}).status_code == 500
    assert driver.call("GET", f"/companies/{driver.company_id}/data/history")["results"] == []
    assert driver.findings()["findings"] == []
    assert driver.call("GET", "/_mock/requests")["count"] == before + 1  # the request for the list


def test_a_refused_request_leaves_nothing_but_its_log_entry(http, driver, monkeypatch):
    def create(session, name):
        companies_create(session, name)
        raise NotFound("something else is missing")

    companies_create = companies.create
    monkeypatch.setattr(companies, "create", create)
    assert http.post("/meta/companies/sync", json={"name": "x"}).status_code == 404
    monkeypatch.undo()
    assert len(driver.call("GET", "/_mock/books")["companies"]) == 1
    [entry] = driver.call("GET", "/_mock/requests?status=404")["requests"]
    assert entry["operation"] == "create-sync-company"


def test_an_id_that_a_refused_request_took_is_given_again(registry):
    sandbox = registry.sandbox("one")
    with sandbox.session() as session:
        session.checkpoint()
        taken = session.new_id()
        session.roll_back()
        assert session.new_id() == taken


@pytest.mark.parametrize("error", [ValueError, ApiError, KeyboardInterrupt])
def test_a_session_that_fails_writes_nothing(tmp_path, error):
    path = tmp_path / "x.db"
    registry = SandboxRegistry(Settings(speed=0), Store(path))
    sandbox = registry.sandbox("one")
    kept = run(sandbox, companies.create, "kept").id

    def fail(session: Session) -> None:
        companies.create(session, "lost")
        session.tables.row.requests = 99
        raise error("failed")

    with pytest.raises(error):
        run(sandbox, fail)
    assert [each.id for each in run(sandbox, companies.all_companies)] == [kept]
    registry.close()
    again = SandboxRegistry(Settings(speed=0), Store(path))
    with again.session("one") as session:
        assert [row.company.id for row in session.tables.companies.all()] == [kept]
        assert session.tables.row.requests == 0
    again.close()


def test_what_is_held_in_memory_is_read_again_after_a_rollback(registry):
    sandbox = registry.sandbox("one")
    run(sandbox, companies.create, "x")

    def fail(session: Session) -> None:
        evaluation.choose(session, {"S03": "off"})
        companies.prepare(session, "y", "gbol")
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        run(sandbox, fail)
    assert run(sandbox, evaluation.chosen_rules).rules == {}
    with sandbox.session() as session:
        assert session.tables.companies.first_due(session.now.replace(year=9000)) is None


def test_a_commit_that_fails_is_rolled_back_and_the_next_one_works(registry, monkeypatch):
    sandbox = registry.sandbox("one")
    database = registry._store._db

    class Full:
        """A connection whose disk is full at the end of a transaction."""

        def __getattr__(self, name):
            return getattr(database, name)

        def commit(self):
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(registry._store, "_db", Full())
    with pytest.raises(sqlite3.OperationalError, match="full"):
        run(sandbox, companies.create, "lost")
    monkeypatch.undo()
    assert run(sandbox, companies.all_companies) == []
    run(sandbox, companies.create, "kept")
    assert [each.name for each in run(sandbox, companies.all_companies)] == ["kept"]


def test_a_session_inside_another_of_the_same_thread_fails_instead_of_waiting_for_ever(registry):
    one, other = registry.sandbox("one"), registry.sandbox("other")
    with one.session(), pytest.raises(RuntimeError, match="open already"), other.session():
        pass
    run(other, companies.create, "x")


def test_a_reset_that_fails_leaves_the_sandbox_as_it_was(registry, monkeypatch):
    sandbox = registry.sandbox("one")
    kept = run(sandbox, companies.create, "kept").id
    with monkeypatch.context() as patch:
        patch.setattr(type(registry._store.sandboxes), "get_or_add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            registry.reset("one")
    assert [each.id for each in run(registry.sandbox("one"), companies.all_companies)] == [kept]
    assert registry.sandbox("one") is sandbox


def test_a_sandbox_that_was_reset_opens_no_session(registry):
    old = registry.sandbox("one")
    registry.reset("one")
    with pytest.raises(SandboxClosed), old.session():
        pass
    with registry.session("one") as session:
        assert session.tables is registry.sandbox("one").tables


def test_a_sandbox_s_own_rule_settings_join_those_of_the_server():
    chosen = {each.code: each for each in read_settings({"S03": "off"})}
    registry = SandboxRegistry(Settings(speed=0, rules=chosen))
    with registry.session("one") as session:
        evaluation.choose(session, {"S04": "warning"})
        assert evaluation.chosen_rules(session).rules == {
            "S03": "off",
            "S04": {"severity": "warning"},
        }
        evaluation.choose(session, {"S03": "error"})
        assert evaluation.chosen_rules(session).rules == {"S03": {"severity": "error"}}
    registry.close()


def test_the_log_s_size_is_put_back_after_a_rollback(registry):
    meter = registry._store._meter
    sandbox = registry.sandbox("one")
    with sandbox.session() as session:
        session.tables.request_log.add(entry(1), b"x" * 100, None)
    held = meter.held
    assert held

    def fail(session: Session) -> None:
        session.tables.request_log.add(entry(2), b"x" * 10_000, None)
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        run(sandbox, fail)
    assert meter.held == held
    with sandbox.session() as session:
        session.checkpoint()
        session.tables.request_log.add(entry(2), b"x" * 10_000, None)
        session.roll_back()
    assert meter.held == held
    (recounted,) = registry._store._db.execute("SELECT total(size) FROM requests").fetchone()
    assert recounted == held


def entry(number: int) -> request_log.LoggedRequest:
    return request_log.LoggedRequest(
        number=number, at="", seconds=0, method="GET", path="/", query="", status=200,
        is_planned=False, operation=None, nearest=None, company_id=None, dataset_id=None,
        sent_bytes=0, answered_bytes=0, sent_type="", answered_type="", findings=[],
    )  # fmt: skip


@pytest.mark.parametrize(("count", "pauses"), [(0, 0), (1999, 0), (2000, 1)])
def test_others_go_between_while_this_one_computes_with_many_records(registry, count, pauses):
    with registry.sandbox("one").session() as session:
        paused = []
        session.pause = lambda: nullcontext(paused.append(None))
        with session.computing(count):
            assert len(paused) == pauses


@pytest.mark.parametrize(("seconds", "pauses"), [(0, 0), (0.05, 0), (0.0501, 1)])
def test_a_session_gives_way_once_it_has_kept_others_waiting_too_long(
    registry, monkeypatch, seconds, pauses
):
    with registry.sandbox("one").session() as session:
        paused, now = [], [0.0]
        monkeypatch.setattr("codat_mock.sandbox.session.machine_seconds", lambda: now[0])
        session.pause = lambda: nullcontext(paused.append(None))
        session._since = 0.0
        now[0] += seconds
        for _ in range(2):  # after a pause the others have had their turn
            session.give_way()
        assert len(paused) == pauses
        now[0] += 1
        session.give_way()
        assert len(paused) == pauses + 1


def test_what_broke_rules_before_a_pause_or_a_checkpoint_outlasts_a_rollback(registry):
    with registry.sandbox("one").session() as session:
        caused = [CausedFinding(code=f"S0{number}", count=1) for number in range(4)]
        session.caused.append(caused[0])
        session.checkpoint()
        session.caused.append(caused[1])
        session.roll_back()
        assert session.caused == caused[:1]
        session.caused.append(caused[2])
        with session.computing(2000):
            pass
        session.caused.append(caused[3])
        session.roll_back()
        assert session.caused == [caused[0], caused[2]]


def test_a_value_is_computed_again_only_where_its_state_has_changed(registry):
    with registry.sandbox("one").session() as session:
        values = iter("abcd")

        def remembered(name: str, state: int) -> str:
            return session.remember(name, state, lambda: next(values))

        assert [remembered("x", 1), remembered("x", 1), remembered("y", 1)] == ["a", "a", "b"]
        assert [remembered("x", 2), remembered("x", 2), remembered("y", 1)] == ["c", "c", "b"]


def test_each_id_is_another_and_they_are_those_of_the_seed_and_the_name():
    def ids(seed: int, name: str) -> list[str]:
        made = SandboxRegistry(Settings(seed=seed, speed=0))
        with made.sandbox(name).session() as session:
            before = session.tables.row.minted
            found = [session.new_id() for _ in range(3)]
            assert session.tables.row.minted == before + 3
        made.close()
        return found

    assert ids(0, "a") == ids(0, "a")
    assert len({*ids(0, "a"), *ids(1, "a"), *ids(0, "b")}) == 9
