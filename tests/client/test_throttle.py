"""The limits that a client keeps between requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from client_mock import HOST, KEY, NOON, FakeClock, MockCompany

from codat_push import (
    Dataset,
    Ledger,
    NotSetUp,
    Outbox,
    PushClient,
    PushUnderway,
    RetryAfterActive,
    ServerError,
    TooManyRequests,
    WaitTimeout,
)

ORDERS = "commerce-orders"
ORDER = {"id": "a", "currency": "GBP", "totalAmount": 1, "createdDate": NOON}
OTHER = {"id": "a", "createdDate": NOON}
QUEUED = {"id": "d", "companyId": "c", "dataType": ORDERS, "status": "Queued"}


class Service:
    """A service with planned answers that notes when it got each request."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers: Iterator[httpx.Response] = iter(answers)
        self.asked: list[tuple[float, str]] = []
        self.clock = FakeClock()
        http = httpx.Client(transport=httpx.MockTransport(self))
        self.client = PushClient(KEY, HOST, http, clock=self.clock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((self.clock.now(), request.url.path))
        return next(self.answers)


def later(seconds: int) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": str(seconds)})


def test_nothing_is_sent_for_a_company_before_its_retry_after_has_passed() -> None:
    pushed = [httpx.Response(200, json={"datasetId": identity}) for identity in "de"]
    service = Service(later(30), *pushed)
    with pytest.raises(TooManyRequests):
        service.client.dataset("c", "d")
    assert service.client.push("other", ORDERS, [ORDER]).id == "d"
    service.clock.sleep(29)
    with pytest.raises(RetryAfterActive, match="Retry-After: 1 s left"):
        service.client.push("c", ORDERS, [ORDER])
    service.clock.sleep(1)
    assert service.client.push("c", ORDERS, [ORDER]).id == "e"


def test_nothing_at_all_is_sent_before_the_retry_after_of_an_outage_has_passed() -> None:
    outage = httpx.Response(503, headers={"Retry-After": "30"})
    service = Service(outage, httpx.Response(200, json={"datasetId": "d"}))
    with pytest.raises(ServerError):
        service.client.dataset("c", "d")
    service.clock.sleep(29)
    with pytest.raises(RetryAfterActive, match="Retry-After: 1 s left") as caught:
        service.client.push("other", ORDERS, [ORDER])
    assert (caught.value.retry_after, caught.value.may_have_arrived) == (1.0, False)
    assert len(service.asked) == 1
    service.clock.sleep(1)
    assert service.client.push("other", ORDERS, [ORDER]).id == "d"


def test_the_longer_of_two_waits_counts() -> None:
    def either(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/first"):
            with pytest.raises(TooManyRequests):
                client.dataset("c", "second")  # as of another thread, answered before
            return later(5)
        return later(60)

    clock = FakeClock()
    http = httpx.Client(transport=httpx.MockTransport(either))
    client = PushClient(KEY, HOST, http, clock=clock)
    with pytest.raises(TooManyRequests):
        client.dataset("c", "first")
    clock.sleep(59)
    with pytest.raises(RetryAfterActive):
        client.dataset("c", "first")


def test_a_dataset_is_polled_at_most_once_a_second() -> None:
    queued = httpx.Response(200, json=QUEUED)
    service = Service(*[queued] * 4)
    for _ in range(3):
        service.client.dataset("c", "d")
    service.client.dataset("c", "other")
    assert [moment for moment, _ in service.asked] == [0.0, 1.0, 2.0, 2.0]


def test_a_failed_poll_is_never_repeated_sooner_than_the_previous_one() -> None:
    service = Service(*[httpx.Response(500)] * 20)
    dataset = Dataset(id="d", company_id="c", data_type=ORDERS)
    with pytest.raises(WaitTimeout):
        service.client.wait(dataset, seconds=60)
    assert service.clock.pauses == sorted(service.clock.pauses)


@pytest.mark.parametrize("first", [0.1, 5.0])
def test_poll_seconds_is_the_first_pause(first: float) -> None:
    answers = [httpx.Response(200, json=QUEUED | {"status": s}) for s in ("Queued", "Complete")]
    service = Service(*answers)
    transport = httpx.MockTransport(service)
    http = httpx.Client(transport=transport)
    client = PushClient(KEY, HOST, http, poll_seconds=first, clock=service.clock)
    assert client.wait(Dataset(id="d", company_id="c", data_type=ORDERS)).is_complete
    assert [moment for moment, _ in service.asked] == pytest.approx([first, first * 2.5])


def test_a_push_by_hand_is_refused_while_the_previous_one_runs(here: MockCompany) -> None:
    first = here.client.push(here.company, ORDERS, [ORDER])
    with pytest.raises(PushUnderway, match=f"dataset {first.id} of commerce-orders"):
        here.client.delete(here.company, ORDERS, ["a"])
    here.client.push(here.company, "commerce-payments", [OTHER | {"type": "Cash"}])
    here.client.wait(first)
    here.client.delete(here.company, ORDERS, ["a"])
    assert here.findings == []


def test_a_push_by_hand_that_failed_does_not_block_the_next() -> None:
    pushed = httpx.Response(200, json={"datasetId": "d"})
    service = Service(httpx.Response(400), pushed, httpx.Response(404), pushed)
    with pytest.raises(Exception, match="400"):
        service.client.push("c", ORDERS, [ORDER])
    dataset = service.client.push("c", ORDERS, [ORDER])
    with pytest.raises(Exception, match="404"):
        service.client.wait(dataset)
    service.client.push("c", ORDERS, [ORDER])


def deliver_all(here: MockCompany, ledger: Ledger, records: list[Any]) -> list[Dataset]:
    changes = ledger.changes(here.company, ORDERS, records)
    return [here.client.deliver(ledger, chunk) for chunk in changes]


def test_nothing_is_pushed_before_the_merchant_has_linked_and_mapped(here: MockCompany) -> None:
    ledger = Ledger(":memory:")
    configured = here.company
    here.company = str(here.driver.create_company("Kiosk")["id"])
    with pytest.raises(NotSetUp, match="no accounting platform is linked yet"):
        deliver_all(here, ledger, [ORDER])
    here.driver.link_accounting()
    with pytest.raises(NotSetUp, match="has not completed the mapping yet"):
        deliver_all(here, ledger, [ORDER])
    assert here.pushes == 0
    here.driver.configure(NOON)
    assert [dataset.status for dataset in deliver_all(here, ledger, [ORDER])] == ["Complete"]
    assert here.company != configured


def test_a_worker_waits_for_the_merchant_and_reports_it(here: MockCompany, tmp_path: Any) -> None:
    here.company = str(here.driver.create_company("Kiosk")["id"])
    with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as outbox:
        outbox.record(here.company, ORDERS, ORDER)
        assert outbox.run_once()
        assert "no accounting platform is linked yet" in (outbox.status().last_error or "")
        here.driver.link_accounting()
        here.driver.configure(NOON)
        while (pause := outbox.run_once()) is not None:
            here.clock.sleep(pause)
    assert (here.pushes, here.findings) == (1, [])


def test_an_unlinked_connection_stops_the_pushes(here: MockCompany) -> None:
    ledger = Ledger(":memory:")
    deliver_all(here, ledger, [ORDER])
    path = f"/meta/companies/{here.company}/connections/{here.commerce}"
    here.driver.call("PATCH", path, {"status": "Unlinked"})
    with pytest.raises(NotSetUp, match="its commerce connection is not linked"):
        deliver_all(here, ledger, [ORDER | {"id": "b"}])
    here.driver.call("PATCH", path, {"status": "Linked"})
    assert len(deliver_all(here, ledger, [])) == 1


def test_a_sync_between_making_and_pushing_a_chunk_is_noticed(here: MockCompany) -> None:
    for kind, named in (("payments", "Cash"), ("transactions", "Transfer")):
        here.client.push(here.company, f"commerce-{kind}", [OTHER | {"type": named}])
    ledger = Ledger(":memory:")
    deliver_all(here, ledger, [ORDER])
    changed = [ORDER | {"totalAmount": 2}, ORDER | {"id": "late"}]
    chunk = next(ledger.changes(here.company, ORDERS, changed))
    here.clock.sleep(60)
    assert here.client.sync_now(here.company).is_successful
    unsent = here.client.deliver(ledger, chunk)
    assert (unsent.id, unsent.is_complete) == ("", True)
    assert {(r.id, r.reason) for r in ledger.refusals()} == {("a", "synced"), ("late", "late")}
    assert here.findings == []


def test_orders_go_before_their_payments_and_those_before_their_transactions(
    here: MockCompany, tmp_path: Any
) -> None:
    sent: list[str] = []

    def watch(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(request.url.path.rpartition("-")[2])
        return here.wire.handle_request(request)

    client = here.connect(httpx.MockTransport(watch))
    with Outbox(tmp_path / "outbox.db", client, clock=here.clock) as outbox:
        for kind in ("transactions", "payments", "orders"):
            outbox.record(here.company, f"commerce-{kind}", OTHER)
        outbox.run_once()
    assert sent == ["orders", "payments", "transactions"]


def test_an_unknown_company_blocks_nothing_and_loses_nothing(
    here: MockCompany, tmp_path: Any
) -> None:
    with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as outbox:
        outbox.record("nobody", ORDERS, ORDER)
        outbox.delete("nobody", ORDERS, "b")
        outbox.record(here.company, ORDERS, ORDER)
        while (pause := outbox.run_once()) is not None:
            here.clock.sleep(pause)
        refused = outbox.refusals()
        found = {(r.company, r.id, r.reason, r.record is None) for r in refused}
        assert found == {("nobody", "a", "unknown-company", False)}
        assert "nobody" in refused[0].detail
        assert here.pushes == 1
        outbox.retry(refused[0])
        assert (outbox.status().depth, outbox.status().refused) == (1, 0)


def test_a_proxys_404_refuses_nothing(here: MockCompany, tmp_path: Any) -> None:
    page = httpx.Response(404, html="<html>Not Found</html>")
    client = here.connect(httpx.MockTransport(lambda _: page))
    with Outbox(tmp_path / "outbox.db", client, clock=here.clock) as outbox:
        outbox.record(here.company, ORDERS, ORDER)
        outbox.run_once()
        assert (outbox.status().depth, outbox.status().refused) == (1, 0)


def test_an_id_that_is_not_valid_unicode_is_named(here: MockCompany, tmp_path: Any) -> None:
    with Outbox(tmp_path / "outbox.db", here.client, clock=here.clock) as outbox:
        with pytest.raises(ValueError, match=r"the id '\\ud800' is not valid Unicode"):
            outbox.delete(here.company, ORDERS, "\ud800")
        with pytest.raises(ValueError, match="company '' is not an id"):
            outbox.record("", ORDERS, ORDER)
        with pytest.raises(ValueError, match="company '' is not an id"):
            here.client.push("", ORDERS, [ORDER])
        assert outbox.status().depth == 0
