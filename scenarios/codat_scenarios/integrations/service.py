"""The service as an integration calls it, patiently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import httpx
import msgspec

from codat_mock.clock import parse_moment
from codat_scenarios.integrations.pos_sale import LISTS, DataType, Record
from codat_scenarios.integrations.shop import authorization

ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
PAUSES: Final = (10, 20, 40, 80)  # seconds between tries; a dataset has ended within the first
POLL_SECONDS: Final = 4
TOO_MANY: Final = 429
SERVER_ERRORS: Final = 500
SYNCED: Final = (2000, 2040)
ENDED: Final = ("Complete", "Cancelled", "NotSupported")


class Codat:
    """The operations that an integration needs.

    Args:
        base_url: where the service is.
        api_key: the platform's.
        sleep: waits so many seconds.

    Attributes:
        pauses: seconds between the tries of a request that fails, each longer than the one before.

    Every method raises `httpx.HTTPStatusError` where it is refused, and `httpx.TransportError`
    where nobody answers, once it has been tried often enough.
    """

    pauses: Sequence[float] = PAUSES

    def __init__(self, base_url: str, api_key: str, sleep: Callable[[float], None]) -> None:
        self.http = httpx.Client(base_url=base_url, headers=authorization(api_key), timeout=30)
        self.sleep = sleep

    def push(self, company_id: str, data_type: DataType, records: Sequence[Record]) -> str:
        """Push records; gives the id of their dataset."""
        body = ENCODER.encode({LISTS[data_type]: records})
        answer = self.send("POST", f"/data/companies/{company_id}/sync/{data_type}", body)
        return str(answer.json()["datasetId"])

    def dataset(self, company_id: str, dataset_id: str) -> dict[str, Any]:
        """A dataset as it stands."""
        path = f"/meta/companies/{company_id}/pull/history/{dataset_id}"
        return dict(self.send("GET", path).json())

    def outcome(self, company_id: str, dataset_id: str) -> str:
        """Wait until a dataset has ended; gives its last status."""
        while True:
            status = str(self.dataset(company_id, dataset_id)["status"])
            if status in ENDED or status.endswith("Error"):
                return status
            self.sleep(POLL_SECONDS)

    def start_date(self, company_id: str) -> datetime:
        """The moment from which on the merchant wants sales to be synced."""
        answer = self.send("GET", f"/config/companies/{company_id}/sync/commerce")
        return parse_moment(answer.json()["schedule"]["startDate"])

    def last_sync(self, company_id: str) -> datetime | None:
        """The end of the period synced last, where that went well; None before the first sync."""
        path = f"/meta/companies/{company_id}/sync/commerce/status"
        try:
            status = self.send("GET", path).json()
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise
        if status["syncStatusCode"] not in SYNCED:
            return None
        return parse_moment(status["syncDateRangeUtc"]["finish"])

    def is_linked(self, company_id: str) -> bool:
        """Whether all the company's connections are."""
        answer = self.send("GET", f"/meta/companies/{company_id}/connections")
        statuses = {connection["status"] for connection in answer.json()["results"]}
        return statuses == {"Linked"}

    def send(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """Send a request, and again after a while where it fails by no fault of ours."""
        for tried in range(len(self.pauses)):
            try:
                answer = self.send_once(method, path, body)
            except httpx.TransportError:
                self.sleep(self.pause(tried, None))
                continue
            if answer.status_code != TOO_MANY and answer.status_code < SERVER_ERRORS:
                return answer.raise_for_status()
            self.sleep(self.pause(tried, answer))
        return self.send_once(method, path, body).raise_for_status()

    def send_once(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """Send a request."""
        headers = {"Content-Type": "application/json"} if body else None
        return self.http.request(method, path, content=body, headers=headers)

    def pause(self, tried: int, answer: httpx.Response | None) -> float:
        """How many seconds to wait before the next try: longer each time, or as we are told.

        Args:
            tried: how many tries there were before the one that failed.
            answer: to that one, None where there was none.
        """
        told = answer.headers.get("Retry-After") if answer is not None else None
        return float(told) if told else self.pauses[tried]
