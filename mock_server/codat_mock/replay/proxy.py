"""A proxy that forwards requests to a real service unchanged, and judges them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
from msgspec import Struct
from werkzeug import Request, Response

from codat_mock.clock import machine_now, machine_seconds
from codat_mock.har.exchange import Headers, Recorded, decode_body, header
from codat_mock.har.recorder import Recording
from codat_mock.har.writer import write_har
from codat_mock.http.access import is_foreign_link, is_local, is_own_page
from codat_mock.http.portal import HTML_HEADERS
from codat_mock.http.request_context import ARRIVED, CONTROL, encode
from codat_mock.replay import drift_report, replay
from codat_mock.replay.drift import Drift, drift_of
from codat_mock.reports.formats import FORMATS
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

# These belong to the connection, not to the message (RFC 9110, section 7.6.1).
HOP_BY_HOP: Final = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "trailers", "transfer-encoding", "upgrade",
}  # fmt: skip
PROXY: Final = "Codat-Mock-Proxy"
CHUNK_BYTES: Final = 1 << 16
BODY_HEADERS: Final = frozenset({"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"})
TIMEOUT: Final = httpx.Timeout(300.0, connect=10.0)  # longer than that of an integration
JSON: Final = "application/json; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
PROBLEM: Final = "application/problem+json"
# A path and a query (RFC 9112, section 3.2.1): neither names a host, whatever is in them.
ORIGIN_FORM: Final = re.compile(r"/[!-~]*")


class ProxiedRequest(Struct):
    """A request that is being forwarded.

    Args:
        request: the request.
        target: its path and query at the service, exactly as they are sent.
        url: its URL at the service.
        began: when it arrived, in seconds since the epoch.
        headers: its headers.
        sent: the chunks of its body that have been forwarded.
        answered: the chunks of the answer that have arrived.
        answered_headers: the headers of the answer.
        status: the status of the answer; 0 until it is complete.
    """

    request: Request
    target: str
    url: str
    began: float
    headers: Headers
    sent: list[bytes] = []
    answered: list[bytes] = []
    answered_headers: Headers = ()
    status: int = 0


class Proxy:
    """The WSGI application.

    Args:
        upstream: the URL of the service.
        recording: records the requests.
        settings: the settings of the sandbox in which they are judged.
    """

    def __init__(self, upstream: str, recording: Recording, settings: Settings) -> None:
        self._upstream = httpx.URL(upstream)
        self._recording = recording
        self._settings = settings
        # The user names the upstream; proxies of the environment do not apply.
        transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=None))
        self._http = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False)

    def close(self) -> None:
        """Stop forwarding."""
        self._http.close()
        self._recording.close()

    def judge(self, *, is_over: bool) -> Run:
        """Judge the requests until now.

        Args:
            is_over: whether these are all; then the clock moves past the next syncs.
        """
        until = None if is_over else machine_now()
        return replay(self._recording.all(), self._settings, until=until)

    def drift(self) -> Drift:
        """The differences between the service's answers until now and the mock's."""
        return drift_of(self._recording.all())

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        # It has no pages for people, to which links of other pages may lead.
        if not (is_local(request) and is_own_page(request)) or is_foreign_link(request):
            return refusal(
                403, f"Requests to the host {request.host} or from its pages are refused."
            )(environ, start)
        sent = str(environ["REQUEST_URI"])
        if not ORIGIN_FORM.fullmatch(sent) or "#" in sent:
            reason = "The target of a request must be a path: use this address as the base URL."
            return refusal(400, reason)(environ, start)
        path = sent.partition("?")[0]
        if path.startswith(f"{CONTROL}/"):
            return self._control(path.removeprefix(CONTROL), request)(environ, start)
        return self._forward(request, sent, start)

    def _control(self, path: str, request: Request) -> Response:
        """Answer a request to the proxy itself."""
        name = request.args.get("format", "json")
        if path == "/findings":
            return Response(encode(self.judge(is_over=False).judgement), content_type=JSON)
        if path == "/requests" and name == "har":
            return Response(write_har(self._recording.all()), content_type=JSON)
        if path == "/report" and name in FORMATS:
            report = FORMATS[name].write(self.judge(is_over=False))
            content_type = f"{FORMATS[name].content_type}; charset=utf-8"
            headers = HTML_HEADERS if FORMATS[name].content_type == "text/html" else {}
            return Response(report, content_type=content_type, headers=headers)
        if path == "/drift" and name in ("json", "html"):
            shown = drift_report.compared(self.drift(), ())
            if name == "json":
                return Response(drift_report.as_json(shown), content_type=JSON)
            page = drift_report.as_html(shown)
            return Response(page, content_type=HTML, headers=HTML_HEADERS)
        return refusal(
            404,
            "The proxy has /_mock/findings, /_mock/report?format=, /_mock/drift?format= and"
            " /_mock/requests?format=har.",
        )

    def _forward(self, request: Request, sent: str, start: StartResponse) -> Iterable[bytes]:
        """Forward a request, and its answer.

        Args:
            request: the request.
            sent: its path and query, in origin-form.
            start: begins the answer.
        """
        target = f"{self._upstream.path.rstrip('/')}{sent}"
        forwarded = ProxiedRequest(
            request=request,
            target=target,
            url=f"{self._upstream.scheme}://{self._upstream.netloc.decode()}{target}",
            began=request.environ.get(ARRIVED) or machine_seconds(),
            headers=forwarded_headers(request),
        )
        try:
            answer = self._http.send(self._request(forwarded), stream=True)
        except httpx.HTTPError as error:
            # Without a connection the request has not arrived; otherwise it may have.
            forwarded.status = 502 if isinstance(error, httpx.ConnectError) else 0
            reason = str(error) or type(error).__name__
            response = refusal(502, f"{self._upstream} does not answer: {reason}")
            forwarded.answered_headers = ((PROXY, response.headers[PROXY]),)
            forwarded.answered = [response.get_data()]
            self._keep(forwarded)
            return response(request.environ, start)
        forwarded.answered_headers = without_hops(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw
        )
        start(f"{answer.status_code} {answer.reason_phrase}", [*forwarded.answered_headers])
        return self._answer(forwarded, answer)

    def _request(self, forwarded: ProxiedRequest) -> httpx.Request:
        has_body = BODY_HEADERS & forwarded.request.environ.keys()
        body = chunks(forwarded) if has_body else None
        # As bytes: headers may hold characters that are not ASCII.
        headers = [(name.encode(), value.encode("latin-1")) for name, value in forwarded.headers]
        # The connection is made to the upstream, and nothing of the request takes part in that.
        return httpx.Request(
            forwarded.request.method,
            self._upstream,
            headers=headers,
            content=body,
            extensions={"target": forwarded.target.encode()},
        )

    def _answer(self, forwarded: ProxiedRequest, answer: httpx.Response) -> Iterator[bytes]:
        """The chunks of the answer; its status is set once it is complete."""
        try:
            with closing(answer):
                for chunk in answer.iter_raw():
                    forwarded.answered.append(chunk)
                    yield chunk
            forwarded.status = answer.status_code
        finally:
            self._keep(forwarded)

    def _keep(self, forwarded: ProxiedRequest) -> None:
        """Record a request that has ended."""
        seconds = round(machine_seconds() - forwarded.began, 6)
        self._recording.add(recorded(forwarded, seconds))


def recorded(forwarded: ProxiedRequest, seconds: float) -> Recorded:
    """A request that has just ended, after some seconds."""
    return Recorded(
        started=machine_now() - timedelta(seconds=seconds),
        seconds=seconds,
        method=forwarded.request.method,
        url=forwarded.url,
        status=forwarded.status,
        sent=decode_body(b"".join(forwarded.sent), forwarded.headers),
        answered=decode_body(b"".join(forwarded.answered), forwarded.answered_headers),
        sent_type=forwarded.request.mimetype,
        answered_type=header(forwarded.answered_headers, "content-type"),
        headers=forwarded.headers,
        answered_headers=forwarded.answered_headers,
    )


def forwarded_headers(request: Request) -> Headers:
    """The headers of a request to forward; httpx sets the host."""
    return tuple(each for each in without_hops(request.headers) if each[0].lower() != "host")


def without_hops(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers without those of the connection."""
    found = [*headers]
    named = ",".join(value for name, value in found if name.lower() == "connection")
    dropped = HOP_BY_HOP.union(name.strip() for name in named.lower().split(","))
    return tuple(each for each in found if each[0].lower() not in dropped)


def chunks(forwarded: ProxiedRequest) -> Iterator[bytes]:
    """The body of a request, in chunks."""
    while chunk := forwarded.request.environ["wsgi.input"].read(CHUNK_BYTES):
        forwarded.sent.append(chunk)
        yield chunk


def refusal(status: int, reason: str) -> Response:
    """An error answer of the proxy itself."""
    detail = f"codat-mock proxy: {reason}"
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    response = Response(encode(body), status, content_type=PROBLEM)
    response.headers[PROXY] = "refused"
    return response
