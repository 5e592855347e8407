"""An example of a violation: a story that breaks a rule, played, and the requests involved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import httpx
from msgspec import DecodeError
from msgspec.json import Decoder

from codat_mock.models.commerce import Wire
from codat_mock.rules import Rule
from codat_scenarios.merchants import encode
from codat_scenarios.sandbox_driver import Json, SandboxDriver
from codat_scenarios.stories import STORIES, Story, play

MAX_REQUESTS: Final = 4
MAX_RECORDS: Final = 2
MAX_LINE_CHARACTERS: Final = 160  # a longer record is shown without its nested parts
KEY: Final = "explain"

read: Final = Decoder(float_hook=Decimal)


class Sent(Wire, omit_defaults=False):
    """A request that broke a rule, or an earlier one involved.

    Args:
        number: its position in the request log.
        at: the sandbox's time at its arrival.
        status: of the answer.
        body: its body, shortened, line by line.
    """

    number: int
    at: str
    method: str
    path: str
    status: int
    body: list[str]


class Example(Wire, omit_defaults=False):
    """A violation of a rule.

    Args:
        story: the name of the story that breaks it.
        text: what happens in it.
        finding: the finding, as in `GET /_mock/findings`.
        requests: those that the finding names, in order; if it names none, as for records that
            were never sent, the last pushes of the story.
    """

    story: str
    text: str
    finding: Json
    requests: list[Sent]


def example_of(rule: Rule, http: httpx.Client) -> Example | None:
    """Play a story that breaks a rule, and take its finding; None if there is no story.

    Args:
        rule: the rule.
        http: a client of a mock with a frozen clock that enforces the published limits.
    """
    story = next((STORIES[name] for name in rule.breaks if name in STORIES), None)
    driver = SandboxDriver(http, KEY, f"explain-{rule.code}")
    return violation(rule, story, driver) if story else None


def violation(rule: Rule, story: Story, driver: SandboxDriver) -> Example:
    """Play a story, and take its finding of a rule.

    Args:
        rule: that the story breaks.
        story: which.
        driver: of a sandbox of its own.
    """
    found = play(story, driver).verdict["findings"]
    finding = next(each for each in found if each["code"] == rule.code)
    involved = finding["requests"][:MAX_REQUESTS] or pushes(driver)
    numbers = sorted(each["number"] for each in involved)
    requests = [sent(driver, number, finding["records"]) for number in numbers]
    return Example(story.name, story.text, finding, requests)


def pushes(driver: SandboxDriver) -> list[Json]:
    """The last pushes in the request log."""
    query = f"path=/data/companies/*/sync/*&limit={MAX_REQUESTS}"
    found: list[Json] = driver.call("GET", f"/_mock/requests?{query}")["requests"]
    return found


def sent(driver: SandboxDriver, number: int, records: list[str]) -> Sent:
    """A request from the request log.

    Args:
        driver: of the sandbox.
        number: of the request in the log.
        records: those to show first: the id of each, or `id/type`.
    """
    kept = driver.call("GET", f"/_mock/requests/{number}")
    entry = kept["request"]
    body = [*lines(kept["bodies"]["sent"], records)]
    return Sent(number, entry["at"], entry["method"], entry["path"], entry["status"], body)


def lines(body: str, records: list[str]) -> Iterator[str]:
    """Format a body for people: a line for each record, the named ones first."""
    try:
        content = read.decode(body)
    except DecodeError:
        yield from [body] if body else []
        return
    if not isinstance(content, dict):
        yield spaced(content)
        return
    for name, value in content.items():
        if isinstance(value, list):
            yield f'{{"{name}": ['
            yield from listed(value, records)
            yield "]}"
        else:
            yield braced([(name, spaced(value))])


def listed(values: list[Any], records: list[str]) -> Iterator[str]:
    """Format the named records, else the first ones, and the number of the others."""
    named = [each for each in values if isinstance(each, dict) and is_named(each, records)]
    shown = [compact(each) for each in (named or values)[:MAX_RECORDS]]
    if len(values) > len(shown):
        shown.append(f"… {len(values) - len(shown):,} more")
    for place, text in enumerate(shown, 1):
        yield f"  {text}," if place < len(shown) else f"  {text}"


def is_named(record: Json, records: list[str]) -> bool:
    """Whether a finding names a record, by its id or by that and its type."""
    names = (record.get("id"), f"{record.get('id')}/{record.get('type')}")
    return any(name in records for name in names)


def compact(value: Any) -> str:
    """Format a record, or a part of one, as one line; a long one without its nested parts."""
    text = spaced(value)
    if len(text) <= MAX_LINE_CHARACTERS:
        return text
    if isinstance(value, dict):
        return braced((name, dots(part) or spaced(part)) for name, part in value.items())
    return dots(value) or text


def dots(part: Any) -> str:
    """Format a list or an object that is not empty as dots."""
    if part and isinstance(part, list | dict):
        return "[…]" if isinstance(part, list) else "{…}"
    return ""


def spaced(value: Any) -> str:
    """Format JSON with spaces, where a terminal can break the line."""
    if isinstance(value, dict):
        return braced((name, spaced(part)) for name, part in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(spaced, value))}]"
    return encode(value).decode()


def braced(properties: Iterable[tuple[str, str]]) -> str:
    """Format an object of those names and texts."""
    return f"{{{', '.join(f'{spaced(name)}: {text}' for name, text in properties)}}}"
