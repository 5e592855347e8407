"""Drives a company on a running mock over HTTP, as an integration and its merchant would."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import httpx

from codat_mock.clock import format_moment, parse_moment
from codat_mock.configuration.suggestions import suggest
from codat_mock.control_client import wait_until_settled
from codat_mock.models.configuration import Configuration, Schedule
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.decoding import decoder
from codat_scenarios.merchants import encode
from codat_scenarios.webhook_inbox import WebhookInbox

MORNING: Final = datetime(2022, 3, 21, 9, tzinfo=UTC)  # a Monday; syncs run at 03:00
START: Final = datetime(2022, 3, 21, tzinfo=UTC)

Json = dict[str, Any]
CONFLICT: Final = 409
NOT_FOUND: Final = 404
FIRST_POLL: Final = timedelta(seconds=3)  # after a push; each later wait is twice as long
TIMEOUT_SECONDS: Final = 2.0  # of a push while faults are planned, in real time

read_configuration = decoder(Configuration)


def authorization(api_key: str) -> str:
    """The Authorization header for an API key."""
    return f"Basic {b64encode(api_key.encode()).decode()}"


class SandboxDriver:
    """A company on a mock, with a correct integration.

    While time passes it polls the datasets of its pushes at growing intervals, as an integration
    must (rules S13, T06 and T07).

    Args:
        http: a client whose base URL is the mock's.
        api_key: selects the sandbox.
        name: selects another sandbox by the header `X-Test-Id`.

    Attributes:
        company_id: the id of the company, empty until it is created.
        datasets: the ids of the datasets of its pushes, in the order of the responses.

    Raises:
        httpx.HTTPStatusError: from every method whose request is refused, except `send`,
            `try_push`, `push_despite_faults` and `try_call`.
    """

    def __init__(self, http: httpx.Client, api_key: str, name: str | None = None) -> None:
        self._http = http
        self._headers = {"Authorization": authorization(api_key)}
        if name:
            self._headers["X-Test-Id"] = name
        self.company_id = ""
        self.datasets: list[str] = []
        self._connections: list[Json] = []
        self._unread: list[str] = []
        self._polls = True

    def call(self, method: str, path: str, content: Any = None) -> Json:
        """Send a request and return the JSON of the response.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            content: the body as a JSON value; None for no body.
        """
        body = None if content is None else encode(content)
        response = self._send(method, path, body)
        response.raise_for_status()
        return dict(response.json())

    def send(
        self, method: str, path: str, content: Any = None, key: str | None = None
    ) -> httpx.Response:
        """Send a request and return the response, whatever its status.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            content: the body as a JSON value; None for no body.
            key: an Authorization header to send instead of the API key's.
        """
        headers = self._headers | ({"Authorization": key} if key is not None else {})
        if content is None:
            return self._http.request(method, path, headers=headers)
        headers["Content-Type"] = "application/json"
        return self._http.request(method, path, content=encode(content), headers=headers)

    def set_up(self, name: str) -> None:
        """Reset to Monday 09:00, and create a company that is linked and configured."""
        self.reset(MORNING)
        self.create_company(name)
        self.link_accounting()
        self.configure(START)

    def reset(self, at: datetime) -> None:
        """Reset the sandbox and set its clock, UTC."""
        self.datasets.clear()
        self._unread.clear()
        self._polls = True
        self.call("POST", "/_mock/reset")
        self.call("POST", "/_mock/clock/set", {"to": format_moment(at)})

    def create_company(self, name: str) -> Json:
        """Create the company."""
        company = self.call("POST", "/meta/companies/sync", {"name": name})
        self.company_id = company["id"]
        return company

    def link_accounting(self, integration: str = "gbol") -> Json:
        """Add an accounting connection and authorise it as the merchant."""
        self.call("POST", f"/meta/companies/{self.company_id}/connections", integration)
        company = self.call("POST", f"/_mock/companies/{self.company_id}/authorize")
        self._connections = company["dataConnections"]
        return company

    def configure(
        self, start: datetime, frequency: str = "Daily", sync_hour: int | None = None
    ) -> Json:
        """Store a mapping of sensible choices among the options.

        Args:
            start: the start date of syncing.
            frequency: `Daily` or `Monthly`.
            sync_hour: the hour of the nightly sync, UTC; None for that of the options.
        """
        path = f"/config/companies/{self.company_id}/sync/commerce"
        response = self._send("GET", path)
        response.raise_for_status()
        options: Configuration = read_configuration(response.content)
        options.schedule = Schedule(
            start_date=start, selected_frequency=frequency, sync_hour_utc=sync_hour
        )
        return self.call("POST", path, suggest(options))

    def set_connection(self, kind: str, status: str) -> Json:
        """Set the status of the company's connection of a kind.

        Args:
            kind: `Commerce` or `Accounting`.
            status: `Linked`, `Unlinked`, `Deauthorized` or `PendingAuth`.
        """
        connections = f"/meta/companies/{self.company_id}/connections"
        found = next(each for each in self._connections if each["sourceType"] == kind)
        return self.call("PATCH", f"{connections}/{found['id']}", {"status": status})

    def plan_fault(self, kind: str, operation: str, **details: Any) -> Json:
        """Plan a fault for the next call of an operation.

        Args:
            kind: the kind of fault, such as `refuse`.
            operation: such as `push-orders`.
            details: more properties of the fault, such as `status`.
        """
        fault = {"kind": kind, "operation": operation, "at": [1], **details}
        return self.call("PUT", "/_mock/faults", {"faults": [fault]})

    def plan_outcome(self, target: str, outcome: str = "Complete", **details: Any) -> Json:
        """Plan the outcome of the next dataset or sync.

        Args:
            target: `dataset` or `sync`.
            outcome: the final status of the dataset, or the outcome of the sync.
            details: more properties that `POST /_mock/outcomes` takes, such as `stuckIn`.
        """
        planned = {"target": target, "outcome": outcome, **details}
        return self.call("POST", "/_mock/outcomes", planned)

    def delete_connection(self) -> Json:
        """Delete the sync connection as the merchant."""
        return self.call("POST", f"/_mock/companies/{self.company_id}/delete-connection")

    def add_alert_rule(self, kind: str, url: str, **details: Any) -> Json:
        """Add an alert rule.

        Args:
            kind: the type of alert.
            url: where alerts are posted.
            details: more properties of the rule.
        """
        return self.call("POST", "/_mock/alerts/rules", {"type": kind, "url": url, **details})

    def alerts(self) -> list[Json]:
        """All alerts, once every delivery that is due has been attempted."""
        answer = wait_until_settled(lambda: self.call("GET", "/_mock/alerts"))
        return list(answer["alerts"])

    def wait_for_alert(self, inbox: WebhookInbox, dataset_id: str) -> None:
        """Let time pass until an alert about a dataset arrives, without polling."""
        while not inbox.has_alert_for(dataset_id):
            self.advance_to_next_event()
            self.alerts()

    def try_push(self, data_type: DataType, records: Sequence[Any]) -> httpx.Response:
        """Push records and return the response, whatever its status."""
        body = encode({LIST_NAMES[data_type]: records})
        return self._with_dataset(self._send("POST", self._push_path(data_type), body))

    def push_body(self, data_type: DataType, body: Json) -> httpx.Response:
        """Push a body that need not be a list of records; returns the response."""
        path = self._push_path(data_type)
        return self._with_dataset(self._send("POST", path, encode(body)))

    def push_despite_faults(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records although the connection or the response may fail.

        If the connection fails, it waits until the server answers again.

        Returns:
            What failed: the transport error, an unreadable response or the HTTP status; empty if
            nothing did.
        """
        body = encode({LIST_NAMES[data_type]: records})
        try:
            response = self._send("POST", self._push_path(data_type), body, TIMEOUT_SECONDS)
            self._with_dataset(response)
        except httpx.TransportError as error:
            self.wait_for_server()
            return type(error).__name__
        except (ValueError, KeyError):
            return "an unreadable response"
        return str(response.status_code) if response.is_error else ""

    def push(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records and return the id of the dataset."""
        self.try_push(data_type, records).raise_for_status()
        return self.datasets[-1]

    def push_during(
        self, data_type: DataType, records: Sequence[Any], meanwhile: Sequence[Any]
    ) -> None:
        """Push records, and while they are being sent push others on another connection.

        Args:
            data_type: of both pushes.
            records: of the outer push.
            meanwhile: the records of the push that starts later and ends first.
        """
        body = encode({LIST_NAMES[data_type]: records})

        def halves() -> Iterator[bytes]:
            yield body[: len(body) // 2]
            # Whoever has accepted a later connection, and read from it, has read this one before.
            with httpx.Client(base_url=self._http.base_url) as another:
                another.get("/_mock/health")
            self.push(data_type, meanwhile)
            yield body[len(body) // 2 :]

        headers = self._headers | {"Content-Length": str(len(body))}
        path = self._push_path(data_type)
        response = self._with_dataset(self._http.post(path, content=halves(), headers=headers))
        response.raise_for_status()

    def dataset(self, dataset_id: str) -> Json:
        """A dataset's status."""
        path = f"/meta/companies/{self.company_id}/pull/history/{dataset_id}"
        dataset = self.call("GET", path)
        if "completed" in dataset and dataset_id in self._unread:
            self._unread.remove(dataset_id)
        return dataset

    def stop_polling(self) -> None:
        """Stop polling datasets while time passes, until the next reset."""
        self._polls = False

    def sync_status(self) -> Json:
        """The latest sync."""
        return self.call("GET", f"/meta/companies/{self.company_id}/sync/commerce/status")

    def last_sync(self) -> Json | None:
        """The latest sync, None before the first."""
        try:
            return self.sync_status()
        except httpx.HTTPStatusError as error:
            if error.response.status_code == NOT_FOUND:
                return None
            raise

    def sync_now(self) -> Json:
        """Run a sync."""
        return self.call("POST", f"/companies/{self.company_id}/sync/commerce/latest")

    def now(self) -> datetime:
        """The sandbox's time, UTC."""
        return parse_moment(self.call("GET", "/_mock/clock")["now"])

    def at(self, day: date, clock: str) -> None:
        """Let time pass until a time of a day, `HH:MM` UTC."""
        self.wait_until(datetime.combine(day, time.fromisoformat(clock), UTC))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until a moment, UTC; everything due before it happens in order.

        Meanwhile, datasets are polled after waits of 3, 6, 12 … seconds, each until it has ended.
        """
        wait = FIRST_POLL
        while self._has_to_poll and (next_poll := self.now() + wait) < moment:
            self.set_clock(next_poll)
            for dataset_id in [*self._unread]:
                with suppress(httpx.HTTPStatusError):  # a refused poll is repeated by the next one
                    self.dataset(dataset_id)
            wait *= 2
        self.set_clock(moment)

    def set_clock(self, moment: datetime) -> None:
        """Set the clock to a moment, UTC; a running clock may have passed it already."""
        try:
            self.call("POST", "/_mock/clock/set", {"to": format_moment(moment)})
        except httpx.HTTPStatusError as error:
            if error.response.status_code != CONFLICT or self.now() < moment:
                raise

    def advance(self, **duration: float) -> Json:
        """Move the clock, by `days`, `hours`, `minutes` and `seconds`."""
        if not self._has_to_poll:
            return self.call("POST", "/_mock/clock/advance", duration)
        self.wait_until(self.now() + timedelta(**duration))
        return self.call("GET", "/_mock/clock")

    def advance_to_next_event(self) -> Json:
        """Move the clock to the next event."""
        return self.call("POST", "/_mock/clock/advance-to-next-event")

    def declare(self, **records: Sequence[Any]) -> Json:
        """Declare the merchant's true records: `orders`, `payments` and `transactions`.

        They are added to those declared before; newer versions replace older ones.
        """
        path = f"/_mock/companies/{self.company_id}/merchant-records"
        return self.call("POST", path, records)

    def report_sale(self, service: str, seconds: float, error: str | None = None) -> Json:
        """Report how recording a sale went while the service was disturbed.

        Args:
            service: the disturbance: `slow`, `down`, `hanging` or `refusing`.
            seconds: how long the point of sale took.
            error: its error message if it did not record the sale.
        """
        sale = {"seconds": seconds, "error": error}
        return self.call("POST", "/_mock/decoupling", {"service": service, "sales": [sale]})

    def try_call(self, method: str, path: str, *, times: int = 1, key: str | None = None) -> int:
        """Send a request, perhaps repeatedly, and return the last response's status.

        Args:
            method: the HTTP method.
            path: with the query, if there is one.
            times: how often to send it.
            key: an Authorization header to send instead of the API key's.
        """
        return [self.send(method, path, key=key).status_code for _ in range(times)][-1]

    def findings(self) -> Json:
        """The findings so far."""
        return self.call("GET", "/_mock/findings")

    def books(self) -> Json:
        """The company's books."""
        found = self.call("GET", f"/_mock/books?companyId={self.company_id}")
        return dict(found["companies"][0])

    def wait_for_server(self) -> None:
        """Wait until the server answers."""
        while True:
            with suppress(httpx.TransportError):
                self.call("GET", "/_mock/health")
                return

    @property
    def _has_to_poll(self) -> bool:
        return bool(self._unread) and self._polls

    def _with_dataset(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            self.datasets.append(str(response.json()["datasetId"]))
            self._unread.append(self.datasets[-1])
        return response

    def _push_path(self, data_type: DataType) -> str:
        return f"/data/companies/{self.company_id}/sync/{data_type}"

    def _send(
        self, method: str, path: str, body: bytes | None = None, seconds: float | None = None
    ) -> httpx.Response:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        timeout = seconds or self._http.timeout
        return self._http.request(method, path, content=body, headers=headers, timeout=timeout)
