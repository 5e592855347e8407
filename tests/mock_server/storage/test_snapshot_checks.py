"""What the columns of a snapshot may hold, at the edges of each check."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from msgspec import Struct

from codat_mock.clock import FIRST, LAST, to_microseconds
from codat_mock.domain.dataset_lifecycle import Plan, Step, make_plan
from codat_mock.models.errors import Malformed
from codat_mock.models.values import MomentText
from codat_mock.storage import UnusableFile, snapshot_contents
from codat_mock.storage.datasets import encode
from codat_mock.storage.request_log import PLAIN, pack
from codat_mock.storage.snapshot_contents import (
    Wrong,
    amount,
    fields_of,
    json,
    moment,
    moments_in,
    number,
    one_of,
    optional,
    packed,
    plan,
    shallow,
    text,
    unpacked_bytes,
    with_place,
)

DAY = 86_400_000_000  # microseconds
MIB = 1 << 20


@pytest.mark.parametrize(
    ("check", "good", "wrong"),
    [
        (number, [0, 1, 2**53 - 1], [-1, 2**53, 1.0, "1", None, b""]),
        (
            moment,
            [to_microseconds(FIRST), to_microseconds(LAST), to_microseconds(LAST) + DAY - 1],
            [to_microseconds(FIRST) - 1, to_microseconds(LAST) + DAY, 0.5, "0", None],
        ),
        (text, ["", "a"], [b"", 1, None]),
        (amount, ["0", "-1.50", "1E+3"], ["", "a", "NaN", "Infinity", "-Infinity", 1, None]),
        (one_of("a", "b"), ["a", "b"], ["c", "", None, "a, b"]),
        (optional(number), [None, 0], [-1, "a"]),
        (shallow, [b"{}", b"", b"["], ["{}", None, b"[" * 1000]),
        (packed, [b"", b"x"], ["", None, 1]),
        (json(int), [b"1"], ["1", None, b"[" * 1000, b"a"]),
    ],
)
def test_a_column_holds_what_is_of_its_kind_and_nothing_else(check, good, wrong):
    for value in good:
        check(value)
    for value in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  (of any wording)
            check(value)


@pytest.mark.parametrize(
    ("steps", "is_good"),
    [
        (make_plan().steps, True),
        (make_plan("MapError").steps, True),
        (make_plan("NotSupported").steps, True),
        ((Step("Queued", 0),), True),  # stuck in the first step
        ((), False),
        ((Step("MapError", 0),), False),
        ((Step("Queued", 0), Step("MapError", 0), Step("Complete", 0)), False),
        ((Step("Queued", 0), Step("Complete", 86_399.999)), True),
        ((Step("Queued", 0), Step("Complete", 86_400)), False),
        ((Step("Queued", -0.001), Step("Complete", 0)), False),
    ],
)
def test_a_plan_passes_known_steps_within_a_day(steps, is_good):
    value = encode(Plan(steps))
    if is_good:
        plan(value)
        return
    with pytest.raises(Wrong):
        plan(value)


class Inner(Struct):
    """Something with moments."""

    at: MomentText
    until: MomentText | None
    name: str


class Outer(Struct):
    """Something that holds others."""

    first: Inner
    others: list[Inner]
    count: int


def test_the_moments_in_what_was_decoded_are_found_wherever_they_stand():
    value = Outer(Inner("a", None, "x"), [Inner("b", "c", "y"), Inner("d", "e", "z")], 1)
    assert [*moments_in([value, 5, None])] == ["a", "b", "c", "d", "e"]
    assert fields_of(Inner) == [("at", True), ("until", True), ("name", False)]
    for at, is_good in (("2022-03-21", True), ("soon", False)):
        check = json(lambda _, at=at: [Inner(at, None, "")])
        if is_good:
            check(b"")
            continue
        with pytest.raises(ValueError, match="soon"):
            check(b"")


@pytest.mark.parametrize(
    "error", [ValueError("x"), TypeError("x"), Malformed("x", []), OverflowError("x"),
              zlib.error("x")]
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_named_by_its_place(error):
    def fail(_: Any) -> None:
        raise error

    with pytest.raises(UnusableFile, match="The snapshot is damaged: here: x"):
        with_place("here", fail, 1)
    assert with_place("here", lambda value: value + 1, 1) == 2


def deflated(size: int) -> bytes:
    return zlib.compress(b"x" * size)


@pytest.mark.parametrize(
    ("body", "size"),
    [(PLAIN, 0), (PLAIN + b"abc", 3), (pack(b"x" * 5000), 5000), (deflated(0), 0),
     (deflated(MIB), MIB), (deflated(MIB + 1), MIB + 1), (deflated(2 * MIB), 2 * MIB)],
)  # fmt: skip
def test_a_body_unpacks_to_so_many_bytes(body, size):
    assert unpacked_bytes(body, 9 * MIB) == size


@pytest.mark.parametrize(
    ("size", "left", "most", "is_good"),
    [
        (3 * MIB, 3 * MIB, 9 * MIB, True), (3 * MIB + 1, 3 * MIB, 9 * MIB, False),
        (3 * MIB, 9 * MIB, 3 * MIB, True), (3 * MIB + 1, 9 * MIB, 3 * MIB, False),
    ],
)  # fmt: skip
def test_a_body_is_no_larger_than_one_may_be_and_all_together(
    monkeypatch, size, left, most, is_good
):
    monkeypatch.setattr(snapshot_contents, "MAX_BODY_BYTES", most)
    if is_good:
        assert unpacked_bytes(deflated(size), left) == size
        return
    with pytest.raises(Wrong, match="unpacks to more than 3 MiB"):
        unpacked_bytes(deflated(size), left)


def test_a_body_that_breaks_off_or_is_none_is_refused():
    with pytest.raises(Wrong, match="breaks off"):
        unpacked_bytes(deflated(5000)[:-1], MIB)
    with pytest.raises(zlib.error):
        unpacked_bytes(b"not deflated", MIB)


def test_how_large_bodies_may_be_is_what_the_limits_say():
    assert snapshot_contents.MAX_BODY_BYTES == 64 * MIB
    assert snapshot_contents.MAX_BODIES_BYTES == 256 * MIB
