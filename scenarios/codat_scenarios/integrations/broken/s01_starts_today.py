"""Begins with the day it goes live, and leaves out the sales since the start date."""

from codat_scenarios.integrations.environment import MONDAY
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S01", "B02")


def main(shop: Shop) -> None:
    integration = Integration(shop)
    integration.read_until = MONDAY
    through_the_day(shop, integration)
