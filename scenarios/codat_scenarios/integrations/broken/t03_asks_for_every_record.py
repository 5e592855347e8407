"""Asks for every record of a backlog whether the connections are linked."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scene import Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change

BREAKS = ("T03",)
SCENE = Scene(backlog=340)


class AgainAndAgain(Integration):
    def push(self, changes: Iterable[Change]) -> None:
        super().push(change for change in changes if self.codat.is_linked(self.company_id))


def main(shop: Shop) -> None:
    through_the_day(shop, AgainAndAgain(shop))
