"""`codat-mock check`: its verdicts, whatever the integration is written in and however it ends."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from push_program import GOOD, PUSH, SAMPLES, TWICE, python

from codat_mock.cli.main import main
from codat_mock.http.server import Server, listen
from codat_mock.sandbox import SandboxRegistry, Settings, pushes, webhook_sender
from codat_scenarios.sandbox_driver import SandboxDriver

LANGUAGES = {
    "Python": [sys.executable, "push.py"],
    "shell": ["./push.sh"],
    "Node": ["node", "push.mjs"],
    "Java": ["java", "Push.java"],
}
TOOLS = {"shell": "curl", "Node": "node", "Java": "java"}
INSTALLED = ["Python", *(pytest.param(each, marks=pytest.mark.long) for each in TOOLS)]
EVENING = ("--start-at", "2022-03-21T18:00:00Z", "--profile", "instant")
FROZEN = (*EVENING, "--speed", "frozen")
PATIENCE_SECONDS = 60.0

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def check(command: Callable[..., subprocess.Popen[str]]) -> Check:
    """Run `codat-mock check` to its end, in a directory of its own."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = command("check", *arguments, **variables)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run it in this process, in a directory of its own; the command's own output is not caught."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(main, ["check", *FROZEN, *arguments], env=variables)

    return run


Judge = Callable[..., Result]


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("language", INSTALLED)
def test_a_sample_passes_and_pushing_the_same_day_twice_fails(
    check: Check, tmp_path: Path, language: str, days: int
) -> None:
    tool = TOOLS.get(language)
    if tool and shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed here")
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    ran = check(*EVENING, "--", *LANGUAGES[language], *["sales"] * days)
    assert ran.stdout.count("orders: Complete") == days, ran.stderr
    assert "The command exited with code 0." in ran.stdout
    if days == 1:
        assert ran.returncode == 0
        assert "codat-mock exits with code 0." in ran.stdout
    else:
        assert ran.returncode == 1
        assert ran.stdout.count("S03 only-new-or-changed") == 3
        assert "Records: A-1, A-2\n" in ran.stdout
        assert "codat-mock exits with code 1. 3 findings" in ran.stdout


@pytest.mark.parametrize("language", INSTALLED)
def test_a_sample_fails_when_a_dataset_is_cancelled(language: str) -> None:
    program, *arguments = LANGUAGES[language]
    tool = TOOLS.get(language)
    if tool and shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed here")
    with (
        Server(SandboxRegistry(Settings(speed=0)), listen("127.0.0.1", 0)) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        driver = SandboxDriver(http, "samples")
        driver.set_up("Sample")
        driver.plan_outcome("dataset", "Cancelled", profile="instant")
        places = {"CODAT_BASE_URL": server.address, "CODAT_COMPANY_ID": driver.company_id}
        ran = subprocess.run(
            [program, *arguments, "sales"],
            cwd=SAMPLES,
            env=os.environ | places | {"CODAT_API_KEY": "samples"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert ran.returncode != 0
    assert "Cancelled" in ran.stderr


def test_the_day_is_closed_after_the_command(check: Check, tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    ran = check(*EVENING, "--report", "json:run.json", "--", *LANGUAGES["Python"], "sales")
    assert ran.returncode == 0
    [company] = json.loads((tmp_path / "run.json").read_text())["companies"]
    assert [sync["code"] for sync in company["syncs"]] == [2000]
    assert {each["kind"] for each in company["documents"]} >= {"Invoice", "Payment", "Bill"}
    assert {each["status"] for each in company["datasets"]} == {"Complete"}


def test_a_run_that_pushes_nothing_does_not_pass(check: Check) -> None:
    ran = check(*python("print('hello')"))
    assert ran.returncode == 5
    assert ran.stdout.startswith("hello\n")
    assert "Nothing was pushed, so there is nothing to judge" in ran.stdout


def test_a_run_that_only_reads_does_not_pass(judge: Judge) -> None:
    ran = judge(*python(f"{PUSH}\nask('/meta/companies')"))
    assert ran.exit_code == 5, ran.output


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("sys.exit(3)", "The command exited with code 3."),
        ("raise RuntimeError", "The command exited with code 1."),
        ("os.kill(os.getpid(), 9)", "The command was killed by SIGKILL."),
    ],
)
def test_a_crash_fails_the_run_even_without_findings(judge: Judge, end: str, message: str) -> None:
    ran = judge("--report", "junit:junit.xml", *python(f"{GOOD}\n{end}"))
    assert ran.exit_code == 1
    assert message in ran.output
    assert "Every rule kept" in ran.output


def test_the_output_of_the_command_passes_through(check: Check) -> None:
    program = f"{GOOD}\nprint('to the one')\nprint('to the other', file=sys.stderr)"
    ran = check(*EVENING, *python(program))
    assert ran.stdout.startswith("to the one\n")
    assert ran.stderr == "to the other\n"


def test_a_command_that_hangs_is_terminated_with_its_children(check: Check) -> None:
    program = (
        "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "subprocess.Popen(['tail', '-f', '/dev/null']); signal.pause()"
    )
    # Its output ends, and so does this call, only once everything is gone that could write to it.
    ran = check("--timeout", "1", *python(program))
    assert ran.returncode == 1
    assert "The command exceeded --timeout, and was terminated" in ran.stdout


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_also_stops_the_command(
    command: Callable[..., subprocess.Popen[str]], sent: signal.Signals, code: int
) -> None:
    process = command("check", *python("import signal; print('up', flush=True); signal.pause()"))
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    process.send_signal(sent)
    _, output = process.communicate(timeout=PATIENCE_SECONDS)  # ends only with the command
    assert process.returncode == code
    assert f"Stopped by {sent.name}; the command was terminated." in output


def test_a_port_in_use_is_reported_in_one_line(check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = check("--port", str(port), *python(GOOD))
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"codat-mock check: Cannot listen on 127.0.0.1:{port}: ")
    assert ran.stderr.count("\n") == 1


def test_the_given_port_is_used(check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = check("--port", str(port), *python("import os; print(os.environ['CODAT_BASE_URL'])"))
    assert ran.stdout.startswith(f"http://127.0.0.1:{port}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument 'COMMAND...'."),
        (("--", "no-such-command"), "Cannot start no-such-command: No such file"),
        (
            ("--report", "word:x", "--", "true"),
            "'word:x' is not one of github, html:FILE, json:FILE",
        ),
        (("--report", "junit", "--", "true"), "'junit' is not one of"),
        (("--report", "github:x", "--", "true"), "'github:x' is not one of"),
        (("--report", "junit:no/where.xml", "--", "true"), "The folder no does not exist."),
        (("--timeout", "0", "--", "true"), "--timeout"),
        (("--fail-on", "notice", "--", "true"), "--fail-on"),
        (("--expected", "none.json", "--", "true"), "none.json is not a file of expected findings"),
        (("--update-expected", "--", "true"), "--update-expected requires --expected FILE."),
        (("--api-key", "k", "--", "true"), "--api-key requires --url."),
        (("--company", "c", "--", "true"), "--company requires --url."),
        (("--url", "x", "--company", "c", "--", "true"), "--company requires --api-key"),
        (("--url", "http://127.0.0.1:1", "--", "true"), "No codat-mock answers at http://127."),
        (("--url", "no url", "--", "true"), "No codat-mock answers at no%20url"),
        (
            ("--url", "http://127.0.0.1:1", "--speed", "x2", "--", "true"),
            "--speed cannot be combined with --url.",
        ),
        (("--speed", "fast", "--", "true"), "'fast' is not 'real', 'frozen'"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    ran = CliRunner().invoke(main, ["check", *arguments])
    assert ran.exit_code == 2
    assert message in ran.output
    assert ran.output.count("\n") == 1


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("push('A-1', 'A-1')", "S04"),
        ("push('')", "S15"),
        (
            "push('A-1')\n"
            "orders = {'orders': [{'id': 'A-1', 'deleted': True}]}\n"
            "ask(f'/data/companies/{company}/sync/commerce-orders', orders)",
            "D01",
        ),
    ],
)
def test_each_broken_rule_is_named(judge: Judge, program: str, code: str) -> None:
    ran = judge(*python(f"{PUSH}\n{program}"))
    assert ran.exit_code == 1
    assert f"  {code} " in ran.output
    assert "      Instead: " in ran.output


def test_a_terminal_shows_a_table(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [Path(sys.executable).with_name("codat-mock"), "check", *FROZEN, *python(TWICE)]
    with subprocess.Popen(command, stdout=theirs, cwd=tmp_path) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 65_536):
                shown += piece
    os.close(ours)
    assert process.returncode == 1
    for text in ("1 error", "│ ", "only-new-or-changed", "with code 1. 1 finding"):
        assert text in shown.decode()


def test_record_names_cannot_inject_log_commands_or_escape_sequences(judge: Judge) -> None:
    name = "a\\n::error::x\\x1b[31m"
    ran = judge(*python(f"{PUSH}\npush('{name}', '{name}')"))
    assert "Records: a ::error::x\ufffd[31m\n" in ran.output
    assert not any(line.startswith("::") for line in ran.output.splitlines())


def test_fail_on_sets_the_severity_that_fails(judge: Judge) -> None:
    ran = judge("--fail-on", "never", *python(TWICE))
    assert ran.exit_code == 0
    assert "S03 only-new-or-changed" in ran.output


def test_expected_findings_are_written_then_tolerated_and_reported_when_gone(
    judge: Judge, tmp_path: Path
) -> None:
    known = ("--expected", "known.json")
    first = judge(*known, "--update-expected", *python(TWICE))
    assert first.exit_code == 0
    written = (tmp_path / "known.json").read_bytes()
    assert json.loads(written) == {
        "expected": [{"code": "S03", "dataType": "commerce-orders", "records": ["A-1"]}]
    }
    tolerated = judge(*known, *python(TWICE))
    assert tolerated.exit_code == 0
    assert "S03 only-new-or-changed commerce-orders (error, expected)" in tolerated.output
    other = judge(*known, *python(f"{TWICE}\npush('A-2')"))
    assert other.exit_code == 1
    assert "codat-mock exits with code 1. 1 finding at or above" in other.output
    stale = judge(*known, *python(GOOD))
    assert stale.exit_code == 1
    assert "Expected, but not found: S03 commerce-orders A-1" in stale.output
    assert (tmp_path / "known.json").read_bytes() == written
    renewed = judge(*known, "--update-expected", *python(GOOD))
    assert renewed.exit_code == 0
    assert json.loads((tmp_path / "known.json").read_text()) == {"expected": []}


def test_a_crashed_run_does_not_update_the_expected_findings(judge: Judge, tmp_path: Path) -> None:
    ran = judge("--expected", "known.json", "--update-expected", *python(f"{TWICE}\nsys.exit(3)"))
    assert ran.exit_code == 1
    assert "known.json was not updated: the run failed." in ran.output
    assert not (tmp_path / "known.json").exists()


def test_an_entry_for_any_records_survives_an_update_of_the_file(
    judge: Judge, tmp_path: Path
) -> None:
    kept = {"expected": [{"code": "S03", "dataType": "commerce-orders", "records": None}]}
    (tmp_path / "known.json").write_text(json.dumps(kept))
    ran = judge("--expected", "known.json", "--update-expected", *python(TWICE))
    assert ran.exit_code == 0
    assert json.loads((tmp_path / "known.json").read_text()) == kept


def test_all_reports_are_written_and_the_same_run_gives_the_same_bytes(
    judge: Judge, tmp_path: Path
) -> None:
    forms = ("junit", "sarif", "json", "html", "markdown")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "push.py").touch()  # which the requests name
    outputs = []
    for number in (1, 2):
        reports = ",".join(f"{form}:{number}.{form}" for form in forms)
        summary = str(tmp_path / f"{number}.summary")
        ran = judge("--report", f"{reports},github", *python(TWICE), GITHUB_STEP_SUMMARY=summary)
        assert ran.exit_code == 1
        outputs.append(ran.output)
    for form in (*forms, "summary"):
        assert (tmp_path / f"1.{form}").read_bytes() == (tmp_path / f"2.{form}").read_bytes()
    assert outputs[0] == outputs[1]
    assert (tmp_path / "1.summary").read_bytes() == (tmp_path / "1.markdown").read_bytes()
    assert "\n::error file=push.py,line=11,title=S03 only-new-or-changed::" in outputs[0]
    found = json.loads((tmp_path / "1.json").read_text())
    assert found["configuration"] == "pyproject.toml"
    assert found["command"]["code"] == 0


def test_an_unwritable_report_is_reported_after_the_verdict(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    ran = judge("--report", "html:taken", *python(TWICE))
    assert ran.exit_code == 2
    verdict, last = ran.output.rstrip("\n").splitlines()[-2:]
    assert "codat-mock exits with code 1. 1 finding" in verdict
    assert last.endswith("Cannot write taken: Is a directory.")


def test_the_command_gets_the_webhook_secret_of_signed_alerts(check: Check, tmp_path: Path) -> None:
    rule = {
        "type": "Data sync completed",
        "url": "http://127.0.0.1:1/",
        "secrets": ["whsec_c2VjcmV0"],
    }
    (tmp_path / "alerts.json").write_text(json.dumps([rule]))
    show = "import os; print(os.environ.get('CODAT_WEBHOOK_SECRET'))"
    ran = check("--alert-rules", "alerts.json", *python(show))
    assert ran.stdout.startswith("whsec_c2VjcmV0\n")
    assert check(*python(show)).stdout.startswith("None\n")


def test_the_command_gets_an_empty_state_folder(check: Check) -> None:
    show = "import os; print(os.listdir(os.environ['CODAT_STATE_DIR']))"
    assert check(*python(show)).stdout.startswith("[]\n")


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("planted")


def test_an_exception_in_a_request_is_a_failure_of_the_mock(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "accept", broken)
    ran = judge(*python(GOOD))
    assert ran.exit_code == 70
    assert "codat-mock itself failed" in ran.output
    assert "POST /data/companies/" in ran.output
    assert "RuntimeError: planted" in ran.output


def test_an_exception_in_the_ticker_is_a_failure_of_the_mock(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codat_mock.sandbox.Sandbox.settle", broken)
    monkeypatch.setattr("codat_mock.http.server.TICK_SECONDS", 0.001)
    ran = judge("--speed", "real", *python(GOOD))
    assert ran.exit_code == 70
    assert "what was due in the sandbox" in ran.output
    assert "RuntimeError: planted" in ran.output


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it is planted
def test_an_exception_in_a_delivery_is_a_failure_of_the_mock(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(webhook_sender, "to_http", broken)
    rules = tmp_path / "alerts.json"
    rules.write_text('[{"type": "Data sync completed", "url": "http://127.0.0.1:1/"}]')
    settled = f"{GOOD}\nwhile not json.dumps(ask('/_mock/report')).count('planted'): pass"
    ran = judge("--timeout", "20", "--alert-rules", str(rules), *python(settled))
    assert ran.exit_code == 70
    assert "the delivery of an alert to http://127.0.0.1:1/: RuntimeError: planted" in ran.output


@pytest.mark.parametrize(
    "verb", ["companies.prepare", "clock_control.close_day", "evaluation.findings"]
)
def test_an_exception_in_the_control_api_is_a_failure_of_the_mock(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(f"codat_mock.sandbox.{verb}", broken)
    ran = judge(*python(GOOD))
    assert ran.exit_code == 70
    assert "codat-mock itself failed" in ran.output


def test_an_exception_in_a_report_is_a_failure_of_the_mock(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("codat_mock.reports.formats.junit.write", broken)
    ran = judge("--report", f"junit:{tmp_path / 'out.xml'}", *python(GOOD))
    assert ran.exit_code == 70
    assert "RuntimeError: planted" in ran.output


def test_a_planned_500_is_not_a_failure_of_the_mock(judge: Judge) -> None:
    plan = (
        "ask('/_mock/faults', {'faults': [{'kind': 'refuse', 'status': 500, 'at': [1]}]})\n"
        "try: push('A-1')\nexcept urllib.error.HTTPError as error: print(error.code)\n"
    )
    ran = judge(*python(GOOD.replace(PUSH, f"{PUSH}\n{plan}")))
    assert ran.exit_code == 0, ran.output


def test_a_running_mock_is_used_and_left_running(
    check: Check, start_server: Callable[..., Server], auth: Callable[[str], dict[str, str]]
) -> None:
    address = start_server().address
    for _ in range(2):  # the second time starts from a reset, so that nothing is pushed again
        ran = check("--url", address, *python(GOOD))
        assert ran.returncode == 0, ran.stdout
    assert check("--url", address, *python(TWICE)).returncode == 1
    assert httpx.get(f"{address}/_mock/health").json()["sandboxes"] == 1
    mine = httpx.post(f"{address}/_mock/companies", headers=auth("mine"), json={"name": "Mine"})
    company = mine.json()["id"]
    chosen = ("--url", address, "--api-key", "mine", "--company", company)
    assert check(*chosen, *python(f"{GOOD}\nprint(company)")).stdout.startswith(company)
    again = check(*chosen, *python(GOOD))
    assert again.returncode == 1, "with a key of the user's own the sandbox is taken as it stands"


def test_earlier_failures_of_a_running_mock_do_not_count(
    check: Check, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    server.registry.failures.note("long ago", RuntimeError("planted"))
    assert check("--url", server.address, *python(GOOD)).returncode == 0


def test_a_url_without_a_mock_is_reported(
    check: Check, start_server: Callable[..., Server]
) -> None:
    address = f"{start_server().address}/nothing"
    ran = check("--url", address, *python(GOOD))
    assert ran.returncode == 2
    assert "is it a codat-mock?" in ran.stderr
