"""The mock that a command runs against: one of our own, or one that is running."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from msgspec.structs import replace

from codat_mock.cli.server_options import bind
from codat_mock.cli.subprocess import run_command
from codat_mock.clock import machine_now
from codat_mock.configuration.suggestions import suggest_schedule
from codat_mock.control_client import (
    ControlClient,
    ControlRequestRefused,
    MockFailed,
    run_against_mock,
)
from codat_mock.domain.sync_schedule import next_due
from codat_mock.http.server import Server, address_of
from codat_mock.loopback import HOSTS, direct_environment, proxy_variable
from codat_mock.models.configuration import Schedule
from codat_mock.reports.run import Run
from codat_mock.reports.source_locations import with_project_root
from codat_mock.sandbox import SandboxRegistry, Settings

KEY: Final = "codat-mock-check"
PROXY_HINT: Final = (
    "No request arrived, and {} is set: the integration may send its requests to that proxy."
    f" Let it use NO_PROXY, which contains {', '.join(HOSTS)}."
)
NEAR_SYNC: Final = timedelta(hours=2)  # before it; the merchant's day begins as early
CLEAR_OF_SYNC: Final = timedelta(minutes=15)  # after it


@dataclass(frozen=True, slots=True)
class Target:
    """The mock that a command runs against.

    Args:
        url: the URL of a running mock; None to start one.
        api_key: with a URL, the key whose sandbox is used; None for a sandbox of our own.
        control_token: with a URL, what its control API requires; None for nothing.
        company: with a URL, the id of the company; None to create one.
        settings: the settings of a mock that is started.
        port: its port; 0 for a free one.
    """

    url: str | None
    api_key: str | None
    control_token: str | None
    company: str | None
    settings: Settings
    port: int

    @contextmanager
    def running(self) -> Iterator[str]:
        """The address of the mock, while it runs."""
        if self.url:
            yield self.url.rstrip("/")
            return
        listener = bind("127.0.0.1", self.port)
        address = address_of(listener)
        start = self.settings.start_at or calm_start(machine_now(), self.settings.sync_delay)
        settings = replace(self.settings, address=address, start_at=start)
        with Server(SandboxRegistry(settings), listener):
            yield address

    def prepare(self, client: ControlClient, address: str, folder: Path) -> dict[str, str]:
        """Prepare the company; gives the environment variables of the command.

        Args:
            client: a client of the control API.
            address: the mock's, without a slash at its end.
            folder: where the command may keep files.
        """
        if self.url:
            client.begin(reset=self.api_key is None)
        company = self.company or client.prepare()
        return variables(address, self.api_key or KEY, company, folder, self.settings)


def calm_start(now: datetime, sync_delay: timedelta) -> datetime | None:
    """Where the clock starts: after the sync that is due soon or has just run; None for now.

    A run near a sync would be judged by the minute at which it was started.

    Args:
        now: the machine's time, UTC.
        sync_delay: how long after its due date a scheduled sync runs.
    """
    schedule = suggest_schedule(Schedule(start_date=now - timedelta(days=2)))
    due = next_due(schedule, now - sync_delay - CLEAR_OF_SYNC)
    if due is None or due + sync_delay - now > NEAR_SYNC:
        return None
    return due + sync_delay + CLEAR_OF_SYNC


def variables(
    address: str, api_key: str, company_id: str, folder: Path, settings: Settings
) -> dict[str, str]:
    """The environment variables that the command gets.

    Args:
        address: the URL of the mock.
        api_key: the key of the sandbox.
        company_id: the company's id.
        folder: where the command keeps its state.
        settings: the settings of the mock.
    """
    found = direct_environment(os.environ) | {
        "CODAT_BASE_URL": address,
        "CODAT_API_KEY": api_key,
        "CODAT_COMPANY_ID": company_id,
        "CODAT_STATE_DIR": str(folder),
    }
    secrets = (secret for rule in settings.alert_rules for secret in rule.secrets)
    if secret := next(secrets, None):
        found["CODAT_WEBHOOK_SECRET"] = secret
    return found


def run_against_target(target: Target, command: Sequence[str], timeout_seconds: float) -> Run:
    """Run a command against a mock, close its day, and judge the run.

    Args:
        target: the mock.
        command: the program and its arguments.
        timeout_seconds: the time limit of the command.

    Raises:
        UsageError: the command cannot be started, or no mock answers at the target's URL.
        MockFailed: the mock fails, or it is our own and does not answer.
    """
    try:
        with (
            target.running() as address,
            run_against_mock(address, target.api_key or KEY, target.control_token) as client,
            TemporaryDirectory(prefix="codat-mock-") as folder,
        ):
            environment = target.prepare(client, address, Path(folder))
            command_end = run_command(command, environment, timeout_seconds)
            has_requests = client.has_requests()
            client.close_day()
            run = client.run()
    except ControlRequestRefused as error:
        if target.url is None:
            raise MockFailed(str(error)) from error
        raise click.UsageError(str(error)) from error
    run.command = command_end
    if not has_requests and (proxy := proxy_variable(os.environ)):
        run.notes.append(PROXY_HINT.format(proxy))
    return with_project_root(run, Path.cwd())
