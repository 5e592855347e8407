"""The pytest plugin, by runs of pytest in runs of pytest."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import requests  # noqa: F401  (so that the runs within this one do not import it again)

from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, evaluation, pushes
from codat_mock.testing import codat, routing, sessions  # noqa: F401

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def swept() -> None:
    """What other tests left open must not show in the runs within this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


PUSHING = """
import httpx
import pytest
from base64 import b64encode
from datetime import datetime, timezone

NOW = datetime.now(timezone.utc).isoformat()
ORDER = {"id": "A-1", "totalAmount": 5, "currency": "GBP", "createdDate": NOW}


def headers(key):
    return {"Authorization": "Basic " + b64encode(key.encode()).decode()}


def push(url, key, company, *ids, post=httpx.post, created=NOW, **more):
    orders = [{**ORDER, "id": each, "createdDate": created} for each in ids]
    path = f"{url}/data/companies/{company}/sync/commerce-orders"
    return post(path, json={"orders": orders}, headers=headers(key), **more)


def push_to(codat, *ids):
    created = codat.clock.now.isoformat()
    return push(codat.url, codat.api_key, codat.company_id, *ids, created=created)
"""
INI = """
[pytest]
filterwarnings = error
addopts = --strict-markers -p no:cacheprovider
"""

Outcome = pytest.RunResult
Run = Callable[..., Outcome]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest on a module of tests, with these arguments; every warning is an error in it."""
    pytester.makeini(INI)
    pytester.makepyfile(pushing=PUSHING)

    def run_tests(tests: str, *arguments: str) -> Outcome:
        pytester.makepyfile(f"from pushing import *\n{dedent(tests)}")
        return pytester.runpytest_inprocess(*arguments)

    return run_tests


def test_a_test_that_keeps_the_rules_passes(run: Run) -> None:
    ran = run("""
        def test_push(codat):
            assert push_to(codat, "A-1").status_code == 200
            assert not codat.findings()
    """)
    ran.assert_outcomes(passed=1)


def test_a_test_that_breaks_a_rule_fails_at_its_end_with_the_findings(run: Run) -> None:
    ran = run("""
        def test_push(codat):
            push_to(codat, "A-1")
            push_to(codat, "A-1")
    """)
    ran.assert_outcomes(passed=1, errors=1)
    ran.stdout.fnmatch_lines(
        [
            "codat-mock: 1 error.*",
            "  S03 only-new-or-changed commerce-orders (error)",
            "      Records: A-1",
            "      Instead: Compare each record with the version accepted last*",
            "  Rules exercised: *S03*",
            "1 finding at or above 'error'.",
        ]
    )


def test_requests_of_other_fixtures_teardown_are_judged(run: Run) -> None:
    ran = run("""
        @pytest.fixture
        def shop(codat):
            push_to(codat, "A-1")
            yield
            push_to(codat, "A-1")

        def test_push(shop):
            pass
    """)
    ran.assert_outcomes(passed=1, errors=1)


def test_tests_are_isolated_and_leave_nothing(run: Run) -> None:
    ran = run("""
        KEYS = []

        def companies(codat, key):
            answer = httpx.get(f"{codat.url}/meta/companies", headers=headers(key))
            return len(answer.json()["results"])

        @pytest.mark.parametrize("number", range(3))
        def test_push(codat, number):
            push_to(codat, "A-1")
            assert [companies(codat, key) for key in KEYS] == [0] * number
            KEYS.append(codat.api_key)
            assert companies(codat, codat.api_key) == 1
    """)
    ran.assert_outcomes(passed=3)


def test_a_test_that_pushes_nothing_fails_only_on_request(run: Run) -> None:
    tests = """
        def test_silent(codat):
            pass

        @pytest.mark.codat(fail_on_nothing={})
        def test_marked(codat):
            pass
    """
    run(tests.format(True)).assert_outcomes(passed=2, errors=1)
    ran = run(tests.format(False), "--codat-fail-on-nothing")
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["Nothing was pushed, so there is nothing to judge*"])


@pytest.mark.parametrize(
    ("arguments", "errors"), [((), 1), (("--codat-fail-on", "never"), 0)], ids=["usual", "never"]
)
def test_the_marker_overrides_the_command_line(
    run: Run, arguments: tuple[str, ...], errors: int
) -> None:
    ran = run(
        """
        def test_usual(codat):
            push_to(codat, "A-1", "A-1")

        @pytest.mark.codat(fail_on="never")
        def test_marked(codat):
            push_to(codat, "A-1", "A-1")

        @pytest.mark.codat(fail_on="error", rules={"S04": "off"})
        def test_off(codat):
            push_to(codat, "A-1", "A-1")
    """,
        *arguments,
    )
    ran.assert_outcomes(passed=3, errors=errors)


def test_expected_findings_are_tolerated_but_required(run: Run) -> None:
    ran = run("""
        @pytest.mark.codat(expected=["S04"])
        class TestKnown:
            def test_occurs(self, codat):
                push_to(codat, "A-1", "A-1")

            def test_is_gone(self, codat):
                push_to(codat, "A-1")

            @pytest.mark.codat(expected=[])
            def test_is_not_expected_here(self, codat):
                push_to(codat, "A-1")
    """)
    ran.assert_outcomes(passed=3, errors=1)
    ran.stdout.fnmatch_lines(
        ["*at teardown of TestKnown.test_is_gone*", "Expected by the marker, but not found: S04."]
    )


def test_the_marker_configures_the_sandbox(run: Run) -> None:
    ran = run("""
        from datetime import UTC, datetime, timedelta

        EVENING = datetime(2022, 3, 21, 18, tzinfo=UTC)

        def status(codat, dataset):
            path = f"{codat.url}/meta/companies/{codat.company_id}/pull/history/{dataset}"
            return httpx.get(path, headers=headers(codat.api_key)).json()["status"]

        @pytest.mark.codat(start_at="2022-03-21T18:00:00Z")
        def test_text(codat):
            assert codat.clock.now == EVENING

        @pytest.mark.codat(start_at=EVENING, profile="realistic")
        def test_datetime(codat):
            dataset = push_to(codat, "A-1").json()["datasetId"]
            assert status(codat, dataset) == "Queued"
            assert codat.clock.advance(seconds=8) == EVENING + timedelta(seconds=8)
            assert status(codat, dataset) == "Complete"

        @pytest.mark.codat(start_at=EVENING, speed="x1000000")
        def test_speed(codat):
            while codat.clock.now < EVENING + timedelta(days=1):
                pass

        def test_usual(codat):
            now = codat.clock.now
            assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
            dataset = push_to(codat, "A-1").json()["datasetId"]
            assert status(codat, dataset) == "Complete"
            assert codat.clock.now == now

        @pytest.mark.codat(faults=[{"kind": "refuse", "status": 503, "retry_after": 7, "at": [1]}])
        def test_faults(codat):
            answer = push_to(codat, "A-1")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
            assert [each["hits"] for each in codat.faults.all()] == [1]
    """)
    ran.assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("profil='instant'", "*unknown field `profil`*known: profile, speed, *"),
        ("'instant'", "*takes named arguments only, not 'instant'.*"),
        ("profile='quick'", "*Invalid enum value 'quick'*"),
        ("speed='fast'", "*'fast' is not 'real', 'frozen', or a factor such as 'x60'.*"),
        ("start_at='9999-12-31'", "*is outside the calendar of the clock.*"),
        ("rules={'S99': 'off'}", "*S99*"),
        ("faults=[{'kind': 'refuse', 'operation': 'push'}]", "*There is no operation 'push'*"),
        ("faults=[{'status': 503}]", "*$.faults?0?: Object missing required field kind."),
    ],
)
def test_an_invalid_marker_is_reported(run: Run, marker: str, message: str) -> None:
    ran = run(f"""
        @pytest.mark.codat({marker})
        def test_marked(codat):
            pass
    """)
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines([message])


def test_the_clock_the_books_and_the_declared_records(run: Run) -> None:
    ran = run("""
        @pytest.mark.codat(start_at="2022-03-21T18:00:00Z", fail_on="never")
        def test_day(codat):
            codat.declare(orders=[{**ORDER, "createdDate": "2022-03-21T12:00:00Z"}])
            codat.clock.close_day()
            assert {"S01", "B02"} <= {each.code for each in codat.findings()}
            assert codat.books()["documents"] == []
            assert b"S01" in codat.report("markdown")
            codat.outcomes.plan("dataset", "MapError", message="No account fits.")
            assert [each["outcome"] for each in codat.outcomes.all()] == ["MapError"]
            codat.outcomes.clear()
            assert codat.outcomes.all() == []
    """)
    ran.assert_outcomes(passed=1)


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


TILLS = """
        def record(codat, within):
            try:
                push("https://api.codat.io", "key", codat.company_id, "A-1", timeout=within)
            except httpx.TransportError:
                pass

        @pytest.mark.codat(faults=[{"kind": "spoil", "operation": "push-orders", "at": [1, 2]}])
        def test_decoupled(codat_httpx):
            sold = []
            push("https://api.codat.io", "key", codat_httpx.company_id, "A-1")
            assert not codat_httpx.check_decoupled(lambda: sold.append("A-1"))
            assert len(sold) == 12
            [left] = codat_httpx.faults.all()
            assert (left["fault"]["kind"], left["fault"]["at"]) == ("spoil", [1])

        def test_coupled(codat_httpx):
            def sell():
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1",
                     timeout=30).raise_for_status()

            found = codat_httpx.check_decoupled(sell, sales=1)
            assert {each.code for each in found} == {"S16"}
            assert [each.message.partition("(service ")[2].partition(")")[0] for each in found] == [
                "slow", "down", "hanging", "refusing"]
            assert codat_httpx.faults.all() == []
"""


def test_the_probe_distinguishes_a_decoupled_shop_from_a_coupled_one(run: Run) -> None:
    ran = run(TILLS)
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["*at teardown of test_coupled*", "*S16 sale-not-coupled*"])


def broken(*_arguments: object) -> str:
    raise RuntimeError("a fault of ours")


def test_an_exception_of_the_mock_is_reported_as_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "accept", broken)
    ran = run("""
        def test_checks(codat):
            push_to(codat, "A-1").raise_for_status()

        def test_does_not_care(codat):
            push_to(codat, "A-1")

        def test_pushes_nothing(codat):
            pass
    """)
    ran.assert_outcomes(passed=2, failed=1, errors=1)
    ran.stdout.fnmatch_lines(
        ["*at teardown of test_does_not_care*", "E * codat_mock.control_client.MockFailed: POST *"]
    )
    ran.stdout.fnmatch_lines(
        ["* test_checks *", "E * codat_mock.control_client.MockFailed: POST *"]
    )


def test_a_report_of_each_test_is_written(run: Run, pytester: pytest.Pytester) -> None:
    ran = run(
        """
        @pytest.mark.parametrize("name", ["a/b"])
        def test_push(codat, name):
            push_to(codat, "A-1")
    """,
        "--codat-report=json:reports,html:pages",
    )
    ran.assert_outcomes(passed=1)
    [written] = (pytester.path / "reports").iterdir()
    assert written.name.endswith(".py-test_push-a-b.json")
    assert json.loads(written.read_text())["judgement"]["verdict"] == "clean"
    [page] = (pytester.path / "pages").iterdir()
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("option", ["pdf:reports", "json", "github:reports"])
def test_an_invalid_report_option_is_refused(run: Run, option: str) -> None:
    ran = run("", f"--codat-report={option}")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([f"*--codat-report: '{option}' is not one of html:FOLDER, *"])


def test_a_running_server_is_used_and_its_sandboxes_are_kept(run: Run) -> None:
    with Server(SandboxRegistry(), listen("127.0.0.1", 0)) as server:
        ran = run(
            f"""
            def test_push(codat_httpx):
                assert codat_httpx.url == "{server.address}"
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1", "A-1")
                assert codat_httpx.run().companies[0].datasets[0].status == "Complete"
                assert codat_httpx.clock.now == codat_httpx.clock.now
        """,
            f"--codat-url={server.address}/",
        )
        ran.assert_outcomes(passed=1, errors=1)
        [name] = server.registry.names()
        with server.registry.session(name) as session:
            assert evaluation.findings(session).verdict == "findings"


def test_a_server_that_does_not_run_is_reported(run: Run) -> None:
    ran = run("def test_push(codat):\n    pass\n", "--codat-url=http://127.0.0.1:1")
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["No codat-mock answers at http://127.0.0.1:1*"])


def test_the_configuration_file_applies(run: Run, pytester: pytest.Pytester) -> None:
    tests = """
        def test_push(codat):
            push_to(codat, "A-1", "A-1")
    """
    configuration = pytester.path / "codat-mock.toml"
    configuration.write_text('[rules]\nS04 = "off"\n')
    run(tests).assert_outcomes(passed=1)
    configuration.write_text('[rules]\nS99 = "off"\n')
    ran = run(tests)
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["codat-mock.toml: rules.S99: *"])


def test_it_works_with_xdist(run: Run) -> None:
    ran = run(
        """
        @pytest.mark.parametrize("number", range(4))
        def test_push(codat_httpx, number):
            push("https://api.codat.io", "key", codat_httpx.company_id, *["A-1"] * (1 + number % 2))
    """,
        "-n2",
    )
    ran.assert_outcomes(passed=4, errors=2)


def test_a_run_that_does_not_use_it_does_not_import_the_mock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_light():
            loaded = {name for name in sys.modules if name.startswith("codat_mock")}
            assert loaded == {"codat_mock", "codat_mock.pytest_plugin"}
            assert not sys.modules.keys() & {"httpx", "respx", "responses", "flask", "msgspec"}
    """)
    plugins = ("-p", "no:schemathesis", "-p", "no:respx", "-p", "no:hypothesispytest")
    command = [sys.executable, "-m", "pytest", "-q", *plugins, str(pytester.path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=pytester.path)
    assert ran.returncode == 0, ran.stdout


def test_a_test_that_failed_by_itself_is_not_judged_again(run: Run) -> None:
    ran = run("""
        def test_push(codat):
            push_to(codat, "A-1", "A-1")
            assert not "its own failure"
    """)
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*its own failure*", "*- codat-mock -*", "*S04 *", "*failed*"])


def test_a_skipped_test_is_not_judged(run: Run) -> None:
    ran = run("""
        def test_push(codat):
            push_to(codat, "A-1", "A-1")
            pytest.skip("not now")

        @pytest.mark.skip
        def test_never(codat):
            pass
    """)
    ran.assert_outcomes(skipped=2)


def test_findings_fail_a_test_that_is_expected_to_fail(run: Run) -> None:
    ran = run("""
        @pytest.mark.xfail(strict=True)
        def test_breaks_a_rule(codat):
            push_to(codat, "A-1", "A-1")

        @pytest.mark.xfail(strict=True)
        def test_raises(codat):
            push_to(codat, "A-1", "A-1")
            raise RuntimeError

        @pytest.mark.xfail(strict=True)
        def test_keeps_the_rules(codat):
            push_to(codat, "A-1")

        @pytest.mark.xfail(strict=False)
        def test_keeps_the_rules_too(codat):
            push_to(codat, "A-1")
    """)
    ran.assert_outcomes(xfailed=2, failed=1, xpassed=1)


def test_an_interrupted_run_has_exit_code_2(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(pushing=PUSHING)
    pytester.makepyfile("""
        from pushing import *

        def test_push(codat):
            push_to(codat, "A-1", "A-1")
            raise KeyboardInterrupt
    """)
    ran = pytester.runpytest_subprocess()
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    ran.stdout.no_fnmatch_line("*INTERNALERROR*")
    ran.stdout.no_fnmatch_line("*S04*")


def test_a_sandbox_that_a_test_requests_by_name_is_judged(run: Run) -> None:
    ran = run("""
        def test_push(request):
            push_to(request.getfixturevalue("codat"), "A-1", "A-1")
    """)
    ran.assert_outcomes(passed=1, errors=1)
