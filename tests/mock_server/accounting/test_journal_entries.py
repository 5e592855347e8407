"""The vendor's five examples of journal entries, with its own figures, over HTTP.

Source: contract part 2, section B (journals; order totals exclude tax there).
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from codat_scenarios.sandbox_driver import SandboxDriver

MORNING = "2022-03-21T09:30:00Z"
CASH, CARD, RECEIVABLE = "Cash", "Card", "Receivable"
SALES, TIPS, TAX = "Sales", "Gratuities", "Tax"
FEES, FEE_REFUNDS = "Fees", "Fee refunds"
Sale = dict[str, list[dict[str, Any]]]


def sale(
    net: int, tax: int, *, tip: int = 0, paid: bool = True, quantity: int = 1, discount: int = 0
) -> Sale:
    """An order, and what pays it in cash; a return where the quantity is negative.

    Args:
        net: what is sold or taken back, without tax, before discounts.
        tax: of the total.
        tip: paid on top.
        paid: whether it is paid at once, or left open.
        quantity: 1 or -1.
        discount: on the line, without tax.
    """
    total = quantity * (net + tax - discount)
    key = f"order-{net}"
    line = {
        "id": "1", "quantity": quantity, "taxPercentage": 20, "totalAmount": total,
        "totalTaxAmount": quantity * tax, "unitPrice": net,
        "discountAllocations": [{"totalAmount": discount}] if discount else [],
    }  # fmt: skip
    order = {
        "id": key, "currency": "GBP", "createdDate": MORNING, "totalAmount": max(total, 0),
        "totalTaxAmount": max(quantity * tax, 0), "totalRefund": min(total, 0),
        "totalDiscount": discount, "totalGratuity": tip, "orderLineItems": [line],
    }  # fmt: skip
    if not paid:
        return {"orders": [order], "payments": [], "transactions": []}
    amount = total + tip
    payment = {
        "id": f"paid-{key}", "amount": amount, "currency": "GBP", "type": "Cash",
        "status": "Paid", "createdDate": MORNING,
    }  # fmt: skip
    link = moved("Payment" if amount > 0 else "Refund", amount, payment["id"], (key, "Order"))
    return {"orders": [order], "payments": [payment], "transactions": [link]}


def moved(kind: str, amount: int, key: object, source: tuple[object, str]) -> dict[str, Any]:
    """A transaction.

    Args:
        kind: its type.
        amount: below zero for money that leaves.
        key: its id.
        source: the id and the type of what it is about.
    """
    return {
        "id": key, "totalAmount": amount, "currency": "GBP", "type": kind, "createdDate": MORNING,
        "transactionSourceRef": {"id": source[0], "type": source[1]},
    }  # fmt: skip


def with_fees(made: Sale) -> Sale:
    """The same sale with a fee of 60, of which 30 are given back."""
    key = made["payments"][0]["id"]
    fee = moved("PaymentFee", -60, key, (key, "Payment"))
    refund = moved("PaymentFeeRefund", 30, key, (key, "Payment"))
    return {**made, "transactions": [*made["transactions"], fee, refund]}


DAY = sale(1000, 200, tip=50)
EXAMPLES = {
    "cash sale": (DAY, {CASH: 1250, SALES: -1000, TIPS: -50, TAX: -200}),
    "sale on account": (
        sale(5500, 1000, paid=False, discount=500), {RECEIVABLE: 6000, SALES: -5000, TAX: -1000},
    ),
    "cash refund": (sale(100, 20, quantity=-1), {SALES: 100, TAX: 20, CASH: -120}),
    "credit note": (
        sale(200, 40, quantity=-1, paid=False), {SALES: 200, TAX: 40, RECEIVABLE: -240},
    ),
    "day": (
        with_fees(DAY),
        {CASH: 1220, FEES: 60, SALES: -1000, TIPS: -50, TAX: -200, FEE_REFUNDS: -30},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_journal_entry_has_the_vendors_debits_and_credits(
    driver: SandboxDriver, name: str
) -> None:
    made, expected = EXAMPLES[name]
    path = f"/config/companies/{driver.company_id}/sync/commerce"
    configuration = driver.call("GET", path)
    mapping = configuration["configuration"]
    mapping["mapSettings"] = {"outputFormat": "JournalEntry"}
    sales = mapping["sales"]["accounts"]
    sales["refund"]["selectedAccountId"] = sales["sales"]["selectedAccountId"]
    fee, fee_refund = (
        mapping["fees"]["accounts"][name] for name in ("paymentFee", "paymentFeeRefund")
    )
    fee_refund["selectedAccountId"] = fee_refund["accountOptions"][-1]["id"]
    selected = {
        CASH: mapping["payments"]["accounts"]["cash"], SALES: sales["sales"],
        TIPS: sales["gratuity"], FEES: fee,
        FEE_REFUNDS: fee_refund,
    }  # fmt: skip
    names = {account["selectedAccountId"]: name for name, account in selected.items()}
    driver.call("POST", path, configuration)
    for kind, records in made.items():
        driver.push(f"commerce-{kind}", records)
    driver.advance(days=1)
    [entry] = driver.books()["documents"]
    assert entry["kind"] == "JournalEntry"
    booked: Counter[str] = Counter()
    for line in entry["lines"]:
        account = names.get(line["accountId"]) or (
            TAX if "tax" in line["description"].lower() or "vat" in line["description"].lower()
            else RECEIVABLE
        )  # fmt: skip
        booked[account] += Decimal(str(line["net"]))
    assert booked == expected
