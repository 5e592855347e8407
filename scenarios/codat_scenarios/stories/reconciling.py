"""Stories of sales whose records do not match."""

from __future__ import annotations

from decimal import Decimal

from codat_scenarios.sandbox_driver import SandboxDriver
from codat_scenarios.stories.registry import Ending, story
from codat_scenarios.stories.sales import (
    COMPLETE,
    EXAMPLE,
    ORDERS,
    REFUNDED,
    books_of_example,
    declare_example,
    order,
    payment,
    push_sale,
    transaction,
)
from codat_scenarios.stories.week import TUESDAY, WEDNESDAY

WHOLE = EXAMPLE + COMPLETE * 3
PAID = books_of_example(12, 12)
INVOICE, *REST = books_of_example()
ON_TUESDAY = dict.fromkeys(("createdDate", "sourceModifiedDate"), "2022-03-22T12:00:00Z")


@story("paid-sale", Ending(datasets=WHOLE, sync=2000, documents=PAID))
def paid_sale(driver: SandboxDriver) -> None:
    """An order is pushed with its payment and the transaction with that payment's id."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1")])


@story(
    "unknown-source",
    Ending(("R02",), WHOLE, sync=2000, documents=books_of_example(12)),
    kind=("Order", "Payment"),
)
def unknown_source(driver: SandboxDriver, kind: str = "Order") -> None:
    """A transaction's source is an order that is never pushed."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-9", kind=kind)])


@story(
    "payment-alone",
    Ending(("R03",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def payment_alone(driver: SandboxDriver) -> None:
    """An order and its payment are pushed, and the payment's transaction is not."""
    push_sale(driver, [order("A-1")], [payment("P-1")])


@story(
    "amounts-differ",
    Ending(("R04",), WHOLE, sync=2000, documents=PAID),
    pounds=("0.01", "11.99", "12.01", "500"),
)
def amounts_differ(driver: SandboxDriver, pounds: str = "10") -> None:
    """A payment is for 12 pounds, and its transaction for 10."""
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1", pounds)])


@story(
    "wrong-sum",
    Ending(("R05",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    pounds=("11.98", "12.02", "500"),
)
def wrong_sum(driver: SandboxDriver, pounds: str = "10") -> None:
    """An order's total is 12 pounds, and its only line is 10."""
    lines = order("A-1", pounds) | {"totalAmount": Decimal(12)}
    push_sale(driver, [lines])


@story(
    "two-currencies",
    Ending(("R06",), WHOLE, sync=2000, documents=PAID),
    currency=("USD", "eur"),
)
def two_currencies(driver: SandboxDriver, currency: str = "EUR") -> None:
    """An order and its payment are in pounds, and their transaction is in euros."""
    foreign = transaction("P-1", "A-1") | {"currency": currency}
    push_sale(driver, [order("A-1")], [payment("P-1")], [foreign])


@story("deposit", Ending(datasets=WHOLE, sync=2000, documents=books_of_example(12, 5)))
def deposit(driver: SandboxDriver) -> None:
    """5 of an order's 12 pounds are paid before the sync."""
    push_sale(driver, [order("A-1")], [payment("P-1", 5)], [transaction("P-1", "A-1", 5)])


@story(
    "deposit-before-order",
    Ending(
        datasets=WHOLE,
        sync=2000,
        documents=(
            *books_of_example(),
            "2022-03-22 Invoice 12.00 GBP",
            "2022-03-21 Payment 5.00 GBP",
        ),
    ),
)
def deposit_before_order(driver: SandboxDriver) -> None:
    """5 pounds are paid on Monday for an order of Tuesday, with which they are booked."""
    push_sale(driver, (), [payment("P-1", 5)], [transaction("P-1", "A-1", 5)])
    driver.at(TUESDAY, "12:05")
    driver.push(ORDERS, [order("A-1", created="2022-03-22T12:00:00Z")])
    driver.at(WEDNESDAY, "09:00")


@story(
    "payment-of-earlier-order",
    Ending(datasets=EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example()),
    is_declared=True,
)
def payment_of_earlier_order(driver: SandboxDriver) -> None:
    """An order from before the start date is not pushed, but it is paid for after it."""
    declare_example(driver, order("A-1", created="2022-03-20T12:00:00Z"))
    driver.declare(payments=[payment("P-1")], transactions=[transaction("P-1", "A-1")])
    push_sale(driver, (), [payment("P-1")], [transaction("P-1", "A-1")])


@story(
    "fee-of-no-payment",
    Ending(
        datasets=WHOLE,
        sync=2000,
        documents=(*PAID[:2], "2022-03-21 Bill 2.49 GBP", "2022-03-21 BillPayment 2.49 GBP"),
    ),
)
def fee_of_no_payment(driver: SandboxDriver) -> None:
    """The fee of a payment has a source of type Fee, and names neither payment nor order."""
    fee = transaction("P-1", "F-1", -1, kind="Fee") | {"type": "PaymentFee"}
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1"), fee])


@story(
    "own-source",
    Ending(("B06",), WHOLE, sync=2000, documents=books_of_example(12)),
)
def own_source(driver: SandboxDriver) -> None:
    """A payment's transaction names the payment itself as its source, and no order."""
    own = transaction("P-1", "P-1", kind="Payment")
    push_sale(driver, [order("A-1")], [payment("P-1")], [own])


@story(
    "paid-twice",
    Ending(
        ("R04",),
        WHOLE,
        sync=2000,
        documents=(PAID[0], "2022-03-21 Overpayment 12.00 GBP", *PAID[1:]),
    ),
    pounds=("0.02", "10", "12"),
)
def paid_twice(driver: SandboxDriver, pounds: str = "12") -> None:
    """An order of 12 pounds has a second payment, as if it was paid twice."""
    push_sale(
        driver,
        [order("A-1")],
        [payment("P-1"), payment("P-2", pounds)],
        [transaction("P-1", "A-1"), transaction("P-2", "A-1", pounds)],
    )


@story(
    "refunded-sale",
    Ending(
        datasets=WHOLE,
        sync=2000,
        documents=(
            "2022-03-21 Invoice 97.00 GBP",
            "2022-03-21 CreditNote 5.00 GBP",
            "2022-03-21 Payment 97.00 GBP",
            "2022-03-21 Refund 5.00 GBP",
            "2022-03-21 Bill 1.49 GBP",
            "2022-03-21 BillPayment 1.49 GBP",
        ),
    ),
)
def refunded_sale(driver: SandboxDriver) -> None:
    """5 of an order's 12 pounds are refunded, with a payment and a transaction below zero."""
    push_sale(
        driver,
        [REFUNDED],
        [payment("P-1"), payment("R-1", -5)],
        [transaction("P-1", "A-1"), transaction("R-1", "A-1", -5) | {"type": "Refund"}],
    )


@story(
    "fee-reversed",
    Ending(
        datasets=WHOLE + COMPLETE,
        sync=2000,
        documents=(
            *PAID[:2],
            "2022-03-21 Bill 1.79 GBP",
            "2022-03-21 BillPayment 1.79 GBP",
            "2022-03-22 BillCreditNote 0.30 GBP",
            "2022-03-22 BillCreditRefund 0.30 GBP",
        ),
    ),
)
def fee_reversed(driver: SandboxDriver) -> None:
    """The fee of a card payment is reversed on the next day, by a fee above zero."""
    fee = transaction("P-1", "P-1", "-0.3", kind="Payment") | {"type": "PaymentFee"}
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1"), fee])
    driver.at(TUESDAY, "12:05")
    reversed_fee = fee | {"id": "F-1", "totalAmount": Decimal("0.3")} | ON_TUESDAY
    driver.push("commerce-transactions", [reversed_fee])
    driver.at(WEDNESDAY, "09:00")


@story(
    "wrong-sign",
    Ending(
        ("R07",),
        WHOLE,
        sync=2000,
        documents=(
            *PAID[:2],
            "2022-03-21 Bill 0.49 GBP",
            "2022-03-21 BillPayment 0.49 GBP",
        ),
    ),
    fee=(0.01, 3),
)
def wrong_sign(driver: SandboxDriver, fee: float = 1) -> None:
    """The fee of a card payment is above zero, as if the provider had paid it."""
    fees = transaction("P-1", "P-1", kind="Payment") | {"type": "PaymentFee", "totalAmount": fee}
    push_sale(driver, [order("A-1")], [payment("P-1")], [transaction("P-1", "A-1"), fees])


@story(
    "payment-not-paid",
    Ending(("R08",), WHOLE, sync=2000, documents=books_of_example(12)),
    status=("Failed", "Cancelled", "Authorized"),
)
def payment_not_paid(driver: SandboxDriver, status: str = "Pending") -> None:
    """A payment is pending, and its transaction says that the money has moved."""
    unpaid = payment("P-1") | {"status": status}
    push_sale(driver, [order("A-1")], [unpaid], [transaction("P-1", "A-1")])


@story(
    "transaction-alone",
    Ending(("R08",), EXAMPLE + COMPLETE * 2, sync=2000, documents=books_of_example(12)),
)
def transaction_alone(driver: SandboxDriver) -> None:
    """An order and a transaction are pushed, and the transaction's payment is not."""
    push_sale(driver, [order("A-1")], (), [transaction("P-1", "A-1")])


@story(
    "tax-added",
    Ending(("R09",), EXAMPLE + COMPLETE, sync=2000, documents=books_of_example(12)),
    tax=(2.02, 1.98, 2.4, 12),
)
def tax_added(driver: SandboxDriver, tax: float = 2.4) -> None:
    """The tax of an order of 12 pounds is 20 percent of its total, not the part that is tax."""
    taxed = order("A-1")
    taxed["totalTaxAmount"] = taxed["orderLineItems"][0]["totalTaxAmount"] = tax
    push_sale(driver, [taxed])


@story(
    "unknown-currency",
    Ending(
        ("R10",),
        EXAMPLE + COMPLETE,
        sync=2000,
        documents=(INVOICE, "2022-03-21 Invoice 12.00 GBX", *REST),
    ),
    currency=("XXX", "US$", "EURO"),
)
def unknown_currency(driver: SandboxDriver, currency: str = "GBX") -> None:
    """An order's currency is no code of ISO 4217."""
    push_sale(driver, [order("A-1") | {"currency": currency}])


@story(
    "fraction-of-a-yen",
    Ending(
        ("R10",),
        EXAMPLE + COMPLETE,
        sync=2000,
        documents=(
            *books_of_example()[:1],
            "2022-03-21 Invoice 14.00 JPY",
            *books_of_example()[1:],
        ),
    ),
    currency=("KRW", "ISK"),
)
def fraction_of_a_yen(driver: SandboxDriver, currency: str = "JPY") -> None:
    """An order is 14.14 yen, but the yen has no smaller unit."""
    push_sale(driver, [order("A-1", "14.14") | {"currency": currency}])
