"""`codat-mock story`: the stories as a list, as prose, and played."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from codat_mock.cli import terminal
from codat_mock.cli.secret import TOKEN_OPTION, secret

if TYPE_CHECKING:
    import httpx

    from codat_scenarios.stories import Ending, Story
    from codat_scenarios.stories.prose import Narrate

EXAMPLES = """Examples:

\b
  codat-mock story list
  codat-mock story list S14
  codat-mock story show late-update
  codat-mock story run late-update
  codat-mock story run late-update --json
  codat-mock story run late-update --against http://127.0.0.1:4620
"""
WIDTH: Final = 12


@click.group(epilog=EXAMPLES, short_help="Read and play dated scripts.")
def story() -> None:
    """Read and play stories: dated scripts that keep or break rules."""


def as_json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option to print JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")(command)


@story.command("list")
@click.argument("word", required=False)
@as_json_option
def list_stories(word: str | None, as_json: bool) -> None:
    """List the stories, each with the rules that it breaks.

    Only those with that WORD in their names, or that break the rule of that code. A terminal shows
    only the names of all.
    """
    from codat_scenarios.stories import STORIES

    stories = [found for _, found in sorted(STORIES.items())]
    listed = [found for found in stories if word is None or concerns(found, word)]
    if as_json:
        rows = [
            {"name": found.name, "text": found.text, "findings": found.ending.findings}
            for found in listed
        ]
        show_json({"stories": rows})
    elif word is None and sys.stdout.isatty():
        show_names(listed)
    else:
        longest = max((len(found.name) for found in listed), default=0)
        for found in listed:
            broken = f" [{', '.join(found.ending.findings)}]" if found.ending.findings else ""
            terminal.echo(f"{found.name:{longest}}  {found.text}{broken}", hanging=4)


def concerns(found: Story, word: str) -> bool:
    """Whether a story has that word in its name, or breaks the rule of that code."""
    return word.lower() in found.name or word.upper() in found.ending.findings


def show_names(stories: list[Story]) -> None:
    """Print the names of stories by topic for a terminal, so that they fit a screen or two."""
    names: dict[str, list[str]] = {}
    for found in stories:
        names.setdefault(found.act.__module__.rpartition(".")[2], []).append(found.name)
    for topic, listed in sorted(names.items()):
        title = click.style(f"{topic.replace('_', ' '):{WIDTH}}", bold=True)
        terminal.echo(title + " ".join(listed), hanging=WIDTH)
    terminal.echo("'codat-mock story list WORD' adds what happens; 'story show NAME' tells it all.")


@story.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a story: what happens, step by step, and how it must end."""
    found = find(name)
    terminal.echo(f"{found.name}: {found.text}\n")
    with own_mock() as http:
        perform(found, http, "story", printed())
    click.echo("\nIt must end so:")
    for aspect, text in ending_in_words(found.ending).items():
        terminal.echo(f"  {aspect:{WIDTH}}{text}", hanging=WIDTH)


@story.command()
@click.argument("name")
@click.option(
    "--against", metavar="URL", help="A mock that is running; without it, one of its own."
)
@click.option(
    "--api-key",
    type=secret,
    default="story",
    show_default=True,
    help="The key to play with; @FILE reads it from a file.",
)
@TOKEN_OPTION
@as_json_option
def run(
    name: str, against: str | None, api_key: str, control_token: str | None, as_json: bool
) -> None:
    """Play a story; the exit code is 0 if it ends as expected, and 1 if it does not.

    It plays in a sandbox of its own, which is reset.
    """
    import httpx

    found = find(name)
    steps: list[dict[str, Any]] = []
    if not as_json:
        terminal.echo(f"{found.name}: {found.text}\n")
    narrate = noted(steps) if as_json else printed()
    try:
        with running_mock(against, control_token) if against else own_mock() as http:
            came = perform(found, http, api_key, narrate)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise click.UsageError(f"No mock answers at {against}: {error}") from error
    except httpx.HTTPStatusError as error:
        raise click.ClickException(f"Not as expected: {error}") from error
    if as_json:
        ends = {
            "ending": came,
            "expectedEnding": found.ending,
            "isAsExpected": came == found.ending,
        }
        show_json({"name": found.name, "text": found.text, "steps": steps, **ends})
    else:
        show_ending(found.ending, came)
    if came != found.ending:
        raise click.ClickException("The story did not end as expected.")
    if not as_json:
        click.echo("The story ended as expected.")


def show_ending(expected: Ending, came: Ending) -> None:
    """Print how a story ended, and what was expected where it differs."""
    click.echo()
    in_words = ending_in_words(expected)
    for aspect, text in ending_in_words(came).items():
        terminal.echo(f"  {aspect:{WIDTH}}{text}", hanging=WIDTH)
        if text != in_words[aspect]:
            terminal.echo(f"  {'expected':{WIDTH}}{in_words[aspect]}", hanging=WIDTH)


def show_json(content: Any) -> None:
    """Print as JSON for a program, on a screen too."""
    click.echo(msgspec.json.format(msgspec.json.encode(content)))


def find(name: str) -> Story:
    """The story of that name.

    Raises:
        click.BadParameter: there is none; the text names the nearest, or says how to list them.
    """
    from codat_scenarios.stories import STORIES

    if name in STORIES:
        return STORIES[name]
    near = " or ".join(repr(each) for each in get_close_matches(name, STORIES))
    hint = f"did you mean {near}?" if near else "'codat-mock story list' names them all."
    raise click.BadParameter(f"there is no story '{name}'; {hint}", param_hint="NAME")


@contextmanager
def own_mock() -> Iterator[httpx.Client]:
    """A client of a mock that lives as long as it, on a free port."""
    from codat_mock.http.server import Server, listen
    from codat_mock.sandbox import SandboxRegistry, Settings

    settings = Settings(speed=0, rate_limits=True)  # which a story of rule T03 exceeds
    server = Server(SandboxRegistry(settings), listen("127.0.0.1", 0))
    with server, running_mock(server.address) as http:
        yield http


@contextmanager
def running_mock(address: str, control_token: str | None = None) -> Iterator[httpx.Client]:
    """A client of a mock that is running."""
    import httpx

    from codat_mock.control_client import control_headers

    headers = control_headers(None, control_token)
    with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as http:
        yield http


def perform(story: Story, http: httpx.Client, api_key: str, narrate: Narrate) -> Ending:
    """Play a story and narrate its steps; returns how it ended.

    Args:
        story: which.
        http: a client of a mock with a frozen clock.
        api_key: the key whose sandboxes are used; the story gets one of its own.
        narrate: takes a moment, UTC, and a sentence.
    """
    from codat_scenarios.stories import play
    from codat_scenarios.stories.prose import NarratedDriver

    driver = NarratedDriver(http, api_key, f"story-{story.name}", narrate)
    return play(story, driver).ending


def noted(steps: list[dict[str, Any]]) -> Narrate:
    """Append the steps to a list."""
    return lambda moment, sentence: steps.append({"moment": moment, "step": sentence})


def printed() -> Narrate:
    """Print the steps by date."""
    days: list[str] = []

    def narrate(moment: datetime, sentence: str) -> None:
        day = f"{moment:%A}, {moment.day} {moment:%B %Y}"
        if day not in days:
            click.echo(day)
            days.append(day)
        terminal.echo(f"  {moment:%H:%M}  {sentence}", hanging=len("00:00  "))

    return narrate


def ending_in_words(ending: Ending) -> dict[str, str]:
    """An ending in words, by aspect."""
    from codat_mock.accounting.sync_codes import SYNC_CODES

    sync = ending.sync
    return {
        "findings": ", ".join(ending.findings) or "none",
        "datasets": ", ".join(counted(ending.datasets)) or "none",
        "last sync": "none" if sync is None else f"{sync} {SYNC_CODES[sync].status}",
        "books": f"\n{' ' * (WIDTH + 2)}".join(ending.documents) or "empty",
        "missed": ", ".join(ending.missed) or "none",
        "alerts": ", ".join(counted(ending.alerts)) or "none",
    }


def counted(statuses: tuple[str, ...]) -> Iterator[str]:
    """Statuses, each with how many in a row there are of it."""
    from itertools import groupby

    for status, group in groupby(statuses):
        count = len(list(group))
        yield f"{count} {status}" if count > 1 else status
