"""The service as an integration calls it, with retries."""

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
    """The operations that an integration uses.

    Args:
        base_url: where the service is.
        api_key: the platform's.
        sleep: waits for a number of seconds.

    Attributes:
        pauses: seconds between the tries of a failing request, each longer than the last.

    Every method raises `httpx.HTTPStatusError` when the service refuses it, and
    `httpx.TransportError` when nobody answers, after the last try.
    """

    pauses: Sequence[float] = PAUSES

    def __init__(self, base_url: str, api_key: str, sleep: Callable[[float], None]) -> None:
        self.http = httpx.Client(
            base_url=base_url, headers=authorization(api_key), timeout=30, trust_env=False
        )
        self.sleep = sleep

    def push(self, company_id: str, data_type: DataType, records: Sequence[Record]) -> str:
        """Push records; returns the id of their dataset.

        Args:
            company_id: the company.
            data_type: what the records are.
            records: whole objects, or bare ids to delete.

        Source: guide, step 1.
        """
        body = ENCODER.encode({LISTS[data_type]: records})
        answer = self.send("POST", f"/data/companies/{company_id}/sync/{data_type}", body)
        return str(answer.json()["datasetId"])

    def dataset(self, company_id: str, dataset_id: str) -> dict[str, Any]:
        """A dataset with its current status."""
        path = f"/meta/companies/{company_id}/pull/history/{dataset_id}"
        return dict(self.send("GET", path).json())

    def outcome(self, company_id: str, dataset_id: str) -> str:
        """Wait until a dataset has ended; returns its last status."""
        while True:
            status = str(self.dataset(company_id, dataset_id)["status"])
            if status in ENDED or status.endswith("Error"):
                return status
            self.sleep(POLL_SECONDS)

    def start_date(self, company_id: str) -> datetime:
        """The configured start date, UTC."""
        answer = self.send("GET", f"/config/companies/{company_id}/sync/commerce")
        return parse_moment(answer.json()["schedule"]["startDate"])

    def last_sync(self, company_id: str) -> datetime | None:
        """The end of the last sync's period if that sync succeeded, UTC; else None."""
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
        """Whether all connections of the company are linked."""
        answer = self.send("GET", f"/meta/companies/{company_id}/connections")
        statuses = {connection["status"] for connection in answer.json()["results"]}
        return statuses == {"Linked"}

    def send(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """Send a request, and retry it after 429, 5xx or a lost answer.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            body: JSON, in UTF-8; None for no body.

        Raises:
            httpx.HTTPStatusError: the last answer is an error.
            httpx.TransportError: the last try got no answer.
        """
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
        """Send a request.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            body: JSON, in UTF-8; None for no body.

        Returns:
            The answer, whatever its status.

        Raises:
            httpx.TransportError: there was no answer.
        """
        headers = {"Content-Type": "application/json"} if body else None
        return self.http.request(method, path, content=body, headers=headers)

    def pause(self, tried: int, answer: httpx.Response | None) -> float:
        """Seconds to wait before the next try: `Retry-After`, or longer each time.

        Args:
            tried: the number of tries before the one that failed.
            answer: to that one; None if there was none.
        """
        retry_after = answer.headers.get("Retry-After") if answer is not None else None
        return float(retry_after) if retry_after else self.pauses[tried]
