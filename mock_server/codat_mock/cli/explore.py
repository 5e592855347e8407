"""`codat-mock explore`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource
from msgspec.structs import replace

from codat_mock.cli import process_groups
from codat_mock.cli.command_runner import CommandRunner
from codat_mock.cli.parallel_search import ParallelSearch, options_before
from codat_mock.cli.server_options import ENVIRONMENT, bind, takes_settings
from codat_mock.cli.subprocess import DELAY
from codat_mock.cli.target import KEY
from codat_mock.cli.verdict_options import (
    FAIL_ON,
    REPORT,
    ReportFiles,
    VerdictOptions,
    run_and_report,
)
from codat_mock.clock import format_moment, machine_now, machine_seconds
from codat_mock.control_client import ControlRequestRefused, MockFailed, run_against_mock
from codat_mock.domain.dataset_lifecycle import PROFILES
from codat_mock.fuzz import exploration, schedule_files
from codat_mock.fuzz.runner import FuzzRunner
from codat_mock.fuzz.schedule import MAX_DAYS, Event, Schedule, describe
from codat_mock.http.server import Server, address_of
from codat_mock.models.datasets import LIST_NAMES
from codat_mock.reports.run import FailOn, Run
from codat_mock.reports.source_locations import with_project_root
from codat_mock.sandbox import SandboxRegistry, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from codat_mock.fuzz.search import Search

OnProgress = Callable[[Sequence[Event] | None], object]  # see Search
ARGUMENTS: Final = "codat_mock.cli.explore.arguments"
LOG_EVERY: Final = 25  # schedules, where standard error is not a terminal
EXAMPLES = """Examples:

\b
  codat-mock explore -- python sync.py
  codat-mock explore --examples 500 --report html:broken.html -- npm run push
  codat-mock explore --replay codat-mock-schedule.json -- python sync.py

The command gets the same variables as from codat-mock check; CODAT_STATE_DIR is empty at the
start of each schedule. A command that fails runs again, up to three times, each ten minutes later
and without faults, before its day is closed.

\b
Exit codes:
  0   no schedule breaks the integration
  1   a schedule breaks it, or a day without faults does
  2   wrong usage: a bad option or file, a command that does not exist
  5   nothing was pushed, so there was nothing to judge
  70  codat-mock itself failed
"""


class RecordedCommand(click.Command):
    """A command that knows its arguments as they were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments, and parse them."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


@click.command(
    cls=RecordedCommand,
    epilog=EXAMPLES,
    short_help="Search for the faults that break an integration.",
    context_settings=ENVIRONMENT,
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Maximum number of schedules to try until one breaks the integration.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of each run of the command; then it is terminated with all its processes.",
)
@click.option(
    "--save",
    allow_from_autoenv=False,
    type=click.Path(dir_okay=False, path_type=Path),
    default=schedule_files.SCHEDULE,
    show_default=True,
    help="Write the schedule that breaks it to this file.",
)
@click.option(
    "--replay",
    "replayed",
    allow_from_autoenv=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run the schedule in this file instead of searching for one.",
)
@click.option(
    "--database",
    "databases",
    allow_from_autoenv=False,
    multiple=True,
    metavar="FOLDER|REDIS-URL",
    default=[str(schedule_files.DATABASE)],
    show_default=True,
    help="Keep the schedules that were found in this folder or Redis database, to try them first"
    " next time. Can be repeated: the others are only read.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=1,
    show_default=True,
    help="How many days the command runs, once a day with the number of the day in CODAT_DAY; each"
    " ends with a sync, which fails in some schedules.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many processes search at the same time, each with another seed, for --examples"
    " schedules in total.",
)
@click.option(
    "--declare",
    allow_from_autoenv=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Declare the merchant's true records: orders.json, payments.json and transactions.json in"
    " this folder, each as it is pushed. Then sales that every run loses are found, too.",
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
    databases: tuple[str, ...],
    days: int,
    jobs: int,
    declare: Path | None,
    fail_on: FailOn,
    reports: ReportFiles,
) -> int:
    """Search for the shortest schedule of faults that breaks an integration.

    The command runs again and again, each time against a service with other faults: answers are
    lost, refused, garbled or late, datasets fail or take long, time passes. A schedule breaks the
    integration if a rule is broken, if the books differ from those of a day without faults, or if
    the command still fails when it runs again without faults. The schedule is then shortened as
    far as possible, and written to a file.

    The clock stands still, but 10 seconds pass whenever the command reads the status of a dataset
    or a sync, and datasets complete at once; --speed and --profile change that. --seed also seeds
    the search.
    """
    if not save.parent.is_dir():  # before a long search whose result would be lost
        raise click.UsageError(f"Cannot write {save}: the folder {save.parent} does not exist.")
    settings = with_explore_defaults(context, settings)
    schedule = read(replayed) if replayed else origin_of(settings, days)
    command_runner = CommandRunner(command, timeout_seconds, settings)
    declared = read_records(declare) if declare else None
    options = options_before(context.meta[ARGUMENTS], command) if jobs > 1 else []

    def explore_command() -> Run:
        with (
            DELAY.throughout(),
            fuzz_runner(command_runner, settings, fail_on, replayed, declared) as runner,
        ):
            if replayed:
                return exploration.replay(runner, schedule, command_runner.show_output).run
            with ExitStack() as progress:
                searching: AbstractContextManager[exploration.Search] = (
                    nullcontext(ParallelSearch(jobs, examples, options, command))
                    if jobs > 1
                    else search_with_progress(command, examples, databases)
                )
                search = progress.enter_context(searching)

                def show_output() -> None:
                    progress.close()  # its bar would run through the command's output
                    command_runner.show_output()

                found = exploration.explore(runner, schedule, search, show_output)
        if found.schedule and found.schedule.events:
            found.run.notes.append(write(save, found.schedule, context.meta[ARGUMENTS]))
        return found.run

    return run_and_report(explore_command, VerdictOptions(fail_on, reports))


@contextmanager
def fuzz_runner(
    runner: CommandRunner,
    settings: Settings,
    fail_on: FailOn,
    replayed: Path | None,
    declared: Mapping[str, Any] | None,
) -> Iterator[FuzzRunner]:
    """A runner of schedules with a mock of its own, on a free port.

    Args:
        runner: runs the command.
        settings: the settings of the mock.
        fail_on: the lowest severity of a finding that breaks the integration.
        replayed: the file of the schedule that is replayed; None for a search.
        declared: the merchant's true records; None if they are not known.

    Raises:
        UsageError: the mock refuses a schedule of that file.
        MockFailed: the mock fails.
    """

    def judge(run: Run) -> Run:
        run.fail_on = fail_on
        return with_project_root(run, Path.cwd())

    listener = bind("127.0.0.1", 0)
    runner.settings = replace(settings, address=address_of(listener))
    try:
        with (
            Server(SandboxRegistry(runner.settings), listener),
            run_against_mock(runner.settings.address, KEY) as client,
        ):
            yield FuzzRunner(
                client,
                {},
                {},
                runner.run,
                judge,
                kill=runner.kill,
                start_second=runner.start_second,
                declared=declared,
            )
    except ControlRequestRefused as error:
        if replayed:
            raise click.UsageError(f"{replayed} cannot be replayed: {error}") from error
        raise MockFailed(str(error)) from error


@contextmanager
def search_with_progress(
    command: Sequence[str], examples: int, databases: Sequence[str]
) -> Iterator[Search]:
    """A search that shows its progress: a bar on a terminal, lines in a log.

    Args:
        command: the command, which names the search in the database.
        examples: the maximum number of schedules to try.
        databases: where the schedules that were found are kept, and those that are only read.

    Raises:
        UsageError: Hypothesis is not installed, or a database cannot be used.
    """
    try:
        from codat_mock.fuzz.schedule_database import DatabaseUnavailable, open_database
        from codat_mock.fuzz.search import Search
    except ModuleNotFoundError as error:
        raise click.UsageError(
            "explore requires Hypothesis: pip install 'codat-mock[explore]'."
        ) from error
    from rich.console import Console

    try:
        database = open_database(databases)
    except DatabaseUnavailable as error:
        raise click.UsageError(str(error)) from error
    console = Console(stderr=True)
    with bar(console, examples) if console.is_terminal else log(examples) as progress:
        yield Search(examples, database, shlex.join(command), progress)


@contextmanager
def bar(console: Console, examples: int) -> Iterator[OnProgress]:
    """Show progress as a bar, which disappears at the end, below the first schedule found."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    description, speed = TextColumn("{task.description}"), TextColumn("{task.fields[speed]}")
    columns = (BarColumn(), MofNCompleteColumn(), description, speed)
    with Progress(*columns, console=console, transient=True) as shown:
        task, shortening = shown.add_task("searching", total=examples, speed=""), list[TaskID]()
        tried, started = 0, machine_seconds()

        def progress(found: Sequence[Event] | None) -> None:
            nonlocal tried
            tried += 1
            speed = per_second(tried, started)
            if found and not shortening:  # of unknown length
                console.print("\n".join(first_failure(tried, found)), markup=False, highlight=False)
                shown.update(task, visible=False)
                shortening.append(shown.add_task("shortening", total=None, speed=""))
            shown.update(shortening[0] if shortening else task, advance=1, speed=speed)

        yield progress


@contextmanager
def log(examples: int) -> Iterator[OnProgress]:
    """Log progress: a line every few schedules, and the first schedule that is found."""
    tried, is_found, started = 0, False, machine_seconds()

    def progress(found: Sequence[Event] | None) -> None:
        nonlocal tried, is_found
        tried += 1
        if found and not is_found:
            for line in first_failure(tried, found):
                click.echo(line, err=True)
        elif tried % LOG_EVERY == 0:
            count = f"{tried}" if found else f"{tried} of {examples}"
            speed = per_second(tried, started)
            click.echo(f"codat-mock: {count} schedules tried, {speed}.", err=True)
        is_found = bool(found)

    yield progress


def first_failure(tried: int, found: Sequence[Event]) -> list[str]:
    """The lines that show the first schedule that breaks the integration, before it is shortened.

    Args:
        tried: how many schedules have been tried.
        found: the events of the last.
    """
    events = (f"codat-mock:   {number}. {describe(event)}" for number, event in enumerate(found, 1))
    return [f"codat-mock: schedule {tried} breaks it; shortening.", *events]


def per_second(tried: int, started: float) -> str:
    """How many schedules are tried a second.

    Args:
        tried: how many have been tried.
        started: when the search began, in seconds of the machine's clock.
    """
    return f"{tried / max(machine_seconds() - started, 0.001):.1f} a second"


def with_explore_defaults(context: click.Context, settings: Settings) -> Settings:
    """The settings, with a frozen clock and instant datasets unless options say otherwise."""
    defaults = {"speed": 0, "durations": PROFILES["instant"]}
    unset = (
        name for name in defaults if context.get_parameter_source(name) is ParameterSource.DEFAULT
    )
    return replace(settings, **{name: defaults[name] for name in unset})


def read_records(folder: Path) -> dict[str, Any]:
    """The records in a folder, as `POST /_mock/companies/{id}/merchant-records` takes them.

    Raises:
        UsageError: a file cannot be read, or the folder has none.
    """
    records: dict[str, Any] = {}
    for name in LIST_NAMES.values():
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        try:
            content = json.loads(path.read_text("utf-8"), parse_float=Decimal)
        except (OSError, ValueError) as error:
            raise click.UsageError(f"Cannot read {path}: {error}.") from error
        except RecursionError:
            raise click.UsageError(f"Cannot read {path}: it is nested too deeply.") from None
        listed = content.get(name) if isinstance(content, dict) else content
        if not isinstance(listed, list):
            raise click.UsageError(f'{path} holds no list of records, as {{"{name}": […]}}.')
        records[name] = listed
    if not records:
        raise click.UsageError(
            f"{folder} has no orders.json, payments.json or transactions.json to declare."
        )
    return records


def origin_of(settings: Settings, days: int) -> Schedule:
    """The schedule of so many days without faults."""
    start = settings.start_at
    start_at = format_moment(start) if start else exploration.start_of(machine_now())
    return Schedule(start_at=start_at, seed=settings.seed, days=days)


def read(path: Path) -> Schedule:
    """The schedule in a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return schedule_files.read(path)
    except schedule_files.BadFile as error:
        raise click.UsageError(str(error)) from error


def write(path: Path, schedule: Schedule, arguments: Sequence[str]) -> str:
    """Write a schedule to a file; gives the command that replays it, or the error.

    Args:
        path: the file.
        schedule: the schedule.
        arguments: the arguments of the search, whose options the replay repeats.
    """
    try:
        schedule_files.write(path, schedule)
    except schedule_files.BadFile as error:
        return str(error)  # the finding matters more
    again = process_groups.as_typed(["codat-mock", "explore", "--replay", str(path), *arguments])
    return f"Replay it: {again}"
