"""Pushes each sale while the customer waits, so that the sale fails when the push does."""

# A story reports measured sales; here the coupling itself runs, and the shop measures it.
from collections.abc import Sequence

import httpx

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S16",)
ENVIRONMENT = Environment(faults=({"kind": "refuse", "operation": "push-orders", "at": [3]},))


class WithoutRetries(Codat):
    def send(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """Send a request once, whatever happens to it.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            body: JSON, in UTF-8; None for no body.

        Raises:
            httpx.HTTPStatusError: the answer is an error.
            httpx.TransportError: there was no answer.
        """
        return self.send_once(method, path, body).raise_for_status()


class PushesDuringSale(Integration):
    def __init__(self, shop: Shop) -> None:
        super().__init__(shop, service=WithoutRetries)
        self.unsent: list[Change] = []

    def record_sale(self, changes: Sequence[Change]) -> None:
        self.unsent.extend(changes)
        self.push(self.unsent)
        self.unsent.clear()


def main(shop: Shop) -> None:
    integration = PushesDuringSale(shop)
    integration.push_news()
    for changes in shop.business():
        shop.record(changes, integration.record_sale)
    shop.report_sales("refusing")
