"""Stopping while a request is at work: it is not waited for, and nothing of it is left behind."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread

import pytest

from codat_mock.clock import machine_seconds
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings, pushes, registry, sandbox, session
from codat_mock.storage import StorageError, Store, store

KEY = {"Authorization": "Basic a2V5"}
PATIENCE_SECONDS = 20.0
LONGEST_STOP_SECONDS = 5.0  # of a machine that does much else
LONG = [{"id": f"A-{number}", "totalAmount": 5} for number in range(20)]


@pytest.fixture
def work():
    """Keeps a push at work, in an interruption of its transaction, until `is_over` is set."""

    class Work:
        has_begun = Event()
        is_over = Event()

    yield Work
    Work.is_over.set()


def test_a_request_at_work_is_not_waited_for_and_leaves_nothing(tmp_path, monkeypatch, work):
    monkeypatch.setattr(session, "MANY_RECORDS", len(LONG))
    path, statuses = tmp_path / "shop.db", []
    first = SandboxRegistry(Settings(speed=0), Store(path))
    client = create_app(first).test_client()
    company = client.post("/meta/companies/sync", json={"name": "x"}, headers=KEY).json["id"]
    push = f"/data/companies/{company}/sync/commerce-orders"
    assert client.post(push, json={"orders": LONG[:1]}, headers=KEY).status_code == 200
    client.post("/_mock/clock/advance", json={"minutes": 5}, headers=KEY)
    changes_in = pushes.changes_in

    def slow(*arguments):
        with arguments[0].computing(len(LONG)):
            work.has_begun.set()
            work.is_over.wait(PATIENCE_SECONDS)
        return changes_in(*arguments)

    monkeypatch.setattr(pushes, "changes_in", slow)

    def push_all():
        other = create_app(first).test_client()
        statuses.append(other.post(push, json={"orders": LONG}, headers=KEY).status_code)

    thread = Thread(target=push_all)
    thread.start()
    assert work.has_begun.wait(PATIENCE_SECONDS)
    began = machine_seconds()
    first.close()
    assert machine_seconds() - began < LONGEST_STOP_SECONDS
    work.is_over.set()
    thread.join()
    assert statuses == [503]
    assert first.failures.all() == []
    again = SandboxRegistry(Settings(speed=0), Store(path))
    client = create_app(again).test_client()
    history = client.get(f"/companies/{company}/data/history", headers=KEY).json["results"]
    assert len(history) == 1  # the one that was answered
    again.close()


def test_a_transaction_that_never_ends_is_not_waited_for(tmp_path, monkeypatch, work):
    monkeypatch.setattr(store, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(registry, "CLOSE_SECONDS", 0.1)
    mine = SandboxRegistry(Settings(speed=0), Store(tmp_path / "shop.db"))
    box: sandbox.Sandbox = mine.sandbox("x")

    def hold():
        with suppress(StorageError), box.session():
            work.has_begun.set()
            work.is_over.wait(PATIENCE_SECONDS)

    thread = Thread(target=hold)
    thread.start()
    assert work.has_begun.wait(PATIENCE_SECONDS)
    began = machine_seconds()
    mine.close()
    assert machine_seconds() - began < LONGEST_STOP_SECONDS
    work.is_over.set()
    thread.join()
    mine.close()
