"""Decoding of JSON bodies: exact amounts, UTC times, and the place of every mistake.

A mistake is named by its JSON path, or by line and column where the body is not JSON at all.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final

import msgspec
from msgspec import DecodeError, Raw, ValidationError
from msgspec.structs import replace

from codat_mock.models.errors import Malformed, Problem, TooDeep
from codat_mock.models.values import quote, read_number, read_value

BOM: Final = b"\xef\xbb\xbf"
UNNAMED: Final = "[...]"  # what the decoder writes in a path for any member of a mapping
STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")
MAX_SEARCHED_BYTES: Final = 2**20  # finding a member's name decodes the body several times
MAX_DEPTH: Final = 100  # far less than the stack takes, wherever it is decoded
JSON_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\s\0]*[\[{]")
NO_MARKS: Final = bytes(set(range(256)) - {*b'[]{}"'})
PAIRS: Final = 4 * (b"{}", b"[]")
STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # into and out of a level, as signed
JSON_WORDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    r"\|": "or",
}

Decode = Callable[[Any], Any]


def decoder(kind: Any) -> Decode:
    """A function that decodes JSON bytes into `kind`, with exact amounts and times in UTC."""
    return msgspec.json.Decoder(kind, dec_hook=read_value, float_hook=read_number).decode


anything: Final = decoder(Any)
parts: Final = decoder(dict[str, Raw])


def is_too_deep(body: bytes) -> bool:
    """Whether JSON is nested deeper than `MAX_DEPTH` levels, in a time linear in its length.

    What comes from outside is checked with this once, before anything decodes it. What does not
    start as JSON does is not too deep.
    """
    if JSON_START.match(body) is None:
        return False
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    marks = body.translate(None, NO_MARKS)
    if marks.count(b"[") + marks.count(b"{") <= MAX_DEPTH:
        return False
    # Without what is in strings. Quotes side by side, as most are, are removed first: that leaves
    # all else in or out of strings as it was.
    brackets = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    rest = brackets
    for pair in PAIRS:  # each takes a level away at most, and most of a usual body
        rest = rest.replace(pair, b"")
    if len(rest) <= MAX_DEPTH - len(PAIRS):
        return False
    return max(accumulate(memoryview(brackets.translate(STEPS)).cast("b")), default=0) > MAX_DEPTH


def check_depth(body: bytes) -> None:
    """Refuse JSON that is nested too deeply.

    Raises:
        TooDeep: it is.
    """
    if is_too_deep(body):
        message = f"The JSON is nested too deeply: more than {MAX_DEPTH} levels."
        raise TooDeep(message, [Problem("$", message)])


def as_written(raw: bytes) -> Any:
    """JSON as plain Python, numbers as they were written."""

    def number(text: str) -> Raw:
        return Raw(text.encode())

    return json.loads(raw, parse_int=number, parse_float=number)


def problem_from(error: ValidationError, root: str, item: str = "") -> Problem:
    """Translate the decoder's error, which ends with the path of the mistake.

    Args:
        error: the decoder's error.
        root: the JSON path of the decoded value within the body, such as `$.orders[3]`.
        item: the id of the record, empty if there is none.
    """
    message, _, path = str(error).partition(" - at `$")
    for decoder_word, json_word in JSON_WORDS.items():
        message = re.sub(rf"(?<=[` ]){decoder_word}(?=[` ]|$)", json_word, message)
    return Problem(f"{root}{path.rstrip('`')}", f"{message.replace('`', '')}.", item)


def malformed_json(body: bytes) -> Malformed:
    """The error for a body that is not JSON, with line and column (from 1) of the first mistake."""
    problem = Problem("$", "The body is not valid.")
    try:
        str(body, "utf-8")
        anything(body)
    except UnicodeDecodeError as error:
        place = f"{error.reason} at {line_and_column(body, error.start)}"
        problem = Problem("$", f"The body is not UTF-8: {place}.")
    except DecodeError as error:
        problem = Problem("$", f"The body is not JSON: {with_line(body, str(error))}.")
    return Malformed(problem.message, [problem])


def with_line(body: bytes, message: str) -> str:
    """The decoder's message with its byte offset as line and column."""
    found = re.search(r"(.*) \(byte (\d+)\)", message)
    if not body.strip():
        return "it is empty"
    offset = int(found[2]) if found else len(body)
    reason = found[1].removeprefix("JSON is malformed: ") if found else "it ends too early"
    return f"{reason} at {line_and_column(body, offset)}"


def line_and_column(body: bytes, offset: int) -> str:
    """The place of a byte, in lines and characters from 1."""
    before = body[:offset]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return f"line {line}, column {column} (byte {offset})"


def with_names(problem: Problem, body: bytes, read: Decode) -> Problem:
    """The problem with a name for each unnamed member of its path, where one can be found.

    The decoder writes `$.accounts[...]` for any member of `accounts`.

    Args:
        problem: the first problem the decoder reports.
        body: the decoded body, which is JSON at least up to that place.
        read: the decoder.
    """
    if UNNAMED not in problem.path or len(body) > MAX_SEARCHED_BYTES:
        return problem
    try:
        whole = as_written(body)
        first_error = error_of(whole, read)
    except ValueError:  # the rest is not JSON
        return problem
    place, path = whole, "$"
    for name, index, _ in STEP.findall(problem.path):
        if index:
            path, place = f"{path}[{index}]", place[int(index)]
            continue
        member = name or first_wrong(place, lambda: error_of(whole, read) == first_error)
        if member is None:
            return problem
        path, place = path + path_step(member), place[member]
    return replace(problem, path=path)


def error_of(value: Any, read: Decode) -> str:
    """The decoder's message about a value; empty if the value is valid."""
    try:
        read(msgspec.json.encode(value))
    except ValidationError as error:
        return str(error)
    return ""


def first_wrong(members: dict[str, Any], is_wrong: Callable[[], bool]) -> str | None:
    """The name of the first member that makes `is_wrong` true; the decoder reads them in order."""
    everything = [*members.items()]

    def is_wrong_with(count: int) -> bool:
        members.clear()
        members.update(everything[:count])
        return is_wrong()

    count = bisect_left(range(len(everything) + 1), True, key=is_wrong_with)
    members.clear()
    members.update(everything)
    return everything[count - 1][0] if 0 < count <= len(everything) else None


def path_step(name: str) -> str:
    """A member's name as a step of a JSON path."""
    return f".{name}" if re.fullmatch(r"[A-Za-z_]\w{0,60}", name) else f"[{quote(name)}]"
