"""A small httpx for programs that are started often: the real one is slow to import.

Tests write it as `httpx.py` beside the program.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60.0  # a busy machine must not look like a fault
OK, REDIRECT = 200, 300


class TransportError(Exception):
    """A request got no answer."""


class HTTPStatusError(Exception):
    """An answer is an error."""


class Answer:
    """An answer that was read."""

    def __init__(self, status: int, headers: Any, content: bytes) -> None:
        self.status_code, self.headers, self.content = status, headers, content
        self.is_success = OK <= status < REDIRECT

    def json(self) -> Any:
        """The body."""
        return json.loads(self.content)

    def raise_for_status(self) -> Answer:
        """The answer itself, unless it is an error."""
        if not self.is_success:
            raise HTTPStatusError(str(self.status_code))
        return self


class Client:
    """Sends requests over one connection.

    Args:
        base_url: of the service.
        headers: of every request.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        host = urlsplit(base_url).netloc
        self._connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
        self._headers = headers

    def request(self, method: str, path: str, json: Any = None, content: Any = None) -> Answer:
        """Send a request.

        Args:
            method: the HTTP method.
            path: the whole path.
            json: the body; None for none.
            content: the body as bytes, instead.

        Raises:
            TransportError: there is no answer.
        """
        headers, body = self._headers, content
        if json is not None:
            body, headers = dumps(json), {**headers, "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise TransportError(str(error)) from error

    def get(self, path: str) -> Answer:
        """Get a resource."""
        return self.request("GET", path)

    def post(self, path: str, content: Any = None, json: Any = None) -> Answer:
        """Post a body; raises as `request` does."""
        return self.request("POST", path, json, content)


def dumps(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(value).encode()
