"""Changes of one place of the code, as cosmic-ray makes them."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
EQUIVALENTS: Final = Path(__file__).with_name("equivalent_mutants.toml")
ANNOTATION: Final = re.compile(r"(->|: )[^=]*\|")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place.

    Args:
        operator: cosmic-ray's name of the kind of change.
        occurrence: which place of this kind in the file, from 0.
        line: of the place, from 1.
    """

    path: Path
    operator: str
    occurrence: int
    line: int

    def code(self) -> str:
        """The changed source."""
        from cosmic_ray import plugins
        from cosmic_ray.mutating import mutate_code

        operator = plugins.get_operator(self.operator)()
        return mutate_code(source_of(self.path), operator, self.occurrence) or ""

    def difference(self) -> tuple[str, str]:
        """The line before and after."""
        before, after = source_of(self.path).splitlines(), self.code().splitlines()
        pairs = enumerate(zip(before, after, strict=False))
        place = next((number for number, pair in pairs if pair[0] != pair[1]), 0)
        return before[place].strip(), after[place].strip() if place < len(after) else ""

    def statement(self) -> range:
        """The lines of the statement around the place; of one with a body, those before it."""
        found = range(self.line, self.line + 1)
        for node in ast.walk(ast.parse(source_of(self.path))):
            if isinstance(node, ast.stmt) and node.lineno <= self.line <= (node.end_lineno or 0):
                body = getattr(node, "body", None)
                end = body[0].lineno if body and body[0].lineno > node.lineno else node.end_lineno
                lines = range(node.lineno, (end or node.lineno) + (not body))
                found = lines if self.line in lines else found
        return found


@cache
def source_of(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")


def mutants_of(path: Path) -> Iterator[Mutant]:
    """The mutants of a file, without the kinds that are left out.

    Annotations are among these, as nobody evaluates them.
    """
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    text = source_of(path)
    tree, lines = get_ast(text), text.splitlines()
    for name in plugins.operator_names():
        if "Variable" in name:  # needs names of variables
            continue
        operator = plugins.get_operator(name)()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            line = lines[start[0] - 1]
            if "BitOr" in name and ANNOTATION.search(line):
                continue
            if not is_left_out(name, line, start[1]):
                yield Mutant(path, name, occurrence, start[0])


def is_left_out(operator: str, line: str, column: int) -> bool:
    """Whether a change is of a kind that nobody could see, or that nobody makes by mistake.

    Args:
        operator: cosmic-ray's name of the kind.
        line: the text around the place.
        column: of the place in it, from 0.
    """
    marked = f"{line[:column]}@{line[column:]}"
    return any(
        re.search(kind["operator"], operator)
        and re.search(kind.get("line", ""), line)
        and re.search(kind.get("place", ""), marked)
        for kind in equivalents()["kind"]
    )


@cache
def equivalents() -> dict[str, list[dict[str, Any]]]:
    """The kinds, and the single mutants, that change nothing anybody could see."""
    return tomllib.loads(source_of(EQUIVALENTS))


def is_equivalent(difference: tuple[str, str]) -> bool:
    """Whether these lines before and after are recorded as doing the same."""
    return difference in {(each["before"], each["after"]) for each in equivalents()["mutant"]}


def changed_lines(reference: str) -> set[tuple[Path, int]]:
    """The lines that differ from a commit."""
    ran = subprocess.run(
        ["git", "diff", "--unified=0", reference, "--", "*.py"],  # noqa: S607  (git of the path)
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found, path = set(), ROOT
    for line in ran.stdout.splitlines():
        if line.startswith("+++ "):
            path = ROOT / line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found |= {(path, number) for number in range(first, first + count)}
    return found
