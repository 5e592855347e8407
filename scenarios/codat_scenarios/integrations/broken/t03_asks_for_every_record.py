"""Asks for the start date again for every record of a large backlog."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scene import Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change

BREAKS = ("T03",)
SCENE = Scene(backlog=340)


class AgainAndAgain(Integration):
    def since_start_date(self, changes: Iterable[Change]) -> list[Change]:
        return [
            change for change in changes if change.created >= self.codat.start_date(self.company_id)
        ]


def main(shop: Shop) -> None:
    through_the_day(shop, AgainAndAgain(shop))
