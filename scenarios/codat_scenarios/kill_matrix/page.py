"""The section of the README that tells the kill matrix."""

from __future__ import annotations

from typing import Final

BEGIN: Final = "<!-- kill matrix: written by `python -m codat_scenarios.kill_matrix README.md` -->"
END: Final = "<!-- end of the kill matrix -->"


def with_section(readme: str, section: str) -> str:
    """The README's text, its section between the marks replaced.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no section between '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"
