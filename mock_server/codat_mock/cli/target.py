"""Where a command is rehearsed: beside a mock of our own, or beside one that is running."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from msgspec.structs import replace

from codat_mock.cli.server_options import bind
from codat_mock.cli.subprocess import run_command
from codat_mock.control_client import (
    ControlClient,
    ControlRequestRefused,
    MockFailed,
    run_against_mock,
)
from codat_mock.http.server import Server, address_of
from codat_mock.reports.run import Run
from codat_mock.sandbox import SandboxRegistry, Settings

KEY: Final = "codat-mock-check"
FALLBACK: Final = "codat-mock.toml"
CONFIGURATIONS: Final = (FALLBACK, "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rehearsal takes place.

    Args:
        url: of a mock that is running; None for one of our own.
        api_key: with a URL, the key whose sandbox is used; None for one of our own.
        company: with a URL, the company that is used; None for one of our own.
        settings: of a mock of our own.
        port: of a mock of our own.
    """

    url: str | None
    api_key: str | None
    company: str | None
    settings: Settings
    port: int

    @contextmanager
    def opened(self) -> Iterator[str]:
        """The mock's address, while it can be reached there."""
        if self.url:
            yield self.url.rstrip("/")
            return
        listener = bind("127.0.0.1", self.port)
        address = address_of(listener)
        with Server(SandboxRegistry(replace(self.settings, address=address)), listener):
            yield address

    def prepared(self, here: ControlClient, address: str, folder: Path) -> dict[str, str]:
        """The command's variables, once its company is there."""
        if self.url:
            here.begin(anew=self.api_key is None)
        company = self.company or here.prepare()
        return variables(address, self.api_key or KEY, company, folder, self.settings)


def variables(
    address: str, api_key: str, company_id: str, folder: Path, settings: Settings
) -> dict[str, str]:
    """What a command finds in its environment.

    Args:
        address: of the mock.
        api_key: whose sandbox is used.
        company_id: of the merchant.
        folder: for what the command remembers.
        settings: of the mock.
    """
    told = {
        "CODAT_BASE_URL": address,
        "CODAT_API_KEY": api_key,
        "CODAT_COMPANY_ID": company_id,
        "CODAT_STATE_DIR": str(folder),
    }
    secrets = (secret for rule in settings.alert_rules for secret in rule.secrets)
    if secret := next(secrets, None):
        told["CODAT_WEBHOOK_SECRET"] = secret
    return told


def run_against_target(place: Target, command: Sequence[str], timeout_seconds: float) -> Run:
    """Run the command beside a mock, close the day, and look at what happened.

    Raises:
        UsageError: the command cannot be started, or there is no such mock.
        MockFailed: the mock fails, or it is our own and does not answer.
    """
    try:
        with (
            place.opened() as address,
            run_against_mock(address, place.api_key or KEY) as here,
            TemporaryDirectory(prefix="codat-mock-") as folder,
        ):
            given = place.prepared(here, address, Path(folder))
            ended = run_command(command, given, timeout_seconds)
            here.close_day()
            run = here.run()
    except ControlRequestRefused as error:
        if place.url is None:
            raise MockFailed(str(error)) from error
        raise click.UsageError(str(error)) from error
    run.command = ended
    return from_here(run)


def from_here(run: Run) -> Run:
    """A run whose findings are shown at files as they are named from this folder."""
    run.root = Path.cwd().as_posix()
    run.configuration = next((name for name in CONFIGURATIONS if Path(name).is_file()), FALLBACK)
    return run
