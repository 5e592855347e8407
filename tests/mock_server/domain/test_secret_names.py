"""Names of secrets: which answers are remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from codat_mock.domain import secret_names
from codat_mock.domain.secret_names import MAX_KEPT_NAME_CHARACTERS


@pytest.mark.parametrize(
    ("ask", "remembers"),
    [
        (secret_names.is_secret, secret_names.kept_answer),
        (secret_names.may_hold_secrets, secret_names.kept_hint),
    ],
)
def test_the_answer_for_a_long_text_is_not_remembered(
    ask: Callable[[str], bool], remembers: Any
) -> None:
    def looked_up(length: int) -> int:
        before = remembers.cache_info().misses
        ask("longest".ljust(length, "x"))
        return int(remembers.cache_info().misses - before)

    remembers.cache_clear()
    lengths = [MAX_KEPT_NAME_CHARACTERS - 1, MAX_KEPT_NAME_CHARACTERS, MAX_KEPT_NAME_CHARACTERS + 1]
    assert [looked_up(length) for length in lengths] == [1, 1, 0]
