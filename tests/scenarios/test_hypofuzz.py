"""HypoFuzz searches by coverage, and pytest tries first what it found."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from codat_mock.clock import machine_seconds
from codat_mock.fuzz.schedule_database import open_database

# Without what HypoFuzz found, pytest tries one example: days without an event. Where CI is set,
# Hypothesis keeps no examples, and HypoFuzz searches no test.
NIGHTS = """
import pytest
from hypothesis import given, settings

from codat_scenarios.histories.days import Deletion
from codat_scenarios.strategies import merchant_days

settings.load_profile("default")


@pytest.mark.parametrize("api_key", ["nights"])
@settings(deadline=None, max_examples=1)
@given(days=merchant_days())
def test_nights(days, api_key):
    assert not any(isinstance(event, Deletion) for event in days.events)
"""
MOST_SECONDS = 120


def run_pytest(folder: Path) -> str:
    """What pytest prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_nights.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.long
@pytest.mark.skipif(
    find_spec("hypofuzz") is None, reason="HypoFuzz is not installed: pip install hypofuzz"
)
def test_pytest_tries_first_what_hypofuzz_found_beside_what_explore_keeps(tmp_path: Path) -> None:
    (tmp_path / "test_nights.py").write_text(NIGHTS)
    assert "1 passed" in run_pytest(tmp_path)
    database = open_database([tmp_path / ".hypothesis" / "examples"])
    database.save(b"python nightly.py", b"[]")
    program = Path(sys.executable).with_name("hypothesis")
    command = [program, "fuzz", "--no-dashboard", "-n", "1", "--", "test_nights.py"]
    with (
        (tmp_path / "log.txt").open("wb") as log,
        subprocess.Popen([*command, "-p", "no:cacheprovider"], cwd=tmp_path, stderr=log) as fuzzer,
    ):
        deadline = machine_seconds() + MOST_SECONDS
        while "1 failed" not in (shown := run_pytest(tmp_path)) and machine_seconds() < deadline:
            pass
        fuzzer.terminate()
    assert "1 failed" in shown, (tmp_path / "log.txt").read_text()
    assert set(database.fetch(b"python nightly.py")) == {b"[]"}
