"""The snapshots that a server holds: by their names, and how large they may be together."""

from __future__ import annotations

import pytest

from codat_mock.models.errors import Conflict, NotFound
from codat_mock.sandbox import snapshots
from codat_mock.sandbox.snapshots import Snapshots

MIB = 1 << 20


def test_all_snapshots_may_have_half_a_gibibyte() -> None:
    assert snapshots.MAX_BYTES == 512 * MIB


def test_a_snapshot_replaces_the_one_of_its_name_and_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 4 * MIB)
    held = Snapshots()
    held.add("b", b"1" * MIB)
    held.add("a", b"2" * MIB)
    held.add("b", b"3" * 3 * MIB)  # exactly as much as there may be
    assert held.get("b") == b"3" * 3 * MIB
    with pytest.raises(Conflict, match="larger than 4 MiB"):
        held.add("b", b"4" * (3 * MIB + 1))
    with pytest.raises(Conflict):
        held.add("c", b"5")
    assert held.get("b") == b"3" * 3 * MIB
    assert [(each.name, each.size) for each in held.all().snapshots] == [
        ("a", MIB),
        ("b", 3 * MIB),
    ]


def test_an_unknown_snapshot_is_named_with_those_there_are() -> None:
    held = Snapshots()
    with pytest.raises(NotFound, match="known: none"):
        held.get("x")
    for name in ("b", "a"):
        held.add(name, b"")
    with pytest.raises(NotFound, match="There is no snapshot 'x'; known: a, b"):
        held.get("x")
    with pytest.raises(NotFound):
        held.remove("x")
    held.remove("a")
    assert [each.name for each in held.all().snapshots] == ["b"]
