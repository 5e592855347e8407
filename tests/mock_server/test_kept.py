"""A kept property is computed once for each object."""

from __future__ import annotations

from msgspec import Struct

from codat_mock.kept import KeptProperty, kept


class Counted(Struct, frozen=True, dict=True):
    """Counts what it computes."""

    computed: list[int]

    @kept
    def double(self) -> int:
        """Twice the number of times."""
        self.computed.append(1)
        return 2 * len(self.computed)


def test_a_kept_property_is_computed_at_its_first_use_and_once() -> None:
    first, second = Counted([]), Counted([0])
    assert first.computed == []
    assert (first.double, first.double, second.double, first.double) == (2, 2, 4, 2)
    assert (first.computed, second.computed) == ([1], [0, 1])


def test_a_class_shows_the_property_itself() -> None:
    assert isinstance(Counted.double, KeptProperty)
    assert Counted.double.__doc__ == "Twice the number of times."
