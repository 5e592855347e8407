"""A sale on the wire: an order, its payments, their transactions.

Source: contract section 3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from codat_scenarios.merchants.money import Amounts, proportion, tax_within
from codat_scenarios.merchants.opening import moment_text
from codat_scenarios.merchants.sale import Line, Paid, Sale
from codat_scenarios.merchants.shop import Shop

Record = dict[str, Any]
"""A record as on the wire: camelCase keys, Decimal amounts, ISO 8601 texts ending in Z."""

PIECES = Amounts(0)
GRAMS = Amounts(3)


def order_to_wire(sale: Sale, shop: Shop) -> Record:
    """A sale's order, with its payments inside."""
    amounts, profile = shop.amounts, shop.profile
    lines = []
    tax = refund = discount = 0
    for number, line in enumerate(sale.lines, 1):
        line_total = line.gross - line.discount
        line_tax = tax_within(line_total, line.item.product.tax)
        lines.append(line_to_wire(sale, number, line, amounts[line_total], amounts[line_tax], shop))
        off = sale.off(line)
        tax += tax_within(line_total - off, line.item.product.tax)
        discount += line.discount + off
        if line.quantity < 0:
            refund += line_total
    if sale.voucher:
        lines.append(voucher_to_wire(sale, shop))
        tax -= tax_within(sale.voucher, sale.dearest.item.product.tax)
    if profile.charge is not None:
        tax += tax_within(sale.charge, profile.charge.tax)
    order = {
        "id": sale.id,
        "orderNumber": sale.number,
        "country": profile.country,
        "currency": profile.currency,
        "createdDate": moment_text(sale.created),
        "closedDate": moment_text(sale.closed),
        "totalAmount": amounts[sale.due],
        "totalRefund": amounts[refund],
        "totalTaxAmount": amounts[tax],
        "totalDiscount": amounts[discount],
        "totalGratuity": amounts[sale.tip],
        "orderLineItems": lines,
        "payments": [payment_to_wire(paid, shop) for paid in sale.payments],
        "serviceCharges": charges_to_wire(sale, shop),
        "locationRef": sale.location.copy(),
        "sourceModifiedDate": moment_text(sale.modified),
    }
    if sale.customer is not None:
        order["customerRef"] = sale.customer.copy()
    return order


def line_to_wire(
    sale: Sale, number: int, line: Line, total: Decimal, tax: Decimal, shop: Shop
) -> Record:
    """One line of an order; a returned line has a negative quantity and a positive unit price.

    Args:
        sale: the order.
        number: of the line, from 1.
        line: of the order.
        total: its price after the discount, tax included, in the currency.
        tax: the tax within the total.
        shop: has the currency's amounts.

    Source: contract section 3.
    """
    item = line.item
    wire = {
        "id": f"{sale.id}-{number}",
        "quantity": (GRAMS if item.product.weighed else PIECES)[line.quantity],
        "taxPercentage": item.percentage,
        "totalAmount": total,
        "totalTaxAmount": tax,
        "unitPrice": shop.amounts[item.price],
        "productRef": item.ref.copy(),
    }
    if line.variant is not None:
        wire["productVariantRef"] = line.variant.copy()
    if line.discount:
        share = {"name": sale.discount_name, "totalAmount": shop.amounts[line.discount]}
        wire["discountAllocations"] = [share]
    return wire


def voucher_to_wire(sale: Sale, shop: Shop) -> Record:
    """A voucher: a line below zero without a quantity, taxed as the dearest line."""
    item = sale.dearest.item
    return {
        "id": f"{sale.id}-voucher",
        "taxPercentage": item.percentage,
        "totalAmount": shop.amounts[-sale.voucher],
        "totalTaxAmount": shop.amounts[-tax_within(sale.voucher, item.product.tax)],
    }


def charges_to_wire(sale: Sale, shop: Shop) -> list[Record]:
    """The charge beside the lines, where there is one."""
    charge = shop.profile.charge
    if charge is None or not sale.charge:
        return []
    return [
        {
            "description": charge.description,
            "totalAmount": shop.amounts[sale.charge],
            "taxPercentage": shop.charge_percentage,
            "taxAmount": shop.amounts[tax_within(sale.charge, charge.tax)],
            "quantity": 1,
            "type": charge.type,
        }
    ]


def payment_to_wire(paid: Paid, shop: Shop) -> Record:
    """A payment; a repayment has a negative amount."""
    return {
        "id": paid.id,
        "amount": shop.amounts[paid.amount],
        "currency": shop.profile.currency,
        "type": paid.method.type,
        "status": "Failed" if paid.failed else "Paid",
        "paymentProvider": paid.method.provider,
        "createdDate": moment_text(paid.created),
        "sourceModifiedDate": moment_text(paid.modified),
    }


def transactions_to_wire(sale: Sale, paid: Paid, shop: Shop) -> list[Record]:
    """A payment's transactions, all with the payment's id: the money and the fee.

    A failed payment has none. A repayment has a `Refund`, and sometimes a refund of the fee.

    Args:
        sale: the source of the money's transaction.
        paid: the payment or repayment, the source of the fee's.
        shop: has the currency's amounts.

    Source: contract section 3.
    """
    if paid.failed:
        return []
    kinds = ("Payment", "PaymentFee") if paid.amount > 0 else ("Refund", "PaymentFeeRefund")
    transactions = [transaction_to_wire(paid, shop, kinds[0], paid.amount, sale.id, "Order")]
    fee = fee_of(paid)
    if fee:
        transactions.append(transaction_to_wire(paid, shop, kinds[1], -fee, paid.id, "Payment"))
    return transactions


def transaction_to_wire(
    paid: Paid, shop: Shop, kind: str, units: int, source: str, source_kind: str
) -> Record:
    """One movement of money.

    Args:
        paid: gives the id and the dates.
        shop: has the currency and its amounts.
        kind: the transaction type.
        units: the amount in smallest units; fees and refunds are negative.
        source: the id of the source.
        source_kind: `Order` or `Payment`.

    Source: contract section 3.
    """
    return {
        "id": paid.id,
        "totalAmount": shop.amounts[units],
        "currency": shop.profile.currency,
        "type": kind,
        "transactionSourceRef": {"id": source, "type": source_kind},
        "createdDate": moment_text(paid.created),
        "sourceModifiedDate": moment_text(paid.modified),
    }


def fee_of(paid: Paid) -> int:
    """The provider's fee for a payment (negative: a fee refund), in smallest units."""
    fee = paid.method.fee
    if fee is None or (paid.amount < 0 and not fee.returned):
        return 0
    fixed = fee.fixed if paid.amount > 0 else 0
    return proportion(paid.amount, fee.rate, 10_000) + fixed
