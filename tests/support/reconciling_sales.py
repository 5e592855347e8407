"""What holds for sales on the wire, written a second time from contract section 3."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

CARD_LIKE_FEES = {"Payment": "PaymentFee", "Refund": "PaymentFeeRefund"}


def assert_order_adds_up(order, digits):
    lines, charges = order.get("orderLineItems") or [], order.get("serviceCharges") or []
    allocated = [part for line in lines for part in line.get("discountAllocations") or []]
    off = order.get("totalDiscount", 0) - amount_of(allocated)  # in no line
    assert amount_of(lines) + amount_of(charges) - off == order["totalAmount"]
    returned = [line for line in lines if line.get("quantity", 0) < 0]
    assert order.get("totalRefund", 0) == amount_of(returned) <= 0
    if "totalTaxAmount" in order:
        taxes = [line["totalTaxAmount"] for line in lines]
        taxes += [charge["taxAmount"] for charge in charges]
        share = 1 - off / amount_of(lines) if off else 1
        unit = Decimal(1).scaleb(-digits) * len(taxes) if off else 0
        assert abs(order["totalTaxAmount"] - share * sum(taxes)) <= unit
    for line in lines:
        assert_line_adds_up(line, digits)
    assert off == 0 or not charges


def assert_line_adds_up(line, digits):
    if "quantity" in line:
        assert line["unitPrice"] >= 0
        asked = rounded(line["quantity"] * line["unitPrice"], digits)
        discount = amount_of(line.get("discountAllocations") or [])
        assert line["totalAmount"] == asked - discount
    else:  # a voucher
        assert line["totalAmount"] < 0
    rate = line["taxPercentage"]
    assert line["totalTaxAmount"] == rounded(line["totalAmount"] * rate / (100 + rate), digits)


def assert_sales_add_up(orders, payments, transactions, digits):
    """Every order adds up, every payment belongs to one, every movement to a payment or order."""
    moved = {(moved["id"], moved["type"]): moved for moved in transactions}
    assert len(moved) == len(transactions)
    pushed = {payment["id"]: payment for payment in payments}
    assert len(pushed) == len(payments)
    assert len({order["id"] for order in orders}) == len(orders)
    expected = set()
    for order in orders:
        assert_order_adds_up(order, digits)
        inside = order.get("payments") or []
        paid = [payment for payment in inside if payment["status"] == "Paid"]
        due = order["totalAmount"] + order.get("totalGratuity", 0)
        is_unpaid = not inside and not order.get("totalRefund")
        assert is_unpaid or sum(payment["amount"] for payment in paid) == due
        for payment in inside:
            assert pushed.pop(payment["id"]) == payment
            assert payment.get("currency") == order.get("currency")
        for payment in paid:
            expected |= assert_payment_moved(order, payment, moved)
    for payment in pushed.values():
        expected |= assert_charged_back(payment, payments, moved)
    assert set(moved) - {key for key in moved if key[1] == "Payout"} == expected


def assert_payment_moved(order, payment, moved):
    kind = "Refund" if payment["amount"] < 0 else "Payment"
    movement = moved[payment["id"], kind]
    assert movement["totalAmount"] == payment["amount"]
    assert movement["transactionSourceRef"] == {"id": order["id"], "type": "Order"}
    assert movement.get("currency") == order.get("currency")
    fee = moved.get((payment["id"], CARD_LIKE_FEES[kind]))
    if fee is None:
        return {(payment["id"], kind)}
    assert (fee["totalAmount"] > 0) == (kind == "Refund")
    assert fee["transactionSourceRef"] == {"id": payment["id"], "type": "Payment"}
    return {(payment["id"], kind), (payment["id"], fee["type"])}


def assert_charged_back(payment, payments, moved):
    """A repayment that no order has: its source is the payment that it takes back, for a fee."""
    back, fee = moved[payment["id"], "Refund"], moved[payment["id"], "PaymentFee"]
    assert back["transactionSourceRef"]["type"] == "Payment"
    (taken,) = (p for p in payments if p["id"] == back["transactionSourceRef"]["id"])
    assert back["totalAmount"] == payment["amount"] == -taken["amount"]
    assert fee["totalAmount"] < 0
    assert fee["transactionSourceRef"] == {"id": payment["id"], "type": "Payment"}
    return {(payment["id"], "Refund"), (payment["id"], "PaymentFee")}


def amount_of(parts):
    return sum(part["totalAmount"] for part in parts)


def rounded(amount, digits):
    return Decimal(amount).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def after(day):
    """The day's records after its changes: orders, payments, transactions."""
    books = {kind: defaultdict(dict) for kind in day.records}
    for kind, records in day.records.items():
        for record in records:
            books[kind][record["id"]][record.get("type")] = record
    for change in day.changes:
        versions = books[change.data_type]
        if set(change.record) == {"id"}:
            del versions[change.record["id"]]
        else:
            # A payment's type is no part of its key; it never changes here.
            versions[change.record["id"]][change.record.get("type")] = change.record
    return [[r for same in books[kind].values() for r in same.values()] for kind in day.records]
