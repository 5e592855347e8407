"""Random days with one breach each: every kind of breach is found, and said in words.

Each kind is played with random goods and random variants, 200 times by `pytest -m long --thorough`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from random_shop import DATA_TYPES, DIGITS, Goods, Json, Sale, Shop, goods, open_mock

from codat_mock.clock import format_moment
from codat_scenarios.sandbox_driver import SandboxDriver

EXAMPLES = 200 if settings.get_current_profile_name() == "thorough" else 12
NAMES = ("orders", "payments", "transactions")
Choose = Callable[..., Any]
Breach = Callable[[Shop, Sale, Choose], tuple[str, str]]
BREACHES: dict[str, Breach] = {}


def breach(play: Breach) -> Breach:
    """Enter a kind of breach: it plays one, and gives the code and a part of the message."""
    BREACHES[play.__name__] = play
    return play


@pytest.fixture(scope="module")
def driver() -> Iterator[SandboxDriver]:
    with open_mock() as driver:
        yield driver


def later(shop: Shop, record: Json, **changes: Any) -> Json:
    """A record with changes and a new stamp."""
    return deepcopy(record) | {"sourceModifiedDate": format_moment(shop.driver.now())} | changes


def unit(shop: Shop) -> Any:
    return shop.amount(1)


@breach
def delete_never_pushed(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    shop.declare(sale)
    shop.push(sale)
    shop.driver.declare(**{name: [{"id": e["id"]} for e in sale.records(name)] for name in NAMES})
    other = shop.sell(Goods(((500, 20),)))
    shop.push(other)
    shop.declare(other)
    return "B04", f"such as orders {sale.orders[0]['id']}"


@breach
def two_merchants_mixed_up(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    own = shop.sell(Goods(((500, 20),)))
    shop.declare(own)
    shop.push(own, sale)
    return "B04", f"orders {sale.orders[0]['id']}"


@breach
def retried_under_new_ids(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    first = sale.orders[0]
    shop.driver.plan_fault("lose", "push-orders", by="bad-gateway")
    shop.driver.try_push(DATA_TYPES["orders"], [first])
    shop.driver.advance(minutes=1)
    again = deepcopy(first) | {"id": f"{first['id']}-again"}
    for line in again["orderLineItems"]:
        line["id"] += "-again"
    shop.push(Sale([again]))
    return "S18", f"1 record, {again['id']}: as {first['id']}"


@breach
def zeroed_instead_of_deleted(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    name = choose("orders", "payments", "transactions")
    record = sale.records(name)[0]
    zeroed = {"id": record["id"], ("amount" if name == "payments" else "totalAmount"): 0}
    if name == "transactions":
        zeroed["type"] = record["type"]
    shop.push_list(name, [zeroed])
    return "D01", str(record["id"])


@breach
def tax_rate_as_a_fraction(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    rate = choose(0.2, 0.05, 0.175)
    sale.orders[0]["orderLineItems"][0]["taxPercentage"] = rate
    shop.push(sale)
    return "B05", f"({rate} percent)"


@breach
def tax_rate_not_mapped(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.open(taxRates=[20])
    rate = choose(0, 5, 12.5)
    for line in sale.orders[0]["orderLineItems"]:
        line["taxPercentage"] = rate
    sale.orders[0].pop("serviceCharges", None)
    shop.push(sale)
    return "B05", f"({rate} percent)"


@breach
def payment_type_not_mapped(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.open(taxRates=[0, 5, 7.5, 20, 25], paymentTypes=["Cash"])
    kind = choose("Paypal", "Mobile", "OnlineCard", "StoreCredit")
    sale.payments[0]["type"] = kind
    shop.push(sale)
    return "B05", f"payments of type {kind}"


@breach
def no_created_date(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    record = sale.records(choose(*NAMES))[0]
    del record["createdDate"]
    shop.push(sale)
    return "S20", f"{record['id']}"


@breach
def created_in_the_future(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    record = sale.records(choose(*NAMES))[0]
    moment = shop.driver.now() + timedelta(days=choose(2, 30, 365))
    record["createdDate"] = format_moment(moment)
    shop.push(sale)
    return "S20", f"its createdDate is {record['createdDate']}"


@breach
def everything_before_the_start(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    moment = format_moment(shop.driver.now() - timedelta(days=choose(1, 40, 400)))
    for record in (*sale.orders, *sale.payments, *sale.transactions):
        record["createdDate"] = record["sourceModifiedDate"] = moment
    shop.push(sale)
    return "S20", "every record was created before the start date"


@breach
def list_of_another_name(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    name = choose(*NAMES)
    wrong = choose("data", "records", name.title(), name[:-1], *(set(NAMES) - {name}))
    shop.driver.push_body(DATA_TYPES[name], {wrong: sale.records(name)})
    return "S19", f"$.{wrong}"


@breach
def snake_case(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    name = choose("totalAmount", "createdDate", "orderLineItems", "totalGratuity")
    spelt = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    order = sale.orders[0]
    order[spelt] = order.pop(name)
    shop.push(sale)
    return "S19", f"$.orders[].{spelt} (it is {name})"


@breach
def failed_push_never_repeated(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    name, status = choose(*NAMES), choose(500, 502, 503, 504, 429, 408)
    shop.driver.plan_fault("refuse", f"push-{name}", status=status)
    shop.driver.try_push(DATA_TYPES[name], sale.records(name))
    return "S14", f"was answered {status}"


@breach
def company_mistyped(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    right = shop.driver.company_id
    wrong = choose(right[1:], right[:-1], f"{right}x", right.replace("-", ""))
    shop.driver.company_id = wrong
    shop.driver.try_push(DATA_TYPES["orders"], sale.orders)
    shop.driver.company_id = right
    return "S14", f"to the unknown company '{wrong}'"


@breach
def only_its_stamp_moved(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    name = choose(*NAMES)
    record = sale.records(name)[0]
    again = later(shop, record, modifiedDate=format_moment(shop.driver.now()))
    if name == "orders":
        again["orderLineItems"].reverse()
    amount = "amount" if name == "payments" else "totalAmount"
    again[amount] = float(record[amount]) + choose(0, 1e-11)
    shop.push_list(name, [again])
    return "S03", "only its stamp, the order of its lines or a rounding error differs"


@breach
def lines_vanish(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    again = later(shop, sale.orders[0])
    how = choose("absent", "empty", "null", "shorter")
    lines = again.pop("orderLineItems")
    if how != "absent":
        again["orderLineItems"] = {"empty": [], "null": None, "shorter": lines[1:]}[how]
    shop.push(Sale([again]))
    return "U01", "without orderLineItems"


@breach
def little_but_the_id(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    bare = {"id": sale.orders[0]["id"], "orderNumber": "12", "totalAmount": unit(shop)}
    shop.push(Sale([bare | {"sourceModifiedDate": format_moment(shop.driver.now())}]))
    return "U01", "without createdDate, orderLineItems"


@breach
def double_payment(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    first = sale.payments[0]
    kept = first["amount"] * choose(1, 2)
    digits = DIGITS[shop.currency]
    second = shop.payment(
        "P-again", sale.orders[0]["id"], int(kept.scaleb(digits)), shop.driver.now()
    )
    sale.payments.append(second[0])
    sale.transactions.append(second[1])
    shop.push(sale)
    return "R04", f"{first['amount'] + kept} paid"


@breach
def refund_of_the_wrong_sign(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    payment, moved = shop.payment("R-1", sale.orders[0]["id"], 5, shop.driver.now())
    moved["type"] = "Refund"
    sale.payments.append(payment)
    sale.transactions.append(moved)
    shop.push(sale)
    return "R07", f"a Refund of {moved['totalAmount']}"


@breach
def fee_of_the_wrong_sign(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    paid = sale.payments[0]["id"]
    fee = shop.fee(paid, {"id": paid, "type": "Payment"}, -choose(1, 40), shop.driver.now())
    sale.transactions = [each for each in sale.transactions if each["type"] != "PaymentFee"]
    sale.transactions.append(fee)
    shop.push(sale)
    return "R07", f"a PaymentFee of {fee['totalAmount']}"


@breach
def transaction_of_an_unpaid_payment(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    status = choose("Pending", "Authorized", "Failed", "Cancelled")
    sale.payments[0]["status"] = status
    shop.push(sale)
    return "R08", f"the payment is {status}"


@breach
def transaction_without_its_payment(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    if choose(True, False):
        sale.payments.clear()
    else:
        refund = shop.payment("R-1", sale.orders[0]["id"], -1, shop.driver.now())
        sale.transactions.append(refund[1])
    shop.push(sale)
    return "R08", "no payment has its id"


@breach
def payment_without_its_transaction(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    sale.transactions.clear()
    shop.push(sale)
    return "R03", f"1 record, {sale.payments[0]['id']}"


@breach
def order_that_is_never_pushed(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    order = sale.orders.pop()
    shop.push(sale)
    return "R02", f"its source '{order['id']}' was never pushed"


@breach
def payment_as_its_own_source(shop: Shop, sale: Sale, _choose: Choose) -> tuple[str, str]:
    paid = sale.payments[0]["id"]
    sale.transactions[0]["transactionSourceRef"] = {"id": paid, "type": "Payment"}
    sale.transactions[1:] = []
    shop.push(sale)
    return "B06", "Reconcile manually"


@breach
def wrong_tax(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    line = sale.orders[0]["orderLineItems"][0]
    line["totalTaxAmount"] += choose(2, 30) * unit(shop) * choose(1, -1)
    shop.push(sale)
    return "R09", f"a tax of {line['totalTaxAmount']}"


@breach
def unknown_currency(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    code = choose("XXX", "GBX", "POUND", "XYZ")
    for record in (*sale.orders, *sale.payments, *sale.transactions):
        record["currency"] = code
    shop.push(sale)
    return "R10", f"'{code}' is not a currency"


@breach
def amount_finer_than_the_currency(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    finer = unit(shop) * choose(1, 3) / 10
    sale.orders[0]["totalGratuity"] += finer
    shop.push(sale)
    return "R10", f"whose smallest unit is {unit(shop)}"


MARKS: tuple[Json, ...] = (
    {"deletedAt": "2022-03-21T10:00:00Z"}, {"voided": True}, {"isVoided": True},
    {"isActive": False}, {"isDeleted": 1}, {"state": "CANCELLED"}, {"state": "voided"},
    {"orderStatus": "Deleted"}, {"type": "Payment"}, {"totalAmount": 0}, {"totalAmount": None},
)  # fmt: skip


@breach
def delete_mark(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    name, mark = choose(*NAMES), choose(*MARKS)
    record = sale.records(name)[0]
    if "totalAmount" in mark and name == "payments":
        mark = {"amount": 0}
    if mark.get("type") and name == "payments":
        mark = {"type": "Card"}
    if "type" in mark and name == "orders":
        mark = {"voided": True}
    if mark.get("totalAmount", 0) is None:
        mark = {"totalAmount": 0}
    marked = {"id": record["id"]} | mark
    if choose(True, False) and not mark.keys() & {"type", "amount", "totalAmount"}:
        marked = later(shop, record) | mark
    if choose(True, False):
        marked["sourceModifiedDate"] = format_moment(shop.driver.now())
    shop.push_list(name, [marked])
    return "D01", str(record["id"])


@breach
def delete_that_completes_after_the_sync(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    due = (shop.driver.now() + timedelta(days=1)).replace(hour=3, minute=0, second=0)
    shop.driver.wait_until(due - timedelta(seconds=choose(600, 60, 5)))
    shop.driver.plan_outcome("dataset", profile="slow")
    shop.driver.push(DATA_TYPES["orders"], [{"id": sale.orders[0]["id"]}])
    return "D03", str(sale.orders[0]["id"])


@breach
def polling_after_the_end(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    shop.push(sale)
    for _ in range(choose(4, 9)):
        shop.driver.advance(seconds=5)
        shop.driver.dataset(shop.driver.datasets[-1])
    return "T08", shop.driver.datasets[-1]


@breach
def the_same_refused_body(shop: Shop, sale: Sale, choose: Choose) -> tuple[str, str]:
    sale.orders[0]["totalAmount"] = "12.00"
    for _ in range(choose(6, 12)):
        shop.driver.try_push(DATA_TYPES["orders"], sale.orders)
        shop.driver.advance(seconds=10)
    found = shop.found()
    assert len(found["S15"]) == len(found["T05"]) == 1
    return "T05", ""


@pytest.mark.parametrize("most", [3, pytest.param(EXAMPLES, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", BREACHES)
def test_every_breach_of_a_random_day_is_found_and_named(
    driver: SandboxDriver, name: str, most: int
) -> None:
    @settings(max_examples=most, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(currency=st.sampled_from([*DIGITS]), what=goods(), data=st.data())
    def is_found(currency: str, what: Goods, data: DataObject) -> None:
        shop = Shop(driver, currency)
        shop.open()
        lines = ((1_234, 20), *what.lines)  # enough for a tax, and for a line to vanish
        card = Goods(lines, what.gratuity, what.shipping, what.has_nulls, "Card", what.fee)
        code, text = BREACHES[name](
            shop, shop.sell(card), lambda *values: data.draw(st.sampled_from(values))
        )
        shop.night()
        found = shop.found()
        assert code in found, found
        assert any(text in message for message in found[code]), (text, found[code])

    is_found()
