"""Pushes for several merchants at once, one push at a time for each."""

from concurrent.futures import ThreadPoolExecutor

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import TIMES, Integration
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(companies=3)


def main(shop: Shop) -> None:
    integrations = [Integration(shop, company_id) for company_id in shop.pos_by_company]
    with ThreadPoolExecutor(len(integrations)) as pool:
        for _ in shop.times(*TIMES):
            list(pool.map(Integration.push_news, integrations))
