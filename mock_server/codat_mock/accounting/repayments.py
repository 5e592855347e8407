"""Which refund a repayment is for, where its source is the first sale or its payment.

No record names the refund then, so that amounts decide (assumed).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final, NamedTuple

from codat_mock.accounting.money import ZERO, minor_unit, smallest_coin

MAX_TOGETHER: Final = 3  # refunds that are repaid in one sum
MAX_COMBINED: Final = 6  # open refunds of which sums are tried: of many, some come to any amount


class Repayment(NamedTuple):
    """Money paid back whose source does not refund it.

    Args:
        key: the payment's that pays it back.
        order: the order that is its source, or whose payment is.
        amount: above zero, in units of the currency.
        is_cash: whether it may be rounded to the smallest coin.
        sold: what that order sold and did not refund; zero where it may only be for a refund of the
            same amount.
        due_back: what that order owes back itself, less repayments that name it.
        overpaid: what was paid beyond what that order owes.
    """

    key: str
    order: str
    currency: str
    amount: Decimal
    is_cash: bool
    sold: Decimal
    due_back: Decimal
    overpaid: Decimal


class OpenRefund(NamedTuple):
    """An order that only refunds, and is not repaid yet; `due_back` is above zero."""

    currency: str
    due_back: Decimal


class Share(NamedTuple):
    """The part of a repayment that is for one refund."""

    order: str
    amount: Decimal


def match_repayments(
    repayments: Iterable[Repayment], refunds: Mapping[str, OpenRefund]
) -> dict[str, list[Share]]:
    """Find the refunds of each repayment.

    What its own order owes back counts like the refund of another order, and comes first. First one
    refund that comes to the same amount; then the fewest that do together with the other repayments
    of the order, or to the smallest coin; else the only refund that comes to more, but not to more
    than the order sold.

    Args:
        repayments: those whose source does not refund them.
        refunds: the orders that refund, by their keys, the likeliest first.

    Returns:
        The shares of each repayment that is not its own order's alone, by its key.
    """
    left = dict(refunds)
    of_order: dict[tuple[str, str], list[Repayment]] = defaultdict(list)
    for each in repayments:
        of_order[each.order, each.currency].append(each)
    found: dict[str, list[Share]] = {}
    waiting: list[tuple[Decimal, list[Repayment]]] = []
    for together in of_order.values():
        own, rest = together[0].due_back, []
        for each in together:
            if each.amount == own:
                own = ZERO
            elif refund := same_amount(each, left):
                found[each.key] = [Share(refund, each.amount)]
                del left[refund]
            else:
                rest.append(each)
        if rest:
            waiting.append((own, rest))
    for own, together in waiting:
        targets = targets_of(own, together, left)
        for refund, _ in targets:
            left.pop(refund, None)
        found |= shares(together, targets)
    return found


def same_amount(repayment: Repayment, refunds: Mapping[str, OpenRefund]) -> str | None:
    """The first refund that comes to the amount of a repayment."""
    same = OpenRefund(repayment.currency, repayment.amount)
    return next((key for key, refund in refunds.items() if refund == same), None)


def targets_of(
    own: Decimal, together: Sequence[Repayment], refunds: Mapping[str, OpenRefund]
) -> list[tuple[str, Decimal]]:
    """The refunds that repayments of one order are for, each with the amount of it that they repay.

    Args:
        own: what their own order still owes back.
        together: the repayments.
        refunds: of other orders, to choose from.

    Returns:
        Orders and amounts; nothing where all is their own order's.
    """
    first = together[0]
    order, currency = first.order, first.currency
    total = sum((each.amount for each in together), ZERO)
    is_cash = any(each.is_cash for each in together)
    tolerance = smallest_coin(currency) - minor_unit(currency) if is_cash else ZERO
    if abs(own - total) <= tolerance:
        return []
    possible = [(order, part) for part in (own, first.overpaid) if part]
    possible += [(key, each.due_back) for key, each in refunds.items() if each.currency == currency]
    for chosen in sums(possible):
        if abs(sum((amount for _, amount in chosen), ZERO) - total) <= tolerance:
            return [*chosen]
    if total <= max(own, first.overpaid):
        return []
    rest = total - own
    larger = [key for key, amount in possible if key != order and rest < amount <= first.sold]
    if len(larger) != 1:
        return []
    return [*([(order, own)] if own else []), (larger[0], rest)]


def sums(
    possible: Sequence[tuple[str, Decimal]],
) -> Iterator[tuple[tuple[str, Decimal], ...]]:
    """Refunds that may be repaid together, the fewest first."""
    yield from ((each,) for each in possible)
    for count in range(2, MAX_TOGETHER + 1):
        yield from combinations(possible[:MAX_COMBINED], count)


def shares(
    together: Sequence[Repayment], targets: Sequence[tuple[str, Decimal]]
) -> dict[str, list[Share]]:
    """Share repayments out among refunds, in order; the last refund has what is left.

    Args:
        together: the repayments.
        targets: the refunds, each with the amount that is repaid; none where nothing is shared out.
    """
    found: dict[str, list[Share]] = {}
    waiting = list(targets)
    for repayment in together if targets else ():
        left, parts = repayment.amount, []
        while left:
            refund, amount = waiting[0]
            part = left if len(waiting) == 1 else min(left, amount)
            parts.append(Share(refund, part))
            left -= part
            waiting[0] = refund, amount - part
            if len(waiting) > 1 and part == amount:
                del waiting[0]
        found[repayment.key] = parts
    return found
