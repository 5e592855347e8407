"""Pushes over HTTP: what is answered, what becomes of the records, and what is judged."""

import json
import socket
from datetime import timedelta

import httpx
import pytest

from codat_fixtures import load, load_bytes
from codat_mock.domain.dataset_lifecycle import make_plan
from codat_mock.http.app import create_app
from codat_mock.models.errors import NotFound, Problem
from codat_mock.rules.contexts import Request
from codat_mock.sandbox import companies, connections, pushes
from codat_mock.storage import DatasetRow

ORDERS, PAYMENTS, TRANSACTIONS = "commerce-orders", "commerce-payments", "commerce-transactions"
DAY = "2022-03-21T10:00:00Z"


def order(key, total=12.0, **properties):
    """An order of one untaxed line, created on the day."""
    line = {"id": "l", "quantity": 1, "taxPercentage": 0, "totalAmount": total,
            "totalTaxAmount": 0, "unitPrice": total}  # fmt: skip
    record = {"id": key, "currency": "GBP", "createdDate": DAY, "totalAmount": total}
    return record | {"orderLineItems": [line]} | properties


def found(driver):
    """The findings: the records of each, by code; those of pace and patience are others' tests."""
    found = {one["code"]: one["records"] for one in driver.findings()["findings"]}
    return {code: records for code, records in found.items() if code not in ("S06", "S13")}


def push_others(driver):
    """Push the two types without which no sync succeeds."""
    driver.push(PAYMENTS, [])
    driver.push(TRANSACTIONS, [])


def total_booked(driver):
    """The sum of the invoices in the books, as text."""
    invoices = [one for one in driver.books()["documents"] if one["kind"] == "Invoice"]
    return sum(one["total"] for one in invoices)


@pytest.mark.parametrize(
    "body",
    [
        b'{"orders":[]}',
        b' { "orders" : null ,\r\n "contractVersion":"1"} ',
        b'{"orders":[{"id":"\\u00e9","totalAmount":1.10e1,"x":[1, 2]}],"unknown":{"a":1E400}}',
        load_bytes("orders/worked-example"),
        b'{"orders":[%s]}' % b",".join(b'{"id":"%d"}' % n for n in range(5001)),
    ],
)
def test_the_answer_holds_the_very_bytes_that_were_sent(live, set_stage, body):
    company = set_stage(live).company_id
    answer = live.post(f"/data/companies/{company}/sync/{ORDERS}", content=body)
    assert answer.status_code == 200
    assert answer.content.startswith(b'{"data":%s,"datasetId":"' % body)
    assert set(json.loads(answer.content)) == {"data", "datasetId"}


def test_a_dataset_passes_through_its_statuses_as_in_the_reference(driver):
    dataset = driver.push(ORDERS, [order("o")])
    seen = [driver.dataset(dataset)]
    while driver.advance_to_next_event() and not seen[-1]["isCompleted"]:
        seen.append(driver.dataset(dataset))
    assert [one["status"] for one in seen] == [
        "Queued", "Fetching", "Mapping", "Validating", "Processing", "Complete",
    ]  # fmt: skip
    assert all("completed" not in one and not one["isErrored"] for one in seen[:-1])
    assert seen[-1] == seen[0] | {
        "status": "Complete",
        "progress": 100,
        "isCompleted": True,
        "completed": "2022-03-21T08:00:07.7788Z",
    }


@pytest.mark.parametrize("records", [[{}], [{"id": ""}], [{"id": None}], [order("o"), {"id": ""}]])
def test_a_record_without_an_id_ends_its_dataset_in_a_validation_error(driver, records):
    dataset = driver.push(ORDERS, records)
    assert driver.dataset(dataset)["status"] == "Queued"
    driver.advance(seconds=10)
    ended = driver.dataset(dataset)
    assert (ended["status"], ended["isErrored"], ended["isCompleted"]) == (
        "ValidationError",
        True,
        False,
    )
    assert f"$.orders[{len(records) - 1}].id" in ended["errorMessage"]
    assert found(driver) == {"S15": [f"$.orders[{len(records) - 1}].id"]}
    driver.push(ORDERS, [order("o")])  # nothing of the failed dataset is known
    assert set(found(driver)) == {"S15"}


def test_records_without_ids_are_no_duplicates_of_each_other(driver):
    driver.push(ORDERS, [{"id": None}, {"id": None}, {}, {}, {"id": ""}])
    driver.push(TRANSACTIONS, [{"type": "Payment"}, {"type": "Payment"}])
    assert set(found(driver)) == {"S15"}


def test_an_order_called_none_is_not_the_order_without_an_id(driver):
    driver.push(ORDERS, [order("None"), order("UNSET")])
    driver.push(ORDERS, [order(None), {"totalAmount": 1}])
    assert set(found(driver)) == {"S15"}


def test_a_push_without_a_linked_connection_ends_in_an_auth_error(driver):
    (commerce,) = [
        one
        for one in driver.call("POST", f"/_mock/companies/{second_link(driver)}/authorize")[
            "dataConnections"
        ]
        if one["sourceType"] == "Commerce"
    ]
    path = f"/meta/companies/{driver.company_id}/connections/{commerce['id']}"
    driver.call("PATCH", path, {"status": "Unlinked"})
    dataset = driver.push(ORDERS, [order("o")])
    driver.advance(seconds=10)
    ended = driver.dataset(dataset)
    assert (ended["status"], ended["connectionId"]) == ("AuthError", commerce["id"])
    driver.call("PATCH", path, {"status": "Linked"})
    driver.push(ORDERS, [order("o")])
    # The mapping is for the platform that was linked first.
    assert found(driver).keys() == {"S11", "S17"}


def second_link(driver):
    """Add a connection, so that there is something to authorise; gives the company's id."""
    driver.call("POST", f"/meta/companies/{driver.company_id}/connections", "qhyg")
    return driver.company_id


@pytest.mark.parametrize(
    "key", ["o", "1", "01", "1.0", "a/b", "/", "a/Payment", "é", "e\u0301", " o", "a\u0000b", "'"]
)
def test_a_key_is_compared_exactly(driver, key):
    driver.push(ORDERS, [order(f"{key} "), order(f"{key}\u0000"), order(key.upper() + "x")])
    driver.push(ORDERS, [order(key)])
    assert not found(driver)
    driver.push(ORDERS, [order(key)])
    assert found(driver) == {"S03": [key]}


def test_a_transaction_is_known_by_its_id_and_type(driver):
    payment, fee = (
        {"id": "t", "type": kind, "totalAmount": 5, "createdDate": DAY}
        for kind in ("Payment", "PaymentFee")
    )
    driver.push(TRANSACTIONS, [payment, fee])
    assert not found(driver)
    driver.push(TRANSACTIONS, [fee | {"totalAmount": 6}, fee])
    assert found(driver) == {"S03": ["t/PaymentFee"], "S04": ["t/PaymentFee"]}


def test_an_equal_record_written_otherwise_is_unchanged(driver):
    driver.push(ORDERS, [order("o", 12.5, closedDate="2022-03-21T10:00:00.1Z")])
    same = order("o", 12.50, closedDate="2022-03-21T11:00:00.1000000+01:00", unknown=[1])
    path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
    driver.call("POST", path, {"orders": [dict(reversed(same.items()))]})
    assert found(driver) == {"S03": ["o"]}


@pytest.mark.parametrize(
    ("before", "after", "booked"),
    [
        ("2022-03-21T10:00:00Z", "2022-03-21T11:00:00Z", 20),
        ("2022-03-21T10:00:00Z", "2022-03-21T10:00:00Z", 12),
        ("2022-03-21T10:00:00Z", "2022-03-21T10:00:00.0000009Z", 12),
        ("2022-03-21T10:00:00Z", "2022-03-21T09:00:00Z", 12),
        ("2022-03-21T10:00:00Z", "2022-03-21T10:30:00+01:00", 12),
        ("2022-03-21T10:00:00Z", None, 20),
        (None, "2022-03-21T10:00:00Z", 20),
        (None, None, 20),
    ],
)
def test_an_update_counts_when_its_source_date_is_later_or_absent(driver, before, after, booked):
    driver.push(ORDERS, [order("o", 12, sourceModifiedDate=before)])
    driver.push(ORDERS, [order("o", 20, sourceModifiedDate=after)])
    push_others(driver)
    driver.advance(days=2)
    assert total_booked(driver) == booked


def test_the_last_of_records_with_one_key_wins(driver):
    driver.push(ORDERS, [order("o", 1), order("p", 100), order("o", 2), order("o", 4)])
    push_others(driver)
    driver.advance(days=2)
    assert total_booked(driver) == 104
    assert found(driver) == {"S04": ["o"]}


@pytest.mark.parametrize(
    ("records", "booked"),
    [
        ([order("o"), {"id": "o"}], 0),
        ([{"id": "o"}, order("o")], 12),
        ([order("o", 1), {"id": "o"}, order("o", 5)], 5),
    ],
)
def test_a_delete_among_records_of_its_key_is_taken_in_order(driver, records, booked):
    driver.push(ORDERS, records)
    push_others(driver)
    driver.advance(days=2)
    assert total_booked(driver) == booked


def fee_bills(driver):
    return [one for one in driver.books()["documents"] if one["kind"] == "Bill"]


def push_example(driver):
    """Push the worked example; gives its payment's id."""
    driver.push(ORDERS, load("orders/worked-example")["orders"])
    driver.push(PAYMENTS, load("payments/worked-example")["payments"])
    transactions = load("transactions/worked-example")["transactions"]
    driver.push(TRANSACTIONS, transactions)
    return transactions[0]["id"]


def test_the_worked_example_is_booked_with_its_fee(driver):
    push_example(driver)
    driver.advance(days=2)
    assert total_booked(driver) == 85
    assert [bill["total"] for bill in fee_bills(driver)] == [1.49]
    assert not found(driver)


def test_a_sparse_delete_of_a_transaction_takes_those_of_every_type(driver):
    key = push_example(driver)
    driver.push(TRANSACTIONS, [{"id": key}])
    driver.advance(days=2)
    assert fee_bills(driver) == []


def test_a_sparse_delete_takes_no_transaction_of_a_longer_id(driver):
    key = push_example(driver)
    for near in (key[:-1], f"{key}/", f"{key}0", f"{key}/Payment", key.upper()):
        driver.push(TRANSACTIONS, [{"id": near}])
    driver.advance(days=2)
    assert [bill["total"] for bill in fee_bills(driver)] == [1.49]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("delete_comes_last", [True, False])
def test_a_delete_beside_an_update_of_a_transaction_is_taken_in_order(
    driver, is_known, delete_comes_last
):
    example = load("transactions/worked-example")["transactions"]
    (fee,) = [one for one in example if one["type"] == "PaymentFee"]
    driver.push(ORDERS, load("orders/worked-example")["orders"])
    driver.push(PAYMENTS, load("payments/worked-example")["payments"])
    if is_known:
        driver.push(TRANSACTIONS, [fee])
    changed = fee | {"totalAmount": -2.0, "sourceModifiedDate": "2022-03-22"}
    both = [changed, {"id": fee["id"]}]
    driver.push(TRANSACTIONS, both if delete_comes_last else both[::-1])
    driver.advance(days=2)
    assert [bill["total"] for bill in fee_bills(driver)] == ([] if delete_comes_last else [2])


def test_a_delete_before_the_sync_keeps_an_order_out_of_the_books(driver):
    driver.push(ORDERS, [order("o", 12), order("p", 5)])
    driver.push(ORDERS, [{"id": "o"}, {"id": "never known"}])
    push_others(driver)
    driver.advance(days=2)
    assert total_booked(driver) == 5
    assert found(driver) == {"D02": ["never known"]}


def test_a_delete_after_the_sync_changes_nothing_in_the_books(driver):
    driver.push(ORDERS, [order("o", 12)])
    push_others(driver)
    driver.advance(days=2)
    driver.push(ORDERS, [{"id": "o"}])
    driver.advance(days=2)
    assert total_booked(driver) == 12


def test_a_deleted_order_may_be_pushed_again(driver):
    for records in ([order("o", 12)], [{"id": "o"}], [order("o", 12)]):
        driver.push(ORDERS, records)
    push_others(driver)
    driver.advance(days=2)
    assert total_booked(driver) == 12
    assert "S03" not in found(driver)


def test_an_update_after_the_sync_is_booked_twice(driver):
    driver.push(ORDERS, [order("o", 12)])
    push_others(driver)
    driver.advance(days=2)
    driver.push(ORDERS, [order("o", 20)])
    assert found(driver) == {"U02": ["o"]}
    driver.advance(days=1)
    assert total_booked(driver) == 32


def test_a_record_of_a_synced_period_is_missed(driver):
    driver.push(ORDERS, [order("o", 12)])
    push_others(driver)
    driver.advance(days=2)
    driver.push(ORDERS, [order("late", 20)])
    driver.advance(days=2)
    assert total_booked(driver) == 12
    assert [one["key"] for one in driver.books()["missed"]] == ["late"]


@pytest.mark.parametrize("mode", ["flag", "miss"])
def test_a_push_that_overlaps_another_is_found_and_may_be_missed(
    start_server, set_stage, auth, mode
):
    address = start_server(concurrent_pushes=mode).address
    with httpx.Client(base_url=address, headers=auth("k")) as client:
        driver = set_stage(client, "k")
        driver.push_during(ORDERS, [order("slow", 1)], [order("quick", 2)])
        push_others(driver)
        findings = driver.findings()["findings"]
        assert [one["code"] for one in findings] == ["S05"]
        assert len(findings[0]["requests"]) == 2
        driver.advance(days=2)
        assert total_booked(driver) == {"flag": 3, "miss": 2}[mode]


def test_pushes_of_other_types_companies_or_times_do_not_overlap(start_server, set_stage, auth):
    with httpx.Client(base_url=start_server().address, headers=auth("k")) as client:
        driver, other = set_stage(client, "k"), set_stage(client, "k")
        body = json.dumps({"orders": [order("slow")]}).encode()

        def halting():
            yield body[:20]
            driver.push(PAYMENTS, [])
            other.push(ORDERS, [])
            yield body[20:]

        path = f"/data/companies/{driver.company_id}/sync/{ORDERS}"
        declared = {"Content-Length": str(len(body))}
        assert client.post(path, content=halting(), headers=declared).status_code == 200
        driver.push(ORDERS, [order("next")])
        assert not found(driver)


class Line:
    """A line to a client who may hang up, in process: what the server knows of it."""

    def __init__(self, registry, auth):
        self.client = create_app(registry).test_client()
        self.headers = auth("k")
        made = self.client.post("/meta/companies/sync", json={"name": "x"}, headers=self.headers)
        self.company = made.json["id"]

    def push(self, *records, hangs_up=False):
        self.client.post(
            f"/data/companies/{self.company}/sync/{ORDERS}",
            json={"orders": records},
            headers=self.headers,
            environ_overrides={"waitress.client_disconnected": lambda: hangs_up},
        )

    def repeats_found(self):
        found = self.client.get("/_mock/findings", headers=self.headers).json["findings"]
        return [one["records"] for one in found if one["code"] == "S03"]


@pytest.fixture
def line(registry, auth):
    return Line(registry, auth)


def test_a_repeat_of_what_was_not_answered_is_excused(line):
    line.push(order("o"), order("p"), hangs_up=True)
    line.push(order("o"), order("p"))
    assert line.repeats_found() == []


def test_a_repeat_is_excused_until_an_answer_was_received(line):
    line.push(order("o"), order("p"), hangs_up=True)
    line.push(order("o"), hangs_up=True)
    line.push(order("o"))
    assert line.repeats_found() == []
    line.push(order("o"))
    assert line.repeats_found() == [["o"]]
    line.push(order("p"))
    assert line.repeats_found() == [["o"]]


def test_a_repeat_of_what_was_answered_is_found_even_if_nobody_waits_for_the_answer(line):
    line.push(order("o"))
    line.push(order("o"), hangs_up=True)
    assert line.repeats_found() == [["o"]]


def test_of_two_linked_accounting_platforms_the_newest_is_mapped(driver):
    driver.link_accounting("qhyg")
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    mapped = driver.call("GET", path)
    assert mapped["accountingSoftwareCompanyName"].endswith("(QuickBooks Online)")


def test_a_blank_line_after_a_push_is_not_the_start_of_the_next_one(live, set_stage):
    driver = set_stage(live)
    path = f"/data/companies/{driver.company_id}/sync/commerce-orders"
    host, port = live.base_url.host, live.base_url.port

    def request(number: int) -> bytes:
        body = b'{"orders":[{"id":"%d"}]}' % number
        head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n"
        head += f"Authorization: {live.headers['Authorization']}\r\n\r\n"
        return head.encode() + body

    def answer(stream: socket.socket) -> bytes:
        read = b""
        while not read.endswith(b'"}'):
            read += stream.recv(65536)
        return read

    with socket.create_connection((host, port), timeout=20) as stray:
        stray.sendall(request(1) + b"\r\n")
        assert answer(stray).startswith(b"HTTP/1.1 200")
        driver.advance(minutes=1)
        assert live.post(path, json={"orders": [{"id": "2"}]}).status_code == 200
        driver.advance(minutes=1)
        stray.sendall(request(3))
        assert answer(stray).startswith(b"HTTP/1.1 200")
    assert "S05" not in {each["code"] for each in driver.findings()["findings"]}


def test_a_push_goes_over_the_linked_commerce_connection_or_else_the_first(registry):
    with registry.sandbox("k").session() as session:
        bare = session.company(companies.create(session, "Bare", is_connected=False).id)
        connections.connect(session, bare.company.id, "gbol")
        with pytest.raises(NotFound, match=r"not supported by platform\(s\) \[Xero\]"):
            pushes.commerce_connection(bare, ORDERS)
        row = session.company(companies.create(session, "Café").id)
        connections.connect(session, row.company.id, "gbol")
        [first, _] = row.company.data_connections
        first.status = "Unlinked"
        assert pushes.commerce_connection(row, ORDERS) is first
        second = connections.connect(session, row.company.id, "lqai")
        assert pushes.commerce_connection(row, ORDERS) is first
        second.status = "Linked"
        assert pushes.commerce_connection(row, ORDERS) is second


@pytest.mark.parametrize(
    ("given", "is_named"),
    [
        ({}, True), ({"ends": 0}, False), ({"is_answered": False}, False),
        ({"stuck_in": "Mapping"}, False), ({"overlaps": [7]}, False),
        ({"overlaps": [6]}, True), ({"overlaps": [8]}, True),
    ],
)  # fmt: skip
def test_the_push_before_could_have_been_waited_for(registry, given, is_named):
    plan = make_plan(stuck_in=given.get("stuck_in"))
    request = Request(7, "", "POST", "/")
    with registry.sandbox("k").session() as session:
        ends = session.now + timedelta(microseconds=given.get("ends", 1))
        previous = DatasetRow(
            "d", "c", data_type=ORDERS, requested=session.now, ends=ends, plan=plan,
            request=request, is_answered=given.get("is_answered", True),
        )  # fmt: skip
        overlaps = [Request(number, "", "POST", "/") for number in given.get("overlaps", [])]
        arrival = pushes.Arrival("c", ORDERS, Request(9, "", "POST", "/"), overlaps)
        found = pushes.unended(session, arrival, previous)
        assert (found == request) == is_named
        assert pushes.unended(session, arrival, None) is None


@pytest.mark.parametrize(("count", "more"), [(1000, ""), (1001, " and 1 more")])
def test_a_thousand_records_without_an_id_are_named(registry, count, more):
    problems = [Problem(f"$.{number}", "") for number in range(count)]
    with registry.sandbox("k").session() as session:
        arrival = pushes.Arrival("c", ORDERS, Request(1, "", "POST", "/"))
        plan = pushes.plan_for(session, arrival, problems, is_linked=True)
        assert plan.outcome == "ValidationError"
        assert plan.message.startswith("Records without an id: $.0, $.1, ")
        assert plan.message.endswith(f"$.999{more}.")
        assert pushes.plan_for(session, arrival, [], is_linked=True).outcome == "Complete"
        assert pushes.plan_for(session, arrival, problems, is_linked=False).outcome == "AuthError"
