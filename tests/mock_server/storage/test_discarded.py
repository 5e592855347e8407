"""What is deleted is gone at once, and its rows go in portions, between which others go."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_mock.storage import Store, discarded, store
from codat_mock.storage.schema import TABLES

SETTINGS = Settings(start_at=datetime(2022, 3, 21, 12, tzinfo=UTC), speed=0)
ORDERS = 40


def sell(client: FlaskClient, name: str) -> str:
    """Some of everything in a sandbox; gives its company's id."""

    def ask(method: str, path: str, content: Any = None) -> Any:
        answer = client.open(f"/sandbox/{name}{path}", method=method, json=content,
                             headers={"Authorization": "Basic a2V5"})  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    company = str(ask("POST", "/_mock/companies", {"name": "x"})["id"])
    created = {"createdDate": "2022-03-21T11:00:00Z"}
    line = {"id": "1", "quantity": 1, "totalAmount": 5}
    orders = [
        {"id": f"{each}", "totalAmount": 5, "currency": "GBP", "orderLineItems": [line]} | created
        for each in range(ORDERS)
    ]
    other = [{"id": "x", "type": "Cash", "amount": 1} | created]
    for kind, records in (("orders", orders), ("payments", other), ("transactions", [])):
        for _ in range(2):
            push = f"/data/companies/{company}/sync/commerce-{kind}"
            ask("POST", push, {kind: records})
    ask("PUT", f"/_mock/companies/{company}/merchant-records", {"orders": orders})
    ask("POST", "/_mock/clock/advance", {"days": 2})
    ask("POST", "/_mock/outcomes", {"target": "sync", "outcome": "BillingExpired"})
    return company


def rows(registry: SandboxRegistry) -> dict[str, int]:
    """How many rows each table has."""
    db = registry._store._db
    return {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  (our own names)
        for table in re.findall(r"CREATE TABLE (\w+)", TABLES)
    }


@pytest.fixture(autouse=True)
def portions(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the portions, which are small and each a transaction."""
    counted: Counter[str] = Counter()
    delete = discarded.delete_portion
    monkeypatch.setattr(discarded, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(store, "LONGEST_SECONDS", 0.0)

    def counting(db: Any) -> bool:
        counted["portions"] += 1
        return delete(db)

    monkeypatch.setattr(discarded, "delete_portion", counting)
    return counted


def test_a_reset_leaves_no_row_and_takes_none_of_others(portions: Counter[str]) -> None:
    registry = SandboxRegistry(SETTINGS)
    client = create_app(registry).test_client()
    sell(client, "kept")
    before = rows(registry)
    sell(client, "reset")
    assert client.post("/sandbox/reset/_mock/reset").status_code == 200
    after = rows(registry)
    assert after.pop("sandboxes") == before.pop("sandboxes") + 1
    assert after == before
    assert portions["portions"] > 2 * ORDERS / 10
    registry.close()


def test_a_deleted_company_is_gone_at_once_and_its_rows_soon(portions: Counter[str]) -> None:
    registry = SandboxRegistry(SETTINGS)
    client = create_app(registry).test_client()
    company = sell(client, "shop")
    deleted = client.delete(
        f"/sandbox/shop/companies/{company}", headers={"Authorization": "Basic a2V5"}
    )
    assert deleted.status_code < 300
    assert client.get("/sandbox/shop/_mock/books").get_json() == {"companies": []}
    assert client.get(f"/link/company/{company}").status_code == 404
    assert rows(registry)["versions"]
    registry.settle()
    after = rows(registry)
    assert [after[table] for table in ("companies", "versions", "datasets", "booked")] == [0] * 4
    assert portions["portions"] > ORDERS / 10
    registry.close()


def test_a_server_that_was_killed_while_it_deleted_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    registry = SandboxRegistry(SETTINGS, Store(path))
    client = create_app(registry).test_client()
    sell(client, "shop")
    with registry._store.transaction():
        registry._store.sandboxes.delete("shop")
        assert registry._store.sandboxes.delete_portion()
    registry._store.close()
    again = SandboxRegistry(SETTINGS, Store(path))
    assert again.names() == []
    assert set(rows(again).values()) == {0}
    again.close()
