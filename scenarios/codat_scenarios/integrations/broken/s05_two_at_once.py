"""Streams the orders of both its floors at the same time, each as a push of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import httpx

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.sales import LISTS, ORDERS, DataType, Record
from codat_scenarios.integrations.scene import Scene
from codat_scenarios.integrations.service import ENCODER
from codat_scenarios.integrations.shop import Shop, authorization

BREAKS = ("S05",)
SCENE = Scene(backlog=40)


class TwoFloors(Integration):
    def deliver(self, data_type: DataType, records: Sequence[Record]) -> None:
        if data_type != ORDERS or len(records) < 2:
            super().deliver(data_type, records)
            return
        for dataset_id in asyncio.run(self.push_both(records[::2], records[1::2])):
            self.outcome(dataset_id)

    async def push_both(self, *floors: Sequence[Record]) -> list[str]:
        headers = authorization(self.shop.api_key)
        async with httpx.AsyncClient(base_url=self.shop.base_url, headers=headers) as http:
            return await asyncio.gather(*(self.stream(http, floor) for floor in floors))

    async def stream(self, http: httpx.AsyncClient, records: Sequence[Record]) -> str:
        path = f"/data/companies/{self.company_id}/sync/{ORDERS}"
        answer = await http.post(path, content=written(records))
        return str(answer.raise_for_status().json()["datasetId"])


async def written(records: Sequence[Record]) -> AsyncIterator[bytes]:
    """The push, record by record, as the database gives them."""
    yield f'{{"{LISTS[ORDERS]}": ['.encode()
    for place, record in enumerate(records):
        await asyncio.sleep(0)
        yield (b"," if place else b"") + ENCODER.encode(record)
    yield b"]}"


def main(shop: Shop) -> None:
    through_the_day(shop, TwoFloors(shop))
