"""Long work: other sandboxes go between, and what belongs together is still one commit."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from shutil import copyfile
from threading import Thread, get_ident

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings, evaluation, pushes, session
from codat_mock.storage import Store
from codat_mock.storage.datasets import Datasets
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = "commerce-orders"
START = datetime(2022, 3, 21, 8, tzinfo=UTC)
PATIENCE_SECONDS = 20.0


class GuardedConnection:
    """A connection that only the thread in the store's transaction may use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store._db

    def __getattr__(self, name):
        return getattr(self._db, name)

    def execute(self, statement, *values):
        assert statement == "COMMIT" or self._store._owner == get_ident(), statement
        return self._db.execute(statement, *values)

    def executemany(self, statement, rows):
        assert self._store._owner == get_ident(), statement
        return self._db.executemany(statement, rows)


@pytest.fixture
def interrupted(monkeypatch):
    """Interrupt sessions wherever they can be, as if every push were large."""
    monkeypatch.setattr(session, "MANY_RECORDS", 1)
    monkeypatch.setattr(session, "LONGEST_SECONDS", 0.0)


def order(number: int, total: float = 5) -> dict[str, object]:
    return {
        "id": f"A-{number}", "createdDate": "2022-03-21T08:00:00Z", "currency": "GBP",
        "totalAmount": total,
        "orderLineItems": [{"id": "1", "quantity": 1, "totalAmount": total}],
    }  # fmt: skip


def everything(driver) -> list[object]:
    """A day with all kinds of pushes, its syncs, and all that can be read of it."""
    driver.declare(orders=[order(1, 6), order(3), order(4)])
    driver.plan_outcome("dataset", "ValidationError")
    for orders in (
        [order(9)],
        [order(1), order(2), order(2, 7)],
        [order(1, 6), order(2, 7), {"id": "A-2"}, {"id": "A-9"}],
        [order(1, 6), order(3)],
        [{"totalAmount": "x"}],
    ):
        driver.try_push(ORDERS, orders)
        driver.advance(minutes=10)
    for kind in ("commerce-payments", "commerce-transactions"):
        driver.push(kind, [{"id": "P", "createdDate": "2022-03-21T08:00:00Z"}])
    driver.advance(days=2)
    reads = ("findings", "books", "report", "books/compare", "report?format=html")
    return [driver.send("GET", f"/_mock/{each}").text for each in reads]


@pytest.fixture
def guarded(registry, monkeypatch):
    """The registry, whose database fails where it is used outside a transaction."""
    connection = GuardedConnection(registry._store)
    monkeypatch.setattr(registry._store, "_db", connection)
    monkeypatch.setattr(registry._store.sandboxes, "_db", connection)
    return registry


def test_interruptions_change_nothing_and_nothing_uses_the_database_in_them(
    guarded, http, set_stage, request
):
    uninterrupted = everything(set_stage(http, "one"))
    guarded.reset(next(iter(guarded.names())))
    request.getfixturevalue("interrupted")
    assert everything(set_stage(http, "one")) == uninterrupted


@pytest.fixture
def other(app, auth):
    """Ask another sandbox, in a thread of its own; whether it was answered."""

    def ask() -> bool:
        statuses = []

        def poll() -> None:
            transport = httpx.WSGITransport(app=app)
            with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
                statuses.append(client.get("/meta/companies", headers=auth("other")).status_code)

        thread = Thread(target=poll, daemon=True)
        thread.start()
        thread.join(PATIENCE_SECONDS)
        return statuses == [200]

    return ask


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("work", ["push", "sync", "findings"])
def test_another_sandbox_is_answered_while_rules_are_applied(driver, other, monkeypatch, work):
    driver.declare(orders=[order(1)])
    driver.push(ORDERS, [order(1)])
    for kind in ("commerce-payments", "commerce-transactions"):
        driver.push(kind, [])
    if work == "findings":
        driver.advance(days=1)
    answered = []
    judge = evaluation.judge

    def judge_slowly(subject, *choices):
        if subject.size:
            answered.append(other())
        return judge(subject, *choices)

    monkeypatch.setattr(evaluation, "judge", judge_slowly)
    if work == "push":
        driver.push(ORDERS, [order(2)])
    elif work == "sync":
        driver.advance(days=1)
    else:
        driver.findings()
    assert answered
    assert all(answered)


@pytest.mark.usefixtures("interrupted")
def test_a_push_that_fails_between_its_portions_leaves_nothing(tmp_path, set_stage, monkeypatch):
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(Settings(start_at=START, speed=0), Store(path))
    with client_of(registry) as http:
        driver = set_stage(http)
        before = driver.findings()["findings"]
        monkeypatch.setattr(pushes, "VERSIONS_AT_ONCE", 2)
        add_versions = Datasets.add_versions

        def fail(datasets, company, data_type, number, versions) -> None:
            add_versions(datasets, company, data_type, number, versions)
            if versions[0].key == "A-3":
                for file in tmp_path.glob("shop.db*"):  # as a killed server leaves it
                    copyfile(file, tmp_path / f"killed-{file.name}")
                raise RuntimeError("it fails")

        with monkeypatch.context() as patch:
            patch.setattr(Datasets, "add_versions", fail)
            pushed = driver.try_push(ORDERS, [order(number) for number in (1, 2, 3, 4, 1)])
            assert pushed.status_code == 500
        assert nothing_is_left(driver, before)
    registry.close()
    killed = SandboxRegistry(Settings(start_at=START, speed=0), Store(tmp_path / "killed-shop.db"))
    with client_of(killed) as http:
        again = SandboxDriver(http, "test-key")
        again.company_id = driver.company_id
        assert nothing_is_left(again, before)
    killed.close()


def nothing_is_left(driver: SandboxDriver, findings: list[object]) -> bool:
    """Whether nothing of a push is there, and the same push is accepted without a finding."""
    history = driver.call("GET", f"/companies/{driver.company_id}/data/history")["results"]
    kept = driver.findings()["findings"]
    driver.push(ORDERS, [order(number) for number in (1, 2, 3, 4)])
    return (history, kept, driver.findings()["findings"]) == ([], findings, findings)


def client_of(registry: SandboxRegistry) -> httpx.Client:
    transport = httpx.WSGITransport(app=create_app(registry))
    return httpx.Client(transport=transport, base_url="http://127.0.0.1")


@pytest.mark.usefixtures("interrupted")
def test_a_push_that_fails_after_an_interruption_leaves_nothing(driver, http, monkeypatch):
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr("codat_mock.storage.datasets.Datasets.add_versions", fail)
        assert http.post(path, json={"orders": [order(1), order(1)]}).status_code == 500
    assert driver.call("GET", f"/companies/{driver.company_id}/data/history")["results"] == []
    assert driver.findings()["findings"] == []
    assert driver.try_push(ORDERS, [order(1)]).status_code == 200


@pytest.mark.usefixtures("interrupted")
def test_a_sync_that_fails_after_an_interruption_runs_again(driver, monkeypatch):
    driver.push(ORDERS, [order(1)])
    for kind in ("commerce-payments", "commerce-transactions"):
        driver.push(kind, [])

    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr("codat_mock.storage.documents.Documents.add", fail)
        assert driver.send("POST", "/_mock/clock/advance", {"days": 1}).status_code == 500
    driver.advance(minutes=1)
    assert len(driver.books()["documents"]) == 1


def test_a_session_of_a_thread_that_has_one_open_fails_instead_of_waiting_for_ever(registry):
    sandbox = registry.sandbox("one")
    with (
        sandbox.session(),
        pytest.raises(RuntimeError, match="open already"),
        sandbox.session(),
    ):
        pass


def test_only_a_transaction_of_the_same_thread_is_interrupted(registry):
    with pytest.raises(RuntimeError, match="no transaction"), registry._store.interruption():
        pass
