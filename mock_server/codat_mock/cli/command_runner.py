"""The command under test, run again and again; its output is shown in the last run only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from codat_mock.cli import process_groups
from codat_mock.cli.subprocess import run_command
from codat_mock.cli.target import KEY, variables
from codat_mock.clock import format_moment
from codat_mock.fuzz.runner import RunOfDay
from codat_mock.reports.run import CommandEnd
from codat_mock.sandbox import Settings

DAY_VARIABLE: Final = "CODAT_DAY"
NOW_VARIABLE: Final = "CODAT_NOW"


@dataclass
class CommandRunner:
    """Runs the command; its output is discarded until it is to be shown.

    Args:
        command: the program and its arguments.
        timeout_seconds: the time limit of each run.
        settings: the settings of the mock.
        group: the process group of its last run.
    """

    command: Sequence[str]
    timeout_seconds: float
    settings: Settings
    is_quiet: bool = True
    group: int | None = None

    def kill(self) -> None:
        """Kill it while it runs, with all its processes."""
        if self.group is not None:
            process_groups.kill(self.group)

    def _note_group(self, group: int) -> None:
        self.group = group

    def show_output(self) -> None:
        """Show its output from now on."""
        self.is_quiet = False

    def run(self, run: RunOfDay) -> CommandEnd:
        """Run it once.

        Args:
            run: its company, folder and day.

        Raises:
            UsageError: it cannot be started.
            Stopped: a signal arrived.
        """
        return run_command(
            self.command,
            self._variables(run),
            self.timeout_seconds,
            is_quiet=self.is_quiet,
            is_repeated=True,
            on_start=self._note_group,
        )

    def start_second(self, run: RunOfDay) -> Callable[[], None]:
        """Start a second run beside the first, as a scheduler that does not look may do.

        Args:
            run: their company, folder and day.

        Returns:
            What waits for its end, and ends it after the time limit.
        """
        process = subprocess.Popen(  # noqa: S603  (the very command that the user gave)
            process_groups.resolved(self.command),
            env={**os.environ, **self._variables(run)},
            **process_groups.start_options(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def wait_until_ended() -> None:
            try:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(self.timeout_seconds)
            finally:
                process_groups.kill(process.pid)
                process.wait()

        return wait_until_ended

    def _variables(self, run: RunOfDay) -> dict[str, str]:
        """The environment of a run, beside our own."""
        found = variables(self.settings.address, KEY, run.company_id, run.folder, self.settings)
        return {**found, DAY_VARIABLE: str(run.day), NOW_VARIABLE: format_moment(run.now)}
