"""Each operation: the request that it makes, and what it reads of the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from client_mock import NOON
from given_answers import failure

from codat_push import BadRecord, Dataset, SyncStatus, operations
from codat_push.models import (
    Configuration,
    ConnectionPage,
    DatasetPage,
    PushAnswer,
)
from codat_push.operations import Call, FlowRun, Pause

ORDERS, TRANSACTIONS = "commerce-orders", "commerce-transactions"
ODD = "a/b c?é"
ODD_SEGMENT = "a%2Fb%20c%3F%C3%A9"


def run(flow: Any, answer: Any) -> tuple[Call, Any]:
    """The request of a flow with one, and what it returns after the answer."""
    call = next(flow)
    with pytest.raises(StopIteration) as end:
        flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
    return call, end.value.value


def order(identity: str) -> dict[str, Any]:
    return {"id": identity, "totalAmount": 1}


@pytest.mark.parametrize(
    ("flow", "answer", "call", "result"),
    [
        (
            operations.push(ODD, ORDERS, [order("a"), order("b")]), PushAnswer("d-1"),
            Call("push", "POST", f"/data/companies/{ODD_SEGMENT}/sync/{ORDERS}", PushAnswer, ODD,
                 b'{"orders":[{"id":"a","totalAmount":1},{"id":"b","totalAmount":1}]}'),
            Dataset(id="d-1", company_id=ODD, data_type=ORDERS),
        ),
        (
            operations.delete("c", "commerce-payments", ["b", "a", "b"]), PushAnswer("d-1"),
            Call("push", "POST", "/data/companies/c/sync/commerce-payments", PushAnswer, "c",
                 b'{"payments":[{"id":"b"},{"id":"a"}]}'),
            Dataset(id="d-1", company_id="c", data_type="commerce-payments"),
        ),
        (
            operations.dataset(ODD, ODD), Dataset(id="d"),
            Call("dataset", "GET", f"/meta/companies/{ODD_SEGMENT}/pull/history/{ODD_SEGMENT}",
                 Dataset, ODD),
            Dataset(id="d"),
        ),
        (
            operations.newest_datasets("c", ORDERS),
            DatasetPage([Dataset(id="1", data_type=ORDERS), Dataset(id="2", data_type="other"),
                         Dataset(id="3")]),
            Call("newest_datasets", "GET",
                 "/companies/c/data/history?page=1&pageSize=100&orderBy=-requested"
                 "&query=dataType%3Dcommerce-orders", DatasetPage, "c"),
            [Dataset(id="1", data_type=ORDERS), Dataset(id="3")],
        ),
        (
            operations.sync_now(ODD), SyncStatus(sync_status_code=2000),
            Call("sync_now", "POST", f"/companies/{ODD_SEGMENT}/sync/commerce/latest", SyncStatus,
                 ODD, b"{}"),
            SyncStatus(sync_status_code=2000),
        ),
        (
            operations.sync_now("c", NOON), SyncStatus(sync_status_code=2000),
            Call("sync_now", "POST", "/companies/c/sync/commerce/latest", SyncStatus, "c",
                 b'{"syncTo":"2022-03-21T12:00:00Z"}'),
            SyncStatus(sync_status_code=2000),
        ),
        (
            operations.connections(ODD), ConnectionPage([]),
            Call("connections", "GET",
                 f"/meta/companies/{ODD_SEGMENT}/connections?page=1&pageSize=100", ConnectionPage,
                 ODD),
            ConnectionPage([]),
        ),
        (
            operations.configuration(ODD), Configuration(True),
            Call("configuration", "GET", f"/config/companies/{ODD_SEGMENT}/sync/commerce",
                 Configuration, ODD),
            Configuration(True),
        ),
    ],
)  # fmt: skip
def test_an_operation_is_one_request(flow: Any, answer: Any, call: Call, result: Any) -> None:
    assert run(flow, answer) == (call, result)
    assert call.is_poll is (call.operation == "dataset")


def sync(hours: int | None, code: int) -> SyncStatus:
    ran = None if hours is None else NOON + timedelta(hours=hours)
    return SyncStatus(sync_status_code=code, sync_utc=ran)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (sync(0, 1), 1), (None, None), ([], None), ([sync(0, 1)], 1), (failure(404), None),
        ([sync(0, 1), sync(1, 2)], 2), ([sync(1, 1), sync(0, 2)], 1), ([sync(None, 1)], 1),
        ([sync(None, 1), sync(0, 2)], 2), ([sync(0, 1), sync(None, 2)], 1),
    ],
)  # fmt: skip
def test_the_latest_sync_is_read_of_one_or_of_several(answer: Any, code: int | None) -> None:
    call, status = run(operations.sync_status(ODD), answer)
    assert (call.operation, call.method, call.content) == ("sync_status", "GET", None)
    assert call.path == f"/meta/companies/{ODD_SEGMENT}/sync/commerce/status"
    assert (status and status.sync_status_code) == code


@pytest.mark.parametrize("is_delete", [True, False])
def test_a_push_has_4999_records_at_most(is_delete: bool) -> None:
    def flow(count: int) -> Any:
        ids = [f"{number}" for number in range(count)]
        if is_delete:
            return operations.delete("c", ORDERS, ids)
        return operations.push("c", ORDERS, [order(identity) for identity in ids])

    assert next(flow(4_999)).content.count(b'"id"') == 4_999
    with pytest.raises(ValueError, match="5000 records in one push; at most 4999"):
        next(flow(5_000))


def test_the_same_key_twice_in_one_push_is_named_by_its_place() -> None:
    with pytest.raises(BadRecord, match="'a' is in this push twice; send it once") as caught:
        next(operations.push("c", ORDERS, [order("a"), order("b"), order("a")]))
    assert caught.value.path == "$.orders[2]"
    fee = {"id": "P", "type": "PaymentFee", "totalAmount": 1}
    call = next(operations.push("c", TRANSACTIONS, [fee, fee | {"type": "Payment"}]))
    assert isinstance(call, Call)
    assert call.content is not None
    assert call.content.count(b'"P"') == 2


@pytest.mark.parametrize("company", ["", None, "\ud800"])
def test_a_company_is_an_id(company: Any) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        next(operations.push(company, ORDERS, []))


def test_a_wrong_id_of_a_delete_is_named_by_its_place() -> None:
    with pytest.raises(BadRecord) as caught:
        next(operations.delete("c", TRANSACTIONS, ["a", ""]))
    assert caught.value.path == "$.transactions[1].id"


def test_a_flow_is_run_step_by_step_to_its_end_also_after_an_error_that_it_handles() -> None:
    def flow() -> Any:
        first = yield Pause(1.0)
        try:
            yield Pause(2.0)
        except OSError as error:
            return first, str(error)

    running: FlowRun[Any] = FlowRun(flow())
    running.resume(None)
    assert running.step == Pause(1.0)
    running.resume("answer")
    assert running.step == Pause(2.0)
    running.fail(OSError("down"))
    assert running.step is None
    assert running.result == ("answer", "down")


def test_a_moment_without_a_time_zone_is_no_end_of_a_sync() -> None:
    with pytest.raises(BadRecord, match="no time zone"):
        next(operations.sync_now("c", datetime(2022, 3, 21)))  # noqa: DTZ001  (the mistake)
    assert isinstance(next(operations.sync_now("c", datetime(2022, 3, 21, tzinfo=UTC))), Call)
