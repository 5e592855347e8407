"""Requests of HTTP libraries that the plugin redirects to the sandbox of a test."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest
from plugin_runs import Run

from codat_mock.testing.routing import caller

pytest_plugins = ["pytester"]


def test_httpx_is_redirected_to_the_sandbox_whatever_its_key(run: Run) -> None:
    ran = run("""
        def test_led(codat_httpx):
            for number in range(2):
                key, company = f"key {number}", codat_httpx.company_id
                assert push("https://api.codat.io", key, company, "A-1").status_code == 200
            assert [each.code for each in codat_httpx.findings()] == ["S03"]
            assert httpx.get(f"{codat_httpx.url}/_mock/health").json()["sandboxes"] == 1

        def test_wire(codat_httpx):
            codat_httpx.faults.plan("lose", by="hang", at=[1])
            with pytest.raises(httpx.ReadTimeout):
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1", timeout=0.2)
            codat_httpx.faults.plan("unreachable", seconds=0, at=[1])
            with pytest.raises(httpx.ReadError):
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1")

        def test_asynchronous(codat_httpx):
            import asyncio

            async def main():
                async with httpx.AsyncClient() as client:
                    path = "https://api.codat.io/meta/companies?pageSize=1"
                    return await client.get(path, headers=headers("key"))

            codat_httpx.prepare("Bean There")
            codat_httpx.prepare("Bean Here")

            answer = asyncio.run(main())
            assert [each["name"] for each in answer.json()["results"]] == ["Bean There"]

        def test_outside():
            with pytest.raises(httpx.ConnectError):
                httpx.get("http://127.0.0.1:1/")
    """)
    ran.assert_outcomes(passed=4, errors=1)
    ran.stdout.fnmatch_lines(["*at teardown of test_led*"])


def test_requests_is_redirected_to_the_sandbox(run: Run) -> None:
    ran = run("""
        import requests

        def test_led(codat_requests):
            for number in range(2):
                answer = push("https://api.codat.io", f"key {number}", codat_requests.company_id,
                              "A-1", post=requests.post)
                assert answer.json()["datasetId"]
                assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
            assert [each.code for each in codat_requests.findings()] == ["S03"]
            assert requests.get(f"{codat_requests.url}/_mock/health").json()["sandboxes"] == 1

        def test_wire(codat_requests):
            codat_requests.faults.plan("lose", by="hang", at=[1])
            with pytest.raises(requests.ReadTimeout):
                push("https://api.codat.io", "key", codat_requests.company_id, "A-1",
                     post=requests.post, timeout=0.2)
            codat_requests.faults.plan("unreachable", seconds=0, at=[1])
            with pytest.raises(requests.ConnectionError):
                push("https://api.codat.io", "key", codat_requests.company_id, "A-1",
                     post=requests.post)
    """)
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["*at teardown of test_led*"])


def test_a_missing_library_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    ran = run("""
        def test_led(codat_requests):
            pass
    """)
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["requests is not installed: pip install 'codat-mock?pytest?'."])


def test_a_proxy_of_the_environment_is_ignored(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "api.codat.io")
    ran = run("""
        import requests

        @pytest.mark.parametrize("post", [httpx.post, requests.post])
        def test_led(codat_httpx, codat_requests, post):
            push("https://api.codat.io", "key", codat_httpx.company_id, "A-1", post=post)
            assert codat_httpx.run().has_pushes
    """)
    ran.assert_outcomes(passed=2)


def test_codat_url_is_reached_without_the_proxy_and_the_netrc_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    ran = run("""
        import requests

        @pytest.mark.parametrize("post", [httpx.post, requests.post])
        def test_direct(codat, post):
            push(codat.url, codat.api_key, codat.company_id, "A-1", post=post).raise_for_status()
            assert codat.run().has_pushes
    """)
    ran.assert_outcomes(passed=2)
    assert os.environ["NETRC"] == str(netrc)
    assert "127.0.0.1" not in os.environ.get("NO_PROXY", "")


def test_a_thread_that_outlives_its_test_is_refused(run: Run) -> None:
    ran = run("""
        import threading
        import requests

        GO, SENT = threading.Event(), []

        def send_later(post, company):
            GO.wait(20)
            try:
                push("https://api.codat.io", "key", company, "A-1", post=post)
                SENT.append("answered")
            except (httpx.ConnectError, requests.ConnectionError) as error:
                SENT.append(str(error))

        THREADS = []

        def test_starts(codat_httpx, codat_requests):
            for post in (httpx.post, requests.post):
                thread = threading.Thread(target=send_later, args=(post, codat_httpx.company_id))
                thread.start()
                THREADS.append(thread)

        def test_next(codat_httpx, codat_requests):
            GO.set()
            for thread in THREADS:
                thread.join()
            assert len(SENT) == 2
            for message in SENT:
                assert "::test_starts has ended, but its thread still sends requests" in message
            assert not codat_httpx.run().has_pushes
            push("https://api.codat.io", "key", codat_httpx.company_id, "A-1").raise_for_status()

        def test_without_it():
            assert len(SENT) == 2
    """)
    ran.assert_outcomes(passed=3)


def test_a_thread_that_such_a_thread_starts_is_refused_too(run: Run) -> None:
    ran = run("""
        import threading

        GO, DONE, SENT = threading.Event(), threading.Event(), []

        def send(company):
            try:
                push("https://api.codat.io", "key", company, "A-1")
                SENT.append("answered")
            except httpx.ConnectError as error:
                SENT.append(str(error))
            DONE.set()

        def start_later(company):
            GO.wait(20)
            threading.Thread(target=send, args=(company,)).start()

        def test_starts(codat_httpx):
            threading.Thread(target=start_later, args=(codat_httpx.company_id,)).start()

        def test_next(codat_httpx):
            GO.set()
            assert DONE.wait(20)
            assert "::test_starts has ended, but its thread still sends requests" in SENT[0]
            assert not codat_httpx.run().has_pushes
    """)
    ran.assert_outcomes(passed=2)


def test_a_push_client_whose_test_has_ended_is_refused_even_without_a_next_test(run: Run) -> None:
    ran = run("""
        import threading
        from codat_push import CodatError, PushClient

        GO, DONE, SENT = threading.Event(), threading.Event(), []

        def push_later(client, company):
            GO.wait(20)
            try:
                client.push(company, "commerce-orders", [{"id": "A-1", "totalAmount": 85}])
                SENT.append("answered")
            except CodatError as error:
                SENT.append(str(error))
            DONE.set()

        def test_starts(codat_httpx):
            work = push_later, (PushClient("key"), codat_httpx.company_id)
            threading.Thread(target=work[0], args=work[1]).start()

        def test_without_it():
            GO.set()
            assert DONE.wait(20)
            assert "::test_starts has ended, but its thread still sends requests" in SENT[0]
    """)
    ran.assert_outcomes(passed=2)


def test_threads_of_a_test_are_redirected(run: Run) -> None:
    ran = run("""
        from concurrent.futures import ThreadPoolExecutor

        @pytest.mark.codat(fail_on="never")
        def test_threads(codat_httpx):
            with ThreadPoolExecutor(4) as pool:
                answers = [
                    pool.submit(push, "https://api.codat.io", "key", codat_httpx.company_id, f"{n}")
                    for n in range(8)
                ]
            assert [each.result().status_code for each in answers] == [200] * 8
    """)
    ran.assert_outcomes(passed=1)


def test_findings_point_at_the_line_that_sends_the_request(run: Run) -> None:
    ran = run("""
        import requests

        @pytest.mark.codat(fail_on="never")
        def test_callers(codat_httpx, codat_requests):
            for post in (httpx.post, requests.post):
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1", post=post)
            [finding] = codat_httpx.findings()
            [caller] = {request.caller for request in finding.requests}
            assert caller.endswith("pushing.py:17"), caller
    """)
    ran.assert_outcomes(passed=1)


SCRIPTS, STANDARD = sysconfig.get_path("scripts"), sysconfig.get_path("stdlib")


@pytest.mark.parametrize(
    ("module", "path", "is_theirs"),
    [
        ("asyncio_shop", "/home/a/shop/asyncio_shop.py", True),
        ("threading_till.push", "/home/a/shop/threading_till/push.py", True),
        ("shop", "/home/a/my-site-packages/shop.py", True),
        ("__main__", "/home/a/shop/push.py", True),
        ("__main__", f"{SCRIPTS}/pytest", False),
        ("functools", f"{STANDARD}/functools.py", False),
        ("concurrent.futures.thread", f"{STANDARD}/concurrent/futures/thread.py", False),
        ("tenacity", "/home/a/shop/.venv/lib/python3.13/site-packages/tenacity/retry.py", False),
        ("tenacity", "/usr/lib/python3/dist-packages/tenacity/retry.py", False),
        ("codat_push.client", "/home/a/checkout/client/codat_push/client.py", False),
        ("shop", "<string>", False),
    ],
)
def test_the_place_of_a_request_is_outside_of_libraries(
    module: str, path: str, is_theirs: bool
) -> None:
    names = {"__name__": module, "caller": caller}
    exec(compile("place = caller()", path, "exec"), names)  # noqa: S102
    assert names["place"].startswith(f"{path if is_theirs else __file__}:")


def test_findings_point_at_the_line_whatever_lies_between(run: Run, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "retrying_http.py").write_text(
        "def post(send, *args, **kwargs):\n    return send(*args, **kwargs)\n"
    )
    ran = run(f"""
        import asyncio, functools, requests, sys
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        sys.path.append({str(installed)!r})
        import retrying_http

        URL = "https://api.codat.io/meta/companies"

        class Shop:
            def __init__(self, session): self.session = session
            def read(self): return self.session.get(URL)  # class

        def twice(function):
            @functools.wraps(function)
            def call(*args):
                function(*args)
                return function(*args)
            return call

        @twice
        def decorated(get): return get(URL)  # decorated

        @functools.singledispatch
        def dispatched(get): return get(URL)  # dispatched

        def pages(get):
            yield get(URL)  # generator

        def installed(get): return retrying_http.post(get, URL)  # installed

        def in_thread(get): return get(URL)  # thread

        async def read(client): return await client.get(URL)  # coroutine

        async def several():
            async with httpx.AsyncClient() as client:
                await asyncio.gather(read(client), read(client))

        def lines():
            for number, text in enumerate(Path(__file__).read_text().splitlines(), 1):
                if text.endswith(("# class", "# decorated", "# dispatched", "# generator",
                                  "# installed", "# thread", "# coroutine")):
                    yield number

        @pytest.mark.codat(fail_on="never")
        def test_callers(codat_httpx, codat_requests):
            with httpx.Client() as client, requests.Session() as session:
                for http in (client, session):
                    Shop(http).read()
                    decorated(http.get)
                    dispatched(http.get)
                    list(pages(http.get))
                    installed(http.get)
                    with ThreadPoolExecutor() as threads:
                        threads.submit(in_thread, http.get).result()
            asyncio.run(several())
            log = httpx.get(f"{{codat_httpx.url}}/_mock/requests?format=har",
                            headers=headers(codat_httpx.api_key)).json()
            places = {{
                header["value"]
                for entry in log["log"]["entries"]
                for header in entry["request"]["headers"]
                if header["name"] == "Codat-Mock-Source"
            }}
            assert places == {{f"{{__file__}}:{{number}}" for number in lines()}}
    """)
    ran.assert_outcomes(passed=1)
