"""Lists as the service answers them: filtered, sorted, and cut into pages.

Source: contract section 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote, urlencode

import msgspec
from flask import request
from msgspec import UNSET, Struct

from codat_mock.http.operations import Parameter
from codat_mock.http.query_language import MAX_QUERY_CHARACTERS, malformed, read_order, read_query
from codat_mock.models.pages import Link, Links, Page

MAX_PAGE_SIZE: Final = 5000
LAST_PAGE: Final = 2**31 - 1
PAGING: Final = (
    Parameter(
        name="page",
        text="Which page, from 1.",
        schema={"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1},
    ),
    Parameter(
        name="pageSize",
        text="How many results a page has.",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": 100},
    ),
    Parameter(
        name="query",
        text="Which results: clauses such as `name~coffee`, joined by `&&` and `||`, grouped by"
        " `{}`; the operators are `= != ~ > < >= <=`.",
        schema={"type": "string", "maxLength": MAX_QUERY_CHARACTERS},
    ),
    Parameter(
        name="orderBy",
        text="The property to sort by; with a `-` before it, the highest comes first.",
        schema={"type": "string"},
    ),
)

ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
Answer = TypeVar("Answer", bound=Page[Any])


def page(answer: type[Answer], kind: type[Struct], items: Sequence[Any]) -> Answer:
    """The page of some items that the request asks for.

    Args:
        answer: the type of the page.
        kind: the type of the items.
        items: all there are, in the order in which they are listed where nothing else is asked.

    Raises:
        Malformed: a parameter cannot be read; it is named.
    """
    number = whole_number("page", 1, LAST_PAGE)
    size = whole_number("pageSize", 100, MAX_PAGE_SIZE)
    found = chosen(kind, items)
    start = (number - 1) * size
    return answer(
        results=found[start : start + size],
        page_number=number,
        page_size=size,
        total_results=len(found),
        links=links(number, is_last=start + size >= len(found)),
    )


def chosen(kind: type[Struct], items: Sequence[Any]) -> list[Any]:
    """The items that meet the request's `query`, in the order of its `orderBy`."""
    query, order = decoded(request.args.get("query")), request.args.get("orderBy")
    if not query and not order:
        return list(items)
    shown = [(msgspec.to_builtins(item), item) for item in items]
    if query:
        holds = read_query(query, kind)
        shown = [pair for pair in shown if holds(pair[0])]
    if order:
        key, is_descending = read_order(order, kind)
        keyed = [(key(pair[0]), pair) for pair in shown]
        present = [both for both in keyed if both[0] is not None]
        present.sort(key=lambda both: both[0], reverse=is_descending)
        absent = [both for both in keyed if both[0] is None]  # last, in either direction
        shown = [pair for _, pair in (*present, *absent)]
    return [item for _, item in shown]


def decoded(query: str | None) -> str | None:
    """A query that may be encoded twice, as the documentation's `enabled%253Dtrue` is.

    Encoders differ in what they leave as it is (`~`, `!`), so any escape that is left counts. No
    value that can be queried needs a `%` of its own.

    Source: contract part 2, section E.
    """
    return unquote(query) if query and ESCAPE.search(query) else query


def whole_number(name: str, default: int, most: int) -> int:
    """A whole number from 1 among the request's parameters.

    Args:
        name: the parameter's.
        default: where it is not given.
        most: the largest that is allowed.

    Raises:
        Malformed: it is no such number.
    """
    text = request.args.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= most:
        raise malformed(name, f"expected a whole number from 1 to {most}, found '{text[:60]}'")
    return int(text)


def links(number: int, *, is_last: bool) -> Links:
    """Where the page and those around it are found, with all that was asked."""
    return Links(
        current=link(number),
        this=Link(here()),
        next=UNSET if is_last else link(number + 1),
        previous=UNSET if number == 1 else link(number - 1),
    )


def link(number: int) -> Link:
    """Where the page of that number is found."""
    asked = {**request.args, "page": str(number)}
    return Link(f"{here()}?{urlencode(asked)}")


def here() -> str:
    """The path of the request, with the prefix of its sandbox; links lack `/config`.

    Source: contract part 2, section A11. The path without it is served as well.
    """
    return quote(f"{request.script_root}{request.path.removeprefix('/config')}")
