"""The pytest plugin, by runs of pytest in runs of pytest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from plugin_runs import INI, PUSHING, Run

from codat_mock.http.access import Access
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, evaluation, pushes

pytest_plugins = ["pytester"]


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
            "S03 A-1: Pushed again without a change: 1 record, A-1.",
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


def test_a_report_points_at_files_of_the_project(run: Run, pytester: pytest.Pytester) -> None:
    ran = run(
        """
        @pytest.mark.codat(fail_on="never")
        def test_push(codat_httpx):
            for _ in range(2):
                push("https://api.codat.io", "key", codat_httpx.company_id, "A-1")
            assert b'"uri": "pushing.py"' in codat_httpx.report("sarif")
    """,
        "--codat-report=sarif:reports",
    )
    ran.assert_outcomes(passed=1)
    [written] = (pytester.path / "reports").iterdir()
    [result] = json.loads(written.read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "pushing.py"
    line = place["region"]["startLine"]
    assert "post(path" in (pytester.path / "pushing.py").read_text().splitlines()[line - 1]


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


def test_a_running_mock_may_require_a_control_token(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access(control_token="tok-3n")  # noqa: S106
    with Server(SandboxRegistry(), listen("127.0.0.1", 0), access=access) as server:
        test = """
            def test_push(codat):
                assert push_to(codat, "A-1").status_code == 200
        """
        ran = run(test, f"--codat-url={server.address}")
        ran.assert_outcomes(errors=1)
        ran.stdout.fnmatch_lines(["The control token is missing or wrong*"])
        monkeypatch.setenv("CODAT_MOCK_CONTROL_TOKEN", "tok-3n")
        run(test, f"--codat-url={server.address}").assert_outcomes(passed=1)


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
    pytester.makeini(INI)
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
