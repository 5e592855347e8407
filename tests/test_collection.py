"""The tests are collected in one order, which the processes of a parallel run have to agree on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.long
def test_the_order_of_the_tests_does_not_depend_on_the_hashes_of_texts() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "tests"]
    running = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2", "3")
    ]
    first, *others = [
        [line for line in each.communicate()[0].splitlines() if "::" in line] for each in running
    ]
    assert len(first) > 1000
    for other in others:
        assert other == first
