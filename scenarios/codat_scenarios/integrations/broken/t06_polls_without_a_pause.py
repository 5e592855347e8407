"""Asks for a dataset twice a second."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T06",)


class Eager(Codat):
    def outcome(self, company_id: str, dataset_id: str) -> str:
        while (status := str(self.dataset(company_id, dataset_id)["status"])) != "Complete":
            self.sleep(0.5)
        return status


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Eager))
