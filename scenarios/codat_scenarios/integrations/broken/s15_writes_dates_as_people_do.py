"""Writes closing times as people do, and falls back to the right form once it is refused."""

from collections.abc import Sequence

import httpx

from codat_mock.clock import parse_moment
from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S15",)


class ByHand(Codat):
    def push(self, company_id: str, data_type: DataType, records: Sequence[Record]) -> str:
        told = [{**record, **self.closing_time(record)} for record in records]
        try:
            return super().push(company_id, data_type, told)
        except httpx.HTTPStatusError:
            return super().push(company_id, data_type, records)

    def closing_time(self, record: Record) -> Record:
        if "closedDate" not in record:
            return {}
        return {"closedDate": f"{parse_moment(record['closedDate']):%d/%m/%Y %H:%M}"}


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=ByHand))
