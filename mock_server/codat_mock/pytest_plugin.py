"""The pytest plugin: a mock for the session, a sandbox for each test, and a verdict at its end.

Every run of pytest loads it, so the modules of the mock are imported when a fixture is used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codat_mock.testing.codat import Codat
    from codat_mock.testing.mocks import Mock

PASSED = pytest.StashKey[bool]()
SANDBOX: pytest.StashKey[Codat] = pytest.StashKey()
MARKER = (
    "codat(profile, speed, start_at, rules, faults, expected, fail_on, fail_on_nothing): settings"
    " of the sandbox of the codat fixture, and how the test is judged."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("codat", "codat-mock")
    group.addoption(
        "--codat-url",
        metavar="URL",
        help="Use the codat-mock that runs at this URL; start none.",
    )
    group.addoption(
        "--codat-fail-on",
        choices=("error", "warning", "info", "never"),
        default="error",
        help="The lowest severity of a finding that fails a test. Default: error.",
    )
    group.addoption(
        "--codat-fail-on-nothing",
        action="store_true",
        help="Fail a test that uses codat and pushes nothing.",
    )
    group.addoption(
        "--codat-report",
        action="append",
        default=[],
        metavar="FORMAT:FOLDER",
        help="Write a report on each test to a folder; the formats are those of codat-mock check"
        " --report. Can be repeated.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and check the options."""
    config.addinivalue_line("markers", MARKER)
    if find_spec("freezegun"):
        # Before a module of tests is imported, whose decorators copy this setting. A frozen time
        # is that of the tests, not of the mock.
        import_module("freezegun").configure(extend_ignore_list=["codat_mock"])
    if config.option.codat_report:
        from codat_mock.testing.reporting import BadReport, parse_report_options

        try:
            parse_report_options(config.option.codat_report)
        except BadReport as error:
            raise pytest.UsageError(f"--codat-report: {error}") from None


@pytest.fixture(scope="session")
def codat_server(pytestconfig: pytest.Config) -> Iterator[Mock]:
    """A mock at its `url`: one of this session, or the one of --codat-url."""
    from codat_mock.testing import sessions

    with sessions.mock_for(pytestconfig) as mock, sessions.loopback_without_proxies():
        yield mock


@pytest.fixture
def codat(request: pytest.FixtureRequest, codat_server: Mock) -> Iterator[Codat]:
    """A sandbox for one test, which fails at its end if rules are broken."""
    from codat_mock.testing import sessions

    test = request.node
    test.stash[PASSED] = False
    with sessions.sandbox_for(test, codat_server, lambda: test.stash[PASSED]) as sandbox:
        test.stash[SANDBOX] = sandbox
        yield sandbox


@pytest.fixture
def codat_httpx(request: pytest.FixtureRequest, codat: Codat) -> Iterator[Codat]:
    """Like `codat`; requests of httpx to https://api.codat.io go to the sandbox."""
    from codat_mock.testing.routing import redirect

    with redirect("httpx", codat.url, codat.api_key, request.node.nodeid):
        yield codat


@pytest.fixture
def codat_requests(request: pytest.FixtureRequest, codat: Codat) -> Iterator[Codat]:
    """Like `codat`; requests of the library requests to https://api.codat.io go there."""
    from codat_mock.testing import sessions
    from codat_mock.testing.routing import redirect

    sessions.need("requests")
    with redirect("requests", codat.url, codat.api_key, request.node.nodeid):
        yield codat


def pytest_collection_finish(session: pytest.Session) -> None:
    """Capture the functions that send requests, before a test or fixture mocks them."""
    used = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for library in ("httpx", "requests"):
        if f"codat_{library}" in used:
            from codat_mock.testing.routing import install

            with suppress(ModuleNotFoundError):  # which the test reports
                install(library)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Raise a failure of the mock if it made a test fail; judge a test that is expected to fail.

    Only a failure of the call itself can be expected: one at the end would be an error.
    """
    try:
        result = yield
    except Exception:
        if sandbox := item.stash.get(SANDBOX, None):
            sandbox.raise_failures()
        raise
    if (sandbox := item.stash.get(SANDBOX, None)) and item.get_closest_marker("xfail"):
        sandbox.raise_findings()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test passed: one that failed or was skipped is not judged at its end."""
    report = yield
    if call.when == "call" and (sandbox := item.stash.get(SANDBOX, None)):
        item.stash[PASSED] = report.passed
        if report.failed and (findings := sandbox.findings_text()):
            report.sections.append(("codat-mock", findings))
    return report
