"""Asks for every record of a backlog whether the connections are linked."""

from collections.abc import Iterable

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T03",)
SCENE = Environment(backlog=340)


class AgainAndAgain(Integration):
    def push(self, changes: Iterable[Change]) -> None:
        super().push(change for change in changes if self.codat.is_linked(self.company_id))


def main(shop: Shop) -> None:
    through_the_day(shop, AgainAndAgain(shop))
