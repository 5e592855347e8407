"""How many keys one statement takes."""

from __future__ import annotations

import pytest

from codat_mock.storage import chunked


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (500, [500]), (501, [500, 1])])
def test_five_hundred_keys_are_looked_up_at_once(count, sizes):
    found = [*chunked.chunked(f"{number}" for number in range(count))]
    assert [len(some) for _, some in found] == sizes
    assert [marks.count("?") for marks, _ in found] == sizes
    assert [key for _, some in found for key in some] == [f"{number}" for number in range(count)]
