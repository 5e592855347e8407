"""Goes on pushing when the merchant has deleted the connection."""

import sys
from collections.abc import Sequence

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.sales import DataType, Record
from codat_scenarios.integrations.scene import TUESDAY, Happening, Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import at

BREAKS = ("S17", "S14")
SCENE = Scene(
    happenings=(Happening(at(TUESDAY, "12:00"), "/_mock/companies/{company}/delete-connection"),),
)


class Insistent(Integration):
    def see_through(self, data_type: DataType, records: Sequence[Record]) -> None:
        dataset_id = self.codat.push(self.company_id, data_type, records)
        if self.outcome(dataset_id) != "AuthError":
            return
        print(f"{data_type}: the dataset {dataset_id} ended in AuthError", file=sys.stderr)


def main(shop: Shop) -> None:
    through_the_day(shop, Insistent(shop))
