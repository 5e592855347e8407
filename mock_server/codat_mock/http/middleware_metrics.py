"""Counts and times every request, for `/_mock/metrics` and for the log.

Labels have few values: the name of an operation or of a part of the server, and the status. Nothing
is counted per sandbox or company, whose number is not bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

from flask import Flask, Response

from codat_mock.clock import machine_seconds
from codat_mock.http import access_log, request_context
from codat_mock.http.served_request import ServedRequest, served_request

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

METRICS: Final = "codat_mock.metrics"  # the app's setting that holds them
BUCKETS_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What a server has counted since its start; a collector of prometheus_client."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._findings: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}
        self._buckets: dict[str, list[int]] = {}

    def observe(self, operation: str, status: int, seconds: float, codes: Sequence[str]) -> None:
        """Count a request.

        Args:
            operation: the name of the operation or of the part of the server.
            status: of the answer.
            seconds: from the request's arrival to its answer, before planned delays.
            codes: the rules that it broke.
        """
        with self._lock:
            self._requests[operation, status] += 1
            self._findings.update(codes)
            self._seconds[operation] = self._seconds.get(operation, 0.0) + seconds
            counts = self._buckets.setdefault(operation, [0] * (len(BUCKETS_SECONDS) + 1))
            counts[bisect_left(BUCKETS_SECONDS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """The metrics, as prometheus_client asks for them."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        requests = CounterMetricFamily(
            "codat_mock_requests", "Requests answered.", labels=["operation", "status"]
        )
        findings = CounterMetricFamily(
            "codat_mock_requests_with_findings", "Requests that broke a rule.", labels=["code"]
        )
        seconds = HistogramMetricFamily(
            "codat_mock_request_seconds", "Time to answer, in seconds.", labels=["operation"]
        )
        with self._lock:
            for (operation, status), count in sorted(self._requests.items()):
                requests.add_metric([operation, str(status)], count)
            for code, count in sorted(self._findings.items()):
                findings.add_metric([code], count)
            for operation, counts in sorted(self._buckets.items()):
                limits = [*map(str, BUCKETS_SECONDS), "+Inf"]
                totals = [sum(counts[: place + 1]) for place in range(len(limits))]
                buckets = list(zip(limits, totals, strict=True))
                seconds.add_metric([operation], buckets, self._seconds[operation])
        yield from (requests, findings, seconds)


def register(app: Flask) -> None:
    """Count requests. Registered first, so that it sees the answer as it is sent."""
    app.before_request(before)
    app.after_request(after)


def before() -> None:
    """Note when the request began."""
    served_request().began = machine_seconds()


def after(response: Response) -> Response:
    """Count the request, and log it."""
    request = served_request()
    seconds = machine_seconds() - request.began
    metrics: Metrics = request.app.config[METRICS]
    part = part_of_server(request)
    metrics.observe(part, response.status_code, seconds, request.broken_rules)
    access_log.write(response, part, seconds, request.broken_rules)
    return response


def part_of_server(request: ServedRequest) -> str:
    """The operation of the request, or the part of the server that it is for."""
    if request.operation:
        return request.operation
    if request.path.startswith(f"{request_context.CONTROL}/"):
        return "control"
    if request.path.startswith(request_context.PAGES):
        return "pages"
    return "other"
