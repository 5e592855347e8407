"""Pushes a large backlog in chunks, then the changes."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(backlog=1200)


class Chunked(Integration):
    chunk_size = 400


def main(shop: Shop) -> None:
    through_the_day(shop, Chunked(shop))
