"""Pushes as integrations of all kinds have made them, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from codat_mock.http.app import create_app
from codat_mock.sandbox import SandboxRegistry, Settings
from codat_scenarios.sandbox_driver import Json, SandboxDriver

EVENING = datetime(2022, 3, 21, 18, tzinfo=UTC)
START = datetime(2022, 3, 21, tzinfo=UTC)
NOON = "2022-03-21T12:00:00Z"
LISTS = ("orders", "payments", "transactions")
Bodies = dict[str, Json]


@pytest.fixture
def driver() -> Iterator[SandboxDriver]:
    registry = SandboxRegistry(Settings(speed=0))
    transport = httpx.WSGITransport(create_app(registry))
    with httpx.Client(base_url="http://localhost", transport=transport) as http:
        driver = SandboxDriver(http, "cases")
        driver.reset(EVENING)
        driver.create_company("Case Café")
        driver.link_accounting()
        driver.configure(START)
        yield driver
    registry.close()


def sale(
    *lines: Json, total: Any = 85, paid: Any = None, currency: str = "GBP", **order: Any
) -> Bodies:
    """An order with one payment, and the transaction of it."""
    common = {"currency": currency, "createdDate": NOON}
    paid = total if paid is None else paid
    whole = {"id": "A-1", **common, "totalAmount": total, "orderLineItems": [*lines], **order}
    payment = {"id": "P-1", **common, "amount": paid, "type": "Card", "status": "Paid"}
    return {
        "orders": {"orders": [whole]},
        "payments": {"payments": [payment]},
        "transactions": {"transactions": [moved("P-1", paid, "Payment", common)]},
    }


def moved(id_: str, amount: Any, kind: str, common: Json) -> Json:
    source = {"id": "A-1", "type": "Order"}
    return {
        "id": id_, **common, "type": kind, "totalAmount": amount, "transactionSourceRef": source
    }  # fmt: skip


def line(total: Any, rate: Any = 20, **more: Any) -> Json:
    return {"id": "l", "quantity": 1, "taxPercentage": rate, "totalAmount": total, **more}


def judge(driver: SandboxDriver, bodies: Bodies) -> Json:
    """Push the bodies one after the other, let the night pass, and take the findings."""
    for name in LISTS:
        driver.push_body(f"commerce-{name}", bodies[name])  # type: ignore[arg-type]
        driver.advance(seconds=30)
    driver.call("POST", "/_mock/clock/close-day")
    return driver.findings()


def found(verdict: Json) -> dict[str, list[str]]:
    """The messages of the findings, by code."""
    messages: dict[str, list[str]] = {}
    for each in verdict["findings"]:
        messages.setdefault(each["code"], []).append(each["message"])
    return messages


def without_dates(bodies: Bodies) -> Bodies:
    changed = deepcopy(bodies)
    for name in LISTS:
        for record in changed[name][name]:
            del record["createdDate"]
    return changed


def a_year_later(bodies: Bodies) -> Bodies:
    changed = deepcopy(bodies)
    for name in LISTS:
        for record in changed[name][name]:
            record["createdDate"] = "2023-03-21T12:00:00Z"
    return changed


def in_snake_case(bodies: Bodies) -> Bodies:
    names = {
        "totalAmount": "total_amount",
        "createdDate": "created_date",
        "orderLineItems": "order_line_items",
    }
    return {
        name: {name: [{names.get(k, k): v for k, v in each.items()} for each in body[name]]}
        for name, body in bodies.items()
    }


def with_refund(amount: int) -> Bodies:
    bodies = sale(line(85))
    common = {"currency": "GBP", "createdDate": NOON}
    refund = {"id": "R-1", **common, "amount": amount, "type": "Card", "status": "Paid"}
    bodies["payments"]["payments"].append(refund)
    bodies["transactions"]["transactions"].append(moved("R-1", amount, "Refund", common))
    return bodies


BROKEN = [
    pytest.param(sale(line(85, 0.2)), {"B05": ["A-1", "0.2 percent"]}, id="tax-fraction"),
    pytest.param(
        without_dates(sale(line(85))), {"S20": ["P-1/Payment", "no createdDate"]}, id="no-date"
    ),
    pytest.param(
        a_year_later(sale(line(85))), {"S20": ["P-1/Payment", "2023-03-21"]}, id="next-year"
    ),
    pytest.param(
        in_snake_case(sale(line(85))),
        {"S19": ["$.transactions[].created_date", "createdDate"], "S20": []},
        id="snake-case",
    ),
    pytest.param(
        with_refund(20), {"R04": ["105 paid, 85 owed"], "R07": ["Refund of 20"]}, id="refund-sign"
    ),
    pytest.param(sale(line(85), paid=95), {"R04": ["95 paid, 85 owed"]}, id="tip-only-in-payment"),
    pytest.param(
        sale(line(14.14), total=14.14, currency="JPY"), {"R10": ["14.14 JPY"]}, id="jpy-hundredth"
    ),
    pytest.param(
        sale(line(85, totalTaxAmount=17), totalTaxAmount=14.17),
        {"R09": ["a tax of 17, but 14.17 within 85 at 20 %"]},
        id="tax-added",
    ),
    pytest.param(
        sale(line(85), currency="POUND"), {"R10": ["'POUND' is not a currency"]}, id="no-currency"
    ),
]
GOOD = [
    pytest.param(sale(line(85)), id="plain"),
    pytest.param(sale(line(1413), total=1414, currency="JPY"), id="jpy-1-yen"),
    pytest.param(sale(line(1.234), total=1.234, currency="KWD"), id="three-decimals"),
    pytest.param(sale(line(85), paid=50), id="deposit"),
    pytest.param(sale(line(85), line(0.3), total=85.3, paid=0.1 + 85.2), id="float-noise"),
    pytest.param(with_refund(-20), id="refund"),
    pytest.param(
        sale(line(10), {"id": "c", "taxPercentage": 20, "totalAmount": -2}, total=8),
        id="coupon-line-without-quantity",
    ),
    pytest.param(sale(line(59.97), total=59.970000000000006, paid=59.97), id="float-total"),
    pytest.param(
        sale(
            {"id": "b", "quantity": -1, "taxPercentage": 20, "totalAmount": -20, "unitPrice": 20},
            line(25),
            total=5,
        ),
        id="exchange",
    ),
    pytest.param(sale(line(85, totalTaxAmount=14.16), totalTaxAmount=14.17), id="tax-rounded"),
]


@pytest.mark.parametrize(("bodies", "expected"), BROKEN)
def test_a_broken_push_is_found_by_name(
    driver: SandboxDriver, bodies: Bodies, expected: dict[str, list[str]]
) -> None:
    verdict = judge(driver, bodies)
    messages = found(verdict)
    assert messages.keys() == expected.keys()
    for code, parts in expected.items():
        assert any(all(part in text for part in parts) for text in messages[code]), messages


@pytest.mark.parametrize("bodies", GOOD)
def test_a_good_push_is_not_found(driver: SandboxDriver, bodies: Bodies) -> None:
    verdict = judge(driver, bodies)
    assert found(verdict) == {}
    books = verdict["books"]
    assert books["booked"] >= 2
    assert {each["status"] for each in driver.books()["documents"]} <= {"Paid", "PartPaid"}
    assert not books["missed"] + books["unreconciled"] + books["surplus"] + books["failedSyncs"]


@pytest.mark.parametrize("name", ["data", "Orders", "order_list", "payments"])
def test_a_body_without_its_list_is_named(driver: SandboxDriver, name: str) -> None:
    bodies = sale(line(85))
    bodies["orders"] = {name: bodies["orders"]["orders"]}
    messages = found(judge(driver, bodies))
    assert f"$.{name}" in messages["S19"][0]


def test_a_retry_under_new_ids_is_a_surplus(driver: SandboxDriver) -> None:
    bodies = sale(line(85))
    driver.declare(**{name: bodies[name][name] for name in LISTS})
    again = deepcopy(bodies)
    for name in LISTS:
        [record] = again[name][name]
        record["id"] += "-retry"
        if name == "transactions":
            record["transactionSourceRef"]["id"] += "-retry"
        bodies[name][name].append(record)
    verdict = judge(driver, bodies)
    assert found(verdict) == {
        "B04": [
            "Booked, but not declared: 2 records, such as orders A-1-retry:"
            " in INV-0001, 85.00 booked."
        ]
    }
    assert verdict["books"]["surplus"] == 2


def test_two_equal_sales_are_two_sales_if_nothing_is_declared(driver: SandboxDriver) -> None:
    bodies = sale(line(85))
    for name in LISTS:
        [record] = deepcopy(bodies[name][name])
        record["id"] += "-2"
        if name == "transactions":
            record["transactionSourceRef"]["id"] += "-2"
        bodies[name][name].append(record)
    assert found(judge(driver, bodies)) == {}
