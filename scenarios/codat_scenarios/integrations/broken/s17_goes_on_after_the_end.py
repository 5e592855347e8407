"""Goes on pushing when the merchant has deleted the connection."""

from collections.abc import Sequence

from codat_scenarios.integrations.environment import TUESDAY, Environment, ScheduledEvent
from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import at
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S17",)
SCENE = Environment(
    happenings=(
        ScheduledEvent(at(TUESDAY, "12:00"), "/_mock/companies/{company}/delete-connection"),
    ),
)


class Insistent(Integration):
    def see_through(self, data_type: DataType, records: Sequence[Record]) -> None:
        dataset_id = self.codat.push(self.company_id, data_type, records)
        print(data_type, "ended in", self.outcome(dataset_id))


def main(shop: Shop) -> None:
    through_the_day(shop, Insistent(shop))
