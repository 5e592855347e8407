"""Pushes though the merchant has not authorised the accounting platform yet."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scene import MONDAY, Happening, Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import at

BREAKS = ("S11",)
SCENE = Scene(
    is_linked=False,
    happenings=(Happening(at(MONDAY, "20:00"), "/_mock/companies/{company}/authorize"),),
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
