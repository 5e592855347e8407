"""Snapshots: what is restored or cloned is the sandbox that was saved, whatever came between."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from codat_mock.control_client import wait_until_settled
from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import Store, UnusableFile
from codat_mock.storage.snapshots import REFERENCES

KEY = {"Authorization": "Basic a2V5"}
OTHER = {"Authorization": "Basic b3RoZXI="}
VIEWS = (
    "/_mock/clock", "/_mock/books", "/_mock/books/compare", "/_mock/requests", "/_mock/findings",
    "/_mock/report", "/_mock/outcomes", "/_mock/faults", "/_mock/alerts/rules", "/_mock/alerts",
    "/_mock/rules/chosen",
)  # fmt: skip


def served(settings: Settings | None = None) -> FlaskClient:
    frozen = Settings(start_at=datetime(2022, 3, 21, 12, tzinfo=UTC), speed=0)
    return create_app(SandboxRegistry(settings or frozen)).test_client()


@pytest.fixture
def client() -> FlaskClient:
    return served()


def order(key: str, total: int) -> dict[str, Any]:
    stamp = "2022-03-21T11:00:00Z"
    return {
        "id": key, "currency": "GBP", "createdDate": stamp, "sourceModifiedDate": stamp,
        "totalAmount": total, "totalTaxAmount": 0, "totalGratuity": 0, "orderLineItems": [],
    }  # fmt: skip


def push(client: FlaskClient, company: str, key: dict[str, str], *orders: dict[str, Any]) -> Any:
    path = f"/data/companies/{company}/sync/commerce-orders"
    return client.post(path, headers=key, json={"orders": orders})


def sell(client: FlaskClient, key: dict[str, str], name: str = "Café") -> str:
    """A day with a sync, findings, faults, outcomes and alerts; gives the company's id."""
    rule = {"type": "Dataset data changed", "url": "http://127.0.0.1:1/"}
    client.post("/_mock/alerts/rules", headers=key, json=rule)
    company = str(
        client.post("/_mock/companies", headers=key, json={"name": name}).get_json()["id"]
    )
    for _ in range(2):
        push(client, company, key, order(f"{name}-1", 12), order(f"{name}-2", 7))
        client.post("/_mock/clock/advance", headers=key, json={"minutes": 30})
    own = {"orders": [order(f"{name}-1", 12)]}
    client.put(f"/_mock/companies/{company}/merchant-records", headers=key, json=own)
    client.post("/_mock/clock/close-day", headers=key)
    client.post(
        "/_mock/outcomes", headers=key, json={"target": "sync", "outcome": "BillingExpired"}
    )
    client.post("/_mock/faults", headers=key, json={"faults": [{"kind": "refuse", "at": [99]}]})
    push(client, company, key, order(f"{name}-3", 5))
    wait_until_settled(lambda: client.get("/_mock/alerts", headers=key).get_json())
    return company


def seen(client: FlaskClient, key: dict[str, str]) -> dict[str, Any]:
    """What a sandbox shows, once its alerts are delivered; the faults' numbers are the server's."""
    wait_until_settled(lambda: client.get("/_mock/alerts", headers=key).get_json())
    views = {view: client.get(view, headers=key).get_json() for view in VIEWS}
    for fault in views["/_mock/faults"]["faults"]:
        del fault["number"]
    return views


def test_what_is_restored_is_what_was_saved(client):
    company = sell(client, KEY)
    before = seen(client, KEY)
    assert client.put("/_mock/snapshots/day", headers=KEY).status_code == 200
    push(client, company, KEY, order("later", 1))
    client.post("/_mock/clock/close-day", headers=KEY)
    sell(client, KEY, "Another")
    assert seen(client, KEY) != before
    answer = client.post("/_mock/snapshots/day/restore", headers=KEY).get_json()
    assert answer["clock"] == before["/_mock/clock"]
    assert seen(client, KEY) == before


def test_a_snapshot_that_is_restored_and_saved_again_and_again_keeps_small_keys(client):
    company = sell(client, KEY)
    before = seen(client, KEY)
    for _ in range(70):  # keys that doubled each time would exceed 64 bits
        assert client.put("/_mock/snapshots/day", headers=KEY).status_code == 200
        assert client.post("/_mock/snapshots/day/restore", headers=KEY).status_code == 200
    assert seen(client, KEY) == before
    assert push(client, company, KEY, order("later", 1)).status_code == 200


def test_what_goes_on_after_a_restore_is_what_would_have_gone_on(client):
    company = sell(client, KEY)
    client.put("/_mock/snapshots/day", headers=KEY)

    def go_on() -> dict[str, Any]:
        push(client, company, KEY, order("Café-1", 12), order("new", 9))
        client.post("/_mock/clock/close-day", headers=KEY)
        client.post("/_mock/clock/close-day", headers=KEY)
        return seen(client, KEY)["/_mock/books"]

    first = go_on()
    client.post("/_mock/snapshots/day/restore", headers=KEY)
    assert go_on() == first


def test_a_clone_lives_beside_the_original_and_others(client):
    sell(client, {"Authorization": "Basic dGhpcmQ="}, "Third")
    company = sell(client, KEY)
    before = seen(client, KEY)
    client.put("/_mock/snapshots/day", headers=KEY)
    sell(client, OTHER, "Replaced")
    client.post("/_mock/snapshots/day/restore", headers=OTHER)
    assert seen(client, OTHER) == before
    push(client, company, OTHER, order("clone", 3))
    client.post("/_mock/clock/close-day", headers=OTHER)
    assert seen(client, OTHER) != before
    assert seen(client, KEY) == before


def test_a_sandbox_that_is_reset_beside_its_clone_makes_the_same_codes_again(client):
    start = "/sandbox/a/config/sync/commerce/lqai/gbol/start?merchantIdentifier=m"
    assert client.get(start, headers=KEY).status_code == 200
    client.put("/sandbox/a/_mock/snapshots/day")
    client.post("/sandbox/a/_mock/reset")
    client.post("/sandbox/b/_mock/snapshots/day/restore")
    assert client.get(start, headers=KEY).status_code == 200
    assert client.get("/_mock/health").get_json()["failures"] == []


def test_a_file_moves_a_sandbox_to_another_server_and_a_running_clock_goes_on(client):
    sell(client, KEY)
    before = seen(client, KEY)
    client.put("/_mock/snapshots/day", headers=KEY)
    file = client.get("/_mock/snapshots/day", headers=KEY).data
    elsewhere = served()
    sell(elsewhere, OTHER)
    stored = elsewhere.put("/_mock/snapshots/moved", headers=KEY, data=file).get_json()
    assert [(each["name"], each["size"]) for each in stored["snapshots"]] == [("moved", len(file))]
    elsewhere.post("/_mock/snapshots/moved/restore", headers=KEY)
    assert seen(elsewhere, KEY) == before


def test_a_snapshot_is_removed_and_an_unknown_one_is_not_found(client):
    client.post("/_mock/reset", headers=KEY)
    client.put("/_mock/snapshots/a", headers=KEY)
    assert client.delete("/_mock/snapshots/a", headers=KEY).get_json() == {"snapshots": []}
    for method, path in (("POST", "a/restore"), ("GET", "a"), ("DELETE", "a")):
        answer = client.open(f"/_mock/snapshots/{path}", method=method, headers=KEY)
        assert answer.status_code == 404
        assert "There is no snapshot 'a'; known: none." in answer.get_json()["detail"]


def damaged(file: bytes) -> dict[str, bytes]:
    def changed(*statements: str) -> bytes:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
            db.deserialize(file)
            for statement in statements:
                db.execute(statement)
            return db.serialize()

    return {
        "no database": b"PK and so on",
        "half": file[: len(file) // 2],
        "another program's": changed("PRAGMA application_id = 7"),
        "another version's": changed("PRAGMA user_version = 1"),
        "with a trigger": changed(
            "CREATE TRIGGER t AFTER INSERT ON findings BEGIN DELETE FROM sandboxes; END"
        ),
        "without a table": changed("DROP TABLE findings"),
        "without a sandbox": changed("DELETE FROM sandboxes"),
        "with a text for a number": changed("UPDATE sandboxes SET dropped = 'many'"),
        "with bytes for a moment": changed("UPDATE companies SET due = x'ff'"),
        "with a fraction for a number": changed("UPDATE requests SET number = 1.5"),
    }


def test_a_file_that_is_no_snapshot_is_refused(client):
    sell(client, KEY)
    before = seen(client, KEY)
    client.put("/_mock/snapshots/day", headers=KEY)
    for kind, file in damaged(client.get("/_mock/snapshots/day", headers=KEY).data).items():
        answer = client.put("/_mock/snapshots/other", headers=KEY, data=file)
        assert answer.status_code == 400, kind
        assert "snapshot" in answer.get_json()["detail"], kind
    assert seen(client, KEY) == before


def test_a_snapshot_is_no_database_of_a_server(client, tmp_path: Path):
    client.post("/_mock/reset", headers=KEY)
    client.put("/_mock/snapshots/a", headers=KEY)
    path = tmp_path / "a.db"
    path.write_bytes(client.get("/_mock/snapshots/a", headers=KEY).data)
    with pytest.raises(UnusableFile, match="is a snapshot of one sandbox"):
        Store(path)


def test_every_column_that_names_another_row_gets_its_new_key():
    """A column of the schema that is an integer is a key, a reference, or known to be neither."""
    neither = {
        "minted", "requests", "dropped", "due", "failures", "expires", "remaining", "planned",
        "seen", "hits", "moment", "requested", "ends", "is_answered", "is_polled", "is_read",
        "is_alerted", "start", "finish", "ran", "code", "position", "created", "is_delete",
        "deferred", "last", "size", "modified",
    }  # fmt: skip
    from codat_mock.storage.schema import TABLES

    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        columns = [
            (table, *each[1:3], each[5])
            for (table,) in found
            if not table.startswith("sqlite_")
            for each in db.execute(f"PRAGMA table_info({table})")
        ]
    for table, name, kind, key in columns:
        is_known = name in neither or name.startswith("is_") or name == "number"
        if kind == "INTEGER" and not key and not is_known:
            assert name in REFERENCES, f"{table}.{name}"
