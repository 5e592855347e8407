"""What is put into a push as it is given is sent, sent again and refused as it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from client_mock import NOON
from hypothesis import given
from hypothesis import strategies as st

from codat_push import Chunk, Dataset, Ledger
from codat_push.encoding import read_json
from codat_push.storage import queue
from codat_push.versions import make_version

ORDERS = "commerce-orders"
CREATED = "2022-03-21T12:00:00Z"
Json = dict[str, Any]
Countries = st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=25)


@pytest.fixture(autouse=True, scope="module")
def _small_pages() -> Iterator[None]:
    """So that a few records fill several pages, some of which are too large to be joined."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "ROWS", 4)
        patch.setattr(queue, "MAX_BYTES", 400)
        yield


def orders(countries: Sequence[str]) -> list[Json]:
    return [
        {"id": f"é-{number}", "country": country, "createdDate": CREATED}
        for number, country in enumerate(countries)
    ]


def sent(ledger: Ledger, chunk: Chunk) -> list[Json]:
    return [read_json(body) for body in ledger.bodies(chunk)]


def settle(ledger: Ledger, chunk: Chunk, status: str = "Complete") -> None:
    ended = Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=NOON)
    ledger.settle(ledger.mark_sent(chunk, "d"), ended)


def first_chunk(ledger: Ledger, records: list[Json]) -> Chunk:
    return next(ledger.changes("c", ORDERS, records))


def rows_left(ledger: Ledger) -> int:
    find = "SELECT 1 FROM queue UNION ALL SELECT 1 FROM joined UNION ALL SELECT 1 FROM push"
    return len(ledger.store.database.run(find))


@given(countries=Countries, first=Countries)
def test_records_of_any_size_are_sent_and_sent_again_as_they_were_given(
    countries: list[str], first: list[str]
) -> None:
    with Ledger(":memory:") as ledger:
        recorded = [order | {"id": f"first-{order['id']}"} for order in orders(first)]
        for order in recorded:
            ledger.put("c", ORDERS, make_version(ORDERS, order))
        all_of_them = recorded + orders(countries)
        for status in ("ProcessingError", "ProcessingError", "Complete"):
            chunk = first_chunk(ledger, orders(countries))
            assert sent(ledger, chunk) == all_of_them
            settle(ledger, chunk, status)
        assert not rows_left(ledger)


@given(countries=Countries)
def test_refused_records_are_kept_as_they_were_given(countries: list[str]) -> None:
    with Ledger(":memory:") as ledger:
        chunk = first_chunk(ledger, orders(countries))
        ledger.reject(chunk, "no such country")
        refused = {refusal.id: refusal.record for refusal in ledger.refusals()}
        assert refused == {order["id"]: order for order in orders(countries)}
        assert not rows_left(ledger)


def test_a_newer_version_is_sent_beside_what_failed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger, Ledger(path) as other:
        chunk = first_chunk(ledger, orders(["GB"] * 10))
        newer = {"id": "é-3", "country": "FR", "createdDate": CREATED}
        other.put("c", ORDERS, make_version(ORDERS, newer))
        assert sent(other, chunk) == orders(["GB"] * 10)
        settle(ledger, chunk, "ProcessingError")
        chunk = first_chunk(ledger, [])
        by_id = {order["id"]: order for order in orders(["GB"] * 10)} | {"é-3": newer}
        assert {order["id"]: order for order in sent(ledger, chunk)} == by_id
