"""Requests of HTTP libraries that the plugin redirects to the sandbox of a test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from plugin_runs import Run

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
