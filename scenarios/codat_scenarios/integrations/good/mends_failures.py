"""Pushes the records of a dataset that failed once more."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scene import Scene
from codat_scenarios.integrations.shop import Shop

SCENE = Scene(
    outcomes=(
        {"target": "dataset", "dataType": "commerce-orders", "outcome": "MapError"},
        {"target": "dataset", "dataType": "commerce-payments", "outcome": "InternalError"},
    )
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
