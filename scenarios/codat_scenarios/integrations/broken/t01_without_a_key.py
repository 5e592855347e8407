"""Asks for the last sync without its key."""

from datetime import datetime

import httpx

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T01",)


class Keyless(Codat):
    def last_sync(self, company_id: str) -> datetime | None:
        path = f"/meta/companies/{company_id}/sync/commerce/status"
        seen = httpx.get(f"{self.http.base_url}{path.removeprefix('/')}")
        print("The last sync:", seen.status_code)
        return super().last_sync(company_id)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Keyless))
