"""A proxy to a real service that lets everything through unchanged, and judges it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
from msgspec import Struct
from werkzeug import Request, Response

from codat_mock.clock import machine_now, machine_seconds
from codat_mock.har.exchange import Headers, Recorded, header, unpacked
from codat_mock.har.recorder import Recording
from codat_mock.har.writer import write_har
from codat_mock.http.app import is_local, is_own_page
from codat_mock.http.request_context import ARRIVED, CONTROL, encode
from codat_mock.replay import replay
from codat_mock.reports import FORMATS
from codat_mock.reports.run import Run
from codat_mock.sandbox import Settings

# These are of one connection, and not of the message (RFC 9110, section 7.6.1).
HOP_BY_HOP: Final = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "trailers", "transfer-encoding", "upgrade",
}  # fmt: skip
PROXY: Final = "Codat-Mock-Proxy"
PIECE: Final = 1 << 16
PATIENCE: Final = httpx.Timeout(300.0, connect=10.0)  # the integration gives up before
JSON: Final = "application/json; charset=utf-8"
PROBLEM: Final = "application/problem+json"


class ProxiedRequest(Struct):
    """A request that is being passed on.

    Args:
        sent: the pieces of its body that have been passed on.
        answered: the pieces of the answer that have come back.
        status: of the answer, 0 until all of it has come back.
    """

    request: Request
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
        recording: where requests are kept.
        settings: of the sandbox they are judged in.
    """

    def __init__(self, upstream: str, recording: Recording, settings: Settings) -> None:
        self._upstream = upstream.rstrip("/")
        self._recording = recording
        self._settings = settings
        # The upstream is the one the user names, whatever proxies the environment knows.
        transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=None))
        self._http = httpx.Client(transport=transport, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        """Pass nothing on any more."""
        self._http.close()
        self._recording.close()

    def judged(self, *, is_over: bool) -> Run:
        """The verdict on what has been passed on.

        Args:
            is_over: whether nothing follows, so that the day is closed.
        """
        until = None if is_over else machine_now()
        return replay(self._recording.all(), self._settings, until=until)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        if not (is_local(request) and is_own_page(request)):
            return refusal(403, f"{request.host} or its page may not use this proxy.")(
                environ, start
            )
        if request.path.startswith(f"{CONTROL}/"):
            return self._tell(request)(environ, start)
        return self._pass(request, start)

    def _tell(self, request: Request) -> Response:
        """Answer what is asked of the proxy itself."""
        path, form = request.path.removeprefix(CONTROL), request.args.get("format", "json")
        if path == "/findings":
            return Response(encode(self.judged(is_over=False).judgement), content_type=JSON)
        if path == "/requests" and form == "har":
            return Response(write_har(self._recording.all()), content_type=JSON)
        if path == "/report" and form in FORMATS:
            wanted = FORMATS[form]
            written = wanted.write(self.judged(is_over=False))
            return Response(written, content_type=f"{wanted.content_type}; charset=utf-8")
        return refusal(
            404,
            "The proxy has /_mock/findings, /_mock/report?format= and /_mock/requests?format=har.",
        )

    def _pass(self, request: Request, start: StartResponse) -> Iterable[bytes]:
        """Pass a request on, and its answer back."""
        passing = ProxiedRequest(
            request=request,
            url=f"{self._upstream}{target(request.environ)}",
            began=request.environ.get(ARRIVED) or machine_seconds(),
            headers=passed_on(request),
        )
        try:
            answer = self._http.send(self._request(passing), stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Without a connection nothing has arrived; else there is no telling.
            passing.status = 502 if isinstance(error, httpx.ConnectError | httpx.InvalidURL) else 0
            why = str(error) or type(error).__name__
            told = refusal(502, f"{self._upstream} does not answer: {why}")
            passing.answered_headers = ((PROXY, told.headers[PROXY]),)
            passing.answered = [told.get_data()]
            self._keep(passing)
            return told(request.environ, start)
        passing.answered_headers = without_hops(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw
        )
        start(f"{answer.status_code} {answer.reason_phrase}", [*passing.answered_headers])
        return self._answer(passing, answer)

    def _request(self, passing: ProxiedRequest) -> httpx.Request:
        body = pieces(passing) if "CONTENT_LENGTH" in passing.request.environ else None
        # As bytes, since a header may hold letters that are no ASCII.
        headers = [(name.encode(), value.encode("latin-1")) for name, value in passing.headers]
        return httpx.Request(passing.request.method, passing.url, headers=headers, content=body)

    def _answer(self, passing: ProxiedRequest, answer: httpx.Response) -> Iterator[bytes]:
        """The answer's bytes as they come; only an answer that came whole has its status."""
        try:
            with closing(answer):
                for piece in answer.iter_raw():
                    passing.answered.append(piece)
                    yield piece
            passing.status = answer.status_code
        finally:
            self._keep(passing)

    def _keep(self, passing: ProxiedRequest) -> None:
        """Record what has come to its end."""
        seconds = round(machine_seconds() - passing.began, 6)
        self._recording.add(recorded(passing, seconds))


def recorded(passing: ProxiedRequest, seconds: float) -> Recorded:
    """What has just come to its end, after so many seconds."""
    return Recorded(
        started=machine_now() - timedelta(seconds=seconds),
        seconds=seconds,
        method=passing.request.method,
        url=passing.url,
        status=passing.status,
        sent=unpacked(b"".join(passing.sent), passing.headers),
        answered=unpacked(b"".join(passing.answered), passing.answered_headers),
        sent_type=passing.request.mimetype,
        answered_type=header(passing.answered_headers, "content-type"),
        headers=passing.headers,
        answered_headers=passing.answered_headers,
    )


def target(environ: WSGIEnvironment) -> str:
    """Path and query as they were sent, no letter of them changed."""
    asked = str(environ.get("REQUEST_URI", "/"))
    if asked.startswith("/"):
        return asked
    parts = urlsplit(asked)  # as a proxy is asked
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def passed_on(request: Request) -> Headers:
    """The headers of a request that go on to the service; its host is put in anew."""
    return tuple(each for each in without_hops(request.headers) if each[0].lower() != "host")


def without_hops(headers: Iterable[tuple[str, str]]) -> Headers:
    """Headers without those that are of one connection only."""
    found = [*headers]
    named = header(found, "connection").lower().split(",")
    dropped = HOP_BY_HOP.union(name.strip() for name in named)
    return tuple(each for each in found if each[0].lower() not in dropped)


def pieces(passing: ProxiedRequest) -> Iterator[bytes]:
    """The body of a request, piece by piece."""
    while piece := passing.request.environ["wsgi.input"].read(PIECE):
        passing.sent.append(piece)
        yield piece


def refusal(status: int, told: str) -> Response:
    """Say no, as the proxy and not as the service."""
    detail = f"codat-mock proxy: {told}"
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    response = Response(encode(body), status, content_type=PROBLEM)
    response.headers[PROXY] = "refused"
    return response
