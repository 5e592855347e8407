"""Examples for the document of the API: one merchant's first day.

The records are the worked example of the reference: an order of 85.00 GBP, paid by card.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from codat_mock.clock import parse_moment
from codat_mock.configuration.integrations import INTEGRATIONS, branding
from codat_mock.configuration.options import with_options
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.alerts import Notifiers, VendorRule
from codat_mock.models.companies import Company, Connection, ConnectionStatus
from codat_mock.models.configuration import Configuration, Schedule
from codat_mock.models.datasets import DatasetHistory
from codat_mock.models.integrations import Integration
from codat_mock.models.pages import (
    BetaCompanies,
    Connections,
    DatasetHistories,
    Integrations,
    LaterCompanies,
    Link,
    Links,
    Page,
    VendorRules,
)
from codat_mock.models.sync_flow import Localization, SyncFlowUrl, VisibleAccounts
from codat_mock.models.syncs import DateRange, SyncSummary, company_sync_status, started_sync

CREATED: Final = "2022-03-21T09:00:00Z"
COMPANY_ID: Final = "a00a94a8-9443-4f1d-b658-bfb19d74c6bf"
DATASET_ID: Final = "6f87fad8-862b-4e6d-ab67-1c8d49ebb5ee"
SYNC_ID: Final = "c1e1a5a4-4b6c-4f0e-9a53-0f4bb0a9d1f7"
LINK: Final = f"http://127.0.0.1:4620/link/company/{COMPANY_ID}"


def connection(id_: str, platform: Integration, status: ConnectionStatus) -> Connection:
    """A connection of the company.

    Args:
        id_: its id.
        platform: what it is a connection to.
        status: its status.
    """
    return Connection(
        id=id_,
        integration_id=platform.integration_id,
        integration_key=platform.key,
        source_id=platform.source_id,
        source_type=platform.source_type,
        platform_name=platform.name,
        link_url=f"{LINK}/connection/{id_}",
        status=status,
        created=CREATED,
    )


COMMERCE: Final = connection("26f2029f-8027-4971-807d-7378d74323d8", INTEGRATIONS[0], "Linked")
ACCOUNTING: Final = connection(
    "0b8a4c1e-6d5f-4e0c-8f3e-2f6f7c1d9a55", INTEGRATIONS[1], "PendingAuth"
)
CONNECTIONS_MADE: Final = [COMMERCE, ACCOUNTING]
COMPANY: Final = Company(
    id=COMPANY_ID,
    name="Corner Coffee",
    platform="Partner Commerce",
    redirect=LINK,
    data_connections=[COMMERCE],
    created=CREATED,
)
NEW_COMPANY: Final = {"name": "Corner Coffee"}
BARE_COMPANY: Final = msgspec.structs.replace(COMPANY, platform="", data_connections=[])
FLOW: Final = SyncFlowUrl(
    f"http://127.0.0.1:4620/flow/{SYNC_ID}/lqai/gbol/start?merchantIdentifier={COMPANY_ID}&otp=615853"
)
BRANDING: Final = branding(INTEGRATIONS[1])

DATASET: Final = DatasetHistory(
    id=DATASET_ID,
    company_id=COMPANY_ID,
    connection_id=COMMERCE.id,
    data_type="commerce-transactions",
    status="Complete",
    requested="2022-03-21T20:43:46.675674Z",
    completed="2022-03-21T20:43:54.454474Z",
    progress=100,
    is_completed=True,
    is_errored=False,
)
SYNC: Final = SyncSummary(
    company_id=COMPANY_ID,
    commerce_sync_id=SYNC_ID,
    sync_id=SYNC_ID,
    sync_status_code=2000,
    sync_status="Complete",
    error_message="",
    sync_exception_message="",
    sync_utc="2022-03-22T03:00:00Z",
    data_pushed=True,
    sync_date_range_utc=DateRange(start="2022-03-01T00:00:00Z", finish="2022-03-22T03:00:00Z"),
    data_connections=CONNECTIONS_MADE,
)
STARTED_SYNC: Final = started_sync(SYNC)
SYNC_STATUS: Final = company_sync_status(SYNC)
NEW_RULE: Final[dict[str, Any]] = {
    "type": "Data sync completed",
    "notifiers": {"webhook": "http://127.0.0.1:5000/alerts"},
}
RULE: Final = VendorRule(
    id=SYNC_ID,
    type="Data sync completed",
    notifiers=Notifiers(webhook="http://127.0.0.1:5000/alerts"),
)
RANGE: Final = {"dateRange": {"start": "2022-01-01T00:00:00Z", "finish": "2022-02-01T00:00:00Z"}}

CONFIGURATION: Final = with_options(
    COMPANY_ID,
    "gbol",
    suggest(
        with_options(
            COMPANY_ID,
            "gbol",
            Configuration(schedule=Schedule(start_date=parse_moment("2022-03-01"))),
            (),
        )
    ),
    (),
    "Corner Café (Xero)",
)

TEXTS: Final = {
    "configure-content-sales-title": Localization(required=False, text="Where your sales go")
}
ACCOUNTS: Final = VisibleAccounts(["sales-accounts-gratuity", "payments-accounts-cash"])

AMOUNT: Final = Decimal("85.00")
PAYMENT: Final[dict[str, Any]] = {
    "id": "01e63721-1205-478e-8503-9d8bf8a93f44",
    "amount": AMOUNT,
    "currency": "GBP",
    "type": "Card",
    "status": "Paid",
    "createdDate": "2022-03-21T09:30:00Z",
    "sourceModifiedDate": "2022-03-21T09:30:00Z",
}
ORDER: Final[dict[str, Any]] = {
    "id": "order-1001",
    "orderNumber": "1001",
    "country": "GB",
    "currency": "GBP",
    "createdDate": "2022-03-21T09:30:00Z",
    "closedDate": "2022-03-21T09:30:00Z",
    "totalAmount": AMOUNT,
    "totalRefund": 0,
    "totalTaxAmount": Decimal("14.17"),
    "totalDiscount": 0,
    "totalGratuity": 0,
    "orderLineItems": [
        {
            "id": "1",
            "quantity": 1,
            "taxPercentage": 20,
            "totalAmount": AMOUNT,
            "totalTaxAmount": Decimal("14.17"),
            "unitPrice": Decimal("70.83"),
            "productRef": {"id": "espresso-machine", "name": "Espresso machine"},
        }
    ],
    "payments": [PAYMENT],
    "locationRef": {"id": "high-street"},
    "customerRef": {"id": "walk-in"},
    "sourceModifiedDate": "2022-03-21T09:30:00Z",
}
TRANSACTIONS: Final[list[dict[str, Any]]] = [
    {
        "id": PAYMENT["id"],
        "totalAmount": AMOUNT,
        "currency": "GBP",
        "type": "Payment",
        "transactionSourceRef": {"id": ORDER["id"], "type": "Order"},
        "createdDate": "2022-03-21T09:30:00Z",
    },
    {
        "id": PAYMENT["id"],
        "totalAmount": Decimal("-1.49"),
        "currency": "GBP",
        "type": "PaymentFee",
        "transactionSourceRef": {"id": PAYMENT["id"], "type": "Payment"},
        "createdDate": "2022-03-21T09:30:00Z",
    },
]


def only_page(answer: type[Page[Any]], path: str, items: list[Any]) -> Any:
    """A list that fits on its first page.

    Args:
        answer: the type of the page.
        path: of the operation, for the links.
        items: the elements.
    """
    return answer(
        results=items,
        page_number=1,
        page_size=100,
        total_results=len(items),
        links=Links(current=Link(f"{path}?page=1&pageSize=100"), this=Link(path)),
    )


BETA_COMPANIES: Final = only_page(BetaCompanies, "/meta/companies", [COMPANY.beta])
LATER_COMPANIES: Final = only_page(LaterCompanies, "/companies", [COMPANY.later])
CONNECTIONS: Final = only_page(
    Connections, f"/meta/companies/{COMPANY_ID}/connections", CONNECTIONS_MADE
)
DATASETS: Final = only_page(DatasetHistories, f"/companies/{COMPANY_ID}/data/history", [DATASET])
INTEGRATIONS_SHOWN: Final = only_page(Integrations, "/integrations", [*INTEGRATIONS])
RULES: Final = only_page(VendorRules, "/rules", [RULE])
