"""Answers of the service, as the client reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from codat_push import Dataset, SyncStatus
from codat_push.models import DateRange

COMPANY = "company"
START = datetime(2022, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dataset(status: str = "Complete", completed: datetime = START, **more: Any) -> Dataset:
    known = {"company_id": COMPANY, "data_type": "commerce-orders"}
    return Dataset(id="d", status=status, completed=completed, **(known | more))


def synced(
    finish: datetime, ran: datetime, code: int = 2000, start: datetime = START
) -> SyncStatus:
    return SyncStatus(
        company_id=COMPANY,
        sync_status_code=code,
        sync_utc=ran,
        sync_date_range_utc=DateRange(start=start, finish=finish),
    )
