"""Deletes a sale that has been synced."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("D03",)


class NeverTooLate(Integration):
    def is_synced(self, change: Change) -> bool:
        return super().is_synced(change) and not change.is_deleted


def main(shop: Shop) -> None:
    through_the_day(shop, NeverTooLate(shop))
