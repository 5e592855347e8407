"""Text on a terminal: folded at its width and never cut; in a pipe one line stays one line."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest

import click

GAP = "  "


def width() -> int:
    """The columns of the terminal."""
    return shutil.get_terminal_size().columns


def echo(text: str, *, hanging: int = 0, err: bool = False) -> None:
    """Print lines, folded on a terminal.

    Args:
        text: one or more lines.
        hanging: how many columns a continuation is indented, beyond the indent of its line.
        err: whether to print to standard error.
    """
    stream = sys.stderr if err else sys.stdout
    click.echo(fold(text, width(), hanging) if stream.isatty() else text, err=err)


def fold(text: str, columns: int, hanging: int = 0) -> str:
    """The lines of a text, each folded at a width; what is longer than a line is folded, too.

    Args:
        text: one or more lines.
        columns: the width.
        hanging: how many columns a continuation is indented, beyond the indent of its line.
    """
    return "\n".join(part for line in text.split("\n") for part in parts(line, columns, hanging))


def parts(line: str, columns: int, hanging: int) -> list[str]:
    """The parts of a line that is folded.

    Args:
        line: the line.
        columns: the width.
        hanging: how many columns its continuation is indented, beyond its own indent.
    """
    if len(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    wrapper = textwrap.TextWrapper(
        max(columns, indent + hanging + 1),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_on_hyphens=False,  # which would break ids
    )
    return wrapper.wrap(line[indent:])


def in_columns(cells: Sequence[str], columns: int) -> str:
    """Short texts beside each other, in as many columns as fit, to be read downwards.

    Args:
        cells: the texts.
        columns: the width of the terminal.
    """
    widest = max(map(len, cells), default=0) + len(GAP)
    across = max(1, (columns + len(GAP)) // widest)
    down = -(-len(cells) // across)
    stacks = [cells[first : first + down] for first in range(0, len(cells), down or 1)]
    rows = zip_longest(*stacks, fillvalue="")
    return "\n".join("".join(f"{cell:{widest}}" for cell in row).rstrip() for row in rows)
