"""Pushes a backlog of 5,000 sales in one piece."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S07",)
SCENE = Environment(backlog=5000)


class InOnePiece(Integration):
    chunk_size = 1_000_000


def main(shop: Shop) -> None:
    through_the_day(shop, InOnePiece(shop))
