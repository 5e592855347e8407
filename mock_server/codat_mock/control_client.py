"""A client of the control API of one sandbox, for whatever runs an integration against a mock.

It uses the control API only: the mock may be in this process or elsewhere, and no request of this
client is judged as the integration's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import sleep
from typing import Any, Final

import httpx

from codat_mock.http.access import TOKEN_HEADER
from codat_mock.http.request_context import CONTROL, encode
from codat_mock.models.decoding import decoder
from codat_mock.reports.run import Run
from codat_mock.reports.wording import PLEASE

TIMEOUT_SECONDS: Final = 120.0  # closing a day of many thousand sales takes a while
FIRST_PAUSE_SECONDS: Final = 0.005
LONGEST_PAUSE_SECONDS: Final = 0.2
SERVER_ERROR: Final = 500
COMPANY_NAME: Final = "Corner Café"
read_run = decoder(Run)


def control_headers(api_key: str | None, control_token: str | None) -> dict[str, str]:
    """The headers of a request to the control API, which select the sandbox and let it in."""
    headers = {TOKEN_HEADER: control_token} if control_token else {}
    if api_key:
        headers["Authorization"] = f"Basic {b64encode(api_key.encode()).decode()}"
    return headers


class MockFailed(Exception):
    """The mock failed; the text says how."""


class ControlRequestRefused(Exception):
    """The mock refused a request, or does not answer; the text says why."""


class ControlClient:
    """The control API of one sandbox.

    Every method raises `MockFailed` if the mock fails, and `ControlRequestRefused` if it refuses a
    request or cannot be reached.

    Args:
        http: a client whose base URL is the mock's.
        api_key: the key, which selects the sandbox.
        control_token: what the control API requires; None for nothing.
    """

    def __init__(self, http: httpx.Client, api_key: str, control_token: str | None = None) -> None:
        self._http = http
        self._headers = control_headers(api_key, control_token)
        self._earlier_failures = 0

    def begin(
        self,
        *,
        reset: bool,
        settings: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a run; earlier failures of the mock are not counted in it.

        Args:
            reset: whether to reset the sandbox, or to use it as it is.
            settings: the settings of the reset sandbox, as `POST /_mock/reset` takes them.
            rules: the configuration of rules, as `PUT /_mock/rules` takes it.
        """
        if reset:
            self.call("POST", "/reset", settings)
        if rules:
            self.call("PUT", "/rules", {"rules": rules})
        self._earlier_failures = len(self.call("GET", "/health").json()["failures"])

    def prepare(self, name: str = COMPANY_NAME) -> str:
        """Create a company that is ready to be pushed to; gives its id."""
        company = self.call("POST", "/companies", {"name": name})
        return str(company.json()["id"])

    def close_day(self) -> None:
        """Move the clock until all datasets have ended, and past the next sync."""
        self.call("POST", "/clock/close-day")

    def settled_alerts(self) -> list[dict[str, Any]]:
        """All alerts with their deliveries, once every delivery that is due has been made."""
        answer = wait_until_settled(lambda: self.call("GET", "/alerts").json())
        return list(answer["alerts"])

    def has_requests(self) -> bool:
        """Whether the integration has sent any request."""
        return bool(self.call("GET", "/requests?limit=1").json()["requests"])

    def run(self) -> Run:
        """The run until now."""
        run = self._run()
        run.failures = run.failures[self._earlier_failures :]
        run.failure_reports = run.failure_reports[self._earlier_failures :]
        return run

    def _run(self) -> Run:
        found: Run = read_run(self.call("GET", "/report?format=json").content)
        return found

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request to the control API.

        Args:
            method: the HTTP method.
            path: the path after `/_mock`, with the query.
            body: the request's body, encoded as JSON; None to send none.

        Raises:
            MockFailed: the mock answers with a server error.
            ControlRequestRefused: it refuses the request, or cannot be reached.
        """
        return self._send(method, f"{CONTROL}{path}", body)

    def as_merchant(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request to the vendor's API, as the merchant's own pages do.

        Args:
            method: the HTTP method.
            path: the whole path.
            body: the request's body, encoded as JSON; None to send none.

        Raises:
            MockFailed: the mock answers with a server error.
            ControlRequestRefused: it refuses the request, or cannot be reached.
        """
        return self._send(method, path, body)

    def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        content = None if body is None else encode(body)
        try:
            answer = self._http.request(method, path, content=content, headers=self._headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ControlRequestRefused(
                f"No codat-mock answers at {self._http.base_url}: {error}"
            ) from error
        if answer.status_code >= SERVER_ERROR:
            raise MockFailed(f"{method} {path} answers {answer.status_code}{self._last_report()}")
        if answer.is_error:
            raise ControlRequestRefused(detail_of(answer))
        return answer

    def _last_report(self) -> str:
        """What to send to the mock's authors about its last failure; empty where it has none."""
        try:
            health = self._http.get(f"{CONTROL}/health", headers=self._headers).json()
            return f".\n{PLEASE}\n{health['failureReports'][-1]}\n"
        except (httpx.HTTPError, ValueError, LookupError, TypeError):
            return ""


def wait_until_settled(read: Callable[[], Any]) -> Any:
    """Read `GET /_mock/alerts` until every delivery that is due has been made.

    Deliveries take milliseconds, so the pause between two reads starts short, and grows.

    Args:
        read: reads it; gives the JSON of the answer.

    Returns:
        The last answer.

    Raises:
        MockFailed: deliveries are still being made after `TIMEOUT_SECONDS`.
    """
    pause, waited = FIRST_PAUSE_SECONDS, 0.0
    while not (answer := read())["isSettled"]:
        if waited >= TIMEOUT_SECONDS:
            raise MockFailed(f"alerts are still being delivered after {TIMEOUT_SECONDS:g} s")
        sleep(pause)
        waited += pause
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    return answer


def detail_of(answer: httpx.Response) -> str:
    """The reason that an error answer gives."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answers {answer.status_code}: is it a codat-mock?"


@contextmanager
def run_against_mock(
    url: str, api_key: str, control_token: str | None = None
) -> Iterator[ControlClient]:
    """The control client of a running mock.

    Args:
        url: its URL.
        api_key: the key, which selects the sandbox.
        control_token: what the control API requires; None for nothing.
    """
    # A proxy of the environment could not reach this machine.
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        yield ControlClient(http, api_key, control_token)
