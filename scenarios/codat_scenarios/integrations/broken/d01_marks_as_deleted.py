"""Deletes a record by pushing the whole of it with a mark that it is deleted."""

from codat_mock.clock import format_moment
from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("D01",)


class Marking(Integration):
    def deletion(self, change: Change) -> Record:
        moment = format_moment(change.at)
        return {**change.record, "isDeleted": True, "sourceModifiedDate": moment}


def main(shop: Shop) -> None:
    through_the_day(shop, Marking(shop))
