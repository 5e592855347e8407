"""Secrets whose names are values themselves: `{"name": "apiKey", "value": "…"}`, `["apiKey", "…"]`.

Such are lists of headers and of fields, in JSON, in forms and in XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from codat_mock.domain.secret_names import HINT, MAX_KEPT_NAMES, REMOVED, is_secret

Span = tuple[int, int]

STRING: Final = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
# Where a string may be the name of a secret: it ends soon after such a word, and is no property.
MAY_NAME: Final = re.compile(rf'(?:{HINT.pattern})[^"\\]{{0,40}}"(?!\s*:)', re.IGNORECASE)
TOKEN: Final = re.compile(rf"({STRING})(\s*:)?|[\[\]{{}},]", re.DOTALL)
SPACES: Final = re.compile(r"\s*+")
STARTS: Final = tuple('"[{-0123456789')  # of a value to hide; true, false and null tell nothing
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
# A whole text that may be a name, rather than a sentence.
NAME: Final = re.compile(r"[\w.\-\[\]:$/]{1,100}(?: [\w.\-]{1,50}){0,2}")
VALUE_WORD: Final = re.compile(r"v|val|values?", re.IGNORECASE)
WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
PARAMETER: Final = re.compile(r"(?<![\w.~%+\[\]$-])([\w.~%+\[\]$-]++)=([^&#;\"'\s\\<>]*+)")
# An element of XML after the one that names it, and before it.
NAMED_ELEMENT: Final = re.compile(
    r"(<([\w:.-]{1,100})>\s*+([^<]{1,100}+)</[\w:.-]{1,100}>\s*+<([\w:.-]{1,100})>)([^<]++)"
)
ELEMENT_NAMED: Final = re.compile(
    r"(<([\w:.-]{1,100})>)([^<]++)(</[\w:.-]{1,100}>\s*+<([\w:.-]{1,100})>\s*+([^<]{1,100}+)<)"
)


def names_secret(text: str) -> bool:
    """Whether a text is the name of a secret."""
    return NAME.fullmatch(text) is not None and is_secret(text)


@lru_cache(MAX_KEPT_NAMES)
def is_value_name(name: str) -> bool:
    """Whether a property is named as the value of a pair: `value`, `headerValue`, `h[0][val]`."""
    return any(VALUE_WORD.fullmatch(word) for word in WORD.findall(name))


def unescaped(name: str) -> str:
    r"""A name without JSON's escapes, as in `pass\u0077ord`."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)


class Inside:
    """An object or a list of JSON that is being read.

    Attributes:
        is_list: whether it is a list.
        start: where the member begins that is read.
        name: of the property that is read; None between two.
        is_hidden: whether it has the value of a secret: the object, or the member that is read.
        names_next: whether the member that is read is the name of a secret.
        index: of the member that is read.
        values: where the values of properties are that are named so.
    """

    __slots__ = ("index", "is_hidden", "is_list", "name", "names_next", "start", "values")

    def __init__(self, start: int, *, is_list: bool) -> None:
        self.is_list = is_list
        self.start = start
        self.name: str | None = None
        self.is_hidden = self.names_next = False
        self.index = 0
        self.values: list[Span] = []

    def read_string(self, string: str) -> None:
        """Read a string that is a member, or the value of a property."""
        text = unescaped(string[1:-1])
        if self.is_list:
            is_name = self.index % 2 == 0 or text.startswith("-")
            self.names_next = is_name and not self.is_hidden and names_secret(text)
        elif self.name and not is_value_name(self.name) and names_secret(text):
            self.is_hidden = True

    def end_member(self, end: int, start: int) -> None:
        """End a member or property, and begin the next.

        Args:
            end: of its text.
            start: of the next one.
        """
        if self.is_list:
            if self.is_hidden:
                self.values.append((self.start, end))
            self.is_hidden, self.names_next = self.names_next, False
            self.index += 1
        elif self.name and is_value_name(self.name):
            self.values.append((self.start, end))
        self.start, self.name = start, None

    def hidden(self) -> list[Span]:
        """Where the values of secrets are in it."""
        return self.values if self.is_list or self.is_hidden else []


def spans_of_values(text: str) -> list[Span]:
    """Where the values of secrets are whose names are beside them, in their order.

    Args:
        text: the JSON, or any text that holds some, perhaps cut off.
    """
    if not MAY_NAME.search(text):
        return []
    found: list[Span] = []
    around = [Inside(0, is_list=False)]

    def end(place: int) -> None:
        around[-1].end_member(place, place)
        found.extend(around.pop().hidden())

    for token in TOKEN.finditer(text):
        string, colon = token.groups()
        here = around[-1]
        if string and colon:
            here.name, here.start = string[1:-1], after_spaces(text, token.end())
        elif string:
            here.read_string(string)
        elif token[0] in "[{":
            start = after_spaces(text, token.end())
            around.append(Inside(start, is_list=token[0] == "["))
        elif token[0] == ",":
            here.end_member(token.start(), after_spaces(text, token.end()))
        elif len(around) > 1:
            end(token.start())
    while around:
        end(len(text))
    return outermost(text, found)


def after_spaces(text: str, place: int) -> int:
    """The first place from there on that is no space."""
    spaces = SPACES.match(text, place)
    return spaces.end() if spaces else place


def outermost(text: str, spans: Iterable[Span]) -> list[Span]:
    """The spans that begin a value to be hidden and are in no other, without spaces at the end."""
    kept: list[Span] = []
    last = 0
    for start, stop in sorted(spans):
        if start < last or not text.startswith(STARTS, start):
            continue
        last = stop
        while text[last - 1].isspace():
            last -= 1
        kept.append((start, last))
    return kept


def clean_pairs(text: str) -> str:
    """JSON without the values of secrets whose names are beside them."""
    return without(text, spans_of_values(text), f'"{REMOVED}"')


def without(text: str, spans: Iterable[Span], instead: str) -> str:
    """A text with something else instead of some of its parts.

    Args:
        text: the text.
        spans: the parts, in their order.
        instead: what is written for each.
    """
    pieces: list[str] = []
    copied = 0
    for start, end in spans:
        pieces += [text[copied:start], instead]
        copied = end
    return "".join([*pieces, text[copied:]])


def clean_paired_parameters(text: str) -> str:
    """A form or query without the values of secrets whose names are in the parameter beside.

    Args:
        text: any text with such.
    """
    if "v" not in text.lower() or not HINT.search(text):
        return text
    return without(text, paired_parameters(text), REMOVED)


def paired_parameters(text: str) -> Iterator[Span]:
    """Where the values of such parameters are."""
    last = -1
    for first, second in pairwise(PARAMETER.finditer(text)):
        if text[first.end() : second.start()] != "&":
            continue
        for named, valued in ((first, second), (second, first)):
            if (
                valued.start(2) > last
                and valued[2]
                and is_value_name(unquote(valued[1]))
                and names_secret(unquote(named[2].replace("+", " ")))
            ):
                last = valued.start(2)
                yield valued.span(2)


def clean_paired_elements(text: str) -> str:
    """XML without the contents of elements whose names are in the element beside."""
    text = NAMED_ELEMENT.sub(clean_named_element, text)
    return ELEMENT_NAMED.sub(clean_element_named, text)


def clean_named_element(found: re.Match[str]) -> str:
    """An element after the one that names it; the name is in a `key` in property lists."""
    start, named, name, valued, _ = found.groups()
    is_pair = is_value_name(valued) or named == "key"
    return f"{start}{REMOVED}" if is_pair and names_secret(name.strip()) else found[0]


def clean_element_named(found: re.Match[str]) -> str:
    """An element before the one that names it."""
    start, valued, _, rest, _, name = found.groups()
    is_pair = is_value_name(valued) and names_secret(name.strip())
    return f"{start}{REMOVED}{rest}" if is_pair else found[0]
