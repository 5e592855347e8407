"""Receives alerts: the part of an integration that waits for webhooks instead of polling."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any


class WebhookInbox:
    """A webhook receiver on this machine; use it as a context manager.

    Args:
        answers: the status codes that it answers with, in order; afterwards always 200.

    Attributes:
        url: where alerts must be posted.
        alerts: the bodies of the alerts that it answered with 200, in order of arrival.
    """

    def __init__(self, *answers: int) -> None:
        self.alerts: list[dict[str, Any]] = []
        statuses = [*answers]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805  (`self` is the inbox)
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                status = statuses.pop(0) if statuses else 200
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

    def has_alert_for(self, dataset_id: str) -> bool:
        """Whether an alert about a dataset arrived."""
        return any(alert["Data"].get("datasetId") == dataset_id for alert in self.alerts)

    def __enter__(self) -> WebhookInbox:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
