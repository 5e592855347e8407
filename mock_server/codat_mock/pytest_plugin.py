"""The pytest plugin: a mock for the session, a sandbox for each test, and a verdict at its end.

It is loaded by every run of pytest, wanted or not: whatever takes time to import is imported once
a fixture asks for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codat_mock.testing.codat import Codat
    from codat_mock.testing.mocks import Mock

MARKER = (
    "codat(profile, speed, start_at, rules, faults, expected, fail_on, fail_on_nothing): what the"
    " sandbox of the codat fixture starts from, and on what terms the test is judged."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("codat", "codat-mock")
    group.addoption(
        "--codat-url",
        metavar="URL",
        help="Use the codat-mock that runs there, and start none.",
    )
    group.addoption(
        "--codat-fail-on",
        choices=("error", "warning", "info", "never"),
        default="error",
        help="The least severity of a finding that fails a test (error).",
    )
    group.addoption(
        "--codat-fail-on-nothing",
        action="store_true",
        help="Fail a test that uses codat and has pushed nothing.",
    )
    group.addoption(
        "--codat-report",
        action="append",
        default=[],
        metavar="FORM:FOLDER",
        help="Write a report of each test there: json, junit, sarif, html, markdown; repeat it.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker, and read the options."""
    config.addinivalue_line("markers", MARKER)
    if config.option.codat_report:
        from codat_mock.testing.reporting import BadReport, read_wanted

        try:
            read_wanted(config.option.codat_report)
        except BadReport as error:
            raise pytest.UsageError(f"--codat-report: {error}") from None


@pytest.fixture(scope="session")
def codat_server(pytestconfig: pytest.Config) -> Iterator[Mock]:
    """A mock that tests can reach at its `url`: one of this session, or the one of --codat-url."""
    from codat_mock.testing import sessions

    with sessions.mock_for(pytestconfig) as mock:
        yield mock


@pytest.fixture
def codat(request: pytest.FixtureRequest, codat_server: Mock) -> Iterator[Codat]:
    """A sandbox of its own; the test fails at its end where rules were broken in it."""
    from codat_mock.testing import sessions

    with sessions.sandbox_for(request.node, codat_server) as sandbox:
        yield sandbox


@pytest.fixture
def codat_httpx(codat: Codat) -> Iterator[Codat]:
    """The same; what httpx sends to https://api.codat.io goes there."""
    from codat_mock.testing import routing, sessions

    sessions.need("respx")
    with routing.httpx_led_to(codat.url, codat.api_key):
        yield codat


@pytest.fixture
def codat_requests(codat: Codat) -> Iterator[Codat]:
    """The same; what the library requests sends to https://api.codat.io goes there."""
    from codat_mock.testing import routing, sessions

    sessions.need("responses")
    with routing.requests_led_to(codat.url, codat.api_key):
        yield codat


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell of a fault of the mock as such where it has made a test fail."""
    try:
        return (yield)
    except Exception:
        sandbox: Codat | None = getattr(item, "funcargs", {}).get("codat")
        if sandbox:
            sandbox.raise_failures()
        raise
