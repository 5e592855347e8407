"""How much the fixture `codat` adds to a pytest test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from codat_scenarios.benchmark import ROUNDS, Figure

FEW, MANY = 50, 450
TESTS: Final = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing({fixture}number):
    pass
"""


def figure_of_fixture() -> Figure:
    """The milliseconds a test takes longer with the fixture, its server's start left out."""
    with TemporaryDirectory() as folder:
        added = [
            seconds_a_test(Path(folder), "codat, ") - seconds_a_test(Path(folder), "")
            for _ in range(ROUNDS)
        ]
    return Figure("pytest's fixture, each test", median(added) * 1000, "ms")


def seconds_a_test(folder: Path, fixture: str) -> float:
    """How long one more test takes.

    Args:
        folder: where the tests are written.
        fixture: its name with a comma; empty for none.
    """
    few, many = (seconds_of_tests(folder, fixture, count) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def seconds_of_tests(folder: Path, fixture: str, count: int) -> float:
    """How long pytest takes with so many tests that do nothing.

    Args:
        folder: where they are written.
        fixture: its name with a comma; empty for none.
        count: of the tests.
    """
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    (folder / "test_nothing.py").write_text(
        TESTS.format(fixture=fixture, count=count), encoding="ascii"
    )
    began = perf_counter()
    subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return perf_counter() - began
