"""Records the traffic of an httpx client as HAR 1.2, dated by the mock's clock."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

import httpx
import msgspec

from codat_scenarios.sandbox_driver import Json

CONTROL: Final = "/_mock/"
UNKNOWN: Final = -1  # an unknown size in HAR


class RecordingTransport(httpx.BaseTransport):
    """Forwards requests to the mock, and records those to the vendor's API.

    Args:
        inner: sends the requests.
        clock: the URL of the sandbox's clock in the control API; it dates every request, so that
            a replay can keep the times.

    Attributes:
        entries: HAR entries in the order of the requests.
    """

    def __init__(self, inner: httpx.BaseTransport, clock: str) -> None:
        self._inner = inner
        self._clock = clock
        self.entries: list[Json] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Forward a request."""
        content = request.read()
        if request.url.path.startswith(CONTROL):
            return self._inner.handle_request(request)
        clock_request = httpx.Request("GET", self._clock, headers=request.headers)
        clock_request.headers.pop("Content-Length", None)
        clock = self._inner.handle_request(clock_request)
        moment = msgspec.json.decode(clock.read())["now"]
        response = self._inner.handle_request(request)
        self.entries.append(entry(moment, request, content, response, response.read()))
        return response


def har(entries: list[Json]) -> Json:
    """A HAR document with these entries."""
    creator = {"name": "codat-mock", "version": version("codat-mock")}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def entry(
    moment: str, request: httpx.Request, sent: bytes, response: httpx.Response, received: bytes
) -> Json:
    """One request with its response; with a frozen clock no time passes between them.

    Args:
        moment: of the request, in the sandbox's time.
        request: the request.
        sent: its body.
        response: the response.
        received: its body.
    """
    return {
        "startedDateTime": moment,
        "time": 0,
        "request": request_to_har(request, sent),
        "response": response_to_har(response, received),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def request_to_har(request: httpx.Request, sent: bytes) -> Json:
    """A request in HAR's form."""
    har_request: Json = {
        "method": request.method,
        "url": str(request.url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(request.headers, "host", "authorization", "content-type"),
        "queryString": [
            {"name": name, "value": value} for name, value in request.url.params.multi_items()
        ],
        "headersSize": UNKNOWN,
        "bodySize": len(sent),
    }
    if sent:
        har_request["postData"] = {"mimeType": "application/json", "text": sent.decode()}
    return har_request


def response_to_har(response: httpx.Response, received: bytes) -> Json:
    """A response in HAR's form."""
    return {
        "status": response.status_code,
        "statusText": response.reason_phrase,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(response.headers, "content-type", "content-length"),
        "content": {
            "size": len(received),
            "mimeType": response.headers.get("content-type", ""),
            "text": received.decode(),
        },
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": len(received),
    }


def headers(found: httpx.Headers, *names: str) -> list[dict[str, Any]]:
    """The named headers that are present; others belong to the HTTP library, not to the API."""
    return [{"name": name, "value": found[name]} for name in names if name in found]
