"""Asks for the last sync by a path made up of those of two generations of the API."""

from datetime import datetime

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T02",)


class Mixed(Codat):
    def last_sync(self, company_id: str) -> datetime | None:
        answer = self.send_once("GET", f"/companies/{company_id}/sync/commerce/status")
        print("The last sync:", answer.status_code)
        return super().last_sync(company_id)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Mixed))
