"""Declared records, by company, type and key."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from codat_mock.accounting.comparison import OwnRecord
from codat_mock.storage.ground_truth import Declared

NOON = datetime(2022, 3, 21, 12, tzinfo=UTC)
ORDERS = "commerce-orders"


def own(key: str, **more: Any) -> OwnRecord:
    given = {"data_type": ORDERS, "created": NOON, "modified": None, "amount": Decimal("1.50")}
    given |= {"currency": "GBP", "state": "", "is_nil": False}
    return OwnRecord(key=key, **(given | more))


def test_declared_records_are_kept_by_company_type_and_key(db):
    declared = Declared(db)
    assert not declared.has_any(1)
    state = declared.state(1)
    records = [
        own("a", created=None, modified=NOON, is_nil=True),
        own("b"),
        own("a", data_type="commerce-payments"),
    ]
    for each in records:
        declared.put(1, each, each.key.encode())
    assert declared.all(1) == records
    assert declared.counts(1) == {ORDERS: 2, "commerce-payments": 1}
    assert (declared.has_any(1), declared.has_any(2)) == (True, False)
    assert (declared.all(2), declared.counts(2), declared.state(2)) == ([], {}, state)
    assert declared.known(1, ORDERS, ["a", "c"]) == {"a"}
    assert [*declared.records(1, ORDERS, ["b", "c"])] == [("b", b"b")]
    states = [declared.state(1)]
    declared.put(1, own("b", currency="EUR"), b"new")
    states.append(declared.state(1))
    assert [*declared.records(1, ORDERS, ["b"])] == [("b", b"new")]
    declared.remove(1, ORDERS, ["a", "c"])
    states.append(declared.state(1))
    assert [each.key for each in declared.all(1)] == ["b", "a"]
    declared.clear(1)
    states.append(declared.state(1))
    assert not declared.has_any(1)
    assert len({state, *states}) == 5
