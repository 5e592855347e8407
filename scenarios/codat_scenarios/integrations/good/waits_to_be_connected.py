"""Pushes only while the merchant's connections are linked: not before, and not after."""

from codat_scenarios.integrations.pushing import TIMES, Integration
from codat_scenarios.integrations.scene import MONDAY, TUESDAY, Happening, Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import at

SCENE = Scene(
    is_linked=False,
    happenings=(
        Happening(at(MONDAY, "12:00"), "/_mock/companies/{company}/authorize"),
        Happening(at(TUESDAY, "12:00"), "/_mock/companies/{company}/delete-connection"),
    ),
)


def main(shop: Shop) -> None:
    integration = Integration(shop)
    for _ in shop.times(*TIMES):
        if integration.codat.is_linked(shop.company_id):
            integration.push_news()
