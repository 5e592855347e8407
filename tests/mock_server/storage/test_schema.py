"""The database file: what is refused, what survives, what a reset leaves."""

import gzip
import json
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from codat_mock.clock import Clock
from codat_mock.http.app import create_app
from codat_mock.models.pushes import split_push
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import Store, UnusableFile
from codat_mock.storage.schema import (
    APPLICATION_ID,
    EARLIER_ID,
    LEDGER_ID,
    SNAPSHOT_ID,
    VERSION,
    connect,
)
from codat_push import Ledger
from codat_scenarios.sandbox_driver import SandboxDriver

ORDERS = "commerce-orders"


def fill(path, *statements):
    """Write a database by hand."""
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "foreign.db"
    fill(path, "CREATE TABLE theirs (x)")
    return path


@pytest.fixture
def older(tmp_path):
    path = tmp_path / "older.db"
    Store(path).close()
    fill(path, f"PRAGMA user_version = {VERSION - 1}")
    return path


@pytest.fixture
def previous(tmp_path):
    """A database that the version before made: with the application id that ledgers shared."""
    path = tmp_path / "previous.db"
    path.write_bytes(gzip.decompress(Path(__file__).with_name("schema_2.db.gz").read_bytes()))
    return path


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    return path


@pytest.fixture
def earlier_ledger(tmp_path):
    path = tmp_path / "earlier-ledger.db"
    fill(
        path,
        "CREATE TABLE stream (stream INTEGER PRIMARY KEY)",
        f"PRAGMA application_id = {EARLIER_ID}",
        "PRAGMA user_version = 2",
    )
    return path


@pytest.fixture
def newer(tmp_path):
    path = tmp_path / "newer.db"
    Store(path).close()
    fill(path, f"PRAGMA user_version = {VERSION + 1}")
    return path


@pytest.fixture
def no_database(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("This is no database, and long enough not to be taken for one.\n" * 40)
    return path


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "directory.db"
    path.mkdir()
    return path


@pytest.fixture
def nowhere(tmp_path):
    return tmp_path / "no such directory" / "x.db"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("foreign", "another program"),
        ("older", "another version"),
        ("previous", "schema 2, this one needs 5"),
        ("ledger", "ledger or outbox of a push client"),
        ("earlier_ledger", "ledger or outbox of a push client"),
        ("newer", "another version"),
        ("no_database", "not a database"),
        ("directory", "directory"),
        ("nowhere", "unable to open"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_left_as_it_was(request, kind, words):
    path = request.getfixturevalue(kind)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UnusableFile, match=words) as caught:
        Store(path)
    (message,) = str(caught.value).splitlines()
    assert str(path) in message
    assert before is None or path.read_bytes() == before


def test_the_command_says_in_one_line_why_it_refuses_a_file(command, newer):
    process = command("serve", "--port", "0", "--db", str(newer))
    out, error = process.communicate()
    assert (process.returncode, out) == (2, "")
    (message,) = error.splitlines()
    assert "another version" in message
    assert str(newer) in message


def test_a_file_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "ours.db"
    Store(path).close()
    connect = sqlite3.connect  # by its own means, since root may write to any file
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **how: connect(f"file:{path}?mode=ro", uri=True, **how)
    )
    with pytest.raises(UnusableFile, match=r"ours\.db.*readonly"):
        Store(path)


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "new.db"
    store = Store(path)
    with store.transaction():
        store.sandboxes.get_or_add("x", Clock.starting(None, 1.0))
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.glob("new.db*")}
    store.close()
    assert {name: mode for name, mode in modes.items() if "-lock" not in name} == {
        "new.db": 0o600,
        "new.db-wal": 0o600,
        "new.db-shm": 0o600,
    }


def test_an_empty_file_becomes_a_database(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    Store(path).close()
    Store(path).close()


def rows(path):
    """How many rows each table holds."""
    db = sqlite3.connect(path)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
    counts = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608
    db.close()
    counts.pop("sqlite_sequence")
    return counts


@contextmanager
def opened(path: Path, **settings: Any) -> Iterator[httpx.Client]:
    """A client of an application in process, with its database in a file."""
    registry = SandboxRegistry(Settings(**settings), Store(path))
    headers = {"Authorization": "Basic aw=="}  # the key "k"
    transport = httpx.WSGITransport(create_app(registry))
    with httpx.Client(base_url="http://localhost", headers=headers, transport=transport) as http:
        yield http
    registry.close()


def test_a_reset_leaves_no_row_of_what_was(set_stage, tmp_path):
    path = tmp_path / "shop.db"
    with opened(path, speed=0, start_at=datetime(2022, 3, 21, 8, tzinfo=UTC)) as http:
        before = fill_every_table(http, set_stage(http, "k"), path)
        assert all(before.values()), before
        http.post("/_mock/reset").raise_for_status()
    assert rows(path) == dict.fromkeys(before, 0) | {"sandboxes": 1}


def fill_every_table(http: httpx.Client, driver: SandboxDriver, path: Path) -> dict[str, int]:
    """Let each table have a row; returns how many they have."""
    order = {"id": "o", "createdDate": "2022-03-21T09:00:00Z", "totalAmount": 5}
    line = {"id": "l", "quantity": 1, "taxPercentage": 20, "totalAmount": 5, "totalTaxAmount": 0}
    for _ in range(2):
        driver.push(ORDERS, [order | {"orderLineItems": [line]}])
    driver.push("commerce-payments", [])
    driver.push("commerce-transactions", [])
    driver.advance(days=2)
    flow = f"/config/sync/commerce/lqai/gbol/start?merchantIdentifier={driver.company_id}"
    assert http.get(flow).is_success
    texts = {"salesAccountLabel": {"required": True, "text": "Where your sales go"}}
    assert http.patch("/sync/commerce/config/ui/text", json=texts).is_success
    http.post("/_mock/outcomes", json={"target": "sync"}).raise_for_status()
    rule = {"type": "Data sync completed", "url": "http://127.0.0.1:1/"}
    http.post("/_mock/alerts/rules", json=rule).raise_for_status()
    driver.push(ORDERS, [])
    driver.advance(seconds=8)
    driver.push(ORDERS, [])
    http.put("/_mock/faults", json={"faults": [{"kind": "slow"}]}).raise_for_status()
    declared = f"/_mock/companies/{driver.company_id}/merchant-records"
    http.put(declared, json={"orders": [order]}).raise_for_status()
    return rows(path)


def test_what_a_sandbox_was_begun_with_is_kept(set_stage, tmp_path):
    path = tmp_path / "shop.db"
    start = {"startAt": "2022-03-21T08:00:00Z", "speed": "frozen", "profile": "instant"}
    with opened(path) as http:
        http.post("/_mock/reset", json=start).raise_for_status()
        driver = set_stage(http, "k")
    with opened(path) as http:
        clock = http.get("/_mock/clock").json()
        assert (clock["now"], clock["mode"]) == (start["startAt"], "frozen")
        orders = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
        pushed = http.post(orders, json={"orders": []}).json()["datasetId"]
        history = f"/meta/companies/{driver.company_id}/pull/history/{pushed}"
        assert http.get(history).json()["status"] == "Complete"


def test_all_is_there_after_a_stop_and_a_start(serve, set_stage, tmp_path):
    arguments = ("--db", str(tmp_path / "shop.db"), "--speed", "frozen")
    arguments += ("--start-at", "2022-03-21T08:00:00Z")

    def seen(client, driver):
        paths = ["/_mock/clock", "/_mock/findings", "/_mock/books"]
        paths += [f"/config/companies/{driver.company_id}/sync/commerce"]
        paths += [f"/meta/companies/{driver.company_id}/sync/commerce/status"]
        return [client.get(path).json() for path in paths]

    first = serve(*arguments)
    driver = set_stage(first.http)
    driver.push(ORDERS, [{"id": "o", "totalAmount": 1}])
    driver.push(ORDERS, [{"id": "o", "totalAmount": 1}])
    driver.advance(days=2)
    before = seen(first.http, driver)
    assert first.end() == 0
    second = serve(*arguments)
    assert seen(second.http, driver) == before
    body = {"orders": [{"id": "o", "totalAmount": 1}]}
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    second.http.post(path, json=body)
    found = second.http.get("/_mock/findings").json()["findings"]
    numbers = [one["number"] for each in found if each["code"] == "S03" for one in each["requests"]]
    pushes = second.http.get("/_mock/requests?operation=push-orders").json()["requests"]
    one, two, three = (push["number"] for push in pushes)
    assert numbers == [two, one, three, one]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 4))]
)
def test_a_killed_server_has_lost_nothing_that_it_acknowledged(serve, tmp_path, seed):
    path = tmp_path / "shop.db"
    served = serve("--db", str(path))
    company = served.http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    acknowledged, chance = {}, random.Random(seed)  # noqa: S311  (a test's own chance)
    kill_after = chance.randrange(5, 60)

    def push_on(worker):
        with httpx.Client(base_url=served.http.base_url, headers=served.http.headers) as client:
            for number in range(10_000):
                keys = [f"{worker}-{number}-{n}" for n in range(50)]
                body = json.dumps({"orders": [{"id": key, "totalAmount": 1} for key in keys]})
                try:
                    answer = client.post(f"/data/companies/{company}/sync/{ORDERS}", content=body)
                except httpx.TransportError:
                    return
                acknowledged[answer.json()["datasetId"]] = body
                if len(acknowledged) == kill_after:
                    os.kill(served.process.pid, signal.SIGKILL)

    workers = [Thread(target=push_on, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert served.process.wait() == -signal.SIGKILL

    again = serve("--db", str(path))
    for dataset in acknowledged:
        answer = again.http.get(f"/meta/companies/{company}/pull/history/{dataset}")
        assert answer.json()["id"] == dataset
    again.end()
    db = sqlite3.connect(path)
    kept = {
        id_: (number, body)
        for number, id_, body in db.execute("SELECT number, id, body FROM datasets")
    }
    assert acknowledged.keys() <= kept.keys()
    for id_, (number, body) in kept.items():
        assert body == acknowledged.get(id_, body.decode()).encode()
        (count,) = db.execute(
            "SELECT count(*) FROM versions WHERE dataset = ?", (number,)
        ).fetchone()
        assert count == len(split_push(ORDERS, body)) == 50
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_second_server_on_one_file_is_refused_until_the_first_is_gone(serve, command, tmp_path):
    path = tmp_path / "shop.db"
    first = serve("--db", str(path))
    company = first.http.post("/meta/companies/sync", json={"name": "x"}).json()["id"]
    second = command("serve", "--port", "0", "--db", str(path))
    out, error = second.communicate(timeout=20)
    assert (second.returncode, out) == (2, "")
    [message] = error.splitlines()
    assert f"{path} is in use by another codat-mock server" in message
    answer = first.http.post(f"/data/companies/{company}/sync/{ORDERS}", json={"orders": []})
    assert answer.status_code == 200
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    third = serve("--db", str(path))
    listed = third.http.get(f"/companies/{company}/data/history").json()["results"]
    assert [each["id"] for each in listed] == [answer.json()["datasetId"]]


def test_the_latest_sync_is_found_without_sorting_them_all(tmp_path):
    db = connect(tmp_path / "x.db")
    query = "SELECT id FROM syncs WHERE company = 1 ORDER BY number DESC LIMIT 1"
    plan = [row[-1] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    db.close()
    assert len(plan) == 1
    assert "INDEX syncs_in_order" in plan[0]


def test_each_kind_of_file_is_known_by_four_letters():
    ids = (APPLICATION_ID, LEDGER_ID, SNAPSHOT_ID, EARLIER_ID)
    assert [each.to_bytes(4, "big") for each in ids] == [b"CMOK", b"CPUS", b"CMOS", b"coda"]


@pytest.mark.parametrize(
    ("application", "version", "tables", "words"),
    [
        (APPLICATION_ID, VERSION, "sandboxes", "the table 'alert_rules' is missing"),
        (APPLICATION_ID, VERSION - 1, "sandboxes", "another version"),
        (APPLICATION_ID, VERSION + 1, "sandboxes", "another version"),
        (EARLIER_ID, 2, "sandboxes", "another version"),
        (EARLIER_ID, 2, "stream", "ledger or outbox"),
        (LEDGER_ID, 1, "stream", "ledger or outbox"),
        (LEDGER_ID, 1, "sandboxes", "ledger or outbox"),
        (SNAPSHOT_ID, VERSION, "sandboxes", "a snapshot of one sandbox"),
        (0, 0, "theirs", "another program"),
        *[(near + step, VERSION, "stream", "another program")
          for near in (APPLICATION_ID, LEDGER_ID, SNAPSHOT_ID, EARLIER_ID) for step in (-1, 1)],
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_ids_and_tables(tmp_path, application, version, tables, words):
    path = tmp_path / "some.db"
    fill(
        path,
        f"CREATE TABLE {tables} (x)",
        f"PRAGMA application_id = {application}",
        f"PRAGMA user_version = {version}",
    )
    with pytest.raises(UnusableFile, match=words):
        connect(path)


def test_a_file_of_another_program_without_tables_is_left_to_it(tmp_path):
    path = tmp_path / "theirs.db"
    fill(path, "PRAGMA application_id = 7")
    with pytest.raises(UnusableFile, match="another program"):
        connect(path)
