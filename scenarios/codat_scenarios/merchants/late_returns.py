"""What comes back days after its sale: the sale is synced by then, so that the return is an order.

Source: `docs/examples.md`, refund of an earlier day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from codat_scenarios.merchants.sale import Line, Sale
from codat_scenarios.merchants.sale_generator import SaleGenerator

# Few, so that a day depends on few others.
DAYS_LATER: Final = (3, 8, 14)


@dataclass(frozen=True, slots=True)
class LateReturn:
    """A line that comes back on a later day.

    Args:
        sale: the sale, with its payments as they were at the end of its day.
        line: of it.
        days_later: on which day after the sale's.
    """

    sale: Sale
    line: Line
    days_later: int

    def order(self, moment: int, number: str, generator: SaleGenerator) -> Sale:
        """The order of the return: a negative quantity, repaid as the sale was paid.

        Args:
            moment: when, seconds since 1970.
            number: the order's number.
            generator: of the day of the return, for its ids.
        """
        sale = generator.empty_sale(moment, number)
        sale.location, sale.customer = self.sale.location, self.sale.customer
        sale.lines = [self.line.returned()]
        method = self.sale.payments[-1].method
        sale.payments = [generator.payment(method, -self.line.total, sale.closed)]
        return sale


def draw_late_returns(
    sales: Iterable[Sale], per_mille: int, source: Random
) -> Iterator[LateReturn]:
    """Draw what of a day's sales comes back, and when.

    Args:
        sales: as they were at the end of the day.
        per_mille: how many of a thousand orders come back in part.
        source: for returns alone.
    """
    for sale in sales:
        chosen, which, later = source.random(), source.random(), source.random()
        lines = [line for line in sale.lines if line.is_returnable]
        if chosen * 1000 >= per_mille or not lines or any(line.gross < 0 for line in sale.lines):
            continue
        line = lines[int(which * len(lines))]
        if sale.payments and line.total <= sale.payments[-1].amount:
            yield LateReturn(sale, line, DAYS_LATER[int(later * len(DAYS_LATER))])
