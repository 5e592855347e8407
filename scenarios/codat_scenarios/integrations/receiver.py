"""A receiver of alerts, as an integration runs one."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Self

PATIENCE_SECONDS: Final = 60  # machine seconds, for an alert that is on its way


class Receiver:
    """Listens on a free port, and remembers how datasets ended."""

    def __init__(self) -> None:
        alerts: SimpleQueue[dict[str, Any]] = SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                alerts.put(json.loads(self.rfile.read(length)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing: what is printed is read by people."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._alerts = alerts
        self._outcomes: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where alerts are to be posted."""
        return f"http://127.0.0.1:{self._server.server_port}/alerts"

    def outcome(self, dataset_id: str) -> str:
        """The last status of a dataset, as soon as its alert has come.

        Raises:
            queue.Empty: it does not come.
        """
        while dataset_id not in self._outcomes:
            data = self._alerts.get(timeout=PATIENCE_SECONDS)["Data"]
            self._outcomes[data["datasetId"]] = data.get("datasetStatus", "Complete")
        return self._outcomes[dataset_id]

    def __enter__(self) -> Self:
        """Begin to listen."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
