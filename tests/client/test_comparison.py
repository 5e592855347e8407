"""What a comparison with the ledger finds, holds, queues and deletes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from client_mock import NOON

from codat_push import Dataset, Ledger, LedgerError, TooManyDeletes
from codat_push.comparison import Comparison
from codat_push.encoding import read_json
from codat_push.schema import DATA_TYPES, DataType
from codat_push.storage.snapshot import Snapshot
from codat_push.versions import make_version

ORDERS, _, TRANSACTIONS = DATA_TYPES
Json = dict[str, Any]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(":memory:") as opened:
        yield opened


def order(identity: str, total: int = 1) -> Json:
    return {"id": identity, "totalAmount": total, "createdDate": "2022-03-21T12:00:00Z"}


SIZE = len(make_version(ORDERS, order("a")).body)


def put(ledger: Ledger, *orders: Json) -> None:
    for each in orders:
        ledger.put("c", ORDERS, make_version(ORDERS, each))


def accept(ledger: Ledger, *orders: Json) -> None:
    put(ledger, *orders)
    chunk = ledger.take("c", ORDERS)
    assert chunk is not None
    ledger.settle(chunk, Dataset(id="d", status="Complete", completed=NOON))


def comparison(ledger: Ledger, *, is_snapshot: bool = False) -> Comparison:
    stream = ledger.store.stream("c", ORDERS)
    made = ledger.store.snapshot(stream, ledger.store.queue.revision()) if is_snapshot else None
    if made:
        made.begin()
    return Comparison(ledger.store, stream, ORDERS, made)


def ids(this: Comparison) -> list[str]:
    return [version.id for version, _ in this.pop().records]


def queued(ledger: Ledger, columns: str = "id") -> list[Any]:
    find = f"SELECT {columns} FROM queue ORDER BY place"  # noqa: S608  (constant names)
    return [*ledger.store.database.run(find)]


def totals(this: Comparison) -> dict[str, Any]:
    return {each.id: read_json(each.body)["totalAmount"] for each, _ in this.pop().records}


def test_what_is_new_or_differs_is_found_beside_what_is_known(ledger: Ledger) -> None:
    accept(ledger, order("same"), order("other"))
    this = comparison(ledger)
    given = [order("same"), order("other", 2), order("new")]
    assert this.add(enumerate(given), 10.0) == 3
    changes = this.pop()
    assert [(version.id, row and row.id) for version, row in changes.records] == [
        ("other", "other"),
        ("new", None),
    ]
    assert changes.as_of == ledger.store.queue.revision()
    assert this.pop().records == []


@pytest.mark.parametrize("is_known", [True, False])
def test_of_several_versions_of_a_record_the_last_counts(ledger: Ledger, is_known: bool) -> None:
    accept(ledger, order("a" if is_known else "z"))
    this = comparison(ledger)
    this.add(enumerate([order("a", 2), order("b"), order("a", 3)]), 10.0)
    assert this.fills(2, 99 * SIZE)
    assert not this.fills(3, 2 * SIZE + 1)
    this.add([(3, order("a", 4))], 10.0)
    assert this.fills(99, 2 * SIZE)
    assert not this.fills(99, 2 * SIZE + 1)
    assert totals(this) == {"b": 1, "a": 4}
    this.add(enumerate([order("a", 2), order("a", 1)]), 10.0)
    assert totals(this) == ({} if is_known else {"a": 1})


def test_a_version_that_is_known_again_takes_the_one_before_it_out(ledger: Ledger) -> None:
    accept(ledger, order("a"), order("b"))
    this = comparison(ledger)
    this.add(enumerate([order("a", 2), order("b", 2)]), 10.0)
    this.add([(2, order("a"))], 10.0)
    assert not this.fills(2, SIZE + 1)
    assert this.fills(1, 99 * SIZE)
    assert this.fills(99, SIZE)
    unusual = order("b") | {"createdDate": "2022-03-21"}
    this.add([(3, unusual | {"createdDate": NOON})], 10.0)
    assert not this.fills(1, 1)


@pytest.mark.parametrize(
    ("records", "size", "is_full"),
    [
        (3, 9999, True),
        (2, 9999, True),
        (4, 9999, False),
        (99, 3 * SIZE, True),
        (99, 3 * SIZE - 1, True),
        (4, 3 * SIZE + 1, False),
    ],
)
def test_it_is_full_by_its_records_or_their_bytes(
    ledger: Ledger, records: int, size: int, is_full: bool
) -> None:
    this = comparison(ledger)
    this.add(enumerate([order("a"), order("b"), order("c")]), 10.0)
    assert this.fills(records, size) is is_full
    this.pop()
    assert not this.fills(1, 1)
    this.add([(3, order("d"))], 10.0)
    assert this.fills(99, SIZE)
    assert not this.fills(99, SIZE + 1)


def test_the_revision_is_that_of_the_first_batch_that_is_held(ledger: Ledger) -> None:
    this = comparison(ledger)
    put(ledger, order("x"))
    before = ledger.store.queue.revision()
    this.add([(0, order("a"))], 10.0)
    put(ledger, order("y"))
    this.add([(1, order("b"))], 10.0)
    assert this.pop().as_of == before
    this.add([(2, order("c"))], 10.0)
    assert this.pop().as_of == before + 1


def test_a_record_of_which_something_is_queued_replaces_it_there(ledger: Ledger) -> None:
    accept(ledger, order("known"))
    put(ledger, order("a"), order("known", 2))
    ledger.put("c", ORDERS, "known")
    before = ledger.store.queue.revision()
    this = comparison(ledger)
    this.add(enumerate([order("a", 2), order("known")]), 10.0)
    assert ids(this) == []
    assert ledger.store.queue.revision() == before + 1
    assert queued(ledger, "id, revision, body IS NULL") == [
        ("a", before + 1, 0),
        ("known", before, 1),
        ("known", before + 1, 0),
    ]


@pytest.mark.parametrize(
    ("kind", "record", "key"),
    [
        (ORDERS, {"id": "a"}, ("a", "")), (ORDERS, {"id": "a", "type": "Cash"}, ("a", "")),
        (TRANSACTIONS, {"id": "a", "type": "Fee"}, ("a", "Fee")),
        (TRANSACTIONS, {"id": "a", "type": None}, ("a", "")),
        (TRANSACTIONS, {"id": "a"}, ("a", "")), (TRANSACTIONS, {"id": "a", "type": 7}, ("a", "")),
        *((ORDERS, record, None) for record in ({}, {"id": 7}, {"id": None})),
    ],
)  # fmt: skip
def test_the_key_of_a_plain_record_is_read_without_encoding_it(
    ledger: Ledger, kind: DataType, record: Json, key: tuple[str, str] | None
) -> None:
    stream = ledger.store.stream("c", kind)
    assert Comparison(ledger.store, stream, kind, None)._key_of_plain(record) == key


def test_what_is_given_in_another_form_is_known_by_that_from_then_on(ledger: Ledger) -> None:
    accept(ledger, order("a"))
    stream = ledger.store.stream("c", ORDERS)
    sources = set()
    for each in (order("a"), order("a") | {"totalAmount": 1.0}):
        this = comparison(ledger)
        this.add([(0, each)], 10.0)
        assert ids(this) == []
        [row] = ledger.store.queue.known(stream, ["a"]).values()
        sources.add(row.source)
    assert len(sources) == 2


def test_where_nothing_is_replaced_no_change_is_counted(ledger: Ledger) -> None:
    accept(ledger, order("a"))
    before = ledger.store.queue.revision()
    this = comparison(ledger)
    this.add(enumerate([order("a") | {"createdDate": NOON}, order("b")]), 10.0)
    assert ledger.store.queue.revision() == before


def test_what_is_held_can_be_queued_instead(ledger: Ledger) -> None:
    this = comparison(ledger)
    this.add(enumerate([order("a"), order("b")]), 10.0)
    this.keep(12.0)
    assert queued(ledger, "id, recorded, push") == [("a", 12.0, None), ("b", 12.0, None)]
    assert this.pop().records == []


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_any_number_of_them(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    for module in ("comparison", "storage.database"):
        monkeypatch.setattr(f"codat_push.{module}.PAGE", page)
    this = comparison(ledger)
    this.add(enumerate([order("a"), order("b"), order("c")]), 10.0)
    this.keep(12.0)
    assert queued(ledger) == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_record_that_cannot_be_sent_is_counted_and_refused(
    ledger: Ledger, is_first: bool
) -> None:
    if not is_first:
        accept(ledger, order("z"))
    this = comparison(ledger)
    given = [order("a"), order("b") | {"odd": 1}, {"totalAmount": 1}, 7, {"id": 5}]
    assert this.add(enumerate(given, 10), 10.0) == 5
    assert ids(this) == ["a"]
    assert [(each.id, each.reason, each.detail[:12]) for each in ledger.refusals()] == [
        ("$[12]", "invalid", "$[12].id: a "),
        ("$[13]", "invalid", "$[13]: a rec"),
        ("$[14]", "invalid", "$[14].id: a "),
        ("b", "invalid", "$[11].odd: u"),
    ]
    assert this.add([], 10.0) == 0


def test_what_a_batch_changes_is_changed_whole_or_not_at_all(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ledger, order("a"))
    before = queued(ledger, "id, revision"), ledger.store.queue.revision()

    def fail(*_values: Any) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(ledger.store.refusals, "refuse_invalid", fail)
    this = comparison(ledger)
    with pytest.raises(LedgerError):
        this.add(enumerate([order("a", 2), {"id": "b", "odd": 1}]), 10.0)
    assert (queued(ledger, "id, revision"), ledger.store.queue.revision()) == before


def deleted(ledger: Ledger) -> list[str]:
    return [identity for identity, is_delete in queued(ledger, "id, body IS NULL") if is_delete]


@pytest.mark.parametrize(
    ("given", "allowed", "message"),
    [
        (10, 0.0, None), (9, 0.1, None), (9, 0.0999, "would delete 1 of 10"), (9, 0.0, "would"),
        (7, 0.3, None), (7, 0.2999, "would delete 3 of 10"), (1, 0.9, None), (1, 1, None),
        (0, 1, None), (0, 1.0, None), (0, 0.9999, "is empty and would delete 10 of 10"),
    ],
)  # fmt: skip
def test_a_snapshot_deletes_at_most_the_allowed_share_and_all_only_if_all_may_go(
    ledger: Ledger, given: int, allowed: float, message: str | None
) -> None:
    orders = [order(f"{number}") for number in range(10)]
    accept(ledger, *orders)
    this = comparison(ledger, is_snapshot=True)
    this.add(enumerate(orders[10 - given :]), 10.0)
    if message is None:
        this.queue_deletes(allowed, 10.0)
        assert deleted(ledger) == [f"{number}" for number in range(10 - given)]
        assert {revision for (revision,) in queued(ledger, "revision")} <= {
            ledger.store.queue.revision()
        }
    else:
        with pytest.raises(TooManyDeletes, match=message):
            this.queue_deletes(allowed, 10.0)
        assert deleted(ledger) == []


@pytest.mark.parametrize(
    ("known", "given", "allow"),
    [(10, 7, "0.3"), (3, 2, "0.34"), (3, 1, "0.67"), (7, 0, "1"), (300, 299, "0.01")],
)
def test_the_message_names_a_share_that_is_enough(
    ledger: Ledger, known: int, given: int, allow: str
) -> None:
    orders = [order(f"{number}") for number in range(known)]
    accept(ledger, *orders)
    this = comparison(ledger, is_snapshot=True)
    this.add(enumerate(orders[:given]), 10.0)
    with pytest.raises(TooManyDeletes) as caught:
        this.queue_deletes(0.0, 10.0)
    assert f"of {known} known records (allowed: 0%)" in str(caught.value)
    assert str(caught.value).endswith(f"pass allow_deletes={allow}")
    again = comparison(ledger, is_snapshot=True)
    again.add(enumerate(orders[:given]), 10.0)
    again.queue_deletes(float(allow), 10.0)
    assert len(deleted(ledger)) == known - given


def test_without_a_snapshot_nothing_is_deleted(ledger: Ledger) -> None:
    accept(ledger, order("a"))
    this = comparison(ledger)
    this.queue_deletes(1.0, 10.0)
    assert queued(ledger) == []


@pytest.mark.parametrize(("bad", "is_seen"), [({"id": "b", "odd": 1}, True), ({"odd": 1}, False)])
def test_a_snapshot_with_a_record_of_no_known_id_deletes_nothing_but_ends(
    ledger: Ledger, bad: Json, is_seen: bool, caplog: pytest.LogCaptureFixture
) -> None:
    accept(ledger, order("a"), order("b"), order("c"))
    put(ledger, order("parked"))
    this = comparison(ledger, is_snapshot=True)
    this.add(enumerate([order("a"), bad]), 10.0)
    this.queue_deletes(1.0, 10.0)
    assert deleted(ledger) == (["c"] if is_seen else [])
    assert "parked" not in [identity for (identity,) in queued(ledger)]
    assert ("some records (1) cannot be read" in caplog.text) is not is_seen


def test_a_record_that_another_has_changed_since_the_snapshot_began_is_left_alone(
    ledger: Ledger,
) -> None:
    accept(ledger, order("a"), order("b"), order("c"))
    this = comparison(ledger, is_snapshot=True)
    put(ledger, order("a", 5), order("new", 5))
    ledger.put("c", ORDERS, "b")
    given: Sequence[Json] = [order("a", 2), order("b", 2), order("c", 2), order("new", 2)]
    this.add(enumerate(given), 10.0)
    assert ids(this) == ["c"]
    assert queued(ledger) == [("a",), ("new",), ("b",)]
    bodies = [read_json(body) for (body,) in queued(ledger, "body")[:2]]
    assert [each["totalAmount"] for each in bodies] == [5, 5]
    this.queue_deletes(0.0, 10.0)


def test_which_records_a_snapshot_has_is_noted_batch_by_batch(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(ledger, order("a"))
    seen: list[list[Any]] = []
    this = comparison(ledger, is_snapshot=True)
    monkeypatch.setattr(Snapshot, "see", lambda _self, keys: seen.append([*keys]))
    this.add(enumerate([order("a"), order("b") | {"odd": 1}, order("c"), 7]), 10.0)
    assert [sorted(each) for each in seen] == [[("$[3]", ""), ("a", ""), ("b", ""), ("c", "")]]
