"""A webhook receiver, as an integration runs one."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Self

PATIENCE_SECONDS: Final = 60  # machine seconds


class Receiver:
    """Listens on a free port and keeps the last status of each dataset."""

    def __init__(self) -> None:
        alerts: SimpleQueue[dict[str, Any]] = SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                alerts.put(json.loads(self.rfile.read(length)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing: people read the output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._alerts = alerts
        self._outcomes: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The address for alerts."""
        return f"http://127.0.0.1:{self._server.server_port}/alerts"

    def outcome(self, dataset_id: str) -> str:
        """The last status of a dataset, once its alert has arrived.

        Raises:
            queue.Empty: no alert arrives.
        """
        while dataset_id not in self._outcomes:
            data = self._alerts.get(timeout=PATIENCE_SECONDS)["Data"]
            self._outcomes[data["datasetId"]] = data.get("datasetStatus", "Complete")
        return self._outcomes[dataset_id]

    def __enter__(self) -> Self:
        """Start listening."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
