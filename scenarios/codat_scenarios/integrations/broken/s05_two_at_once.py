"""Pushes the orders of one floor while those of the other are still being sent."""

from collections.abc import Iterator, Sequence

from codat_scenarios.integrations.pos_sale import LISTS, ORDERS, DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import ENCODER
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S05",)


class TwoFloors(Integration):
    def deliver(self, data_type: DataType, records: Sequence[Record]) -> None:
        if data_type != ORDERS or len(records) < 2:
            super().deliver(data_type, records)
            return
        upstairs, downstairs = records[::2], records[1::2]
        path = f"/data/companies/{self.company_id}/sync/{ORDERS}"
        answer = self.codat.http.post(path, content=self.stream(upstairs, downstairs))
        self.outcome(answer.raise_for_status().json()["datasetId"])

    def stream(self, upstairs: Sequence[Record], downstairs: Sequence[Record]) -> Iterator[bytes]:
        yield f'{{"{LISTS[ORDERS]}": ['.encode()
        self.codat.is_linked(self.company_id)  # the first bytes have arrived when this is answered
        pushed = self.codat.push(self.company_id, ORDERS, downstairs)
        yield b",".join(map(ENCODER.encode, upstairs)) + b"]}"
        self.outcome(pushed)


def main(shop: Shop) -> None:
    through_the_day(shop, TwoFloors(shop))
