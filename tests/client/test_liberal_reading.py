"""Every answer that the contract allows is read: whatever its form, the pushes go on.

Source: contract sections 1, 4 and 6; contract-2 sections C (statuses) and I (the sync status).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest
from client_mock import HOST, KEY, NOON, FakeClock, MockCompany
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codat_push import Ledger, Outbox, PushClient, StatusError
from codat_push.models import Connection, ConnectionPage

ORDERS = "commerce-orders"
STAGE = MockCompany()
NUMBERS = count()
# Each plays two days on a wire of its own.
EXAMPLES = 20 if settings.get_current_profile_name() == "thorough" else 8
MOMENTS = ("requested", "completed", "syncUtc", "start", "finish", "created", "lastSync")
OPTIONAL = (
    *("completed", "progress", "isCompleted", "isErrored", "errorMessage", "statusDescription"),
    *("syncStatus", "syncExceptionMessage", "dataPushed", "commerceSyncId", "configured"),
    *("connectionId", "dataConnections", "validation", "detailedErrorCode", "data", "lastSync"),
)
UNDERWAY = ("PreProcessing", "MapQueued", "ReadyToFetch", "processing", "")
JSON = {"Content-Type": "application/json"}
SURPLUS = ({"of": ["a", {"later": None}]}, "text", None, 1.5, [])


def rewrite_moment(rng: Random, text: str) -> str:
    """The same moment in another form; the service also has seven digits of a second."""
    moment = datetime.fromisoformat(text)
    zone = timezone(timedelta(minutes=rng.choice([0, 330, -480])))
    forms = [
        text.removesuffix("Z"),
        text.replace("Z", "+00:00"),
        f"{text.removesuffix('Z').partition('.')[0]}.{moment.microsecond:06d}7Z",
        moment.astimezone(zone).isoformat(),
    ]
    return rng.choice([text, *forms])


def rewrite(rng: Random, value: Any) -> Any:
    """An answer with the same meaning in another legal form."""
    if isinstance(value, list):
        return [rewrite(rng, item) for item in value]
    if not isinstance(value, dict):
        return value
    is_dataset = {"status", "isCompleted", "isErrored"} <= value.keys()
    has_ended = is_dataset and (value["isCompleted"] or value["isErrored"])
    found: dict[str, Any] = {}
    for name, item in value.items():
        if name == "data" and "datasetId" in value:
            found[name] = rng.choice([item, None, []])
        elif name in OPTIONAL and rng.random() < 0.3:
            if has_ended and name in ("isCompleted", "isErrored"):
                found[name] = item  # with another status, only these tell that it has ended
            elif rng.random() < 0.5:
                found[name] = None
        elif name in MOMENTS and isinstance(item, str):
            found[name] = rewrite_moment(rng, item)
        elif name == "progress":
            found[name] = rng.choice([item, 33.3, 0, 100.0])
        elif is_dataset and name == "status" and not has_ended and rng.random() < 0.5:
            found[name] = rng.choice(UNDERWAY)
        elif is_dataset and name == "status" and value["isCompleted"] and rng.random() < 0.3:
            found[name] = "Success"
        else:
            found[name] = rewrite(rng, item)
    if rng.random() < 0.5:
        found["addedLater"] = rng.choice(SURPLUS)
    names = rng.sample(sorted(found), len(found))
    return {name: found[name] for name in names}


class LiberalWire(httpx.BaseTransport):
    """The mock, whose answers come in other forms.

    Args:
        here: the company.
        rng: draws the forms.
        lists_datasets: whether the service offers the history.
    """

    def __init__(self, here: MockCompany, rng: Random, *, lists_datasets: bool) -> None:
        self.here = here
        self.rng = rng
        self.lists_datasets = lists_datasets

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self.lists_datasets and request.url.path.endswith("/data/history"):
            return httpx.Response(501)
        response = self.here.wire.handle_request(request)
        answer = json.loads(response.read())
        content = json.dumps(rewrite(self.rng, answer)).encode()
        media = self.rng.choice(["application/json", "Application/JSON; charset=utf-8"])
        return httpx.Response(
            response.status_code, headers={"Content-Type": media}, content=content
        )


def order(identity: str, total: int) -> dict[str, Any]:
    modified = NOON + timedelta(seconds=total)
    return {
        "id": identity,
        "currency": "GBP",
        "totalAmount": total,
        "createdDate": NOON,
        "sourceModifiedDate": modified,
    }


def drain(outbox: Outbox, here: MockCompany) -> None:
    """Work until nothing is left."""
    for _ in range(40):
        if (pause := outbox.run_once()) is None:
            return
        assert outbox.status().last_error is None
        here.clock.sleep(pause)
    raise AssertionError(outbox.status())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9), st.booleans())
def test_an_answer_in_any_legal_form_stops_no_push(seed: int, lists_datasets: bool) -> None:
    rng = Random(seed)  # noqa: S311  (forms of answers, nothing secret)
    here = MockCompany(key=f"key-{next(NUMBERS)}", beside=STAGE)
    for kind, named in (("payments", "Cash"), ("transactions", "Transfer")):
        here.client.push(
            here.company, f"commerce-{kind}", [{"id": "x", "createdDate": NOON, "type": named}]
        )
    client = here.connect(LiberalWire(here, rng, lists_datasets=lists_datasets))
    with tempfile.TemporaryDirectory() as folder:
        with Outbox(Path(folder) / "outbox.db", client, clock=here.clock) as outbox:
            for identity, total in (("a", 1), ("b", 2), ("a", 3)):
                outbox.record(here.company, ORDERS, order(identity, total))
                here.clock.sleep(outbox.run_once() or 0.0)
            drain(outbox, here)
            assert (outbox.status().depth, outbox.status().refused) == (0, 0)
        with Ledger(Path(folder) / "ledger.db", clock=here.clock) as ledger:
            client.resume(ledger, here.company)
            for chunk in ledger.changes(here.company, ORDERS, [order("c", 4)]):
                assert client.deliver(ledger, chunk).is_complete
            here.clock.sleep(10)
            client.sync_now(here.company)
            client.resume(ledger, here.company)
            assert [*ledger.changes(here.company, ORDERS, [order("c", 5)])] == []
            assert [refusal.reason for refusal in ledger.refusals()] == ["synced"]
    assert here.findings == []
    records = [r for each in here.driver.books()["documents"] for r in each["records"]]
    booked = {r["key"]: r["amount"] for r in records if r["dataType"] == ORDERS}
    assert booked == {"a": 3, "b": 2, "c": 4}


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> PushClient:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return PushClient(KEY, HOST, http, clock=FakeClock())


SYNC = {
    "companyId": "c",
    "syncStatusCode": 2000,
    "syncUtc": "2022-03-22T03:00:00Z",
    "syncDateRangeUtc": {"start": "2022-03-21T00:00:00Z", "finish": "2022-03-22T00:00:00Z"},
}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        None,
        {},
        {"companyId": "c", "syncStatusCode": None, "syncUtc": None, "syncDateRangeUtc": None},
        {"syncStatusCode": 5000, "syncDateRangeUtc": {"start": None}},
    ],
)
def test_a_sync_status_that_says_nothing_changes_nothing(answer: Any) -> None:
    with Ledger(":memory:") as ledger:
        status = answering(
            lambda _: httpx.Response(200, text=json.dumps(answer), headers=JSON)
        ).sync_status("c")
        assert not ledger.note_sync("c", status)


def test_of_a_list_of_syncs_the_latest_counts() -> None:
    older = SYNC | {"syncUtc": "2022-03-21T03:00:00", "syncStatusCode": 5000}
    for rows in ([SYNC, older], [older, SYNC]):
        client = answering(lambda _, rows=rows: httpx.Response(200, json=rows))
        status = client.sync_status("c")
        assert status is not None
        assert status.is_successful


def test_a_success_without_its_period_has_synced_what_was_created_before_it() -> None:
    answer = SYNC | {"syncDateRangeUtc": None}
    with Ledger(":memory:") as ledger:
        assert ledger.note_sync(
            "c", answering(lambda _: httpx.Response(200, json=answer)).sync_status("c")
        )
        assert [*ledger.changes("c", ORDERS, [{"id": "a", "createdDate": NOON}])] == []
        assert [refusal.reason for refusal in ledger.refusals()] == ["late"]


@pytest.mark.parametrize("status", [400, 405, 501])
def test_a_service_without_the_sync_status_gets_its_pushes(status: int, tmp_path: Path) -> None:
    here = MockCompany()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/commerce/status"):
            return httpx.Response(status)
        return here.wire.handle_request(request)

    client = here.connect(httpx.MockTransport(answer))
    with Outbox(tmp_path / "outbox.db", client, clock=here.clock) as outbox:
        outbox.record(here.company, ORDERS, order("a", 1))
        drain(outbox, here)
    assert here.pushes == 1


def test_a_poll_may_leave_out_what_the_client_knows() -> None:
    answers = iter([{"id": "d", "status": None}, {"id": "d", "status": "Complete"}])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.method == "POST":
            return httpx.Response(202, json={"datasetId": "d"})
        return httpx.Response(200, json=next(answers))

    client = answering(answer)
    dataset = client.wait(client.push("c", ORDERS, [{"id": "a", "createdDate": NOON}]))
    assert (dataset.company_id, dataset.data_type, dataset.status) == ("c", ORDERS, "Complete")
    assert asked[1] == asked[2]


@pytest.mark.parametrize("value", ["1.5", "1.500", " 2 "])
def test_retry_after_may_have_a_fraction(value: str) -> None:
    client = answering(lambda _: httpx.Response(429, headers={"Retry-After": value}))
    with pytest.raises(StatusError) as caught:
        client.dataset("c", "d")
    assert caught.value.retry_after == float(value)


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"id": "d", "status": "Complete", "progress": 100}',
        b'{"id": "d", "status": "Complete", "progress": "100"}',
        b'{"id": "d", "status": "Done", "isCompleted": "True", "isErrored": "false"}',
    ],
)
def test_a_byte_order_mark_and_values_as_text_are_read(content: bytes) -> None:
    client = answering(lambda _: httpx.Response(200, content=content, headers=JSON))
    assert client.dataset("c", "d").is_complete


@pytest.mark.parametrize("code", [2000.0, "2000"])
def test_a_code_may_have_a_fraction_of_zero_or_be_text(code: Any) -> None:
    client = answering(lambda _: httpx.Response(200, json=SYNC | {"syncStatusCode": code}))
    status = client.sync_status("c")
    assert status is not None
    assert status.is_successful


@pytest.mark.parametrize(
    ("status", "is_complete", "blames_records"),
    [
        ("complete", True, False),
        ("COMPLETE", True, False),
        ("validationerror", False, True),
        ("MAPERROR", False, True),
        ("cancelled", False, False),
        ("notSupported", False, False),
        ("PREREQUISITENOTMET", False, False),
        ("internalerror", False, False),
    ],
)
def test_a_status_in_another_letter_case_ends_a_dataset(
    status: str, is_complete: bool, blames_records: bool
) -> None:
    answer = {"id": "d", "status": status, "isCompleted": None, "isErrored": None}
    dataset = answering(lambda _: httpx.Response(200, json=answer)).dataset("c", "d")
    assert dataset.has_ended
    assert (dataset.is_complete, dataset.blames_records) == (is_complete, blames_records)


@pytest.mark.parametrize(
    "period",
    [
        {"start": "2022-03-21", "finish": "2022-03-22"},
        {"start": "2022-03-21 00:00:00", "finish": "20220322T000000Z"},
        {"start": "2022-03-21T00:00:00Z", "end": "2022-03-22T00:00:00"},
        {"start": "2022-03-21", "finish": None, "end": "2022-03-22"},
    ],
)
def test_a_period_may_have_bare_dates_and_an_end(period: dict[str, str]) -> None:
    """The vendor's documentation calls the finish of a period `end`, too: contract-2 section I."""
    answer = SYNC | {"syncDateRangeUtc": period}
    status = answering(lambda _: httpx.Response(200, json=answer)).sync_status("c")
    assert status is not None
    found = status.sync_date_range_utc
    assert found.start == datetime(2022, 3, 21, tzinfo=UTC)
    assert found.finish == datetime(2022, 3, 22, tzinfo=UTC)


def test_a_bare_date_is_read_as_a_date_only_where_a_moment_is_expected() -> None:
    answer = {"id": "2022-03-21", "status": "Complete", "requested": "2022-03-21"}
    dataset = answering(lambda _: httpx.Response(200, json=answer)).dataset("c", "d")
    assert dataset.id == "2022-03-21"
    assert dataset.requested == datetime(2022, 3, 21, tzinfo=UTC)


def test_a_link_in_another_letter_case_is_a_link() -> None:
    results = [{"sourceType": "commerce", "status": "LINKED"}]
    page = ConnectionPage([msgspec.convert(each, Connection) for each in results])
    assert page.is_linked("Commerce")
    assert not page.is_linked("Accounting")
