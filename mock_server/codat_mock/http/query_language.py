"""The language of `query` and `orderBy`: clauses on the properties of what is listed.

    query      = conjunction { "||" conjunction }
    conjunction = term { "&&" term }
    term       = "{" query "}" | name operator value

Source: contract section 1. The grammar's finer points and the comparisons are our choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, Final

from msgspec import Struct, inspect

from codat_mock.clock import parse_moment
from codat_mock.models.errors import Malformed, Problem

MAX_QUERY_CHARACTERS: Final = 2048
MAX_NESTING: Final = 32
CLAUSE: Final = re.compile(
    r"(?P<name>[A-Za-z_][\w.]*)\s*(?P<operator>[=!~<>]+)"
    r"(?P<value>(?:[^{}&|]|&(?!&)|\|(?!\|))*)"
)
BLANK: Final = re.compile(r"\s*")
OPERATORS: Final = ("=", "!=", "~", ">", "<", ">=", "<=")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {">": gt, ">=": ge, "<": lt, "<=": le}

Item = dict[str, Any]
Condition = Callable[[Item], bool]


def read_query(text: str, kind: type[Struct]) -> Condition:
    """Read a `query` as a condition on items of that kind, in their JSON form.

    Raises:
        Malformed: it is too long, not of the language, or names what the items do not have; the
            position is named, counted from 1.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise malformed(
            "query", f"it has {len(text)} characters, and at most {MAX_QUERY_CHARACTERS} are read"
        )
    return Reader(text, kind).read()


def read_order(text: str, kind: type[Struct]) -> tuple[Callable[[Item], Any], bool]:
    """Read an `orderBy`, `name` or `-name`: what to sort by, and whether the highest comes first.

    Raises:
        Malformed: the items have no such property to be sorted by.
    """
    name = text.removeprefix("-").strip()
    path = properties(kind).get(name.lower())
    if path is None:
        raise malformed("orderBy", f"there is no property '{name}'; {known_names(kind)}")

    def key(item: Item) -> Any:
        found = next(values_at(item, path), None)
        if not isinstance(found, str):
            return found
        # Trailing zeros are trimmed: without its `Z` an earlier moment is the lesser text as well.
        return found.removesuffix("Z") if MOMENT.fullmatch(found) else found.casefold()

    return key, text.startswith("-")


class Reader:
    """Reads one query from its first character to its last."""

    def __init__(self, text: str, kind: type[Struct]) -> None:
        self.text = text
        self.kind = kind
        self.place = 0
        self.depth = 0

    def read(self) -> Condition:
        """The whole query."""
        condition = self.either()
        if self.place < len(self.text):
            raise self.unexpected("'&&', '||' or the end")
        return condition

    def either(self) -> Condition:
        """Conditions of which one must hold."""
        parts = [self.both()]
        while self.takes("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def both(self) -> Condition:
        """Conditions that must all hold."""
        parts = [self.term()]
        while self.takes("&&"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def term(self) -> Condition:
        """A group, or one clause."""
        if not self.takes("{"):
            return self.clause()
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise malformed("query", f"its groups are nested more than {MAX_NESTING} deep")
        condition = self.either()
        if not self.takes("}"):
            raise self.unexpected("'}'")
        self.depth -= 1
        return condition

    def clause(self) -> Condition:
        """One comparison of a property with a value."""
        found = CLAUSE.match(self.text, self.place)
        if not found:
            raise self.unexpected("a property, an operator (= != ~ > < >= <=) and a value")
        path = properties(self.kind).get(found["name"].lower())
        if path is None:
            message = f"there is no property '{found['name']}'; {known_names(self.kind)}"
            vendors = f"Could not resolve property {found['name']} on Dataset"
            raise malformed("query", f"{message} (at character {found.start() + 1})", vendors)
        if found["operator"] not in OPERATORS:
            message = (
                f"the operator '{found['operator']}' at character {found.start('operator') + 1}"
            )
            known = f"is unknown; known: {' '.join(OPERATORS)}"
            raise malformed(
                "query", f"{message} {known} (put a space before a value that starts like this)"
            )
        value = found["value"].strip()
        if not value:
            raise malformed("query", f"a value is missing at character {found.end() + 1}")
        self.place = found.end()
        return comparison(path, found["operator"], value)

    def takes(self, mark: str) -> bool:
        """Whether the mark comes next, past blanks; it is read if so."""
        blank = BLANK.match(self.text, self.place)
        self.place = blank.end() if blank else self.place
        if not self.text.startswith(mark, self.place):
            return False
        self.place += len(mark)
        space = BLANK.match(self.text, self.place)
        self.place = space.end() if space else self.place
        return True

    def unexpected(self, expected: str) -> Malformed:
        """An error that says what was expected at this place, and what was found."""
        rest = self.text[self.place : self.place + 1]
        found = f"found '{rest}'" if rest else "it ends there"
        return malformed("query", f"expected {expected} at character {self.place + 1}, {found}")


def comparison(path: tuple[str, ...], operator: str, value_text: str) -> Condition:
    """A condition on one property; of a list's elements, any may meet it.

    Args:
        path: the names that lead to the property.
        operator: `=`, `!=`, `<`, `>`, `<=`, `>=` or `~`.
        value_text: the value as the query has it.
    """
    if operator == "!=":
        return lambda item: not any(is_equal(value, value_text) for value in values_at(item, path))
    if operator == "=":
        return lambda item: any(is_equal(value, value_text) for value in values_at(item, path))
    if operator == "~":
        part = value_text.casefold()
        return lambda item: any(part in as_text(value) for value in values_at(item, path))
    holds = ORDERINGS[operator]
    return lambda item: any(
        pair is not None and holds(*pair)
        for pair in (comparable(value, value_text) for value in values_at(item, path))
    )


def is_equal(value: Any, value_text: str) -> bool:
    """Whether a property's value is the one written in a query."""
    pair = comparable(value, value_text)
    return pair is not None and pair[0] == pair[1]


def comparable(value: Any, value_text: str) -> tuple[Any, Any] | None:
    """Both sides as numbers, as moments, or as text whatever its case; None if they cannot be."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            number = Decimal(value_text)
        except InvalidOperation:
            return None
        return (Decimal(value), number) if number.is_finite() else None
    try:
        return parse_moment(value), parse_moment(value_text)
    except (TypeError, ValueError):
        return as_text(value), value_text.casefold()


def as_text(value: Any) -> str:
    """A property's value as a query writes it, in lower case."""
    return str(value).casefold()


def values_at(item: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path of an item; none where it is absent or null."""
    if isinstance(item, list):
        for element in item:
            yield from values_at(element, path)
    elif path:
        if isinstance(item, dict):
            yield from values_at(item.get(path[0]), path[1:])
    elif item is not None:
        yield item


@lru_cache
def properties(kind: type[Struct]) -> dict[str, tuple[str, ...]]:
    """The paths of the properties that can be compared, by their dotted names in lower case."""
    return {".".join(path).lower(): path for path in paths_of(inspect.type_info(kind))}


def paths_of(info: inspect.Type) -> Iterator[tuple[str, ...]]:
    """The paths of the plain values in a type."""
    if isinstance(info, inspect.StructType):
        for field in info.fields:
            for rest in paths_of(field.type):
                yield (field.encode_name, *rest)
    elif isinstance(info, inspect.ListType | inspect.VarTupleType):
        yield from paths_of(info.item_type)
    elif isinstance(info, inspect.UnionType):
        yield from dict.fromkeys(path for part in info.types for path in paths_of(part))
    elif isinstance(info, inspect.Metadata):
        yield from paths_of(info.type)
    elif not isinstance(info, inspect.NoneType):
        yield ()


def known_names(kind: type[Struct]) -> str:
    """The names that a query may use, for a message."""
    return "known are " + ", ".join(".".join(path) for path in properties(kind).values())


def malformed(parameter: str, reason: str, vendors: str = "Malformed query") -> Malformed:
    """The error for a parameter that cannot be read.

    Args:
        parameter: its name.
        reason: what is wrong with its value.
        vendors: the same in the vendor's words, where it is a `query`.

    Source of the vendor's words: contract part 2, section C.
    """
    problem = Problem(parameter, f"The parameter '{parameter}' cannot be read: {reason}.")
    words = f"Error parsing query - {vendors}. " if parameter == "query" else ""
    return Malformed(f"{words}{problem.message}", [problem])
