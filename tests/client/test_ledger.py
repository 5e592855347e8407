"""The ledger: what is sent, refused, settled and kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sample_answers import COMPANY, HOUR, START, dataset, synced

from codat_push import Dataset, Ledger, LedgerError, TooManyDeletes
from codat_push.encoding import read_json
from codat_push.storage.database import PAGE
from codat_push.storage.remote_state import KEPT_DATASETS
from codat_push.versions import make_version

NAIVE = datetime(2022, 3, 21, 12)  # noqa: DTZ001  (what a record may not hold)
Json = dict[str, Any]


def sale(identity: str = "a", total: Any = 1, **more: Any) -> Json:
    return {"id": identity, "totalAmount": total, "createdDate": START} | more


def push_through(
    ledger: Ledger, records: list[Json], *, snapshot: bool = False, status: str = "Complete"
) -> list[Json]:
    """The orders that are pushed, each push ending in that status."""
    pushed: list[Json] = []
    for chunk in ledger.changes(
        COMPANY, "commerce-orders", records, snapshot=snapshot, allow_deletes=1.0
    ):
        pushed += map(read_json, ledger.bodies(chunk))
        ledger.settle(chunk, dataset(status))
    return pushed


def ids(records: list[Json]) -> list[str]:
    return [record["id"] for record in records]


def test_a_failed_dataset_is_sent_again_with_the_next_changes() -> None:
    ledger = Ledger(":memory:")
    assert ids(push_through(ledger, [sale("a"), sale("b")], status="ProcessingError")) == ["a", "b"]
    assert ids(push_through(ledger, [sale("c")])) == ["a", "b", "c"]
    assert not push_through(ledger, [sale("a"), sale("b"), sale("c")])


def test_a_newer_version_replaces_one_that_failed() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale("a", 1)], status="ProcessingError")
    assert [record["totalAmount"] for record in push_through(ledger, [sale("a", 2)])] == [2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sale(total=Decimal("1.50")), sale(total=Decimal("1.5"))),
        (sale(total=2), sale(total=2.0)),
        (sale(createdDate="2022-03-01T02:00:00+02:00"), sale(createdDate="2022-03-01")),
        (sale(), sale(cashierNote="the service does not read this")),
    ],
)
def test_versions_equal_for_the_service_are_not_sent_again(before: Json, after: Json) -> None:
    ledger = Ledger(":memory:")
    assert push_through(ledger, [before])
    assert not push_through(ledger, [after])


@pytest.mark.parametrize("after", [sale(total=Decimal("1.51")), sale(currency=None)])
def test_a_changed_value_or_a_null_that_was_absent_is_sent(after: Json) -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale(total=Decimal("1.5"))])
    assert push_through(ledger, [after])


def test_a_partial_update_is_refused_with_the_missing_properties() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale(currency="GBP")])
    assert not push_through(ledger, [sale(total=2)])
    (refusal,) = ledger.refusals()
    assert (refusal.reason, refusal.id) == ("not-whole", "a")
    assert "currency" in refusal.detail
    assert push_through(ledger, [sale(total=2, currency=None)])
    assert not ledger.refusals()


def test_an_update_or_delete_of_what_is_synced_is_returned_for_manual_adjustment() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale("a"), sale("b")])
    ledger.note_sync(COMPANY, synced(START + HOUR, START + HOUR))
    assert not push_through(ledger, [sale("a", 2)], snapshot=True)
    assert {(r.id, r.reason, r.record is None) for r in ledger.refusals()} == {
        ("a", "synced", False),
        ("b", "synced", True),
    }
    for refusal in ledger.refusals():
        ledger.dismiss(refusal)
    assert not ledger.refusals()


def test_a_failed_sync_leaves_its_period_open_until_the_next_success() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale()])
    ledger.note_sync(COMPANY, synced(START + HOUR, START + HOUR, code=5000))
    assert push_through(ledger, [sale(total=2)])
    ledger.note_sync(COMPANY, synced(START + 2 * HOUR, START + 2 * HOUR))
    assert not push_through(ledger, [sale(total=3)])


def test_while_a_sync_runs_updates_wait_and_new_records_of_its_period_too() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale("a")])
    ledger.note_sync(COMPANY, synced(START + HOUR, START + HOUR, code=1000))
    after = sale("b", createdDate=START + HOUR)
    assert ids(push_through(ledger, [sale("a", 2), after, sale("c")])) == ["b"]
    ledger.note_sync(COMPANY, synced(START + HOUR, START + HOUR, code=5000))
    assert ids(push_through(ledger, [])) == ["a", "c"]


def test_chunks_stay_under_max_bytes_and_a_larger_record_is_sent_alone() -> None:
    ledger = Ledger(":memory:", max_bytes=400)
    records = [sale(str(n), currency="x" * 100) for n in range(4)] + [
        sale("big", currency="x" * 999)
    ]
    sizes = []
    for chunk in ledger.changes(COMPANY, "commerce-orders", records):
        sizes.append(chunk.size)
        ledger.settle(chunk, dataset())
    assert sizes == [2, 2, 1]


def test_the_next_chunk_is_refused_while_one_is_open() -> None:
    ledger = Ledger(":memory:", max_records=1)
    chunks = ledger.changes(COMPANY, "commerce-orders", [sale("a"), sale("b")])
    next(chunks)
    with pytest.raises(LedgerError, match="still open"):
        next(chunks)
    with pytest.raises(LedgerError, match="still open"):
        next(ledger.changes(COMPANY, "commerce-orders", []))


def test_a_chunk_is_settled_once_and_only_in_a_final_status() -> None:
    ledger = Ledger(":memory:")
    chunk = next(ledger.changes(COMPANY, "commerce-orders", [sale()]))
    with pytest.raises(LedgerError, match="still Mapping"):
        ledger.settle(chunk, dataset("Mapping"))
    ledger.settle(chunk, dataset())
    with pytest.raises(LedgerError, match="no longer open"):
        ledger.settle(chunk, dataset())


def test_a_single_record_that_the_service_rejects_is_refused() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale()], status="ValidationError")
    assert not push_through(ledger, [])
    assert [refusal.reason for refusal in ledger.refusals()] == ["rejected"]


def test_a_dry_run_changes_nothing() -> None:
    ledger = Ledger(":memory:", max_records=1)
    with ledger.dry_run():
        assert ids(push_through(ledger, [sale("a"), sale("b")])) == ["a", "b"]
    assert ids(push_through(ledger, [sale("a"), sale("b")])) == ["a", "b"]


def test_a_ledger_remembers_in_its_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        push_through(ledger, [sale()])
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert not push_through(ledger, [sale()])


def write_text(path: Path) -> None:
    path.write_text("no database at all, but long enough to be looked at as one\n" * 20)


def write_other_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


@pytest.mark.parametrize("write", [write_text, write_other_tables])
def test_a_file_of_another_kind_is_refused_and_not_changed(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "theirs"
    write(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="theirs cannot be used as a ledger"):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("max_records", [-1, 0, 5_000])
def test_chunks_of_5000_records_cannot_be_asked_for(max_records: int) -> None:
    with pytest.raises(ValueError, match="1 to 4999"):
        Ledger(":memory:", max_records=max_records)


def test_a_bad_record_is_named_by_its_path() -> None:
    ledger = Ledger(":memory:")
    records = [sale("a"), {"totalAmount": 1}, sale("b") | {"createdDate": NAIVE}, sale("c")]
    assert ids(push_through(ledger, records)) == ["a", "c"]
    found = {(refusal.id, refusal.reason, refusal.detail[:40]) for refusal in ledger.refusals()}
    assert found == {
        ("$[1]", "invalid", "$[1].id: a record needs an id, a text th"),
        ("b", "invalid", "$[2].createdDate: 2022-03-21T12:00:00 ha"),
    }
    for refusal in ledger.refusals():
        with pytest.raises(LedgerError, match="correct the record"):
            ledger.retry(refusal)
    assert ids(push_through(ledger, [sale("b")])) == ["b"]
    assert [refusal.id for refusal in ledger.refusals()] == ["$[1]"]


def test_a_bad_record_in_a_snapshot_is_not_deleted() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale("a"), sale("b")])
    bad = sale("b") | {"createdDate": NAIVE}
    assert push_through(ledger, [sale("a"), bad], snapshot=True) == []


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_record_that_the_service_blames_is_found_in_one_run(size: int) -> None:
    ledger = Ledger(":memory:")
    records = [sale(str(number)) for number in range(size)]
    accepted: list[str] = []
    for chunk in ledger.changes(COMPANY, "commerce-orders", records):
        pushed = ids([*map(read_json, ledger.bodies(chunk))])
        is_bad = str(size // 2) in pushed
        ledger.settle(chunk, dataset("ValidationError" if is_bad else "Complete"))
        accepted += [] if is_bad else pushed
    assert sorted(accepted) == sorted({str(number) for number in range(size)} - {str(size // 2)})
    assert [(r.id, r.reason) for r in ledger.refusals()] == [(str(size // 2), "rejected")]


def snapshot_of(ledger: Ledger, records: Iterable[Json], **options: Any) -> list[Json]:
    pushed: list[Json] = []
    for chunk in ledger.changes(COMPANY, "commerce-orders", records, snapshot=True, **options):
        pushed += map(read_json, ledger.bodies(chunk))
        ledger.settle(chunk, dataset("Complete"))
    return pushed


def test_a_snapshot_that_is_empty_or_deletes_too_much_is_refused() -> None:
    ledger = Ledger(":memory:")
    records = [sale(str(number)) for number in range(10)]
    snapshot_of(ledger, records)
    with pytest.raises(TooManyDeletes, match=r"empty and would delete 10 of 10 .*allowed: 20%"):
        snapshot_of(ledger, [])
    with pytest.raises(TooManyDeletes, match=r"delete 3 of 10 .* pass allow_deletes=0\.3"):
        snapshot_of(ledger, records[3:])
    assert snapshot_of(ledger, records) == []
    assert snapshot_of(ledger, records[2:]) == [{"id": "0"}, {"id": "1"}]
    assert snapshot_of(ledger, records[5:], allow_deletes=0.4) == [
        {"id": str(n)} for n in (2, 3, 4)
    ]
    assert len(snapshot_of(ledger, [], allow_deletes=1)) == 5


def transactions_of(ledger: Ledger, records: Iterable[Json], **options: Any) -> list[Json]:
    pushed: list[Json] = []
    kind = "commerce-transactions"
    for chunk in ledger.changes(COMPANY, kind, records, snapshot=True, **options):
        pushed += map(read_json, ledger.bodies(chunk))
        ledger.settle(chunk, dataset("Complete", data_type=kind))
    return pushed


@pytest.mark.parametrize("records", [sale("a"), "abc", b"[]", None, 5])
def test_records_are_several_and_no_single_one(records: Any) -> None:
    """The names of a single record would each be refused as a record."""
    ledger = Ledger(":memory:")
    with pytest.raises(TypeError, match="records must be an iterable of records, not a"):
        ledger.changes(COMPANY, "commerce-orders", records)
    assert ledger.refusals() == []


@pytest.mark.parametrize("share", [20, 1.01, -0.1, float("nan"), "0.5", None])
def test_a_share_of_deletes_is_from_0_to_1(share: Any) -> None:
    """20 stands for 20 %, and would have deleted everything."""
    ledger = Ledger(":memory:")
    snapshot_of(ledger, [sale("a"), sale("b")])
    with pytest.raises(ValueError, match="allow_deletes must be a share from 0 to 1, not"):
        snapshot_of(ledger, [], allow_deletes=share)
    assert snapshot_of(ledger, [sale("a"), sale("b")]) == []


@pytest.mark.parametrize("max_records", [1, 100, 4_999])
def test_a_payment_and_its_fee_may_be_far_apart_in_a_snapshot(max_records: int) -> None:
    ledger = Ledger(":memory:", max_records=max_records)
    payments = [sale(str(number), type="Payment") for number in range(150)]
    fees = [sale(str(number), type="PaymentFee") for number in range(150)]
    assert len(transactions_of(ledger, [*payments, *fees])) == 300
    assert transactions_of(ledger, [*payments, *fees]) == []
    assert ledger.refusals() == []


def test_a_snapshot_with_a_record_without_an_id_deletes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger = Ledger(":memory:")
    records = [sale(str(number)) for number in range(10)]
    snapshot_of(ledger, records)
    nameless = {name: value for name, value in records[0].items() if name != "id"}
    assert snapshot_of(ledger, [nameless, *records[1:9], sale("new")]) == [
        sale("new") | {"createdDate": "2022-03-01T00:00:00Z"}
    ]
    assert "deletes nothing, as the id of some records (1) cannot be read" in caplog.text
    assert ids(snapshot_of(ledger, [*records[:9], sale("new")])) == ["9"]


def test_what_is_on_its_way_when_a_snapshot_ends_is_not_deleted(tmp_path: Path) -> None:
    mine, other = Ledger(tmp_path / "ledger.db"), Ledger(tmp_path / "ledger.db")
    snapshot_of(mine, [sale(str(number)) for number in range(10)])

    def reading() -> Iterator[Json]:
        yield from (sale(str(number)) for number in range(9))
        other.put(COMPANY, "commerce-orders", make_version("commerce-orders", sale("9", 2)))
        chunk = other.take(COMPANY, "commerce-orders")
        assert chunk
        other.settle(chunk, dataset("ProcessingError"))  # sent again by the next run

    assert ids(snapshot_of(mine, reading())) == []
    other.requeue_failed(COMPANY, "commerce-orders")
    chunk = other.take(COMPANY, "commerce-orders")
    assert chunk
    assert [read_json(body)["totalAmount"] for body in other.bodies(chunk)] == [2]
    mine.close()
    other.close()


def test_what_was_read_before_a_failure_of_the_source_is_kept() -> None:
    ledger = Ledger(":memory:")

    def reading() -> Iterator[Json]:
        for number in range(250):
            yield sale(str(number))
        raise OSError("the shop's database is gone")

    for is_snapshot in (False, True):
        changes = ledger.changes(COMPANY, "commerce-orders", reading(), snapshot=is_snapshot)
        with pytest.raises(OSError, match="is gone"):
            next(changes)
    assert len(push_through(ledger, [])) == 200  # whole batches


def test_a_refused_snapshot_keeps_what_was_queued() -> None:
    ledger = Ledger(":memory:")
    snapshot_of(ledger, [sale("a"), sale("b")])
    ledger.put(COMPANY, "commerce-orders", make_version("commerce-orders", sale("c")))
    with pytest.raises(TooManyDeletes):
        snapshot_of(ledger, [])
    assert ids(push_through(ledger, [])) == ["c"]


def test_a_snapshot_leaves_alone_what_is_recorded_while_it_runs(tmp_path: Path) -> None:
    mine, other = Ledger(tmp_path / "ledger.db"), Ledger(tmp_path / "ledger.db")
    known = [sale(str(number)) for number in range(20)]
    snapshot_of(mine, known)

    def reading() -> Iterator[Json]:
        yield from known[1:19]
        for record in (sale("new"), sale("18", 5), sale("19", 7)):
            change = make_version("commerce-orders", record)
            other.put(COMPANY, "commerce-orders", change)
        yield sale("18", 2)  # read before the other process recorded 5

    pushed = {record["id"]: record.get("totalAmount") for record in snapshot_of(mine, reading())}
    assert pushed == {"0": None, "new": 1, "18": 5, "19": 7}
    mine.close()
    other.close()


def test_a_snapshot_leaves_alone_what_was_accepted_after_it_began(tmp_path: Path) -> None:
    mine, other = Ledger(tmp_path / "ledger.db"), Ledger(tmp_path / "ledger.db")
    snapshot_of(mine, [sale("a", 1), sale("b", 1)])
    changes = mine.changes(COMPANY, "commerce-orders", [sale("a", 1), sale("b", 1)], snapshot=True)
    push_through(other, [sale("a", 2), sale("c", 1)])
    assert list(changes) == []
    assert push_through(other, [sale("a", 2), sale("c", 1)]) == []
    mine.close()
    other.close()


def test_a_snapshot_that_was_cut_off_loses_nothing_that_was_queued(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.put(COMPANY, "commerce-orders", make_version("commerce-orders", sale("queued")))

        def reading() -> Iterator[Json]:
            yield sale("a")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            snapshot_of(ledger, reading())
        assert ids(push_through(ledger, [])) == ["queued"]


def test_a_wrong_delete_can_be_undone() -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale("a"), sale("b")])
    push_through(ledger, [sale("a")], snapshot=True)
    assert push_through(ledger, [sale("b", 2)]) == []
    (refusal,) = ledger.refusals()
    assert refusal.reason == "deleted"
    ledger.retry(refusal)
    assert [record["totalAmount"] for record in push_through(ledger, [])] == [2]
    assert ledger.refusals() == []


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be used as a ledger"):
        Ledger(tmp_path / "nowhere" / "ledger.db")


def test_deleting_all_transactions_of_an_id_resolves_the_refusal_of_one() -> None:
    ledger = Ledger(":memory:")
    paid = {"id": "P", "type": "Payment", "totalAmount": 85}
    fee = {"id": "P", "type": "PaymentFee", "totalAmount": -1}
    for there, refused in (([paid, fee], 0), ([paid], 1), ([], 0)):
        for chunk in ledger.changes(
            "c", "commerce-transactions", there, snapshot=True, allow_deletes=1.0
        ):
            dataset = Dataset(id="d", company_id="c", data_type=chunk.data_type, status="Complete")
            ledger.settle(chunk, dataset)
        assert len(ledger.refusals()) == refused


def steps_to_delete(count: int) -> int:
    """How many steps of SQLite's machine it takes to delete so many known orders."""
    ledger = Ledger(":memory:")
    snapshot_of(ledger, [sale(str(number)) for number in range(count)])
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    ledger.store.database._connection.set_progress_handler(step, 100)
    assert len(snapshot_of(ledger, [], allow_deletes=1.0)) == count
    return steps


def test_deletes_take_linear_time() -> None:
    assert steps_to_delete(2_000) < 2.5 * steps_to_delete(1_000)


def test_old_records_that_are_synced_can_be_pruned_and_are_never_doubled() -> None:
    ledger = Ledger(":memory:")
    records = [
        sale("old"),
        sale("recent", createdDate=START + 2 * HOUR),
        sale("open", createdDate=START + 8 * HOUR),
    ]
    push_through(ledger, records)
    ledger.note_sync(COMPANY, synced(START + 4 * HOUR, START + 4 * HOUR))
    assert ledger.prune(COMPANY, "commerce-orders", START + HOUR) == 1
    assert push_through(ledger, records[1:], snapshot=True) == []
    assert ledger.refusals() == []
    assert push_through(ledger, [sale("old", 2)]) == []
    assert [(refusal.id, refusal.reason) for refusal in ledger.refusals()] == [("old", "late")]
    assert ledger.prune(COMPANY, "commerce-orders", START + 9 * HOUR) == 1
    assert push_through(ledger, [records[2]]) == []
    with pytest.raises(ValueError, match="no time zone"):
        ledger.prune(COMPANY, "commerce-orders", NAIVE)


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, 2 * PAGE + 1])
def test_any_number_of_records_is_pruned(count: int) -> None:
    ledger = Ledger(":memory:")
    push_through(ledger, [sale(str(number)) for number in range(count)])
    ledger.note_sync(COMPANY, synced(START + 4 * HOUR, START + 4 * HOUR))
    assert ledger.prune(COMPANY, "commerce-orders", START + HOUR) == count


def test_only_the_newest_datasets_are_remembered() -> None:
    ledger = Ledger(":memory:")
    stream = ledger.store.stream(COMPANY, "commerce-orders")
    for number in range(KEPT_DATASETS + 50):
        moment = START + number * HOUR
        ledger.store.remote_state.note_dataset(stream, str(number), moment)
    push_through(ledger, [sale()])
    remembered = ledger.store.remote_state.datasets(stream)
    assert remembered == {str(number) for number in range(50, KEPT_DATASETS + 50)}
