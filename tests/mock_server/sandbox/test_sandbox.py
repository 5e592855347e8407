"""A sandbox: how it begins and ends, and who waits for whom in it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from codat_mock.models.alerts import AlertRule
from codat_mock.models.faults import Refuse
from codat_mock.models.request_log import LoggedRequest
from codat_mock.sandbox import (
    Sandbox,
    SandboxRegistry,
    Settings,
    clock_control,
    companies,
    fault_injection,
    webhooks,
)
from codat_mock.sandbox.session import SandboxClosed, Session
from codat_mock.storage import Store
from codat_mock.storage.alerts import Event as StoredEvent

START = datetime(2022, 3, 21, 8, tzinfo=UTC)
RULE = AlertRule(type="Dataset data changed", url="http://127.0.0.1:9")


@pytest.fixture
def sandbox(registry: SandboxRegistry) -> Sandbox:
    return registry.sandbox("k")


def entry(number: int) -> LoggedRequest:
    return LoggedRequest(
        number=number, at="", seconds=0, method="GET", path="/", query="", status=200,
        is_planned=False, operation=None, nearest=None, company_id=None, dataset_id=None,
        sent_bytes=0, answered_bytes=0, sent_type="", answered_type="", findings=[],
    )  # fmt: skip


def logged(registry: SandboxRegistry) -> int:
    return registry._store._db.execute("SELECT count(*) FROM requests").fetchone()[0]


def wait(sandbox: Sandbox) -> None:
    """Leave the entry of a read waiting to be written."""
    with sandbox.session() as session:
        session.tables._meter.held = 0
        session.tables.row.requests += 1
        session.tables.request_log.add(entry(session.tables.row.requests), None, None)


def test_what_waits_is_written_when_a_sandbox_ends_and_never_again(registry, sandbox):
    wait(sandbox)
    assert logged(registry) == 0
    sandbox.close()
    assert logged(registry) == 1
    with pytest.raises(SandboxClosed), sandbox.session():
        pass
    sandbox.tables.request_log.waiting.rows[9] = (1, 9, b"", None, None, 0)
    sandbox.close()
    assert logged(registry) == 1


def test_a_sandbox_that_is_in_use_does_not_wait_to_end(registry, sandbox):
    wait(sandbox)
    with sandbox.alone():
        other = Thread(target=sandbox.close)
        other.start()
        other.join()
    assert logged(registry) == 0


def test_a_sandbox_goes_on_where_the_last_server_left_it(tmp_path: Path) -> None:
    settings = Settings(start_at=START, speed=0, alert_rules=(RULE, RULE))
    rules = []
    for _ in range(2):
        registry = SandboxRegistry(settings, Store(tmp_path / "shop.db"))
        sandbox = registry.sandbox("k")
        number = next(sandbox.request_numbers)
        with sandbox.session() as session:
            rules.append(len(session.tables.alerts.rules()))
            session.tables.row.requests = number
        registry.close()
    assert (rules, number) == ([2, 2], 2)  # no rule is added to those there are


def test_a_restored_sandbox_has_the_rules_that_were_saved_and_no_others():
    registry = SandboxRegistry(Settings(start_at=START, speed=0, alert_rules=(RULE,)))
    with registry.sandbox("k").session() as session:
        webhooks.clear_rules(session)
    restored = registry.reset("k", snapshot=registry.sandbox("k").snapshot())
    with restored.session() as session:
        assert session.tables.alerts.rules() == []
    registry.close()


def test_a_thread_that_has_a_session_open_fails_instead_of_waiting_for_itself(sandbox):
    with sandbox.alone(), pytest.raises(RuntimeError, match="open already"), sandbox.alone():
        pass
    with sandbox.session(), pytest.raises(RuntimeError, match="open already"), sandbox.session():
        pass
    with sandbox.session():
        pass


def held(sandbox: Sandbox, stack: ExitStack) -> None:
    """Keep a session open in another thread until the stack is left."""
    inside, may_end = Event(), Event()

    def hold() -> None:
        with sandbox.alone():
            inside.set()
            may_end.wait(20)

    thread = Thread(target=hold)
    thread.start()
    stack.callback(thread.join)
    stack.callback(may_end.set)
    assert inside.wait(20)


def test_another_thread_waits_as_long_as_it_is_patient(sandbox):
    with ExitStack() as stack:
        held(sandbox, stack)
        for patience in (0.0, 0.01):
            with pytest.raises(TimeoutError, match="'k' has not ended"), sandbox.alone(patience):
                pass
    with sandbox.alone(0.0):
        pass


def test_what_has_fallen_due_is_done_unless_a_session_does_it(sandbox, monkeypatch):
    opened: list[None] = []
    session = sandbox.session

    def noting() -> object:
        opened.append(None)
        return session()

    monkeypatch.setattr(sandbox, "session", noting)
    sandbox.settle()
    assert len(opened) == 1
    with ExitStack() as stack:
        held(sandbox, stack)
        sandbox.settle()
    assert len(opened) == 1


@pytest.mark.parametrize(("seconds", "is_woken"), [(0, True), (1, False), (-1, True)])
def test_the_sender_is_woken_where_an_alert_is_due_once_the_session_is_over(
    sandbox, monkeypatch, seconds, is_woken
):
    woken: list[bool] = []
    monkeypatch.setattr(
        sandbox._webhook_sender, "wake", lambda: woken.append(sandbox._lock.locked())
    )
    with sandbox.session() as session:
        webhooks.add_rules(session, [RULE])
        event = StoredEvent("Dataset data changed", "c", None, "", {})
        session.tables.alerts.expect(session.now + timedelta(seconds=seconds), event)
    assert woken == ([False] if is_woken else [])


def test_a_sandbox_knows_whether_its_time_passes_and_faults_are_planned(sandbox):
    assert not sandbox.is_running
    with sandbox.session() as session:
        clock_control.set_speed(session, 0.5)
        assert fault_injection.planned(session).faults == []
    assert sandbox.is_running
    assert not sandbox.has_faults
    with sandbox.session() as session:
        fault_injection.plan(session, [Refuse()])
    assert sandbox.has_faults


def test_requests_are_numbered_from_one(sandbox):
    assert [next(sandbox.request_numbers) for _ in range(3)] == [1, 2, 3]


def test_a_session_that_fails_before_or_after_a_pause_leaves_what_was_before_it(sandbox):
    def work(session: Session) -> None:
        companies.create(session, "kept")
        with session.computing(2000):
            pass
        companies.create(session, "lost")
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"), sandbox.session() as session:
        work(session)
    with sandbox.session() as session:
        assert [each.name for each in companies.all_companies(session)] == ["kept"]
        minted = session.tables.row.minted
        with pytest.raises(KeyError), session.computing(2000):
            raise KeyError("in the pause")
        companies.create(session, "more")
        assert session.tables.row.minted > minted
    with sandbox.session() as session:
        assert len(companies.all_companies(session)) == 2
