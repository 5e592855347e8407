"""What a session of pytest and each of its tests begin and end with."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from importlib import import_module

import click
import pytest

from codat_mock.control_client import ControlRequestRefused, MockFailed
from codat_mock.reports import text
from codat_mock.reports.run import Run
from codat_mock.rule_config import choices
from codat_mock.testing import reporting
from codat_mock.testing.codat import Codat
from codat_mock.testing.marker_options import BadMarkerOptions, MarkerOptions, read_marker_options
from codat_mock.testing.mocks import Mock, own_mock, running_mock


def mock_for(config: pytest.Config) -> AbstractContextManager[Mock]:
    """The mock that a session uses.

    A test fails that wants it where the configuration file chooses what cannot be.
    """
    if config.option.codat_url:
        return running_mock(config.option.codat_url)
    try:
        return own_mock(choices(None, ()))
    except click.UsageError as error:
        raise failure(error.message) from None


@contextmanager
def sandbox_for(test: pytest.Item, mock: Mock) -> Iterator[Codat]:
    """A sandbox for a test; it is judged when the test and all its other fixtures have ended."""
    terms = terms_of(test)
    try:
        codat = Codat(mock, key_for(test, mock), terms, test.nodeid)
    except ControlRequestRefused as error:
        raise failure(str(error)) from None
    yield codat
    run = terms.applied(codat.run())
    reporting.write(run, test.nodeid, reporting.read_wanted(test.config.option.codat_report))
    if mock.is_own:
        codat.forget()
    if codat.is_told:
        return  # which the test has been told already
    if run.failures:
        raise MockFailed(run.failures[0])
    if complaints := terms.complaints(run):
        raise failure("\n".join([*told(run), *complaints]))


def need(library: str) -> None:
    """Fail the test that uses a fixture whose library is not installed."""
    try:
        import_module(library)
    except ModuleNotFoundError:
        raise failure(f"{library} is wanted: pip install 'codat-mock[pytest]'.") from None


def terms_of(test: pytest.Item) -> MarkerOptions:
    """On what terms a test is judged."""
    given = test.config.option
    usual = {"fail_on": given.codat_fail_on, "fail_on_nothing": given.codat_fail_on_nothing}
    try:
        return read_marker_options(usual, ((m.args, m.kwargs) for m in test.iter_markers("codat")))
    except BadMarkerOptions as error:
        raise failure(str(error)) from None


def key_for(test: pytest.Item, mock: Mock) -> str:
    """A key that no other test uses, the same in every run where nobody else could use it."""
    whose = "" if mock.is_own else f"{socket.gethostname()} {os.getpid()} "
    return f"test-{blake2b(f'{whose}{test.nodeid}'.encode(), digest_size=8).hexdigest()}"


def failure(told: str) -> BaseException:
    """What fails a test with a text, and without a trace through these files."""
    return pytest.fail.Exception(told, pytrace=False)


def told(run: Run) -> list[str]:
    """What was found, and which rules had an occasion to be kept or broken."""
    judged = ", ".join(run.judgement.exercised) or "none"
    return [*text.lines(run), f"  Rules that had an occasion: {judged}"]
