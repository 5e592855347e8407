"""`codat-mock proxy`: what goes through is unchanged, and judged as its recording is."""

from __future__ import annotations

import gzip
import json
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click
import httpx
import pytest
from har_samples import ORDER
from loopback_tls import TLS

from codat_mock.cli.proxy import proxy, read_upstream
from codat_mock.clock import machine_seconds
from codat_mock.har.reader import read_har
from codat_mock.har.recorder import Recording
from codat_mock.http.app import create_app
from codat_mock.http.server import Server, listen
from codat_mock.replay import replay
from codat_mock.replay.proxy import CHUNK_BYTES, Proxy
from codat_mock.rules.judge import Findings
from codat_mock.sandbox import SandboxRegistry, Settings

PATIENCE_SECONDS = 20.0
MEBIBYTE = 1 << 20
CONTEXT = click.Context(proxy), click.Option(["--upstream"])


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address at which a WSGI application answers."""
    with Server(SandboxRegistry(), listen("127.0.0.1", 0), instead=app) as server:
        yield server.address


@contextmanager
def proxied(upstream: str, har: Path | None = None) -> Iterator[tuple[Proxy, httpx.Client]]:
    """A proxy to a service, and a client of it."""
    proxy = Proxy(upstream, Recording(har), Settings())
    with (
        serving(proxy) as address,
        httpx.Client(base_url=address, timeout=20, verify=TLS) as client,
    ):
        yield proxy, client
    proxy.close()


def found(verdicts: Findings) -> list[Any]:
    """The findings without the moments of their requests, in which the two differ."""
    return [
        (each.code, each.company_id, each.count, each.records, [r.path for r in each.requests])
        for each in verdicts.findings
    ]


Echo = dict[str, Any]


def answering(status: str, headers: list[tuple[str, str]], body: Any, seen: Echo) -> Any:
    """A service that answers so whatever it is asked, and notes what that was."""

    def app(environ: Any, start: Any) -> Any:
        seen.update(environ, body=environ["wsgi.input"].read())
        start(status, headers)
        return body

    return app


def test_a_request_and_its_answer_are_forwarded_unchanged() -> None:
    seen: Echo = {}
    packed = gzip.compress(b'{"a": 1}')
    headers = [("Content-Type", "application/x-odd"), ("Content-Encoding", "gzip"),
               ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Server", "theirs")]  # fmt: skip
    body = b"\x00\xff odd"
    with (
        serving(answering("299 Odd", headers, [packed], seen)) as upstream,
        proxied(f"{upstream}/base/") as (_, client),
    ):
        sent = {"X-Own": "é".encode("latin-1"), "Authorization": "Basic czNjcmV0"}
        with client.stream(
            "PATCH", "/a%2Fb/%C3%A9?q=1&q=%20", content=body, headers=sent
        ) as answer:
            raw = b"".join(answer.iter_raw())
    assert (answer.status_code, answer.reason_phrase, raw) == (299, "Odd", packed)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["content-type"] == "application/x-odd"
    assert answer.headers["server"] == "theirs"
    assert (seen["REQUEST_METHOD"], seen["body"]) == ("PATCH", body)
    assert seen["REQUEST_URI"] == "/base/a%2Fb/%C3%A9?q=1&q=%20"
    assert seen["HTTP_AUTHORIZATION"] == "Basic czNjcmV0"
    assert seen["HTTP_X_OWN"] == "é"
    assert seen["HTTP_HOST"] == upstream.removeprefix("http://")


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content")])
def test_an_answer_without_a_body_has_none(method: str, status: str) -> None:
    headers = [("Content-Length", "7")] if method == "HEAD" else []
    with (
        serving(answering(status, headers, [], {})) as upstream,
        proxied(upstream) as (_, client),
    ):
        answer = client.request(method, "/meta/companies")
    assert (str(answer.status_code), answer.content) == (status[:3], b"")


def test_a_large_answer_is_streamed_and_not_gathered_first() -> None:
    goes_on = Event()

    def body() -> Iterator[bytes]:
        yield b"a" * MEBIBYTE
        assert goes_on.wait(PATIENCE_SECONDS)  # for the client to have read the first piece
        for _ in range(31):
            yield b"b" * MEBIBYTE

    with (
        serving(answering("200 OK", [], body(), {})) as upstream,
        proxied(upstream) as (_, client),
        client.stream("GET", "/") as answer,
    ):
        pieces = answer.iter_raw(MEBIBYTE)
        first = next(pieces)
        goes_on.set()
        rest = sum(len(piece) for piece in pieces)
    assert first == b"a" * MEBIBYTE
    assert rest == 31 * MEBIBYTE


def test_a_large_push_is_forwarded() -> None:
    seen: Echo = {}
    body = b"x" * (80 * MEBIBYTE)
    with serving(answering("200 OK", [], [], seen)) as upstream, proxied(upstream) as (_, client):
        assert client.post("/", content=body).status_code == 200
    assert seen["body"] == body


def test_an_unreachable_upstream_gives_an_error_of_the_proxy(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        upstream = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with proxied(upstream, tmp_path / "t.har") as (_, client):
            answer = client.post("/data/companies/c/sync/commerce-orders", json={"orders": []})
    assert (answer.status_code, answer.headers["codat-mock-proxy"]) == (502, "refused")
    assert answer.json()["detail"].startswith(f"codat-mock proxy: {upstream} does not answer: ")
    [kept] = read_har((tmp_path / "t.har").read_bytes()).requests
    assert kept.status == 502


def test_an_upstream_that_closes_without_an_answer_may_have_had_the_request() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def close() -> None:
            accepted, _ = listening.accept()
            accepted.recv(CHUNK_BYTES)
            accepted.close()

        closing_it = Thread(target=close)
        closing_it.start()
        upstream = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with proxied(upstream) as (proxy, client):
            assert client.get("/meta/companies").status_code == 502
        closing_it.join()
    assert [each.status for each in proxy._recording.all()] == [0]


def test_a_truncated_answer_is_forwarded_truncated() -> None:
    headers = [("Content-Length", "100")]
    began = machine_seconds()
    with (
        serving(answering("200 OK", headers, [b"only this"], {})) as upstream,
        proxied(upstream) as (proxy, client),
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/meta/companies")
        assert client.get("/_mock/requests?format=har").json()["log"]["entries"]
    [kept] = proxy._recording.all()
    assert kept.status == 0
    assert 0 <= kept.seconds <= machine_seconds() - began


@pytest.mark.parametrize("path", ["/meta/companies", "/", "/portal", "/link/x", "/flow/done"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Origin": "https://evil.example"},
        {"Referer": "https://evil.example/"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)  # fmt: skip
def test_a_page_in_a_browser_cannot_use_the_proxy(headers: dict[str, str], path: str) -> None:
    seen: Echo = {}
    with serving(answering("200 OK", [], [], seen)) as upstream, proxied(upstream) as (_, client):
        answer = client.get(path, headers=headers)
    assert answer.status_code == 403
    assert not seen


def push_badly(client: httpx.Client, headers: dict[str, str]) -> str:
    """Make a company, and push the same twice, and once without a key."""
    made = client.post("/meta/companies/sync", json={"name": "Café"}, headers=headers)
    company_id = str(made.json()["id"])
    path = f"/data/companies/{company_id}/sync/commerce-orders"
    for _ in range(2):
        pushed = client.post(path, json={"orders": [ORDER]}, headers=headers)
        assert pushed.status_code == 200
        dataset = pushed.json()["datasetId"]
        client.get(f"/meta/companies/{company_id}/pull/history/{dataset}", headers=headers)
    assert client.get("/meta/companies?api_key=s3cret").status_code == 401
    return company_id


def test_judging_the_recording_gives_the_live_findings(
    start_server: Callable[..., Server], auth: Any, tmp_path: Path
) -> None:
    upstream = start_server(speed=1, start_at=None).address
    with proxied(upstream, tmp_path / "t.har") as (proxy, client):
        company_id = push_badly(client, auth("s3cret-key"))
        live = client.get("/_mock/findings").json()
        over = proxy.judge(is_over=True)
        content = (tmp_path / "t.har").read_bytes()
        archive = client.get("/_mock/requests?format=har").content
        report = client.get("/_mock/report?format=html")
        for path in ("else", "requests", "requests?format=json", "report?format=odd",
                     "drift?format=har"):  # fmt: skip
            assert client.get(f"/_mock/{path}").status_code == 404
    recorded = read_har(content).requests
    assert found(replay(recorded, Settings()).judgement) == found(over.judgement)
    assert {"S03", "T01"} <= {each.code for each in over.judgement.findings}
    assert {"S03", "T01"} <= {each["code"] for each in live["findings"]}
    assert {each.company_id for each in over.judgement.findings if each.company_id} == {company_id}
    assert [each.status for each in recorded] == [200, 200, 200, 200, 200, 401]
    assert read_har(archive).requests == recorded
    assert "only-new-or-changed" in report.text
    assert report.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert report.headers["X-Frame-Options"] == "DENY"
    for secret in (auth("s3cret-key")["Authorization"].partition(" ")[2], "s3cret"):
        assert secret.encode() not in content


def test_the_command_judges_when_it_is_interrupted(
    command: Callable[..., subprocess.Popen[str]],
    start_server: Callable[..., Server],
    auth: Any,
    tmp_path: Path,
) -> None:
    upstream = start_server(speed=1, start_at=None).address
    process = command("proxy", "--upstream", upstream, "--port", "0", "--har", "t.har")
    line = process.stdout.readline() if process.stdout else ""
    address = re.search(r"forwards (http://127\.0\.0\.1:\d+) to", line)
    assert address, line
    with httpx.Client(base_url=address[1]) as client:
        push_badly(client, auth("k"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, err
    assert "S03 only-new-or-changed" in out
    assert "codat-mock exits with code 1." in out
    assert len(json.loads((tmp_path / "t.har").read_bytes())["log"]["entries"]) == 6


def renaming(mock: Any) -> Any:
    """The mock's application, with a property of its datasets under another name."""

    def app(environ: Any, start: Any) -> Any:
        started: list[Any] = []
        body = b"".join(mock(environ, lambda *given: started.append(given)))
        status, headers = started[0][:2]
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start(status, kept)
        return [body.replace(b'"isErrored"', b'"hasErrored"')]

    return app


def ended(process: subprocess.Popen[str], use: Callable[[httpx.Client], object]) -> str:
    """The output of a proxy that was used, and then interrupted."""
    line = process.stdout.readline() if process.stdout else ""
    address = re.search(r"forwards (http://127\.0\.0\.1:\d+) to", line)
    assert address, line
    with httpx.Client(base_url=address[1]) as client:
        use(client)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert not err
    return out


def test_a_service_that_differs_from_the_mock_is_shown_until_the_differences_are_known(
    command: Callable[..., subprocess.Popen[str]], auth: Any, tmp_path: Path
) -> None:
    with closing(SandboxRegistry(Settings())) as registry:
        arguments = ("--port", "0", "--compare", "--known", "known.json", "--fail-on", "never")

        def compare(app: Any, *more: str) -> tuple[int, str]:
            def use(client: httpx.Client) -> None:
                push_badly(client, auth("k"))
                shown.append(client.get("/_mock/drift").json())

            with serving(app) as upstream:
                process = command("proxy", "--upstream", upstream, *arguments, *more)
                return_value = ended(process, use)
            return process.returncode, return_value

        shown: list[Any] = []
        app = create_app(registry)
        code, out = compare(renaming(app), "--update-known", "--drift-report", "html:drift.html")
        assert code == 0, out
        names = {each["path"] for each in shown[0]["differences"]}
        assert names == {"$.hasErrored", "$.isErrored"}
        assert "hasErrored" in (tmp_path / "drift.html").read_text()
        code, out = compare(app)
        assert code == 1, out
        assert "gone: get-dataset $.hasErrored: unknown-property" in out


def test_options_of_the_comparison_require_it(
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    process = command("proxy", "--upstream", "http://127.0.0.1:9", "--known", "k.json",
                      "--update-known")  # fmt: skip
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "--known, --update-known and --drift-report require --compare." in err


@pytest.mark.parametrize(
    "upstream", ["api.codat.io", "ftp://x", "https://x/?q", "http://x:0", "http://:p@x"]
)
def test_what_is_no_url_of_a_service_is_no_upstream(upstream: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a URL such as https://api\.codat\.io\."):
        read_upstream(*CONTEXT, upstream)


@pytest.mark.parametrize("upstream", ["https://api.codat.io", "http://127.0.0.1:1/base/"])
def test_an_upstream_is_a_host_with_or_without_a_port_and_a_path(upstream: str) -> None:
    assert read_upstream(*CONTEXT, upstream) == upstream


def test_the_command_says_in_one_line_that_an_upstream_is_invalid(
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    process = command("proxy", "--upstream", "api.codat.io")
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "'api.codat.io' is not a URL such as https://api.codat.io." in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("method", "content", "length"),
    [("GET", None, None), ("DELETE", None, None), ("POST", b"abc", "3"), ("POST", b"", "0")],
)
def test_a_body_is_announced_as_the_client_announced_it(
    method: str, content: Any, length: str | None
) -> None:
    seen: Echo = {}
    with serving(answering("200 OK", [], [], seen)) as upstream, proxied(upstream) as (_, client):
        client.request(method, "/", content=content)
    assert seen.get("CONTENT_LENGTH") == length
    assert "HTTP_TRANSFER_ENCODING" not in seen
    assert seen["body"] == (content or b"")
