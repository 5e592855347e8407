"""A snapshot that somebody has forged is refused by a 400 that names the place, or does no harm."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import snapshot_contents
from codat_mock.storage.request_log import PLAIN
from codat_mock.storage.schema import TABLES
from codat_mock.storage.snapshot_contents import COLUMNS, REPEATED

KEY = {"Authorization": "Basic a2V5"}
SETTINGS = Settings(start_at=datetime(2022, 3, 21, 12, tzinfo=UTC), speed=0)
VIEWS = (
    "clock", "books", "books/compare", "books?format=csv", "requests", "requests/1", "findings",
    "report", "report?format=html", "requests?format=har", "outcomes", "faults", "alerts/rules",
    "alerts", "rules/chosen", "health",
)  # fmt: skip
BOMB = zlib.compress(b"0" * (80 << 20))
DEEP = b"[" * 3000 + b"]" * 3000
COLUMN_NAMES = [(table, column) for table, columns in COLUMNS.items() for column in columns]


def ask(client: FlaskClient, method: str, path: str, content: Any = None) -> Any:
    return client.open(path, method=method, headers=KEY, json=content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot with some of everything, as a file."""
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    company = ask(client, "POST", "/_mock/companies", {"name": "x"}).get_json()["id"]
    order = {"id": "A-1", "createdDate": "2022-03-21T11:00:00Z", "totalAmount": 5}
    rule = {"type": "Data sync completed", "url": "http://127.0.0.1:1/"}
    ask(client, "POST", "/_mock/alerts/rules", rule)
    ask(client, "GET", "/config/sync/commerce/lqai/gbol/start?merchantIdentifier=m")
    for kind, records in (
        ("orders", [order]), ("orders", [order]), ("orders", {}), ("transactions", []),
        ("payments", [order | {"type": "Cash", "amount": 5}]),
    ):  # fmt: skip
        ask(client, "POST", f"/data/companies/{company}/sync/commerce-{kind}", {kind: records})
    long = f"/data/companies/{company}/sync/commerce-orders"
    ask(client, "POST", long, {"orders": {"id": "A" * 2000}})  # refused, and so kept in the log
    ask(client, "PUT", f"/_mock/companies/{company}/merchant-records", {"orders": [order]})
    ask(client, "POST", "/_mock/clock/advance", {"days": 2})
    ask(client, "POST", "/_mock/outcomes", {"target": "sync", "outcome": "BillingExpired"})
    ask(client, "PUT", "/_mock/faults", {"faults": [{"kind": "refuse", "at": [99]}]})
    ask(client, "PUT", "/_mock/rules", {"rules": {"S03": "off"}})
    ask(client, "PUT", "/_mock/snapshots/a")
    path = tmp_path_factory.mktemp("saved") / "a.db"
    path.write_bytes(ask(client, "GET", "/_mock/snapshots/a").data)
    return path


def forged(saved: Path, *statements: tuple[str, tuple[Any, ...]]) -> bytes:
    """A snapshot after statements of SQL."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.deserialize(saved.read_bytes())
        for statement, values in statements:
            db.execute(statement, values)
        return bytes(db.serialize())


def harm(file: bytes) -> Iterator[str]:
    """What goes wrong with a snapshot that is taken, or is refused otherwise than by a 400."""
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    sent = client.put("/_mock/snapshots/a", headers=KEY, data=file)
    if sent.status_code == 400:
        if "snapshot" not in sent.get_json()["detail"]:
            yield f"the refusal says nothing: {sent.text}"
        return
    if sent.status_code != 200:
        yield f"it is neither taken nor refused: {sent.text}"
        return
    restored = ask(client, "POST", "/_mock/snapshots/a/restore")
    if restored.status_code != 200:
        yield f"it is taken, and not restored: {restored.text}"
        return
    for path in VIEWS:
        answer = ask(client, "GET", f"/_mock/{path}")
        if answer.status_code >= 500:
            yield f"{path}: {answer.text}"
    ask(client, "POST", "/_mock/clock/advance", {"days": 1})
    for failure in client.get("/_mock/health", headers=KEY).get_json()["failures"]:
        yield str(failure)


def test_every_column_is_checked() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        expected = {
            table: [each[1] for each in db.execute(f"PRAGMA table_info({table})")]
            for table in re.findall(r"CREATE TABLE (\w+)", TABLES)
        }
    assert {table: [*columns] for table, columns in COLUMNS.items()} == expected


def test_a_snapshot_of_ours_is_taken(saved: Path) -> None:
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    sent = client.put("/_mock/snapshots/a", headers=KEY, data=saved.read_bytes())
    assert sent.status_code == 200, sent.text
    assert [*harm(saved.read_bytes())] == []
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(saved.read_bytes())
        counts = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  (our own names)
            for table in COLUMNS
        }
    assert {table for table, count in counts.items() if not count} <= {"alerts", "events"}


def test_its_log_has_bodies_of_both_forms(saved: Path) -> None:
    with closing(sqlite3.connect(saved)) as file:
        bodies = [
            each for row in file.execute("SELECT sent, answered FROM requests") for each in row
        ]
    assert {body.startswith(PLAIN) for body in bodies if body} == {True, False}


hostile = st.sampled_from(
    [b"", b"\xff", b"{}", b"[]", b"null", b"5", b'"x"', DEEP, "", "x", -1, 2**62, 1.5, None, BOMB]
) | st.binary(max_size=9)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(COLUMN_NAMES), hostile)
def test_a_forged_value_does_no_harm(saved: Path, column: tuple[str, str], value: Any) -> None:
    table, name = column
    try:
        file = forged(saved, (f"UPDATE {table} SET {name} = ?", (value,)))  # noqa: S608  (our own names)
    except sqlite3.IntegrityError:  # the tables themselves keep it out
        return
    assert [*harm(file)] == []


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, (_, _, names) in REPEATED.items() for column in names],
)
def test_a_row_that_says_otherwise_than_its_json_is_refused(
    saved: Path, table: str, column: str
) -> None:
    value = 2040 if column == "code" and table == "syncs" else "4711"
    statement = f"UPDATE {table} SET {column} = ? WHERE rowid = 1"  # noqa: S608  (our own names)
    if table == "alerts":  # whose rule would be of no row
        statement = "UPDATE alerts SET alert = CAST(json_set(alert, '$.rule', ?) AS BLOB)"
    file = forged(saved, ("PRAGMA foreign_keys = OFF", ()), (statement, (value,)))
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    sent = client.put("/_mock/snapshots/a", headers=KEY, data=file)
    assert sent.status_code == 400
    assert f"{table}.{REPEATED[table][0]} of row 1: differs from" in sent.get_json()["detail"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in JSON."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """JSON with another value at a place."""
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = with_value(value[path[0]], path[1:], new)
    return copied


NEW_VALUES = (None, "x", "", -1, 1e300, 2**62, [], {}, True, "9999-12-31")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_a_forged_value_within_json_does_no_harm(saved: Path, seed: int) -> None:
    rng = Random(seed)  # noqa: S311  (what to forge, nothing secret)
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(saved.read_bytes())
        held = [
            (table, name, row)
            for table, name in COLUMN_NAMES
            for (row,) in db.execute(f"SELECT {name} FROM {table} LIMIT 1")  # noqa: S608  (our own names)
            if isinstance(row, bytes) and row[:1] in (b"{", b"[")
        ]
    table, name, row = rng.choice(held)
    value = json.loads(row)
    changed = with_value(value, rng.choice([*leaves(value)]), rng.choice(NEW_VALUES))
    statement = f"UPDATE {table} SET {name} = ?"  # noqa: S608  (our own names)
    file = forged(saved, (statement, (json.dumps(changed).encode(),)))
    assert [*harm(file)] == [], (table, name, changed)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET dataset = 99",
        "UPDATE versions SET carrier = 99",
        "UPDATE versions SET synced = 99",
        "UPDATE versions SET position = 99",
        "UPDATE companies SET sandbox = 99",
        "UPDATE sandboxes SET clock = CAST(json_set(clock, '$.speed', 1e300) AS BLOB)",
        "UPDATE sandboxes SET clock = CAST(json_set(clock, '$.speed', -1) AS BLOB)",
        "UPDATE alert_rules SET id = 'other'",
        "UPDATE requests SET sent = -1",
        "UPDATE requests SET answered = x''",
        "UPDATE outcomes SET outcome = CAST(replace(outcome, 'BillingExpired', '') AS BLOB)",
        """UPDATE datasets SET plan = CAST('{"steps": []}' AS BLOB)""",
        """UPDATE datasets SET plan = CAST('{"steps":
        [{"status": "Queued", "after_seconds": 4611686018427387904}]}' AS BLOB)""",
        """UPDATE datasets SET plan = CAST('{"steps":
        [{"status": "Queued", "after_seconds": -1}]}' AS BLOB)""",
        """UPDATE datasets SET plan = CAST('{"steps":
        [{"status": "Complete", "after_seconds": 0},
        {"status": "MapError", "after_seconds": 0},
        {"status": "MapError", "after_seconds": 0}]}' AS BLOB)""",
        "UPDATE syncs SET summary = CAST(json_set(summary, '$.syncUtc', 'x') AS BLOB)",
        "UPDATE requests SET entry = CAST(json_set(entry, '$.at', 'x') AS BLOB)",
        """UPDATE findings SET finding =
        CAST(json_set(finding, '$.finding.requests[0].at', 'x') AS BLOB)""",
        "INSERT OR REPLACE INTO preferences VALUES (1, 'pace', x'5B315D')",
        "INSERT OR REPLACE INTO preferences VALUES (1, 'unheard-of', x'5B5D')",
        "INSERT OR REPLACE INTO preferences VALUES (1, 'unfinished-push', x'5B312C315D')",
        "INSERT OR REPLACE INTO preferences VALUES (1, 'unfinished-sync', x'5B312C312C315D')",
    ],
)
def test_what_does_not_fit_together_is_refused(saved: Path, statement: str) -> None:
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    file = forged(saved, ("PRAGMA foreign_keys = OFF", ()), (statement, ()))
    answer = client.put("/_mock/snapshots/a", headers=KEY, data=file)
    assert answer.status_code == 400
    assert "The snapshot is damaged: " in answer.get_json()["detail"]


def test_a_bomb_is_refused_quickly_and_without_its_memory(saved: Path) -> None:
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    file = forged(saved, ("UPDATE requests SET sent = ?, answered = ?", (BOMB, BOMB)))
    began = process_time()
    answer = client.put("/_mock/snapshots/a", headers=KEY, data=file)
    assert process_time() - began < 1
    assert answer.status_code == 400
    assert "unpacks to more than 64 MiB" in answer.get_json()["detail"]


def test_bodies_that_are_large_together_are_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_contents, "MAX_BODIES_BYTES", 5 << 20)
    body = zlib.compress(b"0" * (2 << 20))
    file = forged(saved, ("UPDATE requests SET sent = ?, answered = ?", (body, body)))
    client = create_app(SandboxRegistry(SETTINGS)).test_client()
    answer = client.put("/_mock/snapshots/a", headers=KEY, data=file)
    assert "unpacks to more than 1 MiB" in answer.get_json()["detail"]
