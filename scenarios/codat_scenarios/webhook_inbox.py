"""Where alerts come in: the part of an integration that is told instead of asking."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any


class WebhookInbox:
    """A receiver of alerts on this machine, to be used as a context.

    Args:
        answers: the status codes that it answers, one after the other; then 200 for ever.

    Attributes:
        url: where alerts are to be posted.
        alerts: the bodies of those that were answered 200, in the order they came.
    """

    def __init__(self, *answers: int) -> None:
        self.alerts: list[dict[str, Any]] = []
        left = [*answers]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805  (the name is given; `self` is the inbox)
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                status = left.pop(0) if left else 200
                if status == 200:
                    self.alerts.append(json.loads(body))
                handler.send_response(status)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(handler, *_: object) -> None:  # noqa: N805  (as above)
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/alerts"

    def has_heard_of(self, dataset_id: str) -> bool:
        """Whether an alert told of that dataset."""
        return any(alert["Data"].get("datasetId") == dataset_id for alert in self.alerts)

    def __enter__(self) -> WebhookInbox:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
