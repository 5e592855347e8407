"""Pushes the evening's sales early in the morning, when they have been synced without."""

from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S08", "S02", "B02")


class NoMatterWhen(Integration):
    def is_synced(self, change: Change) -> bool:
        is_new = change.at == change.created
        return super().is_synced(change) and not is_new


def main(shop: Shop) -> None:
    integration = NoMatterWhen(shop)
    for _ in shop.times("09:30", "13:30", "18:30", "29:00"):
        integration.push_news()
