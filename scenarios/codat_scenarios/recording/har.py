"""Traffic of an httpx client as HAR 1.2, dated by the mock's own clock."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

import httpx
import msgspec

from codat_scenarios.sandbox_driver import Json

CONTROL: Final = "/_mock/"
UNKNOWN: Final = -1  # what HAR writes for a size that is not known


class RecordingTransport(httpx.BaseTransport):
    """Passes requests on to the mock, and remembers what goes to the vendor's own API.

    Args:
        inner: where requests go.
        clock: an address of the control API that tells the sandbox's time; every request is dated
            by it, so that a replay can keep the times.

    Attributes:
        entries: HAR's, in the order of the requests.
    """

    def __init__(self, inner: httpx.BaseTransport, clock: str) -> None:
        self._inner = inner
        self._clock = clock
        self.entries: list[Json] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        content = request.read()
        if request.url.path.startswith(CONTROL):
            return self._inner.handle_request(request)
        asked = httpx.Request("GET", self._clock, headers=request.headers)
        asked.headers.pop("Content-Length", None)
        reading = self._inner.handle_request(asked)
        moment = msgspec.json.decode(reading.read())["now"]
        response = self._inner.handle_request(request)
        self.entries.append(entry(moment, request, content, response, response.read()))
        return response


def har(entries: list[Json]) -> Json:
    """A HAR document of those entries."""
    creator = {"name": "codat-mock", "version": version("codat-mock")}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def entry(
    moment: str, request: httpx.Request, sent: bytes, response: httpx.Response, got: bytes
) -> Json:
    """One request with its answer; no time passes between them by a clock that stands still."""
    return {
        "startedDateTime": moment,
        "time": 0,
        "request": told_request(request, sent),
        "response": told_response(response, got),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def told_request(request: httpx.Request, sent: bytes) -> Json:
    """A request as HAR has it."""
    told: Json = {
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
        told["postData"] = {"mimeType": "application/json", "text": sent.decode()}
    return told


def told_response(response: httpx.Response, got: bytes) -> Json:
    """An answer as HAR has it."""
    return {
        "status": response.status_code,
        "statusText": response.reason_phrase,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(response.headers, "content-type", "content-length"),
        "content": {
            "size": len(got),
            "mimeType": response.headers.get("content-type", ""),
            "text": got.decode(),
        },
        "redirectURL": "",
        "headersSize": UNKNOWN,
        "bodySize": len(got),
    }


def headers(found: httpx.Headers, *names: str) -> list[dict[str, Any]]:
    """Those headers, where they are there; the others are of the tools, not of the interface."""
    return [{"name": name, "value": found[name]} for name in names if name in found]
