"""Uses this project's push client, whose ledger detects new, changed and deleted records."""

from collections.abc import Iterator

from codat_push import Ledger, PushClient
from codat_push.clock import MachineClock
from codat_scenarios.integrations.environment import START_DATE
from codat_scenarios.integrations.pos_sale import LISTS, DataType, Record
from codat_scenarios.integrations.pushing import TIMES
from codat_scenarios.integrations.shop import Shop


class ShopClock(MachineClock):
    """The shop's clock, so that nothing really sleeps."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def now(self) -> float:
        return self.shop.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.shop.sleep(seconds)


def main(shop: Shop) -> None:
    clock = ShopClock(shop)
    with (
        PushClient(shop.api_key, shop.base_url, clock=clock) as client,
        Ledger(":memory:", clock=clock) as ledger,
    ):
        for _ in shop.times(*TIMES):
            client.resume(ledger, shop.company_id)  # learns what the night has synced
            for data_type in LISTS:
                records = current_records(shop, data_type)
                for chunk in ledger.changes(
                    shop.company_id, data_type, records, snapshot=True, allow_deletes=1.0
                ):
                    client.deliver(ledger, chunk)


def current_records(shop: Shop, data_type: DataType) -> Iterator[Record]:
    last = {change.key: change for change in shop.pos.between(None, shop.now)}
    for change in last.values():
        is_due = change.data_type == data_type and change.created >= START_DATE
        if is_due and not change.is_deleted:
            yield change.record
