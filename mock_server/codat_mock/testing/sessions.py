"""The mock of a pytest session, and the sandbox and verdict of each test."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from importlib import import_module

import click
import pytest

from codat_mock.control_client import ControlRequestRefused, MockFailed
from codat_mock.loopback import direct_environment
from codat_mock.rule_config import read_rule_settings
from codat_mock.testing import reporting
from codat_mock.testing.codat import Codat, failure, message_of
from codat_mock.testing.marker_options import BadMarkerOptions, MarkerOptions, read_marker_options
from codat_mock.testing.mocks import Mock, own_mock, running_mock


def mock_for(config: pytest.Config) -> AbstractContextManager[Mock]:
    """The mock of a session; a test that uses it fails if the configuration file is invalid."""
    if config.option.codat_url:
        return running_mock(config.option.codat_url)
    try:
        return own_mock(read_rule_settings(None, ()))
    except click.UsageError as error:
        raise failure(error.message) from None


@contextmanager
def loopback_without_proxies() -> Iterator[None]:
    """Let HTTP clients of tests reach this machine, whatever proxies and netrc there are."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in direct_environment(os.environ).items():
            patch.setenv(name, value)
        yield


@contextmanager
def sandbox_for(test: pytest.Item, mock: Mock, has_passed: Callable[[], bool]) -> Iterator[Codat]:
    """A sandbox for a test, which is judged after the test and its other fixtures.

    Args:
        test: the test.
        mock: the mock of the session.
        has_passed: whether the test itself has passed; only then it can fail by the verdict.

    Raises:
        MockFailed: the mock itself failed.
        pytest.fail.Exception: the mock refused a request, or the verdict fails the test.
    """
    options = options_of(test)
    try:
        codat = Codat(mock, key_for(test, mock), options, test.nodeid, test.config.rootpath)
    except ControlRequestRefused as error:
        raise failure(str(error)) from None
    yield codat
    run = options.apply(codat.run())
    reporting.write(
        run, test.nodeid, reporting.parse_report_options(test.config.option.codat_report)
    )
    if mock.is_own:
        codat.forget()
    if codat.is_reported or not has_passed():
        return  # the test has failed already, or was skipped or interrupted
    if run.failures:
        raise MockFailed(run.failures[0])
    if complaints := options.complaints(run):
        raise failure(message_of(run, complaints))


def need(library: str) -> None:
    """Fail a test that uses a fixture whose library is not installed."""
    try:
        import_module(library)
    except ModuleNotFoundError:
        raise failure(f"{library} is not installed: pip install 'codat-mock[pytest]'.") from None


def options_of(test: pytest.Item) -> MarkerOptions:
    """The options of a test."""
    given = test.config.option
    defaults = {"fail_on": given.codat_fail_on, "fail_on_nothing": given.codat_fail_on_nothing}
    try:
        return read_marker_options(
            defaults, ((m.args, m.kwargs) for m in test.iter_markers("codat"))
        )
    except BadMarkerOptions as error:
        raise failure(str(error)) from None


def key_for(test: pytest.Item, mock: Mock) -> str:
    """The API key of a test; with a mock of our own, the same in every run."""
    prefix = "" if mock.is_own else f"{socket.gethostname()} {os.getpid()} "
    return f"test-{blake2b(f'{prefix}{test.nodeid}'.encode(), digest_size=8).hexdigest()}"
