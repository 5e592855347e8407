"""A ledger whose file was lost is rebuilt: the next push neither doubles nor deletes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from client_mock import NOON, FakeClock, MockCompany
from given_answers import GivenAnswers, failure
from sample_answers import HOUR, synced

from codat_push import Dataset, Ledger, LedgerError, PushUnderway, ServerError, rebuilding
from codat_push.content import EPOCH
from codat_push.models import DatasetPage
from codat_push.rebuilding import Rebuilt, rebuild

ORDERS = "commerce-orders"
MINUTE = timedelta(minutes=1)
Json = dict[str, Any]


def order(identity: str, total: int = 1, moment: datetime = NOON - MINUTE) -> Json:
    return {
        "id": identity,
        "currency": "GBP",
        "createdDate": NOON - MINUTE,
        "sourceModifiedDate": moment,
        "totalAmount": total,
        "totalTaxAmount": 0,
    }


def run(here: MockCompany, ledger: Ledger, orders: Iterable[Json], **how: Any) -> int:
    """One run, as cron does it; returns how many records were pushed."""
    here.client.resume(ledger, here.company)
    count = 0
    for chunk in ledger.changes(here.company, ORDERS, orders, **how):
        assert here.client.deliver(ledger, chunk).is_complete
        count += chunk.size
    return count


def test_the_next_push_after_a_loss_holds_only_what_changed_since_the_last(
    here: MockCompany, tmp_path: Path
) -> None:
    shop = {str(number): order(str(number)) for number in range(30)}
    with Ledger(tmp_path / "lost.db", max_records=10) as lost:
        assert run(here, lost, shop.values(), snapshot=True) == 30
    here.clock.sleep(60)
    later = NOON + timedelta(hours=1)
    here.clock.sleep(3_600)
    shop["3"] = order("3", 5, later)
    shop["new"] = order("new", 7, later) | {"createdDate": later}
    with Ledger(tmp_path / "new.db", max_records=10) as ledger:
        rebuilt = here.client.rebuild(ledger, here.company, ORDERS, shop.values())
        assert (rebuilt.accepted, rebuilt.queued, rebuilt.refused) == (29, 2, 0)
        assert run(here, ledger, shop.values(), snapshot=True) == 2
        assert run(here, ledger, shop.values(), snapshot=True) == 0
        del shop["4"]
        assert run(here, ledger, shop.values(), snapshot=True) == 1
    assert not here.findings


def test_what_was_accepted_before_a_given_moment_is_kept_and_the_rest_is_sent_again(
    here: MockCompany, tmp_path: Path
) -> None:
    shop = [
        order("old", moment=NOON - 2 * MINUTE),
        order("late"),
        {"id": "bad", "totalAmount": "1"},
    ]
    with Ledger(tmp_path / "new.db") as ledger:
        moment = NOON - 2 * MINUTE
        rebuilt = here.client.rebuild(ledger, here.company, ORDERS, shop, pushed_before=moment)
        assert (rebuilt.accepted, rebuilt.queued, rebuilt.refused) == (0, 2, 1)
        assert rebuilt.pushed_before == moment
        assert [refusal.id for refusal in ledger.refusals()] == ["bad"]


def test_what_is_synced_counts_as_accepted_whatever_the_history_says(
    here: MockCompany, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "lost.db") as lost:
        run(here, lost, [order("a")])
    for data_type in ("commerce-payments", "commerce-transactions"):
        here.driver.push(data_type, [])
    here.clock.sleep(60)
    here.driver.sync_now()
    here.clock.sleep(3_600)
    before = order("never pushed")
    after = order("b") | {"createdDate": NOON + 30 * MINUTE}
    with Ledger(tmp_path / "new.db") as ledger:
        moment = NOON - timedelta(days=9)
        found = here.client.rebuild(
            ledger, here.company, ORDERS, [order("a"), before, after], moment
        )
        assert (found.accepted, found.queued) == (2, 1)
        run(here, ledger, [order("a"), before, after], snapshot=True)
        assert ledger.refusals() == []
    assert not here.findings


def test_only_a_new_ledger_is_rebuilt_and_not_while_a_push_is_processed(
    here: MockCompany, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        here.client.push(here.company, ORDERS, [order("a")])
        with pytest.raises(PushUnderway, match="wait for its end"):
            here.client.rebuild(ledger, here.company, ORDERS, [order("a")])
        here.clock.sleep(60)
        assert here.client.rebuild(ledger, here.company, ORDERS, [order("a")]).accepted == 1
        with pytest.raises(LedgerError, match="rebuild a new file"):
            here.client.rebuild(ledger, here.company, ORDERS, [order("a")])


def wait_for(here: MockCompany, orders: Iterable[Json], outcome: str = "Complete") -> Dataset:
    here.driver.plan_outcome("dataset", outcome)
    ended = here.client.wait(here.client.push(here.company, ORDERS, orders))
    assert ended.status == outcome
    return ended


def test_the_newest_dataset_that_completed_says_what_was_accepted(
    here: MockCompany, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "none.db") as ledger:
        found = here.client.rebuild(ledger, here.company, ORDERS, [order("a")])
        assert found == Rebuilt(accepted=0, queued=1, refused=0, pushed_before=None)
    datasets = [wait_for(here, [order("a")]), wait_for(here, [order("b")])]
    datasets.append(wait_for(here, [order("c")], "Cancelled"))
    undated = {"id": "undated", "totalAmount": 1}
    with Ledger(tmp_path / "new.db") as ledger:
        stream = ledger.store.stream(here.company, ORDERS)
        found = here.client.rebuild(ledger, here.company, ORDERS, [order("a"), undated])
        assert found == Rebuilt(1, 1, 0, datasets[1].requested)
        # None of them is taken for one of a later push whose answer is lost.
        state = ledger.store.remote_state
        assert state.datasets(stream) == {dataset.id for dataset in datasets}
        assert state.latest_request(stream) == datasets[2].requested
        assert state.lists_datasets(stream)


def test_a_record_that_changed_at_the_given_moment_counts_and_one_without_an_id_is_named(
    here: MockCompany, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "new.db") as ledger:
        found = here.client.rebuild(
            ledger, here.company, ORDERS, [order("a"), {"totalAmount": 1}], NOON - MINUTE
        )
        assert (found.accepted, found.queued, found.refused) == (1, 0, 1)
        assert [refusal.id for refusal in ledger.refusals()] == ["$[1]"]


def test_an_update_of_a_record_that_is_synced_is_refused_after_the_loss(
    here: MockCompany, tmp_path: Path
) -> None:
    wait_for(here, [order("a")])
    for data_type in ("commerce-payments", "commerce-transactions"):
        here.driver.push(data_type, [])
    here.clock.sleep(60)
    here.driver.sync_now()
    with Ledger(tmp_path / "new.db") as ledger:
        long_ago = NOON - timedelta(days=9)
        here.client.rebuild(ledger, here.company, ORDERS, [order("a")], long_ago)
        assert run(here, ledger, [order("a", 5, NOON)]) == 0
        assert [refusal.reason for refusal in ledger.refusals()] == ["synced"]


def test_without_a_history_the_moment_has_to_be_given(here: MockCompany, tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/data/history"):
            return httpx.Response(501)
        return here.wire.handle_request(request)

    client = here.connect(httpx.MockTransport(answer))
    with Ledger(tmp_path / "new.db") as ledger:
        with pytest.raises(ServerError):
            client.rebuild(ledger, here.company, ORDERS, [order("a")])
        with pytest.raises(ValueError, match="no time zone"):
            client.rebuild(ledger, here.company, ORDERS, [], NOON.replace(tzinfo=None))
        assert client.rebuild(ledger, here.company, ORDERS, [order("a")], NOON).accepted == 1
        stream = ledger.store.stream(here.company, ORDERS)
        assert ledger.store.remote_state.lists_datasets(stream) is False


def test_no_other_process_pushes_from_the_file_that_is_rebuilt(
    here: MockCompany, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger, Ledger(tmp_path / "ledger.db") as other:
        here.client.rebuild(ledger, here.company, ORDERS, [])
        with pytest.raises(LedgerError, match="another worker"):
            other.lock()


def rebuilt(
    records: Iterable[Json], pushed_before: datetime | None = None, **answers: Any
) -> tuple[Rebuilt, Ledger]:
    """A new ledger, after the service has answered so."""
    ledger = Ledger(":memory:", clock=FakeClock(77.0))
    service = GivenAnswers(FakeClock(), **{name: [each] for name, each in answers.items()})
    flow = rebuild(ledger, "c", ORDERS, records, pushed_before)
    return service.run(flow), ledger


def accepted(ledger: Ledger) -> dict[str, int]:
    """When each record that is known counts as accepted, by its id."""
    return dict(ledger.store.database.run("SELECT id, accepted FROM known"))


MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("changed", "is_accepted"),
    [(-MINUTE, True), (-MICROSECOND, True), (timedelta(), True), (MICROSECOND, False)],
)
@pytest.mark.parametrize("is_given", [True, False])
def test_what_changed_up_to_the_last_push_counts_as_accepted_then(
    changed: timedelta, is_accepted: bool, is_given: bool
) -> None:
    history = DatasetPage([Dataset(id="d", status="Complete", requested=NOON)])
    moment = NOON if is_given else None
    listed = DatasetPage() if is_given else history
    found, ledger = rebuilt([order("a", moment=NOON + changed)], moment, newest_datasets=listed)
    assert found == Rebuilt(int(is_accepted), int(not is_accepted), 0, NOON)
    at = (NOON - EPOCH) // MICROSECOND
    assert accepted(ledger) == ({"a": at} if is_accepted else {})
    queued = [*ledger.store.database.run("SELECT id, recorded, revision FROM queue")]
    assert queued == ([] if is_accepted else [("a", 77.0, 1)])


def test_what_is_synced_counts_as_accepted_when_the_sync_ran() -> None:
    sync = synced(NOON, NOON + HOUR)
    orders = [order("a", moment=NOON + 9 * HOUR), order("b") | {"createdDate": NOON}]
    found, ledger = rebuilt(orders, NOON - HOUR, sync_status=sync)
    assert (found.accepted, found.queued) == (1, 1)
    assert accepted(ledger) == {"a": (NOON + HOUR - EPOCH) // MICROSECOND}


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_any_number_of_records_is_read_page_by_page(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", page)
    bad: list[Json] = [{"id": 7}, {"id": "typo", "totalAmont": 1}]
    found, ledger = rebuilt([order("a"), *bad, order("b", moment=NOON + HOUR)], NOON)
    assert (found.accepted, found.queued, found.refused) == (1, 1, 2)
    assert ledger.store.queue.revision() == -(-4 // page)
    refused = [(each.id, each.detail.partition(":")[0]) for each in ledger.refusals()]
    assert refused == [("$[1]", "$[1].id"), ("typo", "$[2].totalAmont")]


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_where_the_history_is_not_offered_the_given_moment_counts(status: int) -> None:
    error = failure(status)
    found, ledger = rebuilt([order("a")], NOON, newest_datasets=error)
    assert found == Rebuilt(1, 0, 0, NOON)
    stream = ledger.store.stream("c", ORDERS)
    assert ledger.store.remote_state.lists_datasets(stream) is False
    with pytest.raises(type(error)):
        rebuilt([order("a")], newest_datasets=error)
    with pytest.raises(type(failure(500))):
        rebuilt([order("a")], NOON, newest_datasets=failure(500))


@pytest.mark.parametrize(("status", "is_underway"), [("Mapping", True), ("MapError", False)])
def test_a_push_that_has_not_ended_is_waited_for(status: str, is_underway: bool) -> None:
    history = DatasetPage([Dataset(id="1", status="Complete"), Dataset(id="2", status=status)])
    if is_underway:
        with pytest.raises(PushUnderway, match="dataset 2 is still Mapping; wait for its end"):
            rebuilt([], newest_datasets=history)
    else:
        assert rebuilt([], newest_datasets=history)[0] == Rebuilt(0, 0, 0, None)


def test_the_last_moment_of_all_is_kept_to_the_microsecond() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    _, ledger = rebuilt([order("a")], last)
    assert accepted(ledger) == {"a": 253402300799_999999}


def fail(*_values: Any) -> None:
    raise LedgerError("the disk is full")


def begun(ledger: Ledger, records: Iterable[Json], **answers: Any) -> None:
    """Rebuild a ledger whose disk is full before the end."""
    service = GivenAnswers(FakeClock(), **{name: [each] for name, each in answers.items()})
    with pytest.raises(LedgerError):
        service.run(rebuild(ledger, "c", ORDERS, records, NOON))


def test_the_datasets_of_the_history_are_noted_all_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(":memory:")
    state = ledger.store.remote_state
    monkeypatch.setattr(state, "note_dataset", fail)
    begun(ledger, [], newest_datasets=DatasetPage([Dataset(id="1", status="Complete")]))
    assert state.lists_datasets(ledger.store.stream("c", ORDERS)) is None


def test_a_page_of_records_is_learnt_whole_and_others_have_the_file_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 2)
    ledger = Ledger(":memory:")
    pauses: list[list[str]] = []
    database = ledger.store.database
    monkeypatch.setattr(database, "pause", lambda: pauses.append([*accepted(ledger)]))
    monkeypatch.setattr(ledger.store.queue, "put", fail)
    orders = [order("a"), order("b"), order("c"), order("later", moment=NOON + HOUR)]
    begun(ledger, orders)
    assert [*accepted(ledger)] == ["a", "b"]
    assert pauses == [["a", "b"]]


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        rebuilt([], datetime(2022, 3, 21))  # noqa: DTZ001  (the mistake)
