"""Choices among options, and how to say that one is missing or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codat_mock.models.configuration import Option


def is_among(selected: str | None, options: Sequence[str] | None) -> bool:
    """Whether a word is one of those offered, in any case."""
    offered = {option.casefold() for option in options or ()}
    return selected is not None and selected.casefold() in offered


def wrong_choice(what: str, place: str, selected: str | None, options: Sequence[str] | None) -> str:
    """Say that nothing, or something unknown, was chosen among words."""
    found = f"The {what} '{selected}' is not known" if selected else f"No {what} is selected"
    offered = " or ".join(f"'{option}'" for option in options or ())
    return f"{found}: set {place} to {offered or 'one of its options, once it has any'}."


def not_selected(
    what: str, place: str, selected: str | None, options: Sequence[Option] | None
) -> Iterator[str]:
    """Say that nothing, or something unknown, was selected among the platform's own things."""
    if not selected:
        yield f"No {what} is selected: set {place} to the id of one of its options."
    elif selected not in {option.id for option in options or ()}:
        yield (
            f"The {what} '{selected}' is not among the accounting platform's: "
            f"set {place} to the id of one of its options."
        )
