"""The books over HTTP: as JSON, as CSV, as a page, and beside what the merchant really has."""

from __future__ import annotations

import csv
from io import StringIO

import httpx
import pytest

from codat_mock.clock import parse_moment
from codat_scenarios.merchants import encode, encode_lines
from codat_scenarios.sandbox_driver import SandboxDriver

AT = "2022-03-21T09:00:00Z"
ORDERS = "commerce-orders"
PATHS = {"orders": ORDERS, "payments": "commerce-payments", "transactions": "commerce-transactions"}


def order(key: str, total: float = 5, **more: object) -> dict[str, object]:
    line = {"quantity": 1, "taxPercentage": 20, "totalAmount": total, "totalTaxAmount": 0}
    lines = {"totalAmount": total, "orderLineItems": [line]}
    return {"id": key, "currency": "GBP", "createdDate": AT, **lines, **more}


def payment(key: str, amount: float = 5) -> dict[str, object]:
    record = {"id": key, "amount": amount, "currency": "GBP", "createdDate": AT}
    return {**record, "type": "Card", "status": "Paid"}


def transaction(key: str, source: str, amount: float = 5) -> dict[str, object]:
    record = {"id": key, "totalAmount": amount, "currency": "GBP", "createdDate": AT}
    return {**record, "type": "Payment", "transactionSourceRef": {"id": source, "type": "Order"}}


def push(driver: SandboxDriver, **records: list[dict[str, object]]) -> None:
    for name, data_type in PATHS.items():
        driver.push(data_type, records.get(name, []))


def declare(http, driver, method="PUT", content=b"", **records) -> httpx.Response:
    path = f"/_mock/companies/{driver.company_id}/merchant-records"
    return http.request(method, path, content=content or encode(records))


def compared(http: httpx.Client) -> dict[str, object]:
    [company] = http.get("/_mock/books/compare").json()["companies"]
    return {
        name: [one["key"] for one in found]
        for name, found in company.items()
        if isinstance(found, list) and found
    }


# What is shown


def test_what_is_missed_or_not_reconciled_has_its_reason(driver) -> None:
    early, undated = order("early", createdDate="2022-01-01"), order("undated")
    del undated["createdDate"]
    push(driver, orders=[early, undated, order("o")], payments=[payment("lonely")])
    driver.advance(days=1)
    push(driver, orders=[order("late")])
    driver.advance(days=1)
    books = driver.books()
    reasons = {one["key"]: one["reason"] for one in books["missed"]}
    assert reasons.keys() == {"early", "undated", "late"}
    assert "before the start date" in reasons["early"]
    assert "no createdDate" in reasons["undated"]
    assert "synced before it arrived" in reasons["late"]
    [late] = [one for one in books["missed"] if one["key"] == "late"]
    assert (late["amount"], late["currency"]) == (5, "GBP")
    assert late["createdDate"].startswith(late["date"])
    [lonely] = books["unreconciled"]
    assert (lonely["dataType"], lonely["key"], lonely["amount"]) == (PATHS["payments"], "lonely", 5)
    assert lonely["reason"].startswith("Reconcile manually: no transaction")


def test_the_accounting_company_is_named_after_the_merchant(driver: SandboxDriver) -> None:
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    assert driver.call("GET", path)["accountingSoftwareCompanyName"] == "Bean There (Xero)"


@pytest.fixture
def booked(driver: SandboxDriver) -> SandboxDriver:
    """A company with a paid sale in its books."""
    push(driver, orders=[order("o")], payments=[payment("p")], transactions=[transaction("p", "o")])
    driver.advance(days=1)
    return driver


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    "asked", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}]
)
def test_the_books_are_a_table_for_a_spreadsheet(http, asked) -> None:
    answer = http.get("/_mock/books", **asked)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")  # spreadsheets read UTF-8 by it only
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["kind"], row["gross"], row["records"]) for row in rows] == [
        ("Invoice", "5.00", "1"),
        ("Payment", "5.00", "1"),
    ]
    assert {row["companyName"] for row in rows} == {"Bean There"}
    assert rows[1]["appliesTo"] == rows[0]["number"]
    assert rows[0]["companyId"]
    found = [(row["accountCode"], row["accountName"], row["recordKeys"]) for row in rows]
    assert found == [("200", "Sales", "o"), ("092", "Card Clearing", "p")]
    assert rows[0]["dueDate"] == rows[0]["date"]
    assert rows[0]["reference"] == f"Sales of {rows[0]['date']}"


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("record", "kinds"), [("o", ["Invoice"]), ("p", ["Payment"]), ("of-nobody", [])]
)
def test_the_documents_of_a_record_are_found(http, record: str, kinds: list[str]) -> None:
    [company] = http.get("/_mock/books", params={"record": record}).json()["companies"]
    assert [each["kind"] for each in company["documents"]] == kinds
    table = http.get("/_mock/books", params={"record": record, "format": "csv"}).text
    assert [row["kind"] for row in csv.DictReader(StringIO(table.lstrip("\ufeff")))] == kinds


def test_the_id_of_a_payment_finds_its_fee(http, driver: SandboxDriver) -> None:
    fee = transaction("p", "p", -0.2) | {"type": "PaymentFee"}
    fee["transactionSourceRef"] = {"id": "p", "type": "Payment"}
    push(driver, orders=[order("o")], payments=[payment("p")],
         transactions=[transaction("p", "o"), fee])  # fmt: skip
    driver.advance(days=1)
    [company] = http.get("/_mock/books", params={"record": "p"}).json()["companies"]
    found = [each["kind"] for each in company["documents"]]
    assert found == ["Payment", "Bill", "BillPayment"]
    [company] = http.get("/_mock/books", params={"record": "p/PaymentFee"}).json()["companies"]
    assert [each["kind"] for each in company["documents"]] == ["Bill", "BillPayment"]


def test_a_name_is_never_a_formula_in_the_table(http) -> None:
    evil = SandboxDriver(http, "test-key")
    evil.create_company("@HYPERLINK(1)")
    evil.link_accounting()
    evil.configure(parse_moment(AT))
    push(evil, orders=[order("o")])
    evil.advance(days=1)
    rows = list(csv.DictReader(StringIO(http.get("/_mock/books?format=csv").text)))
    assert [row["companyName"] for row in rows] == ["'@HYPERLINK1"]


def test_the_books_are_a_page_to_print(http, booked) -> None:
    push(booked, orders=[order("<late>", 7)])
    booked.advance(days=1)
    for asked in ({"params": {"format": "html"}}, {"headers": {"Accept": "text/html,*/*;q=0.8"}}):
        answer = http.get("/_mock/books", **asked)
        assert answer.headers["Content-Type"].startswith("text/html")
        for shown in (
            "Bean There",
            "INV-0001",
            "PAY-0001",
            "Card for INV-0001",
            "&lt;late&gt;",
            "200 Sales",
            "092 Card Clearing",
            "Total GBP",
            "7.00 GBP",
        ):
            assert shown in answer.text
    assert "@media print" in http.get("/static/page.css").text


def test_a_page_names_the_first_records_of_a_document_and_counts_the_others(http, driver) -> None:
    push(driver, orders=[order(f"o-{number}") for number in range(1025)])
    driver.advance(days=1)
    page = http.get("/_mock/books?format=html").text
    assert "and 1,005 more" in page
    assert page.count("<code>o-") == 20
    for form in ("html", "markdown"):
        assert "1,025 records booked" in http.get(f"/_mock/report?format={form}").text
    of_one = http.get("/_mock/books?format=html&record=o-1000").text
    assert "INV-0001" in of_one
    assert "INV-0001" not in http.get("/_mock/books?format=html&record=other").text


@pytest.mark.usefixtures("booked")
def test_without_being_asked_the_books_are_json(http) -> None:
    for accept in ("*/*", "application/json", "image/png"):
        answer = http.get("/_mock/books", headers={"Accept": accept})
        assert answer.json()["companies"][0]["companyName"] == "Bean There"


def test_an_unknown_format_is_refused(http) -> None:
    answer = http.get("/_mock/books?format=xml")
    assert answer.status_code == 400
    assert "known: json, csv, html" in answer.json()["detail"]


# Declaring


def test_records_are_declared_and_replaced(http, driver) -> None:
    counts = declare(http, driver, orders=[order("a"), order("b")], payments=[payment("p")]).json()
    record = {"orders": 2, "payments": 1, "transactions": 0}
    assert counts == {"companyId": driver.company_id, **record}
    more = declare(http, driver, "POST", orders=[order("b", 6), order("c")]).json()
    assert (more["orders"], more["payments"]) == (3, 1)
    replaced = declare(http, driver, orders=[order("c")]).json()
    assert (replaced["orders"], replaced["payments"]) == (1, 0)


def test_lines_apply_in_their_order(http, driver) -> None:
    lines = [
        {"dataType": ORDERS, "record": order("a")},
        {"dataType": ORDERS, "record": order("b")},
        {"dataType": PATHS["transactions"], "record": transaction("p", "a")},
        {"dataType": ORDERS, "moment": AT, "record": order("b", 7)},
        {"dataType": ORDERS, "moment": AT, "record": {"id": "a"}},
        {"dataType": PATHS["transactions"], "moment": AT, "record": {"id": "p"}},
    ]
    counts = declare(http, driver, content=encode_lines(lines)).json()
    assert (counts["orders"], counts["transactions"]) == (1, 0)
    driver.advance(days=1)
    assert compared(http) == {"missing": ["b"]}


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b'{"orders":[{"id":"a"},{"id":"b","totalAmount":"x"}]}', "$.orders[1].totalAmount"),
        (b'{"orders":[{"totalAmount":1}]}', "$.orders[0].id"),
        (b'{"order":[]}', "$"),
        (b'{"orders":5}', "$.orders"),
        (b"[]", "$"),
        (b"", "$"),
        (b'{"dataType":"commerce-orders","record":{"id":"a"}}\n{"dataType":"x"}', "$[1]"),
        (b'{"dataType":"commerce-orders","record":{"id":5}}', "$[0]"),
        (b'{"dataType":"commerce-orders","record":{}}', "$[0]"),
    ],
)
def test_what_is_no_declaration_is_refused_and_changes_nothing(http, driver, content, path) -> None:
    assert declare(http, driver, orders=[order("kept")]).is_success
    answer = http.put(f"/_mock/companies/{driver.company_id}/merchant-records", content=content)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == path
    driver.advance(days=1)
    assert compared(http) == {"missing": ["kept"]}


def test_records_of_an_unknown_company_cannot_be_declared(http) -> None:
    assert http.put("/_mock/companies/x/merchant-records", content=b"{}").status_code == 404


# Comparing


def test_nothing_declared_is_nothing_compared(http, driver) -> None:
    for path in ("/_mock/books/compare", f"/_mock/books/compare?companyId={driver.company_id}"):
        answer = http.get(path)
        assert answer.status_code == 409
        assert "merchant-records" in answer.json()["detail"]
    assert http.get("/_mock/books/compare?companyId=x").status_code == 404


def test_a_declared_record_pushed_in_time_is_booked_once(http, booked) -> None:
    declare(
        http, booked,
        orders=[order("o")], payments=[payment("p")], transactions=[transaction("p", "o")],
    )  # fmt: skip
    assert compared(http) == {"bookedOnce": ["o", "p"]}


def test_what_is_not_due_yet_is_not_missing(http, driver) -> None:
    declare(http, driver, orders=[order("a"), order("early", createdDate="2021-12-31")])
    driver.advance(hours=1)
    assert compared(http) == {}
    driver.advance(days=1)
    assert compared(http) == {"missing": ["a"]}


def test_every_difference_is_shown_with_amounts(http, driver) -> None:
    known = [order("updated"), order("deleted"), order("good")]
    push(driver, orders=known)
    driver.advance(days=1)
    push(driver, orders=[order("late"), order("updated", 6)])
    driver.advance(days=1)
    declare(http, driver, orders=[order("good", 9), order("updated", 6), order("late")])
    assert compared(http) == {
        "doubled": ["updated"],
        "missing": ["late"],
        "stale": ["good"],
        "surplus": ["deleted"],
    }
    [company] = http.get("/_mock/books/compare").json()["companies"]
    [doubled], [stale] = company["doubled"], company["stale"]
    assert (doubled["times"], doubled["documents"]) == (2, ["INV-0001", "INV-0002"])
    assert (stale["declared"], stale["booked"]) == (9, 5)


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_a_duplicate_and_a_surplus_are_marked_in_every_form(
    http: httpx.Client, driver: SandboxDriver, form: str
) -> None:
    push(driver, orders=[order("twice"), order("own"), order("deleted")])
    declare(http, driver, orders=[order("own"), order("twice")])
    driver.advance(days=1)
    push(driver, orders=[order("twice", 6, sourceModifiedDate="2022-03-22T09:00:00Z")])
    driver.advance(days=1)
    shown = http.get(f"/_mock/books?format={form}").text
    assert "duplicate: twice; surplus: deleted" in shown
    assert shown.count("duplicate: twice") >= 2
    assert "own, " not in shown
