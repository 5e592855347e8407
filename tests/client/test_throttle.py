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
    NotFound,
    NotSetUp,
    Outbox,
    PushClient,
    PushUnderway,
    RetryAfterActive,
    ServerError,
    TooManyRequests,
    WaitTimeout,
)
from codat_push.operations import Call, Pause
from codat_push.throttle import Throttle

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


def throttle(clock: FakeClock | None = None) -> Throttle:
    return Throttle(clock or FakeClock(), 1.0)


def pushing(this: Throttle, data_type: str = ORDERS, company: str = "c") -> Any:
    """A push that has begun, and waits for its answer."""

    def push() -> Any:
        return (yield Pause(0.0))

    flow = this.one_at_a_time(company, data_type, push())
    assert next(flow) == Pause(0.0)
    return flow


def answered(flow: Any, dataset: str) -> None:
    with pytest.raises(StopIteration):
        flow.send(Dataset(id=dataset))


def blocked(this: Throttle, data_type: str = ORDERS, company: str = "c") -> str | None:
    """Why the next push is refused; None if it is not."""
    try:
        pushing(this, data_type, company).close()
    except PushUnderway as error:
        return str(error).partition(" of ")[0]
    return None


def test_one_push_of_a_company_and_data_type_is_under_way_at_a_time() -> None:
    this = throttle()
    flow = pushing(this)
    assert blocked(this) == "the previous push"
    assert blocked(this, "commerce-payments") is None
    assert blocked(this, company="other") is None
    answered(flow, "d-1")
    assert blocked(this) == "dataset d-1"


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ServerError("x", httpx.Request("GET", HOST))]
)
def test_a_push_that_fails_or_is_cancelled_is_under_way_no_longer(error: BaseException) -> None:
    this = throttle()
    flow = pushing(this)
    with pytest.raises(type(error)):
        flow.throw(error)
    assert blocked(this) is None


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (Dataset(id="d-1", status="Complete"), True), (Dataset(id="d-1", status="MapError"), True),
        (Dataset(id="d-1", status="Mapping"), False), (Dataset(id="d-2", status="Complete"), False),
        ({"id": "d-1", "status": "Complete"}, False), (None, False), ([], False),
    ],
)  # fmt: skip
def test_a_push_is_under_way_until_its_dataset_was_read_to_have_ended(
    answer: Any, ends: bool
) -> None:
    this = throttle()
    answered(pushing(this), "d-1")
    answered(pushing(this, "commerce-payments"), "d-9")
    this.note_answer(answer)
    assert (blocked(this) is None) is ends
    assert blocked(this, "commerce-payments") == "dataset d-9"


@pytest.mark.parametrize(
    ("status", "path", "ends"),
    [(404, "/meta/d-1", True), (404, "/d-1/meta", False), (404, "/meta/d-1?x=/y", True),
     (500, "/meta/d-1", False), (404, "/meta/xd-1", False)],
)  # fmt: skip
def test_or_until_the_service_does_not_know_it(status: int, path: str, ends: bool) -> None:
    this = throttle()
    answered(pushing(this), "d-1")
    request = httpx.Request("GET", f"{HOST}{path}")
    kind = NotFound if status == 404 else ServerError
    this.note_failure("c", kind("x", request, httpx.Response(status, request=request)))
    assert (blocked(this) is None) is ends


@pytest.mark.parametrize("seconds", [None, 0.0])
def test_a_failure_without_a_wait_stops_nothing(seconds: float | None) -> None:
    this = throttle()
    request = httpx.Request("GET", HOST)
    this.note_failure("c", ServerError("x", request, retry_after=seconds))
    this.check("c", request)
    assert this._suspended_until == {}


def test_what_is_over_is_forgotten() -> None:
    clock = FakeClock()
    this = throttle(clock)
    request = httpx.Request("GET", HOST)
    for company, seconds in (("a", 5.0), ("b", 9.0)):
        error = TooManyRequests("x", request, httpx.Response(429), retry_after=seconds)
        this.note_failure(company, error)
    clock.seconds = 5.0
    this.check("c", request)
    assert [*this._suspended_until] == ["b"]
    calls = [Call("dataset", "GET", path, None, "c") for path in ("/1", "/2")]
    assert [this.pause_before(each) for each in calls] == [0.0, 0.0]
    clock.seconds = 6.0
    assert this.pause_before(calls[0]) == 0.0
    assert this._polls == {"/1": 7.0}
