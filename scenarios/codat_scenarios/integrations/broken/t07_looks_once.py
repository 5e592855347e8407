"""Asks for a dataset once, and takes whatever it is told for its end."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T07", "S13")


class Glancing(Codat):
    def outcome(self, company_id: str, dataset_id: str) -> str:
        status = self.dataset(company_id, dataset_id)["status"]
        print("The dataset is", status)
        return "Complete"


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Glancing))
