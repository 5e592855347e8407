"""Learns from alerts how its datasets ended, and never polls."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.receiver import Receiver
from codat_scenarios.integrations.shop import Shop

PROCESSING_SECONDS = 10


class Alerted(Integration):
    def __init__(self, shop: Shop, receiver: Receiver) -> None:
        super().__init__(shop)
        self.receiver = receiver

    def outcome(self, dataset_id: str) -> str:
        self.shop.sleep(PROCESSING_SECONDS)
        return self.receiver.outcome(dataset_id)


def main(shop: Shop) -> None:
    with Receiver() as receiver:
        types = ("Data sync completed", "Data Sync Status Changed to Error")
        shop.ask_for_alerts(receiver.url, *types)
        through_the_day(shop, Alerted(shop, receiver))
