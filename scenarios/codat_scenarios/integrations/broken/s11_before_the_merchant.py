"""Pushes though the merchant has not authorised the accounting platform yet."""

from codat_scenarios.integrations.environment import MONDAY, Environment, ScheduledEvent
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import at
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S11",)
SCENE = Environment(
    is_linked=False,
    happenings=(ScheduledEvent(at(MONDAY, "20:00"), "/_mock/companies/{company}/authorize"),),
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
