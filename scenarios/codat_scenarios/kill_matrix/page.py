"""The generated section of docs/kill-matrix.md."""

from __future__ import annotations

from typing import Final

BEGIN: Final = (
    "<!-- kill matrix: written by `python -m codat_scenarios.kill_matrix docs/kill-matrix.md` -->"
)
END: Final = "<!-- end of the kill matrix -->"


def with_section(text: str, section: str) -> str:
    """The text of the page, with the section between the marks replaced.

    Raises:
        ValueError: the text has no such marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no section between '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"
