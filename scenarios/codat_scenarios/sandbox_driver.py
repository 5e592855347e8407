"""A stage: one merchant's company on a running mock, driven over HTTP as an integration would."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import httpx

from codat_mock.clock import format_moment, parse_moment
from codat_mock.configuration.suggestions import suggest
from codat_mock.models.configuration import Configuration
from codat_mock.models.datasets import LIST_NAMES, DataType
from codat_mock.models.decoding import decoder
from codat_scenarios.merchants import encode
from codat_scenarios.webhook_inbox import WebhookInbox

MORNING: Final = datetime(2022, 3, 21, 9, tzinfo=UTC)  # a Monday; syncs run at three in the night
START: Final = datetime(2022, 3, 21, tzinfo=UTC)

Json = dict[str, Any]
CONFLICT: Final = 409
NOT_FOUND: Final = 404
FIRST_LOOK: Final = timedelta(seconds=3)  # after a push; each later look comes after twice the wait
PATIENCE_SECONDS: Final = 2.0  # with a wire that may fail, by the machine's clock

read_configuration = decoder(Configuration)


def authorization(api_key: str) -> str:
    """The Authorization header for an API key."""
    return f"Basic {b64encode(api_key.encode()).decode()}"


class SandboxDriver:
    """A company on a mock, with an integration that behaves well.

    Before it lets much time pass it looks how its pushes end, at growing intervals, as an
    integration must (rules S13, T06 and T07).

    Args:
        http: a client whose base URL is the mock's.
        api_key: the key, which chooses the sandbox.
        name: a sandbox to choose instead, by the header `X-Test-Id`.

    Attributes:
        company_id: the company's, once there is one.
        datasets: the ids of the datasets of its pushes, in the order of their answers.

    Every method raises `httpx.HTTPStatusError` where the mock refuses, but for `try_push`.
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
        self._looks_away = False

    def call(self, method: str, path: str, content: Any = None) -> Json:
        """Send a request and give the answer's JSON."""
        body = None if content is None else encode(content)
        answer = self._send(method, path, body)
        answer.raise_for_status()
        return dict(answer.json())

    def send(
        self, method: str, path: str, content: Any = None, key: str | None = None
    ) -> httpx.Response:
        """Send a request; gives whatever the mock answers.

        Args:
            method: of the request.
            path: with the query, if there is one.
            content: becomes the JSON of the body; None for no body.
            key: what the header Authorization says instead of the stage's key.
        """
        headers = self._headers | ({"Authorization": key} if key is not None else {})
        if content is None:
            return self._http.request(method, path, headers=headers)
        headers["Content-Type"] = "application/json"
        return self._http.request(method, path, content=encode(content), headers=headers)

    def begin(self, name: str) -> None:
        """Begin anew on Monday at nine, with a company that is linked and configured."""
        self.reset(MORNING)
        self.create_company(name)
        self.link_accounting()
        self.configure(START)

    def reset(self, at: datetime) -> None:
        """Begin anew, the clock set to `at`."""
        self.datasets.clear()
        self._unread.clear()
        self._looks_away = False
        self.call("POST", "/_mock/reset")
        self.call("POST", "/_mock/clock/set", {"to": format_moment(at)})

    def create_company(self, name: str) -> Json:
        """Create the company."""
        company = self.call("POST", "/meta/companies/sync", {"name": name})
        self.company_id = company["id"]
        return company

    def link_accounting(self, integration: str = "gbol") -> Json:
        """Add an accounting connection and do the merchant's part of authorising it."""
        self.call("POST", f"/meta/companies/{self.company_id}/connections", integration)
        company = self.call("POST", f"/_mock/companies/{self.company_id}/authorize")
        self._connections = company["dataConnections"]
        return company

    def configure(self, start: datetime, frequency: str = "Daily") -> Json:
        """Store a mapping of sensible choices among the options, syncing from `start` on.

        Args:
            start: the start date.
            frequency: `Daily` or `Monthly`.
        """
        path = f"/config/companies/{self.company_id}/sync/commerce"
        answer = self._send("GET", path)
        answer.raise_for_status()
        options: Configuration = read_configuration(answer.content)
        options.schedule.start_date = start
        options.schedule.selected_frequency = frequency
        return self.call("POST", path, suggest(options))

    def set_connection(self, kind: str, status: str) -> Json:
        """Set the status of the company's connection of that kind.

        Args:
            kind: `Commerce` or `Accounting`.
            status: `Linked`, `Unlinked`, `Deauthorized` or `PendingAuth`.
        """
        connections = f"/meta/companies/{self.company_id}/connections"
        found = next(each for each in self._connections if each["sourceType"] == kind)
        return self.call("PATCH", f"{connections}/{found['id']}", {"status": status})

    def plan_fault(self, kind: str, operation: str, **details: Any) -> Json:
        """Plan trouble for the next call of an operation, such as `push-orders`."""
        fault = {"kind": kind, "operation": operation, "at": [1], **details}
        return self.call("PUT", "/_mock/faults", {"faults": [fault]})

    def plan_outcome(self, target: str, outcome: str = "Complete", **details: Any) -> Json:
        """Plan how the next dataset or sync ends.

        Args:
            target: `dataset` or `sync`.
            outcome: the dataset's last status, or the name of the sync's end.
            details: more of what `POST /_mock/outcomes` takes, such as `stuckIn`.
        """
        planned = {"target": target, "outcome": outcome, **details}
        return self.call("POST", "/_mock/outcomes", planned)

    def delete_connection(self) -> Json:
        """Do as a merchant who deletes the sync connection."""
        return self.call("POST", f"/_mock/companies/{self.company_id}/delete-connection")

    def ask_for_alerts(self, kind: str, url: str, **details: Any) -> Json:
        """Have alerts of that type posted there; details are more properties of the rule."""
        return self.call("POST", "/_mock/alerts/rules", {"type": kind, "url": url, **details})

    def alerts(self) -> list[Json]:
        """All alerts, once every try that is due has been made."""
        while not (told := self.call("GET", "/_mock/alerts"))["isSettled"]:
            pass
        return list(told["alerts"])

    def wait_for_alert(self, inbox: WebhookInbox, dataset_id: str) -> None:
        """Let time pass until an alert has told of a dataset, and ask for nothing meanwhile."""
        while not inbox.has_heard_of(dataset_id):
            self.advance_to_next_event()
            self.alerts()

    def try_push(self, data_type: DataType, records: Sequence[Any]) -> httpx.Response:
        """Push records; gives whatever the mock answers."""
        body = encode({LIST_NAMES[data_type]: records})
        return self._noted(self._send("POST", self._push_path(data_type), body))

    def push_through(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records over a wire that may fail; gives what went wrong, empty where nothing did.

        Where nobody answers any more, it waits until somebody does.
        """
        body = encode({LIST_NAMES[data_type]: records})
        try:
            answer = self._send("POST", self._push_path(data_type), body, PATIENCE_SECONDS)
            self._noted(answer)
        except httpx.TransportError as error:
            self.wait_for_server()
            return type(error).__name__
        except (ValueError, KeyError):
            return "an answer that cannot be read"
        return str(answer.status_code) if answer.is_error else ""

    def push(self, data_type: DataType, records: Sequence[Any]) -> str:
        """Push records; gives the id of the dataset."""
        self.try_push(data_type, records).raise_for_status()
        return self.datasets[-1]

    def push_during(
        self, data_type: DataType, records: Sequence[Any], meanwhile: Sequence[Any]
    ) -> None:
        """Push records, and while they are being sent push `meanwhile` on another connection."""
        body = encode({LIST_NAMES[data_type]: records})

        def halting() -> Iterator[bytes]:
            yield body[: len(body) // 2]
            self.now()  # once this is answered, the mock has surely begun to read the push
            self.push(data_type, meanwhile)
            yield body[len(body) // 2 :]

        headers = self._headers | {"Content-Length": str(len(body))}
        path = self._push_path(data_type)
        answer = self._noted(self._http.post(path, content=halting(), headers=headers))
        answer.raise_for_status()

    def dataset(self, dataset_id: str) -> Json:
        """A dataset's status."""
        path = f"/meta/companies/{self.company_id}/pull/history/{dataset_id}"
        told = self.call("GET", path)
        if "completed" in told and dataset_id in self._unread:
            self._unread.remove(dataset_id)
        return told

    def look_away(self) -> None:
        """Do not look by itself any more how pushes end, as an integration should."""
        self._looks_away = True

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
        """Let time pass until that day and time, `HH:MM` UTC."""
        self.wait_until(datetime.combine(day, time.fromisoformat(clock), UTC))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until that moment; what falls due on the way happens in order.

        Until then, datasets are read after 3, 6, 12 … seconds, each until it has ended.
        """
        wait = FIRST_LOOK
        while self._is_looking and (look := self.now() + wait) < moment:
            self.pass_to(look)
            for dataset_id in [*self._unread]:
                with suppress(httpx.HTTPStatusError):  # it may be refused; the next look counts
                    self.dataset(dataset_id)
            wait *= 2
        self.pass_to(moment)

    def pass_to(self, moment: datetime) -> None:
        """Set the clock to that moment, which a clock that runs may have passed by itself."""
        try:
            self.call("POST", "/_mock/clock/set", {"to": format_moment(moment)})
        except httpx.HTTPStatusError as error:
            if error.response.status_code != CONFLICT or self.now() < moment:
                raise

    def advance(self, **duration: float) -> Json:
        """Move the clock, by `days`, `hours`, `minutes` and `seconds`."""
        if not self._is_looking:
            return self.call("POST", "/_mock/clock/advance", duration)
        self.wait_until(self.now() + timedelta(**duration))
        return self.call("GET", "/_mock/clock")

    def advance_to_next_event(self) -> Json:
        """Move the clock to where something happens next."""
        return self.call("POST", "/_mock/clock/advance-to-next-event")

    def declare(self, **records: Sequence[Any]) -> Json:
        """Tell what the merchant really has: `orders`, `payments`, `transactions`; and more of it.

        What was told before stays, and newer versions take the place of older ones.
        """
        path = f"/_mock/companies/{self.company_id}/merchant-records"
        return self.call("POST", path, records)

    def tell_of_sale(self, service: str, seconds: float, error: str | None = None) -> Json:
        """Tell how recording a sale went while the service was in trouble.

        Args:
            service: the trouble: `slow`, `down`, `hanging` or `refusing`.
            seconds: how long the till took.
            error: what it said instead of recording the sale.
        """
        sale = {"seconds": seconds, "error": error}
        return self.call("POST", "/_mock/decoupling", {"service": service, "sales": [sale]})

    def try_call(self, method: str, path: str, *, times: int = 1, key: str | None = None) -> int:
        """Send a request that may be wrong, or too often; gives the last answer's status.

        Args:
            method: of the request.
            path: of it.
            times: how often it is sent.
            key: what the header Authorization says instead of the stage's key.
        """
        return [self.send(method, path, key=key).status_code for _ in range(times)][-1]

    def findings(self) -> Json:
        """What the rules found."""
        return self.call("GET", "/_mock/findings")

    def books(self) -> Json:
        """What stands in the company's accounting software."""
        found = self.call("GET", f"/_mock/books?companyId={self.company_id}")
        return dict(found["companies"][0])

    def wait_for_server(self) -> None:
        """Wait until somebody answers."""
        while True:
            with suppress(httpx.TransportError):
                self.call("GET", "/_mock/health")
                return

    @property
    def _is_looking(self) -> bool:
        return bool(self._unread) and not self._looks_away

    def _noted(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            self.datasets.append(str(answer.json()["datasetId"]))
            self._unread.append(self.datasets[-1])
        return answer

    def _push_path(self, data_type: DataType) -> str:
        return f"/data/companies/{self.company_id}/sync/{data_type}"

    def _send(
        self, method: str, path: str, body: bytes | None = None, seconds: float | None = None
    ) -> httpx.Response:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        timeout = seconds or self._http.timeout
        return self._http.request(method, path, content=body, headers=headers, timeout=timeout)
