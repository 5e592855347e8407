"""`codat-mock explore`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource
from msgspec.structs import replace

from codat_mock.cli.server_options import bind, takes_settings
from codat_mock.cli.subprocess import run_command
from codat_mock.cli.target import KEY, from_here, variables
from codat_mock.cli.verdict_options import FAIL_ON, REPORT, VerdictOptions, Wanted, run_and_report
from codat_mock.clock import format_moment, machine_now
from codat_mock.control_client import ControlRequestRefused, MockFailed, run_against_mock
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.fuzz import exploration, schedule_files
from codat_mock.fuzz.runner import FuzzRunner
from codat_mock.fuzz.schedule import Schedule
from codat_mock.http.server import Server, address_of
from codat_mock.reports.run import CommandEnd, FailOn, Run
from codat_mock.sandbox import SandboxRegistry, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from codat_mock.fuzz.search import Search

Progressed = Callable[[bool], object]  # see Search
GIVEN: Final = "codat_mock.cli.explore.given"
TELL_EVERY: Final = 25  # schedules, where no person watches
EXAMPLES = """Examples:

\b
  codat-mock explore -- python sync.py
  codat-mock explore --examples 500 --seed 7 --report html:broken.html -- npm run push
  codat-mock explore --replay codat-mock-schedule.json -- python sync.py

The command is given what codat-mock check gives it; CODAT_STATE_DIR is empty when a schedule
begins. One that ends with another exit code than 0 is run once
more, ten minutes later and without trouble, before its day is closed.

\b
Exit codes:
  0   no schedule was found that breaks the integration
  1   one was, or a day without trouble breaks it
  2   wrong use: an option, a file, a command that is not there
  5   nothing was pushed, so that nothing could be judged
  70  codat-mock itself failed
"""


class Repeatable(click.Command):
    """A command that knows how it was called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the arguments, and parse them."""
        ctx.meta[GIVEN] = tuple(args)
        return super().parse_args(ctx, args)


@click.command(
    cls=Repeatable,
    epilog=EXAMPLES,
    short_help="Search for the trouble that an integration does not survive.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many schedules are drawn at most until one breaks the integration.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long each run of the command may take; then it is ended with all it has started.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    default=schedule_files.SCHEDULE,
    show_default=True,
    help="The file that the schedule which breaks it is written to.",
)
@click.option(
    "--replay",
    "replayed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play the schedule of such a file, and search for none.",
)
@click.option(
    "--database",
    type=click.Path(file_okay=False, path_type=Path),
    default=schedule_files.DATABASE,
    show_default=True,
    help="The folder where what was found is kept, to be tried first the next time.",
)
@FAIL_ON
@REPORT
@takes_settings
@click.pass_context
def explore(
    context: click.Context,
    command: tuple[str, ...],
    settings: Settings,
    examples: int,
    timeout_seconds: float,
    save: Path,
    replayed: Path | None,
    database: Path,
    fail_on: FailOn,
    reports: Wanted,
) -> int:
    """Search for the shortest trouble that an integration does not survive.

    The command is run again and again, each time beside a service that behaves differently: answers
    are lost, refused, spoilt or late, datasets end in errors or take long, time passes. It breaks
    where a rule is broken, where the books are not those of a day without trouble, or where it ends
    badly even when run once more without trouble. Trouble that breaks it is made as short as can
    be, and written to a file.

    The clock stands still, and 10 seconds pass whenever the command asks how far a dataset or a
    sync is; datasets end at once: this is so where --speed and --profile do not say otherwise,
    whatever their usual defaults are. --seed is what schedules are drawn from, too.
    """
    if not save.parent.is_dir():  # nobody should wait for a search whose end is lost
        raise click.UsageError(f"Cannot write {save}: {save.parent} is no directory.")
    settings = settled(context, settings)
    schedule = read(replayed) if replayed else origin_of(settings)
    command_runner = CommandRunner(command, timeout_seconds, settings)

    def explored() -> Run:
        with runner_for(command_runner, settings, fail_on, replayed) as runner:
            if replayed:
                return exploration.replay(runner, schedule, command_runner.speak).run
            with searching(command, examples, database) as search:
                found = exploration.explore(runner, schedule, search, command_runner.speak)
        if found.schedule and found.schedule.events:
            found.run.notes.append(write(save, found.schedule, context.meta[GIVEN]))
        return found.run

    return run_and_report(explored, VerdictOptions(fail_on, reports))


@dataclass
class CommandRunner:
    """Runs the command; nobody hears it while schedules are searched.

    Args:
        command: the program and its arguments.
        timeout_seconds: how long each run may take.
        settings: of the mock.
    """

    command: Sequence[str]
    timeout_seconds: float
    settings: Settings
    is_quiet: bool = True

    def speak(self) -> None:
        """Let its output through from now on."""
        self.is_quiet = False

    def run(self, company_id: str, folder: Path) -> CommandEnd:
        """Run it once.

        Raises:
            UsageError: it cannot be started.
            Stopped: a signal came.
        """
        given = variables(self.settings.address, KEY, company_id, folder, self.settings)
        return run_command(
            self.command, given, self.timeout_seconds, is_quiet=self.is_quiet, is_repeated=True
        )


@contextmanager
def runner_for(
    runner: CommandRunner, settings: Settings, fail_on: FailOn, replayed: Path | None
) -> Iterator[FuzzRunner]:
    """A stage with a mock of its own, on a free port.

    Raises:
        UsageError: the mock says no to what stands in the file of a schedule.
        MockFailed: the mock does not do its part.
    """

    def judged(run: Run) -> Run:
        run.fail_on = fail_on
        return from_here(run)

    listener = bind("127.0.0.1", 0)
    runner.settings = replace(settings, address=address_of(listener))
    try:
        with (
            Server(SandboxRegistry(runner.settings), listener),
            run_against_mock(runner.settings.address, KEY) as here,
        ):
            yield FuzzRunner(here, {}, {}, runner.run, judged)
    except ControlRequestRefused as error:
        if replayed:
            raise click.UsageError(f"{replayed} cannot be played: {error}") from error
        raise MockFailed(str(error)) from error


@contextmanager
def searching(command: Sequence[str], examples: int, database: Path) -> Iterator[Search]:
    """A search that tells how far it is: with a bar where a person watches, else in lines.

    Raises:
        UsageError: Hypothesis is not installed.
    """
    try:
        from codat_mock.fuzz.search import Search
    except ModuleNotFoundError as error:
        raise click.UsageError("explore wants Hypothesis: pip install hypothesis.") from error
    from rich.console import Console

    console = Console(stderr=True)
    with watched(console, examples) if console.is_terminal else logged(examples) as progress:
        yield Search(examples, database, shlex.join(command), progress)


@contextmanager
def watched(console: Console, examples: int) -> Iterator[Progressed]:
    """A bar of progress, which is gone at the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    what = TextColumn("{task.description}")
    bar = Progress(BarColumn(), MofNCompleteColumn(), what, console=console, transient=True)
    with bar:
        task, shortening = bar.add_task("searching", total=examples), list[TaskID]()

        def progress(is_found: bool) -> None:
            if is_found and not shortening:  # nobody knows how long that takes
                bar.update(task, visible=False)
                shortening.append(bar.add_task("shortening", total=None))
            bar.update(shortening[0] if shortening else task, advance=1)

        yield progress


@contextmanager
def logged(examples: int) -> Iterator[Progressed]:
    """A line now and then, and one for what is found."""
    played, found = 0, False

    def progress(is_found: bool) -> None:
        nonlocal played, found
        played += 1
        if is_found and not found:
            click.echo(f"codat-mock: schedule {played} breaks it; it is made shorter.", err=True)
        elif played % TELL_EVERY == 0:
            of = f"{played}" if is_found else f"{played} of {examples}"
            click.echo(f"codat-mock: {of} schedules played.", err=True)
        found = is_found

    yield progress


def settled(context: click.Context, settings: Settings) -> Settings:
    """What the sandbox starts from, where nobody says anything else."""
    usual = {"speed": 0, "durations": PROFILES["instant"]}
    said = {
        name for name in usual if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    return replace(settings, **{name: usual[name] for name in usual.keys() - said})


def origin_of(settings: Settings) -> Schedule:
    """A day without trouble."""
    start = settings.start_at
    start_at = format_moment(start) if start else exploration.start_of(machine_now())
    return Schedule(start_at=start_at, seed=settings.seed)


def read(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        UsageError: there is none.
    """
    try:
        return schedule_files.read(path)
    except schedule_files.BadFile as error:
        raise click.UsageError(str(error)) from error


def write(path: Path, schedule: Schedule, given: Sequence[str]) -> str:
    """Write a schedule to a file; tells the command that plays it again, or what went wrong.

    Args:
        path: the file.
        schedule: what is written.
        given: the arguments of the search; what is judged depends on its options.
    """
    try:
        schedule_files.write(path, schedule)
    except schedule_files.BadFile as error:
        return str(error)  # what was found counts for more
    again = shlex.join(["codat-mock", "explore", "--replay", str(path), *given])
    return f"Play it again: {again}"
