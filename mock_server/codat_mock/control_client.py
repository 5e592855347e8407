"""A rehearsal: one sandbox of a mock, from a company that is ready to the verdict.

It speaks to the control API only, so that a mock in this process and one elsewhere are the same to
it, and nothing it does is judged as the integration's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from codat_mock.http.request_context import CONTROL, encode
from codat_mock.models.decoding import decoder
from codat_mock.reports.run import Run

PATIENCE_SECONDS: Final = 120.0  # closing a day of many thousand sales takes a while
SERVER_ERROR: Final = 500
NAME: Final = "Corner Café"  # of the company that is made where nobody names one
read_run = decoder(Run)


class MockFailed(Exception):
    """The mock did not do its part; the text says how."""


class ControlRequestRefused(Exception):
    """The mock said no, or does not answer at all; the text says why."""


class ControlClient:
    """One sandbox of a mock.

    Args:
        http: a client whose base URL is the mock's.
        api_key: the key, which chooses the sandbox.

    Every method raises `MockFailed` where the mock fails, `Refused` where it says no or cannot be
    reached.
    """

    def __init__(self, http: httpx.Client, api_key: str) -> None:
        self._http = http
        key = b64encode(api_key.encode()).decode()
        self._headers = {"Authorization": f"Basic {key}"}
        self._earlier = 0

    def begin(
        self,
        *,
        anew: bool,
        start: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin at a mock that has run before: faults it had until now are not counted.

        Args:
            anew: in a new sandbox, or in the one that there is.
            start: what a new one starts from, as `POST /_mock/reset` takes it.
            rules: what is chosen about rules in a new one, beside what the mock has chosen.
        """
        if anew:
            self.call("POST", "/reset", start)
        if rules:
            self.call("PUT", "/rules", {"rules": rules})
        self._earlier = len(self._run().failures)

    def prepare(self, name: str = NAME) -> str:
        """Make a company that is ready to be pushed to; gives its id."""
        company = self.call("POST", "/companies", {"name": name})
        return str(company.json()["id"])

    def close_day(self) -> None:
        """Let time pass until all datasets have ended, and past the next sync."""
        self.call("POST", "/clock/close-day")

    def run(self) -> Run:
        """What has happened."""
        run = self._run()
        run.failures = run.failures[self._earlier :]
        return run

    def _run(self) -> Run:
        found: Run = read_run(self.call("GET", "/report?format=json").content)
        return found

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the control API for something; `path` is what stands after `/_mock`."""
        content = None if body is None else encode(body)
        try:
            answer = self._http.request(
                method, f"{CONTROL}{path}", content=content, headers=self._headers
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ControlRequestRefused(
                f"No codat-mock answers at {self._http.base_url}: {error}"
            ) from error
        if answer.status_code >= SERVER_ERROR:
            raise MockFailed(f"{method} {CONTROL}{path} answers {answer.status_code}")
        if answer.is_error:
            raise ControlRequestRefused(told_by(answer))
        return answer


def told_by(answer: httpx.Response) -> str:
    """What an answer that says no tells."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answers {answer.status_code}: is it a codat-mock?"


@contextmanager
def run_against_mock(url: str, api_key: str) -> Iterator[ControlClient]:
    """A rehearsal at a mock that is running."""
    # A proxy of the environment would not reach this machine.
    with httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False) as http:
        yield ControlClient(http, api_key)
