"""Of a record that is in a failed push, only the newest version is ever sent again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from client_mock import NOON

from codat_push import Chunk, Dataset, Ledger
from codat_push.encoding import read_json
from codat_push.schema import DATA_TYPES
from codat_push.versions import make_version

ORDERS = DATA_TYPES[0]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


def put(ledger: Ledger, total: int) -> None:
    record = {
        "id": "a",
        "totalAmount": total,
        "createdDate": NOON,
        "sourceModifiedDate": NOON + timedelta(minutes=total),
    }
    ledger.put("c", ORDERS, make_version(ORDERS, record))


def take(ledger: Ledger) -> tuple[Chunk, list[int]]:
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    return chunk, [read_json(body)["totalAmount"] for body in ledger.bodies(chunk)]


def settle(ledger: Ledger, chunk: Chunk, status: str) -> None:
    dataset = Dataset(id="d", company_id="c", data_type=ORDERS, status=status, completed=NOON)
    ledger.settle(chunk, dataset)


@pytest.fixture
def second(ledger: Ledger) -> Chunk:
    """A chunk with the newer version, made before the older one of a failed chunk is requeued."""
    put(ledger, 1)
    first, totals = take(ledger)
    assert totals == [1]
    put(ledger, 2)
    settle(ledger, first, "Cancelled")
    chunk, totals = take(ledger)
    assert totals == [2]
    return chunk


def test_two_failed_pushes_with_one_record_are_sent_again_with_its_newest_version(
    ledger: Ledger, second: Chunk
) -> None:
    ledger.release(second)
    _, totals = take(ledger)
    assert totals == [2]


def test_an_older_version_does_not_follow_the_newer_one_that_was_accepted(
    ledger: Ledger, second: Chunk
) -> None:
    settle(ledger, second, "Complete")
    ledger.requeue_failed("c", ORDERS)
    assert ledger.take("c", ORDERS) is None
    assert ledger.refusals() == []
