"""`codat-mock judge`."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import click

from codat_mock.cli.server_options import ENVIRONMENT, takes_rules
from codat_mock.cli.verdict_options import CODES, VerdictOptions, run_and_report, verdict_options
from codat_mock.har.exchange import Recorded
from codat_mock.har.reader import BadHar, Har, read_har
from codat_mock.replay import replay
from codat_mock.reports.merged_run import merged_run
from codat_mock.reports.run import Run
from codat_mock.reports.verdict import counted
from codat_mock.sandbox import Settings

Map = Callable[..., Iterable[Run]]
MAX_SKIPPED: Final = 5  # entries that are listed
SUFFIXES: Final = (".har", ".har.gz")
EXAMPLES: Final = """Examples:

\b
  codat-mock judge traffic.har
  codat-mock judge monday.har tuesday.har --report html:week.html
  codat-mock judge recordings/ --jobs 8 --report junit:codat.xml
  codat-mock judge traffic.har --rule S13=off

Browsers, mitmproxy (save.har), other proxies, `codat-mock proxy --har` and a mock's own
/_mock/requests?format=har write such files.

"""


@click.command(
    epilog=EXAMPLES + CODES,
    short_help="Judge recorded traffic (HAR).",
    context_settings=ENVIRONMENT,
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="the number of cores",
    help="Maximum number of recordings of a folder that are judged at once.",
)
@verdict_options
@takes_rules
def judge(files: tuple[Path, ...], jobs: int, settings: Settings, verdict: VerdictOptions) -> int:
    """Judge recorded traffic, read from HAR files.

    The requests to the API, on any host, are replayed in a sandbox at their recorded times and with
    their recorded answers; then the clock moves past the next sync. Several files are one
    recording. In a folder each file (.har or .har.gz) is a recording of its own, and the report is
    one.
    """
    recordings = recordings_of(files)
    if None in recordings:
        return run_and_report(partial(judge_recording, recordings[None], settings), verdict)
    named = {name: paths for name, paths in recordings.items() if name is not None}
    return run_and_report(partial(judge_recordings, named, settings, jobs), verdict)


def recordings_of(files: Sequence[Path]) -> dict[str | None, list[Path]]:
    """The files of each recording, by the name it has in a report; None for the only one.

    Args:
        files: files, and folders.

    Raises:
        UsageError: a folder holds no HAR file.
    """
    single = [each for each in files if not each.is_dir()]
    recordings: dict[str | None, list[Path]] = {}
    if single:
        recordings[" + ".join(map(str, single)) if len(single) < len(files) else None] = single
    for folder in files:
        if not folder.is_dir():
            continue
        found = sorted(path for path in folder.rglob("*") if path.name.lower().endswith(SUFFIXES))
        if not found:
            raise click.UsageError(f"{folder} holds no file whose name ends in .har or .har.gz.")
        recordings |= {path.as_posix(): [path] for path in found}
    return recordings


def judge_recordings(
    recordings: Mapping[str, Sequence[Path]], settings: Settings, jobs: int
) -> Run:
    """Judge recordings, in several processes, as one run.

    Args:
        recordings: the files of each, by name.
        settings: the settings of each sandbox.
        jobs: the maximum number of processes.

    Raises:
        UsageError: a file is not a HAR file.
    """
    judge_one = partial(judge_recording, settings=settings)
    runs: dict[str, Run] = {}
    with progress(len(recordings)) as advance, mapping(min(jobs, len(recordings))) as mapped:
        for name, run in zip(recordings, mapped(judge_one, recordings.values()), strict=True):
            runs[name] = run
            advance()
    return with_location(merged_run(runs), next(iter(recordings)))


@contextmanager
def mapping(processes: int) -> Iterator[Map]:
    """A `map` whose calls run in so many processes."""
    if processes == 1:
        yield map
        return
    # Not forked: a lock that another thread holds would never be released in the child.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, ignore_interrupts) as pool:
        try:
            yield pool.map
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def progress(total: int) -> Iterator[Callable[[], object]]:
    """Show progress as a bar on a terminal; gives what is to be called after each recording."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    console = Console(stderr=True)
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield partial(bar.advance, bar.add_task("", total=total))


def judge_recording(paths: Sequence[Path], settings: Settings) -> Run:
    """Judge one recording.

    Args:
        paths: its files.
        settings: the settings of the sandbox.

    Raises:
        UsageError: one is not a HAR file.
    """
    recorded = read_files(paths)
    run = replay(recorded.requests, settings)
    run.notes += recorded.notes
    return with_location(run, paths[0].as_posix())


@dataclass
class Recording:
    """The content of several files.

    Attributes:
        requests: the recorded requests; one that is in two files counts once.
        notes: what could not be read or was assumed, a sentence each.
    """

    requests: list[Recorded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, path: Path, har: Har) -> None:
        """Add the content of a file."""
        earlier = {*self.requests}
        self.requests += [each for each in har.requests if each not in earlier]
        self.notes += [f"{path}: {each}" for each in har.oddities]
        if har.skipped:
            shown = " ".join(har.skipped[:MAX_SKIPPED])
            left = len(har.skipped) - MAX_SKIPPED
            more = f" {left} more." if left > 0 else ""
            skipped = counted(len(har.skipped), "entry", "entries")
            self.notes.append(f"{path}: skipped {skipped}: {shown}{more}")


def read_files(paths: Iterable[Path]) -> Recording:
    """Read several files as one recording.

    Raises:
        UsageError: one is not a HAR file.
    """
    recording = Recording()
    for path in paths:
        recording.add(path, read_file(path))
    return recording


def read_file(path: Path) -> Har:
    """Read a file.

    Raises:
        UsageError: it is not a HAR file.
    """
    try:
        return read_har(path.read_bytes())
    except OSError as error:
        raise click.UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except BadHar as error:
        raise click.UsageError(f"{path} is not a readable HAR file: {error}") from None


def with_location(run: Run, path: str) -> Run:
    """The run with the file that findings point at if their place in the code is unknown."""
    run.configuration, run.root = path, Path.cwd().as_posix()
    return run
