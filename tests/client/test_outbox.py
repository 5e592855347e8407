"""The outbox, behaviour by behaviour; `test_outbox_machine` puts them all together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from threading import Event, Thread

import httpx
import pytest
from client_mock import HOST, KEY, NOON, MockCompany
from hypothesis import given
from hypothesis import strategies as st
from planned_service import ORDERS, Answer, Service, sale

from codat_push import (
    BadRecord,
    ClientClosed,
    Ledger,
    LedgerError,
    Outbox,
    OutboxStatus,
    PushClient,
)
from codat_push.backoff import MAX_RETRY_SECONDS, next_retry


@pytest.fixture
def open_outbox(tmp_path: Path) -> Iterator[Callable[[Service], Outbox]]:
    opened: list[Outbox] = []

    def open_it(service: Service) -> Outbox:
        http = httpx.Client(transport=httpx.MockTransport(service))
        client = PushClient(KEY, HOST, http, clock=service.clock)
        rng = Random(7)  # noqa: S311  (jitter, nothing secret)
        opened.append(Outbox(tmp_path / "outbox.db", client, clock=service.clock, rng=rng))
        return opened[-1]

    yield open_it
    for outbox in opened:
        outbox.close()


Open = Callable[[Service], Outbox]


def run_out(outbox: Outbox, service: Service) -> None:
    """Work until nothing is left, sleeping as long as the outbox says."""
    for _ in range(200):
        pause = outbox.run_once()
        if pause is None:
            return
        service.clock.sleep(pause)
    raise AssertionError(outbox.status())


def test_recording_a_sale_sends_nothing_and_is_counted(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    service.clock.sleep(5)
    outbox.record("c", ORDERS, sale("b"))
    assert outbox.status() == OutboxStatus(depth=2, age=5.0, last_error=None, refused=0)
    assert service.requests == []


def test_versions_of_one_record_are_pushed_as_the_newest(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    for total in (1, 2, 3):
        outbox.record("c", ORDERS, sale(total=total))
    run_out(outbox, service)
    assert [[r["totalAmount"] for r in records] for _, records in service.pushes] == [[3]]
    assert outbox.status() == OutboxStatus(depth=0, age=None, last_error=None, refused=0)


def test_a_record_deleted_before_its_push_is_never_sent(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale())
    outbox.delete("c", ORDERS, "a")
    run_out(outbox, service)
    assert service.pushes == []


def test_the_next_push_waits_for_the_previous_dataset(open_outbox: Open) -> None:
    service = Service(ends=("Queued", "Mapping", "Complete"))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    outbox.run_once()
    outbox.record("c", ORDERS, sale("b"))
    run_out(outbox, service)
    assert service.pushed == [["a"], ["b"]]
    assert service.pushes[1][0] - service.pushes[0][0] == 2.0 + 3.0 + 4.5


def test_data_types_do_not_wait_for_each_other(open_outbox: Open) -> None:
    service = Service(ends=("Queued",) * 4)
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    outbox.record("c", "commerce-payments", {"id": "p", "createdDate": NOON})
    outbox.record("d", ORDERS, sale("b"))
    outbox.run_once()
    assert service.pushed == [["a"], ["p"], ["b"]]
    assert service.clock.seconds == 0.0


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("lost"), httpx.RemoteProtocolError("lost")])
def test_a_push_whose_answer_was_lost_is_found_again(open_outbox: Open, answer: Answer) -> None:
    service = Service(answer)
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale())
    outbox.run_once()
    assert str(outbox.status().last_error).endswith("sync/commerce-orders: lost")
    run_out(outbox, service)
    assert service.pushed == [["a"]]
    assert outbox.status().last_error is None


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.Response(500)])
def test_a_push_that_did_not_arrive_is_sent_again_at_growing_intervals(
    open_outbox: Open, answer: Answer
) -> None:
    service = Service(*[answer] * 8)
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale())
    run_out(outbox, service)
    assert service.pushed == [["a"]] * 9
    moments = [moment for moment, _ in service.pushes]
    gaps = [b - a for a, b in pairwise(moments)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[-3]


def test_retry_after_of_a_company_is_kept_after_a_restart_and_stops_no_other(
    open_outbox: Open,
) -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "100"}))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    outbox.record("c", "commerce-payments", {"id": "p", "createdDate": NOON})
    outbox.record("d", ORDERS, sale("b"))
    outbox.run_once()
    assert service.pushed == [["a"], ["b"]]
    outbox.close()
    outbox = open_outbox(service)
    outbox.record("e", ORDERS, sale("e"))
    outbox.run_once()
    service.clock.sleep(99)
    outbox.run_once()
    assert service.pushed == [["a"], ["b"], ["e"]]
    service.clock.sleep(1.001)
    run_out(outbox, service)
    assert service.pushed[3:] == [["a"], ["p"]]


def test_retry_after_of_an_outage_suspends_everything_even_after_a_restart(
    open_outbox: Open,
) -> None:
    service = Service(httpx.Response(503, headers={"Retry-After": "100"}))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    outbox.record("c", "commerce-payments", {"id": "p", "createdDate": NOON})
    outbox.run_once()
    outbox.close()
    sent = len(service.requests)
    outbox = open_outbox(service)
    outbox.record("new", ORDERS, sale("b"))
    assert outbox.run_once() == pytest.approx(100)
    service.clock.sleep(99)
    outbox.run_once()
    assert len(service.requests) == sent
    service.clock.sleep(1.001)
    run_out(outbox, service)
    assert sorted(service.pushed[1:]) == [["a"], ["b"], ["p"]]


def test_a_failed_dataset_is_pushed_again_with_what_was_recorded_since(open_outbox: Open) -> None:
    service = Service(ends=("ProcessingError", "Complete"))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a", 1))
    outbox.record("c", ORDERS, sale("b", 1))
    outbox.run_once()
    outbox.record("c", ORDERS, sale("b", 2))
    run_out(outbox, service)
    _, records = service.pushes[-1]
    assert sorted((r["id"], r["totalAmount"]) for r in records) == [("a", 1), ("b", 2)]


def test_one_wrong_record_is_found_and_refused_and_the_others_are_pushed(open_outbox: Open) -> None:
    def judge(request: httpx.Request) -> httpx.Response:
        answer = service(request)
        if request.method == "POST" and b'"bad"' in request.content:
            service.datasets.pop()
            return httpx.Response(400, json={"error": "$.orders[6]: Invalid enum value."})
        return answer

    service = Service()
    outbox = open_outbox(service)
    outbox._client = PushClient(
        KEY, HOST, httpx.Client(transport=httpx.MockTransport(judge)), clock=service.clock
    )
    for identity in ["a", "b", "c", "d", "e", "bad", "f", "g"]:
        outbox.record("c", ORDERS, sale(identity))
    run_out(outbox, service)
    (refusal,) = outbox.refusals()
    assert (refusal.id, refusal.reason) == ("bad", "rejected")
    assert refusal.detail == "$.orders[6]: Invalid enum value."
    well = [records for records in service.pushed if "bad" not in records]
    assert sorted(chain(*well)) == ["a", "b", "c", "d", "e", "f", "g"]


def test_a_refused_api_key_is_reported_and_loses_nothing(open_outbox: Open) -> None:
    service = Service(httpx.Response(401, json={"error": "The API key is not known."}))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale())
    outbox.run_once()
    assert "401: The API key is not known." in (outbox.status().last_error or "")
    assert outbox.status().depth == 1


def test_after_a_wrong_api_key_a_lost_push_is_still_found(
    open_outbox: Open,
) -> None:
    service = Service(httpx.ReadError("lost"))
    outbox = open_outbox(service)
    answer = outbox._client._http._transport
    assert isinstance(answer, httpx.MockTransport)
    answer.handler = lambda _: httpx.Response(401)
    outbox.record("c", ORDERS, sale())
    outbox.run_once()
    answer.handler = service
    run_out(outbox, service)
    assert service.pushed == [["a"]]  # found again in the list of datasets, not sent twice


def test_a_service_that_lists_no_datasets_gets_a_lost_push_again(open_outbox: Open) -> None:
    def without_list(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/data/history"):
            return httpx.Response(404)
        return service(request)

    service = Service(httpx.ReadError("lost"))
    outbox = open_outbox(service)
    transport = outbox._client._http._transport
    assert isinstance(transport, httpx.MockTransport)
    transport.handler = without_list
    outbox.record("c", ORDERS, sale())
    run_out(outbox, service)
    assert service.pushed == [["a"], ["a"]]


def test_an_update_of_a_synced_record_is_refused(here: MockCompany, tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as outbox:
        outbox.record(here.company, ORDERS, sale(currency="GBP"))
        for data_type, kind in (("payments", "Cash"), ("transactions", "Transfer")):
            outbox.record(
                here.company,
                f"commerce-{data_type}",
                {"id": "a", "createdDate": NOON, "type": kind},
            )
        while (pause := outbox.run_once()) is not None:
            here.clock.sleep(pause)
        assert here.client.sync_now(here.company).is_successful
        outbox.record(here.company, ORDERS, sale(total=2, currency="GBP"))
        assert outbox.run_once() is None
        assert [refusal.reason for refusal in outbox.refusals()] == ["synced"]
        assert here.findings == []


def test_a_record_that_cannot_be_sent_is_refused_when_it_is_recorded(open_outbox: Open) -> None:
    outbox = open_outbox(Service())
    with pytest.raises(BadRecord):
        outbox.record("c", ORDERS, {"totalAmount": 1})
    for nothing in ("", 5, None):
        with pytest.raises(BadRecord):
            outbox.delete("c", ORDERS, nothing)  # type: ignore[arg-type]
    assert outbox.status().depth == 0


def test_of_two_workers_on_one_file_the_second_is_refused(open_outbox: Open) -> None:
    first, second = open_outbox(Service()), open_outbox(Service())
    first.run_once()
    with pytest.raises(LedgerError, match="another worker"):
        second.start()
    second.record("c", ORDERS, sale())
    assert first.status().depth == 1
    first.stop()
    second.run_once()


def test_an_outbox_needs_a_file() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        Outbox(":memory:", PushClient(KEY, HOST))


def test_a_thread_works_in_the_background_and_stops_cleanly(open_outbox: Open) -> None:
    service = Service()
    delivered = Event()
    outbox = open_outbox(service)
    wait = service.clock.wait

    def wait_and_see(event: Event, seconds: float | None) -> None:
        wait(event, seconds)
        if service.pushes and not outbox.status().depth:
            delivered.set()

    service.clock.wait = wait_and_see  # type: ignore[method-assign]  # to know when it is done
    outbox.start()
    outbox.start()
    outbox.record("c", ORDERS, sale())
    assert delivered.wait(10)
    outbox.stop()
    assert service.pushed == [["a"]]


def test_many_threads_record_at_once(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    names = [f"{till}-{number}" for till in range(4) for number in range(25)]

    def till(mine: list[str]) -> None:
        for name in mine:
            outbox.record("c", ORDERS, sale(name))

    threads = [Thread(target=till, args=(names[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_out(outbox, service)
    assert sorted(chain(*service.pushed)) == sorted(names)


def test_a_clock_that_is_set_back_delays_nothing(open_outbox: Open) -> None:
    service = Service(httpx.Response(500))
    service.clock.seconds = 1_000_000.0
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale())
    outbox.run_once()
    service.clock.seconds = 0.0
    assert (outbox.run_once() or 0.0) < 10.0


@given(st.integers(), st.lists(st.none() | st.floats(0, 10_000), min_size=1, max_size=40))
def test_pauses_grow_up_to_15_minutes_and_keep_retry_after(
    seed: int, asked: list[float | None]
) -> None:
    rng = Random(seed)  # noqa: S311  (jitter, nothing secret)
    pause: float | None = None
    for seconds in asked:
        before, pause = pause, next_retry(pause, rng, seconds)
        assert pause >= (seconds or 0.0)
        assert pause >= min(before or 0.0, MAX_RETRY_SECONDS)
        assert pause <= max(MAX_RETRY_SECONDS, seconds or 0.0)


def test_no_exception_ends_the_worker_and_other_streams_go_on(
    open_outbox: Open, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_for_d(request: httpx.Request) -> httpx.Response:
        if "/companies/d/" in request.url.path and broken:
            raise ZeroDivisionError("a bug")
        return service(request)

    broken = True
    service = Service()
    outbox = open_outbox(service)
    transport = outbox._client._http._transport
    assert isinstance(transport, httpx.MockTransport)
    transport.handler = fail_for_d
    outbox.record("c", ORDERS, sale("p"))
    outbox.record("d", ORDERS, sale("a"))
    assert (outbox.run_once() or 0.0) > 0.0
    assert service.pushed == [["p"]]
    assert outbox.status().last_error == "ZeroDivisionError: a bug"
    assert "the step for commerce-orders of company d failed" in caplog.text
    broken = False
    run_out(outbox, service)
    assert service.pushed == [["p"], ["a"]]
    assert outbox.status().last_error is None


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
        Event().wait(0.005)
    raise AssertionError("it did not happen in 10 s")


def test_a_worker_whose_file_fails_is_alive_and_reports_it(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    database = outbox._ledger.store.database
    database.run("ALTER TABLE retry_schedule RENAME TO hidden")
    outbox.start()
    wait_until(lambda: bool(outbox._worker_error))
    assert outbox.status().is_alive
    assert "no such table: retry_schedule" in str(outbox._worker_error)
    database.run("ALTER TABLE hidden RENAME TO retry_schedule")
    wait_until(lambda: not outbox.status().depth)
    assert service.pushed == [["a"]]
    outbox.stop()
    assert not outbox.status().is_alive


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_start_restarts_a_worker_whose_thread_died(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    wait = service.clock.wait

    def die(_event: Event, _seconds: float | None) -> None:
        raise SystemExit

    service.clock.wait = die  # type: ignore[method-assign]  # what no handler catches
    outbox.start()
    wait_until(lambda: not outbox.status().is_alive)
    service.clock.wait = wait  # type: ignore[method-assign]
    outbox.record("c", ORDERS, sale("a"))
    outbox.start()
    wait_until(lambda: not outbox.status().depth)
    assert service.pushed == [["a"]]


def test_a_client_that_is_closed_first_is_reported(open_outbox: Open) -> None:
    outbox = open_outbox(Service())
    outbox.record("c", ORDERS, sale("a"))
    outbox._client._http.close()
    outbox.run_once()
    assert "close an Outbox before its client" in str(outbox.status().last_error)
    with pytest.raises(ClientClosed):
        outbox._client.dataset("c", "d")


def test_retry_after_is_a_day_at_most(open_outbox: Open) -> None:
    service = Service(httpx.Response(503, headers={"Retry-After": "9" * 30}))
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    assert (outbox.run_once() or 0.0) <= 86_400.0
    run_out(outbox, service)
    assert service.pushed == [["a"], ["a"]]


def test_so_is_one_that_an_earlier_version_noted_in_the_file(open_outbox: Open) -> None:
    service = Service()
    outbox = open_outbox(service)
    outbox.record("c", ORDERS, sale("a"))
    outbox._schedule.suspend("", 30 * 86_400.0)
    outbox.close()
    assert open_outbox(service).run_once() == pytest.approx(86_400.0)


def test_a_locked_file_is_a_ledger_error(
    open_outbox: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = open_outbox(Service())
    monkeypatch.setattr("codat_push.storage.database.LOCK_SECONDS", 0.01)
    other = sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match=r"outbox.db cannot be used now: database is locked"):
        outbox.record("c", ORDERS, sale("a"))
    other.close()
    outbox.record("c", ORDERS, sale("a"))
    assert outbox.status().depth == 1


def test_of_two_runs_on_one_ledger_the_second_stops(here: MockCompany, tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as first, Ledger(tmp_path / "ledger.db") as second:
        here.client.resume(first, here.company)
        with pytest.raises(LedgerError, match="another worker pushes from this file"):
            here.client.resume(second, here.company)
        first.close()
        here.client.resume(second, here.company)


def test_a_lock_file_that_cannot_be_made_is_named(open_outbox: Open, tmp_path: Path) -> None:
    outbox = open_outbox(Service())
    (tmp_path / "outbox.db-worker").mkdir()
    with pytest.raises(LedgerError, match=r"the lock file .* cannot be used: unable to open"):
        outbox.run_once()
