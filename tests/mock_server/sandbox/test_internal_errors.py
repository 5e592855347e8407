"""A fault of the mock: a 500 in the vendor's shape, and a report to paste that holds no secrets."""

from __future__ import annotations

import json
import logging
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from codat_mock.cli import judge
from codat_mock.cli.main import main
from codat_mock.sandbox import companies
from codat_mock.sandbox.internal_errors import (
    InternalErrors,
    describe,
    short_path,
    without_paths,
)

SECRET = "s3cr3t-v4lue"  # noqa: S105
KEY = "k3y-of-the-shop"


def fail(*_args: Any, **_given: Any) -> None:
    """Fail as no code should, with secrets and paths in the message."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise RuntimeError(
            f"at {Path.home()}/x: {KEY} {b64encode(KEY.encode()).decode()} {SECRET}"
            f' {{"password": "hidden-too"}} ?token=hidden-also'
        ) from error


@pytest.fixture
def failed(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> httpx.Response:
    """The answer to a request that carries secrets, and in which the mock fails."""
    monkeypatch.setattr(companies, "create", fail)
    authorization = f"Basic {b64encode(KEY.encode()).decode()}"
    body = {"name": "x", "extra": {"clientSecret": SECRET}}
    return http.post("/meta/companies/sync", json=body, headers={"Authorization": authorization})


def texts_of(http: httpx.Client) -> dict[str, str]:
    """Every place that shows the fault."""
    headers = {"X-Test-Id": "other"}
    found = {"health": http.get("/_mock/health").text}
    for name in ("json", "html", "junit", "markdown"):
        found[name] = http.get(f"/_mock/report?format={name}", headers=headers).text
    return found


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the server has logged, in the fixture and in the test."""
    written = logging.Formatter().format  # with the tracebacks, as a handler writes them
    return "\n".join(written(each) for each in caplog.get_records("setup"))


def test_the_answer_has_the_vendors_shape_and_tells_nothing(failed: httpx.Response) -> None:
    assert failed.status_code == 500
    assert failed.json()["statusCode"] == 500
    assert "codat-mock failed" in failed.json()["error"]
    assert "RuntimeError" not in failed.text


def test_the_report_says_where_and_what_in_every_place(
    http: httpx.Client, failed: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    assert failed.status_code == 500
    for text in [*texts_of(http).values(), logged(caplog)]:
        assert "POST /meta/companies/sync (create-sync-company)" in text
        assert "codat_mock/http/api/companies.py:" in text
        assert "RuntimeError" in text
        assert "Python 3." in text


def test_the_report_has_no_secrets_and_no_paths(
    http: httpx.Client, failed: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    assert failed.status_code == 500
    hidden = (SECRET, KEY, b64encode(KEY.encode()).decode(), "hidden-too", "hidden-also",
              str(Path.home()), str(Path.cwd()), sys.prefix)  # fmt: skip
    for place, text in [*texts_of(http).items(), ("log", logged(caplog))]:
        shown = [each for each in hidden if each in text.replace(f"{Path.cwd()}/tests", "")]
        assert shown == [], place


def test_a_chain_of_exceptions_is_shown_from_its_first() -> None:
    try:
        fail()
    except RuntimeError as error:
        report = describe("a test", error, [SECRET]).report
    assert report.index("KeyError: 'removed'") < report.index("followed by:")
    assert report.index("followed by:") < report.index("RuntimeError: at ")


def test_only_the_first_of_very_many_faults_are_kept() -> None:
    errors = InternalErrors()
    for number in range(105):
        errors.note("a test", ValueError(str(number)))
    assert len(errors.all()) == len(errors.reports()) == 100
    assert errors.all()[0] == "a test: ValueError: 0"


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("/usr/lib/site-packages/flask/app.py", "flask/app.py"),
        ("/usr/dist-packages/a.py", "a.py"),
        ("/home/x/codat_mock/http/codat_mock/app.py", "codat_mock/app.py"),
        ("codat_push/worker.py", "codat_push/worker.py"),
        ("/srv/codat_scenarios/a/b.py", "codat_scenarios/a/b.py"),
        ("/srv/shop/pos.py", "pos.py"),
        ("pos.py", "pos.py"),
        ("", ""),
    ],
)
def test_a_module_is_named_within_its_package(path: str, short: str) -> None:
    assert short_path(path) == short


def test_a_machines_folders_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    monkeypatch.setattr(Path, "cwd", lambda: Path("/s"))
    monkeypatch.setattr(sys, "prefix", "/opt/venv")
    assert without_paths("/a /s/x.py /opt/venv/y.py") == "/a …/x.py …/y.py"


def deep(depth: int) -> None:
    if depth:
        deep(depth - 1)
    raise ValueError("x" * 600)


def test_a_report_has_the_last_places_and_the_first_characters_of_a_message() -> None:
    try:
        deep(40)
    except ValueError as error:
        fault = describe("a test", error, ["", "a"])
    places = [line for line in fault.report.splitlines() if line.startswith("  ")]
    assert len(places) == 25
    assert "in deep: raise ValueError" in places[-1]
    assert "followed by:" not in fault.report
    message = fault.report.splitlines()[-1]
    assert (len(message), message[:12]) == (500, "VremovedlueE")
    assert len(fault.summary) == 500


def raised(error: Exception, *, cause: Exception | None, is_hidden: bool) -> Exception:
    """An exception that was raised while another one was handled."""
    try:
        try:
            raise KeyError("earlier")
        except KeyError:
            if is_hidden or cause:
                raise error from cause
            raise error  # noqa: B904  (the context is what is tested)
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("cause", "is_hidden", "kinds"),
    [
        (None, False, ["KeyError: 'earlier'", "ValueError: late"]),
        (None, True, ["ValueError: late"]),
        (TypeError("cause"), False, ["TypeError: cause", "ValueError: late"]),
    ],
)
def test_what_an_exception_came_from_is_shown_unless_it_was_hidden(
    cause: Exception | None, is_hidden: bool, kinds: list[str]
) -> None:
    error = raised(ValueError("late"), cause=cause, is_hidden=is_hidden)
    lines = describe("a test", error).report.splitlines()
    assert [line for line in lines if "Error: " in line and line[0] != " "] == kinds
    assert lines.count("followed by:") == len(kinds) - 1


def test_what_is_watched_is_noted_and_goes_on() -> None:
    errors = InternalErrors()
    with errors.watch("quiet work"):
        pass
    with pytest.raises(ValueError, match="wrong"), errors.watch("some work"):
        raise ValueError("wrong")
    assert errors.all() == ["some work: ValueError: wrong"]


PUSHING = """
import os, httpx
from base64 import b64encode
key = b64encode(os.environ["CODAT_API_KEY"].encode()).decode()
url = f"{os.environ['CODAT_BASE_URL']}/companies/{os.environ['CODAT_COMPANY_ID']}"
assert httpx.delete(url, headers={"Authorization": f"Basic {key}"}).status_code == 500
"""


def test_check_prints_the_report_and_exits_with_70(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(companies, "delete", fail)
    (tmp_path / "push.py").write_text(PUSHING)
    ran = CliRunner().invoke(main, ["check", "--", sys.executable, str(tmp_path / "push.py")])
    assert ran.exit_code == 70
    assert "Please report it with these lines:" in ran.output
    assert "codat_mock/http/api/companies.py:" in ran.output, ran.output
    assert "codat-mock exits with code 70." in ran.output.splitlines()[-1]


def test_a_failure_of_the_control_api_is_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companies, "prepare", fail)
    ran = CliRunner().invoke(main, ["check", "--", "true"])
    assert ran.exit_code == 70
    assert "codat-mock itself failed: POST /_mock/companies answers 500." in ran.output
    assert "codat_mock/http/control/admin.py:" in ran.output


def test_a_command_that_fails_itself_prints_a_report_and_exits_with_70(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(judge, "read_har", fail)
    (tmp_path / "t.har").write_text(json.dumps({"log": {"entries": []}}))
    ran = CliRunner().invoke(main, ["judge", str(tmp_path / "t.har")])
    assert ran.exit_code == 70
    assert "Please report it with these lines:" in ran.output
    assert "codat_mock/cli/judge.py:" in ran.output
    assert "hidden-too" not in ran.output
    assert "Traceback" not in ran.output
