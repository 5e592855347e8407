"""Small HARs, as different recorders write them."""

from __future__ import annotations

import json
from typing import Any

COMPANY = "0f5ad0a4-4a10-4c61-9c52-6b6d2fcd2b0a"
ORDER = {"id": "o-1", "createdDate": "2022-03-21T12:00:00Z", "totalAmount": 5, "currency": "GBP"}
REAL = "https://api.codat.io"


def push_path(kind: str = "orders") -> str:
    return f"/data/companies/{COMPANY}/sync/commerce-{kind}"


def entry(
    at: str,
    method: str,
    path: str,
    sent: Any = None,
    status: int = 200,
    answered: Any = None,
    *,
    milliseconds: float = 50,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A request as Chromium writes it, at a time of 2022-03-21 such as `12:05:00`."""
    request: dict[str, Any] = {"method": method, "url": f"{REAL}{path}", "headers": []}
    if sent is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
    return {
        "startedDateTime": f"2022-03-21T{at}Z",
        "time": milliseconds,
        "request": request,
        "response": {
            "status": status,
            "headers": [{"name": key, "value": value} for key, value in (headers or {}).items()],
            "content": {"mimeType": "application/json", "text": json.dumps(answered)},
        },
    }


def push(at: str, *records: Any, dataset: str = "d-1", **more: Any) -> dict[str, Any]:
    """A push of orders."""
    answered = {"datasetId": dataset} if more.get("status", 200) == 200 else {}
    return entry(at, "POST", push_path(), {"orders": records}, answered=answered, **more)


def read_dataset(at: str, dataset: str = "d-1", **shown: Any) -> dict[str, Any]:
    """A read of a dataset's status."""
    path = f"/meta/companies/{COMPANY}/pull/history/{dataset}"
    answered = {"id": dataset, "dataType": "commerce-orders", "status": "Complete", **shown}
    return entry(at, "GET", path, answered=answered)


def har(*entries: dict[str, Any]) -> bytes:
    """A HAR."""
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
