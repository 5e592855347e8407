"""Asks for the state of the last sync where the other generation of the API has it."""

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


class UsingMixed(Integration):
    service = Mixed


def main(shop: Shop) -> None:
    through_the_day(shop, UsingMixed(shop))
