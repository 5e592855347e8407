"""`codat-mock story`: the stories as a list, as prose, and played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

if TYPE_CHECKING:
    import httpx

    from codat_scenarios.stories import Ending, Story
    from codat_scenarios.stories.prose import Narrate

EXAMPLES = """Examples:

\b
  codat-mock story list
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
@as_json_option
def list_stories(as_json: bool) -> None:
    """List the stories, each with the rules that it breaks."""
    from codat_scenarios.stories import STORIES

    if as_json:
        stories = [
            {"name": name, "text": found.text, "findings": found.ending.findings}
            for name, found in sorted(STORIES.items())
        ]
        show_json({"stories": stories})
        return
    longest = max(map(len, STORIES))
    for name, found in sorted(STORIES.items()):
        broken = f" [{', '.join(found.ending.findings)}]" if found.ending.findings else ""
        click.echo(f"{name:{longest}}  {found.text}{broken}")


@story.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a story: what happens, step by step, and how it must end."""
    found = find(name)
    click.echo(f"{found.name}: {found.text}\n")
    with own_mock() as http:
        perform(found, http, "story", printed())
    click.echo("\nIt must end so:")
    for aspect, text in ending_in_words(found.ending).items():
        click.echo(f"  {aspect:{WIDTH}}{text}")


@story.command()
@click.argument("name")
@click.option(
    "--against", metavar="URL", help="A mock that is running; without it, one of its own."
)
@click.option("--api-key", default="story", show_default=True, help="The key to play with.")
@as_json_option
def run(name: str, against: str | None, api_key: str, as_json: bool) -> None:
    """Play a story; the exit code is 0 if it ends as expected, and 1 if it does not.

    It plays in a sandbox of its own, which is reset.
    """
    import httpx

    found = find(name)
    steps: list[dict[str, Any]] = []
    if not as_json:
        click.echo(f"{found.name}: {found.text}\n")
    narrate = noted(steps) if as_json else printed()
    try:
        with running_mock(against) if against else own_mock() as http:
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
        click.echo(f"  {aspect:{WIDTH}}{text}")
        if text != in_words[aspect]:
            click.echo(f"  {'expected':{WIDTH}}{in_words[aspect]}")


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
def running_mock(address: str) -> Iterator[httpx.Client]:
    """A client of a mock that is running."""
    import httpx

    with httpx.Client(base_url=address, timeout=60, trust_env=False) as http:
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
        click.echo(f"  {moment:%H:%M}  {sentence}")

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
