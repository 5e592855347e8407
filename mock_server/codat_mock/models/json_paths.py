"""The names of the members that the decoder tells as `[...]`: `$.accounts[...]` is any account."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import ValidationError
from msgspec.structs import replace

from codat_mock.models.errors import Problem
from codat_mock.models.pushes import Decode, as_written
from codat_mock.models.values import quote

UNNAMED: Final = "[...]"
STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")
LONGEST: Final = 2**20  # bytes of a body that is read again and again to find a name


def with_names(problem: Problem, body: bytes, read: Decode) -> Problem:
    """The problem with every member of its path named, as far as that can be found out.

    Args:
        problem: the first that the decoder found.
        body: what was decoded, JSON up to that place at least.
        read: the decoder.
    """
    if UNNAMED not in problem.path or len(body) > LONGEST:
        return problem
    try:
        whole = as_written(body)
    except ValueError:  # what follows is not JSON either
        return problem
    said = complaint(whole, read)
    place, path = whole, "$"
    for name, index, _ in STEP.findall(problem.path):
        if index:
            path, place = f"{path}[{index}]", place[int(index)]
            continue
        member = name or first_wrong(place, lambda: complaint(whole, read) == said)
        if member is None:
            return problem
        path, place = path + shown(member), place[member]
    return replace(problem, path=path)


def complaint(whole: Any, read: Decode) -> str:
    """What the decoder says against a value; empty if nothing."""
    try:
        read(msgspec.json.encode(whole))
    except ValidationError as error:
        return str(error)
    return ""


def first_wrong(members: dict[str, Any], is_wrong: Callable[[], bool]) -> str | None:
    """The first member with which something is wrong; the decoder reads them in order."""
    everything = [*members.items()]

    def is_wrong_with(count: int) -> bool:
        members.clear()
        members.update(everything[:count])
        return is_wrong()

    count = bisect_left(range(len(everything) + 1), True, key=is_wrong_with)
    members.clear()
    members.update(everything)
    return everything[count - 1][0] if 0 < count <= len(everything) else None


def shown(name: str) -> str:
    """A member's name as a step of a JSON path."""
    return f".{name}" if re.fullmatch(r"[A-Za-z_]\w{0,60}", name) else f"[{quote(name)}]"
