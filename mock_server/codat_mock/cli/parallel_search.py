"""A search on several cores: processes of `codat-mock explore`, each with another seed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import IO, Final

import click
from msgspec.structs import replace

from codat_mock.cli.subprocess import DELAY
from codat_mock.control_client import MockFailed
from codat_mock.fuzz import schedule_files
from codat_mock.fuzz.schedule import Schedule, Uses
from codat_mock.reports.run import Run

PAUSE_SECONDS: Final = 0.05  # between two looks at the processes
GRACE_SECONDS: Final = 10.0  # for a process to terminate its command
SURVIVED: Final = 0
BROKEN: Final = 1
PROGRESS: Final = re.compile(
    r"^codat-mock: (\d+ (?:of \d+ )?schedules tried.*|schedule \d+ breaks it.*|  \d+\. .*)$", re.M
)
TRIED: Final = re.compile(r"^\s*(\d+) schedules? tried", re.M)


@dataclass(slots=True)
class Job:
    """One of the processes.

    Args:
        process: the process.
        output: the file with what it prints.
        found: the file that it writes a schedule to.
        shown: how many lines of its progress have been shown.
    """

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    found: Path
    shown: int = 0

    @property
    def printed(self) -> str:
        """What it has printed."""
        return Path(self.output.name).read_text("utf-8", "replace")

    def show_progress(self, number: int) -> None:
        """Show what it has logged since the last time, with its number."""
        lines = PROGRESS.findall(self.printed)
        for line in lines[self.shown :]:
            click.echo(f"codat-mock: job {number}: {line}", err=True)
        self.shown = len(lines)

    def check(self) -> None:
        """Check that it has ended with a verdict.

        Raises:
            MockFailed: it has not.
        """
        if self.process.returncode not in (SURVIVED, BROKEN):
            raise MockFailed(f"a job ended with code {self.process.returncode}: {self.printed}")


@dataclass(frozen=True, slots=True)
class ParallelSearch:
    """A search by several processes; the first schedule that is found ends it.

    Args:
        jobs: the number of processes.
        examples: the maximum number of schedules to try, over all processes.
        options: the options of the search as they were given.
        command: the command under test.
    """

    jobs: int
    examples: int
    options: Sequence[str]
    command: Sequence[str]

    def shortest(
        self, run: Callable[[Schedule], Run], origin: Schedule, uses: Uses
    ) -> tuple[Schedule | None, int]:
        """The shortest schedule of the first process that finds one, and how many were tried.

        Args:
            run: not used; each process runs schedules on a mock of its own.
            origin: the schedule without events; the processes have its seed and those after it.
            uses: not used.

        Raises:
            MockFailed: a process fails.
        """
        del run, uses
        click.echo(
            f"codat-mock: {self.jobs} jobs, seeds {origin.seed} to {origin.seed + self.jobs - 1}.",
            err=True,
        )
        with self._started(origin.seed) as jobs:
            winner = first_found(jobs)
            tried = sum(int(each) for job in jobs for each in TRIED.findall(job.printed))
            if winner is None:
                return None, tried
            found = schedule_files.read(winner.found)
        return replace(origin, events=found.events), tried

    @contextmanager
    def _started(self, seed: int) -> Iterator[list[Job]]:
        """The processes, which are terminated at the end."""
        with TemporaryDirectory(prefix="codat-mock-jobs-") as folder:
            jobs: list[Job] = []
            try:
                for number in range(self.jobs):
                    found = Path(folder, f"{number}.json")
                    output = Path(folder, f"{number}.txt").open("wb")  # noqa: SIM115  (closed below)
                    process = subprocess.Popen(  # noqa: S603  (this very program)
                        self._line(seed + number, found),
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                    )
                    jobs.append(Job(process, output, found))
                yield jobs
            finally:
                for job in jobs:
                    job.process.terminate()
                for job in jobs:
                    job.process.wait(GRACE_SECONDS)
                    job.output.close()

    def _line(self, seed: int, found: Path) -> list[str]:
        """The command line of a process: later options override those that were given."""
        examples = ceil(self.examples / self.jobs)
        own = f"--jobs 1 --examples {examples} --seed {seed}".split()
        # -P: nothing of this directory, such as an httpx.py of its own, is imported instead.
        start = [sys.executable, "-P", "-m", "codat_mock", "explore", *self.options, *own]
        return [*start, "--save", str(found), "--", *self.command]


def first_found(jobs: Sequence[Job]) -> Job | None:
    """The first job that ends with a schedule; None once all have ended without.

    Raises:
        MockFailed: a job fails.
    """
    waiting = [*jobs]
    while waiting:
        ended = [job for job in waiting if job.process.poll() is not None]
        for number, job in enumerate(jobs, 1):
            job.show_progress(number)
        for job in ended:
            if job.found.exists():
                return job
        for job in ended:
            job.check()
            waiting.remove(job)
        DELAY.check()
        sleep(PAUSE_SECONDS)
    return None


def options_before(arguments: Sequence[str], command: Sequence[str]) -> list[str]:
    """The options among arguments that end with the command.

    Args:
        arguments: as they were given.
        command: the command under test.

    Raises:
        UsageError: an option stands within or after the command.
    """
    rest = len(arguments) - len(command)
    if [*arguments[rest:]] != [*command]:
        raise click.UsageError("--jobs requires all options before the command.")
    options = [*arguments[:rest]]
    return options[:-1] if options[-1:] == ["--"] else options
