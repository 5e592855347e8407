"""An example of a breach: the story that breaks a rule, played, and the requests that did it."""

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

MOST_REQUESTS: Final = 4
MOST_RECORDS: Final = 2
LONG_RECORD: Final = 160  # characters; of a longer one, what is nested is left out
KEY: Final = "explain"

read: Final = Decoder(float_hook=Decimal)


class Sent(Wire, omit_defaults=False):
    """A request that broke a rule, or was there before it.

    Args:
        number: its place among the requests.
        at: the sandbox's time when it came.
        status: of the answer.
        body: what was sent, shortened, line by line.
    """

    number: int
    at: str
    method: str
    path: str
    status: int
    body: list[str]


class Example(Wire, omit_defaults=False):
    """A breach of a rule.

    Args:
        story: the name of the story that breaks it.
        text: what happens there.
        finding: what was found, as `GET /_mock/findings` tells it.
        requests: those that the finding names, in the order they were sent; where it names none,
            as of what was never sent, the last pushes of the story.
    """

    story: str
    text: str
    finding: Json
    requests: list[Sent]


def example_of(rule: Rule, http: httpx.Client) -> Example | None:
    """Play the story that breaks a rule, and take what was found; None where there is no story.

    Args:
        rule: the rule.
        http: a client of a mock with a frozen clock that keeps the published limits.
    """
    told = next((STORIES[name] for name in rule.breaks if name in STORIES), None)
    return violation(rule, told, SandboxDriver(http, KEY, f"explain-{rule.code}")) if told else None


def violation(rule: Rule, told: Story, driver: SandboxDriver) -> Example:
    """Play a story, and take what it broke of a rule."""
    found = play(told, driver).verdict["findings"]
    finding = next(each for each in found if each["code"] == rule.code)
    involved = finding["requests"][:MOST_REQUESTS] or pushes(driver)
    numbers = sorted(each["number"] for each in involved)
    requests = [sent(driver, number, finding["records"]) for number in numbers]
    return Example(told.name, told.text, finding, requests)


def pushes(driver: SandboxDriver) -> list[Json]:
    """The last pushes in the journal."""
    wanted = f"path=/data/companies/*/sync/*&limit={MOST_REQUESTS}"
    found: list[Json] = driver.call("GET", f"/_mock/requests?{wanted}")["requests"]
    return found


def sent(driver: SandboxDriver, number: int, records: list[str]) -> Sent:
    """A request out of the journal."""
    kept = driver.call("GET", f"/_mock/requests/{number}")
    entry = kept["request"]
    body = [*lines(kept["bodies"]["sent"], records)]
    return Sent(number, entry["at"], entry["method"], entry["path"], entry["status"], body)


def lines(body: str, records: list[str]) -> Iterator[str]:
    """Write a body so that it can be read: its records a line each, the first that are named."""
    try:
        told = read.decode(body)
    except DecodeError:
        yield from [body] if body else []
        return
    if not isinstance(told, dict):
        yield spaced(told)
        return
    for name, value in told.items():
        if isinstance(value, list):
            yield f'{{"{name}": ['
            yield from listed(value, records)
            yield "]}"
        else:
            yield braced([(name, spaced(value))])


def listed(values: list[Any], records: list[str]) -> Iterator[str]:
    """Write the records that are named, else the first ones, and how many more there are."""
    named = [each for each in values if isinstance(each, dict) and is_named(each, records)]
    shown = [compact(each) for each in (named or values)[:MOST_RECORDS]]
    if len(values) > len(shown):
        shown.append(f"… {len(values) - len(shown):,} more")
    for place, text in enumerate(shown, 1):
        yield f"  {text}," if place < len(shown) else f"  {text}"


def is_named(record: Json, records: list[str]) -> bool:
    """Whether a finding names a record, by its id or by that and its type."""
    names = (record.get("id"), f"{record.get('id')}/{record.get('type')}")
    return any(name in records for name in names)


def compact(value: Any) -> str:
    """Write a record, or a part of one, on a line; of a long one what is nested is left out."""
    text = spaced(value)
    if len(text) <= LONG_RECORD:
        return text
    if isinstance(value, dict):
        return braced((name, dots(part) or spaced(part)) for name, part in value.items())
    return dots(value) or text


def dots(part: Any) -> str:
    """Write a list or an object that is not empty as dots."""
    if part and isinstance(part, list | dict):
        return "[…]" if isinstance(part, list) else "{…}"
    return ""


def spaced(value: Any) -> str:
    """Write JSON with blanks, where a terminal can break the line."""
    if isinstance(value, dict):
        return braced((name, spaced(part)) for name, part in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(spaced, value))}]"
    return encode(value).decode()


def braced(properties: Iterable[tuple[str, str]]) -> str:
    """Write an object of those names and texts."""
    return f"{{{', '.join(f'{spaced(name)}: {text}' for name, text in properties)}}}"
